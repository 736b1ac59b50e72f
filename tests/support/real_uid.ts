/** A process with the rights of root and the real uid of somebody else, as su has it. */
import { openLibc } from "../../lib/io/libc.ts";

/** The variable that holds that uid. Not by setpriv(1): then Deno would look for its cache as they. */
export const REAL_UID = "REAL_UID";

export function takeRealUid(): void {
  const uid = Deno.env.get(REAL_UID);
  if (uid === undefined) return;
  const c = openLibc({ setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" } });
  if (c.setresuid(Number(uid), 0, 0) !== 0) throw new Error("run this as root");
}
