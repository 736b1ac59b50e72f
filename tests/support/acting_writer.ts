/**
 * A process that makes files as an account, in pool threads that were there before: `DIRECTORY NAME`.
 * It says as JSON whose the files were, what it could read, and what it was afterwards.
 */
import { setOption } from "../../lib/core/state_file_change.ts";
import { accountByName } from "../../lib/io/accounts.ts";
import { actingAs } from "../../lib/io/acting_as.ts";
import { updateStateFile, writeNewStateFile } from "../../lib/io/state_files.ts";
import { takeRealUid } from "./real_uid.ts";
import { RFC_BASE32 } from "./totp.ts";

const AT_ONCE = 32;
takeRealUid();
const [directory = "", name = ""] = Deno.args;

/** Whose the files are that many asynchronous calls make together. */
async function made(prefix: string): Promise<string[]> {
  const owners = await Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => {
    const path = `${directory}/${prefix}${index}`;
    await Deno.writeTextFile(path, "x");
    const { uid, gid } = await Deno.stat(path);
    return `${uid}:${gid}`;
  }));
  return [...new Set(owners)];
}

/** The supplementary groups: credentials(7). */
async function groups(): Promise<string> {
  const status = await Deno.readTextFile("/proc/self/status");
  return /^Groups:\s*(.*?)\s*$/m.exec(status)?.[1] ?? "";
}

async function readable(path: string): Promise<boolean> {
  try {
    await Deno.readTextFile(path);
    return true;
  } catch {
    return false;
  }
}

/** Whose a state file is that was made and then changed. */
async function stateFile(owner: number): Promise<string> {
  const place = { path: `${directory}/state`, owners: [owner], allowedPerm: 0o600 };
  await writeNewStateFile(place, `${RFC_BASE32}\n" TOTP_AUTH\n`, { replace: false });
  await updateStateFile(place, (file) => ({ file: setOption(file, "MARK", "x"), result: 0 }));
  const { uid, gid, mode } = await Deno.stat(place.path);
  return `${uid}:${gid} ${((mode ?? 0) & 0o7777).toString(8)}`;
}

const account = accountByName(name);
if (account === undefined) throw new Error(`no account ${name}`);
const before = { made: await made("before"), groups: await groups() };
let during: unknown;
{
  using _ = actingAs(account);
  // Once more for the account that it is already: nothing changes, nor when that ends.
  actingAs(account)[Symbol.dispose]();
  let other = "";
  try {
    actingAs({ name: "other", uid: account.uid + 1, gid: account.gid })[Symbol.dispose]();
  } catch (error) {
    other = String(error);
  }
  during = {
    made: await made("during"),
    groups: await groups(),
    state: await stateFile(account.uid),
    secret: await readable(`${directory}/secret`),
    other,
  };
}
const after = { made: await made("after"), groups: await groups() };
const secret = await readable(`${directory}/secret`);
const said = JSON.stringify({ before, during, after, secret });
await Deno.stdout.write(new TextEncoder().encode(said));
