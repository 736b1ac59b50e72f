/** What an answer says of persons whom whoever asked has no business with. */
import type { Asked } from "./matrix.ts";
import type { Route } from "./matrix_asks.ts";
import { CORDULA, DIETRICH, EMIL, type Role } from "./matrix_world.ts";

/** What somebody gets who has a link, and nothing else of whose it is. */
const BY_LINK = ["/l/", "/approve", "/reject"];
/** Administrators see everybody's there, and only there. */
const OF_ALL = ["/admin/", "/logins"];

/** Words of others in the body, and in headers other than the address that was asked for. */
export function leaksOf(
  { path }: Route,
  { person }: Role,
  { world: { amelia, bertram }, answer, body }: Asked,
): string[] {
  if (person?.administrator && isBelow(path, OF_ALL)) return [];
  const others = [CORDULA, DIETRICH, EMIL].map((each) => ({
    person: each,
    words: [each.id, each.name],
  }));
  const { login } = amelia;
  const shown: string[] = isBelow(path, BY_LINK)
    ? [
      ...[login.user, login.source, login.key ?? "", login.command ?? ""],
      ...[login.id, login.ticket],
    ]
    : path.startsWith("/i/")
    ? [EMIL.id, EMIL.name]
    : [];
  const headers = [...answer.headers].filter(([name]) => name !== "location");
  const text = `${body}\n${headers.join("\n")}`;
  return [amelia, bertram, ...others].filter((one) => one.person.id !== person?.id)
    .flatMap(({ words }) => words)
    .filter((word) => !shown.includes(word) && contains(text, word));
}

function isBelow(path: string, starts: readonly string[]): boolean {
  return starts.some((start) => path.startsWith(start));
}

/** As a word of its own: a person's name is in the names of what belongs to them. */
function contains(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w-])${RegExp.escape(word)}(?![\\w-])`).test(text);
}
