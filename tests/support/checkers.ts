/** Many processes that check codes, all released at once. */
import type { CodeFilesConfig } from "../../lib/io/code_files.ts";
import { checkerCommand } from "./code_checker.ts";
import { T0 } from "./logins.ts";
import { start } from "./process.ts";

/** So many start together; the others wait for their turn and then for all. */
const BATCH = 10;

/** What each says to its code: "accepted" or why not. */
export async function checkedAtOnce(
  jobs: readonly { config: CodeFilesConfig; code: string }[],
): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  const children = [];
  for (let from = 0; from < jobs.length; from += BATCH) {
    const batch = jobs.slice(from, from + BATCH).map(({ config, code }) =>
      stack.use(start(checkerCommand({ config, start: T0, codes: [code] }), { input: "open" }))
    );
    await Promise.all(batch.map((child) => child.out("ready")));
    children.push(...batch);
  }
  await Promise.all(children.map((child) => child.write("go\n")));
  const said = await Promise.all(children.map(async (child) => (await child.done).out));
  return said.map((out) => out.replace("ready\n", "").trim());
}
