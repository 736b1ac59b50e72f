/** Finds the person that somebody at the terminal means. */
import { isLikelyUser, splitAccount } from "../../core/account_pattern.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { groupIn, type HostGroups } from "../../core/host_group.ts";
import { nearest } from "../../core/nearest.ts";
import { foldName, OWN, type Person } from "../../core/person.ts";
import { printable } from "../../core/text.ts";
import type { Administration } from "./administration.ts";
import type { Out } from "../../io/out.ts";
import type { Store } from "../../ports.ts";

/** So many names are listed for who mistyped one. */
const LISTED = 12;

/** As the server has them; none when it has never run. */
export async function hostGroups(store: Store): Promise<HostGroups> {
  return (await store.rules())?.groups ?? new Map();
}

/** What is meant for hosts of a group that the server does not know is for none. */
export async function warnOfGroups(
  { store, groups }: Pick<Administration, "store" | "groups">,
  { approves }: Person,
  out: Out,
): Promise<void> {
  const known = (await store.rules())?.groups ?? groups;
  const named = approves.map((entry) => groupIn(splitAccount(entry).host));
  for (const name of new Set(named)) {
    if (name === undefined || known.has(name)) continue;
    const shown = printable(name, 64);
    out.error(
      groups.has(name)
        ? `the server does not know the group ${shown} before its next start`
        : `the server has no group ${shown} yet; see [groups] in server.toml`,
    );
  }
}

/** For the account of the own name there has to be one. */
export function warnOfAccount({ name, approves, administrator }: Person, out: Out): void {
  if (administrator || !approves.includes(OWN) || isLikelyUser(foldName(name))) return;
  out.error(
    `"own" is the account called ${printable(name)}, and hardly any host has one; ` +
      "name the account with --approves, as in --approves 'alice@*'",
  );
}

/** All but removed ones. */
export async function everyone(store: Store): Promise<Person[]> {
  const persons = await store.find("person", { all: true });
  return persons.filter(({ state }) => state !== "removed");
}

/** By the name however it is written: case and width make no difference. @throws Failure (2) */
export async function personNamed(store: Store, name: string): Promise<Person> {
  const [found] = await store.find("person", { name: foldName(name) });
  if (found !== undefined) return found;
  const shown = printable(name, 64);
  throw new Failure(Exit.usage, `there is nobody called ${shown}`, await whoIs(store, name));
}

async function whoIs(store: Store, name: string): Promise<string> {
  const names = (await everyone(store)).map((person) => person.name);
  if (names.length === 0) return `add a person with: gatehouse person add ${quoted(name)}`;
  const folded = names.map(foldName);
  const near = names[folded.indexOf(nearest(foldName(name), folded) ?? "")];
  if (near !== undefined) return `did you mean ${printable(near)}?`;
  const listed = names.slice(0, LISTED).map((one) => printable(one)).join(", ");
  return names.length > LISTED
    ? `there are ${listed} and others; see: ${LIST}`
    : `there are ${listed}`;
}

const LIST = "gatehouse person list";

/** As a word for a shell, where it can be one. */
export function quoted(name: string): string {
  const shown = printable(name, 64);
  return /^[A-Za-z0-9._-]+$/.test(shown) ? shown : "NAME";
}
