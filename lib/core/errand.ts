/**
 * What a command at the server's terminal did and people are to be told of: it has no channel, so it
 * leaves that to the running server. Kept as the name of a time in the store, for a day.
 */
import * as v from "valibot";

/** What begins the names of all of them. */
export const ERRANDS = "errand ";

const Kept = v.union([
  v.tuple([v.picklist(["freeze", "login"]), v.string()]),
  v.tuple([v.literal("person"), v.string(), v.string()]),
]);

/**
 * About what, and its id: a freeze; a login that was refused; a person who was frozen, and by whom, as in
 * a login's `by`.
 */
export type Errand = Readonly<v.InferOutput<typeof Kept>>;

export function errandName(errand: Errand): string {
  return `${ERRANDS}${JSON.stringify(errand)}`;
}

/** Undefined for what is none: another version may have left it. */
export function errandOf(name: string): Errand | undefined {
  try {
    const kept = v.safeParse(Kept, JSON.parse(name.slice(ERRANDS.length)));
    return kept.success ? kept.output : undefined;
  } catch {
    return undefined;
  }
}
