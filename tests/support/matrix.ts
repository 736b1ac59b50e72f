/** Every route as every role: the table in docs/roles.md, and what really happens. */
import { ask, type Route, shownBy } from "./matrix_asks.ts";
import { aWorld, contentsOf, type Role, ROLES, type World } from "./matrix_world.ts";

export const TABLE = "docs/roles.md";

/** The rows of the table, by the route's name: a word for each role. */
export function rowsOf(text: string): Map<string, string[]> {
  const lines = text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  const at = lines.findIndex(([first]) => first === "route");
  const [head = [], , ...rows] = at < 0 ? [] : lines.slice(at);
  const [, ...names] = head;
  if (String(names) !== String(ROLES.map(({ name }) => name))) {
    throw new Error(`${TABLE} has other columns than there are roles`);
  }
  const entries = rows.map(([name = "", ...cells]) => [name.replaceAll("`", ""), cells] as const);
  const table = new Map(entries);
  if (table.size !== rows.length) throw new Error(`${TABLE} has a route twice`);
  return table;
}

export interface Asked {
  readonly world: World;
  readonly answer: Response;
  /** "" of a stream, which has no end. */
  readonly body: string;
  readonly hasChanged: boolean;
}

/** In a world of its own. */
export async function askAlone(route: Route, role: Role): Promise<Asked> {
  const world = await aWorld();
  const { memory } = world.server;
  const who = await shownBy(role, route, world);
  const before = await contentsOf(memory);
  const answer = await ask(route, world, who);
  const body = await bodyOf(answer);
  return { world, answer, body, hasChanged: await contentsOf(memory) !== before };
}

/** "" of a stream, which has no end. */
export async function bodyOf(answer: Response): Promise<string> {
  if (answer.headers.get("content-type") !== "text/event-stream") return await answer.text();
  await answer.body?.cancel();
  return "";
}

/** As the table has it. */
export function wordFor({ answer, hasChanged }: Pick<Asked, "answer" | "hasChanged">): string {
  const to = answer.headers.get("location") ?? "";
  if (answer.status === 303 && to.startsWith("/sign-in?")) {
    return to.endsWith("&again=1") ? "prove" : "sign in";
  }
  if (answer.status === 303 && to === "/devices" && !hasChanged) return "devices";
  return `${answer.status}${hasChanged ? "+" : ""}`;
}
