/** A process that says with whose rights it would work at each path: `FOLDER NAME HOME PATH...`. */
import { accountByName } from "../../lib/io/accounts.ts";
import { actingAt } from "../../lib/io/acting_as.ts";
import { takeRealUid } from "./real_uid.ts";

takeRealUid();
const [folder = "", name = "", home = "", ...paths] = Deno.args;
const account = accountByName(name);
if (account === undefined) throw new Error(`no account ${name}`);

const rights: string[] = [];
for (const [index, path] of paths.entries()) {
  using _ = actingAt(path, { ...account, home });
  const mark = `${folder}/${index}`;
  await Deno.writeTextFile(mark, "x");
  rights.push((await Deno.stat(mark)).uid === account.uid ? "account" : "root");
}
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(rights)));
