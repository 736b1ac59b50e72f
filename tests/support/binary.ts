/** The executable under test. */

const PATH = new URL("../../dist/gatehouse", import.meta.url).pathname;

/** @throws when it has not been built */
export function binary(): string {
  try {
    Deno.statSync(PATH);
    return PATH;
  } catch {
    throw new Error("dist/gatehouse is missing; build it with: deno task build");
  }
}
