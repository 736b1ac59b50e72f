/** A process that makes or replaces a state file: `PATH TEXT new|replace`. It says "made". */
import { Failure } from "../../lib/core/errors.ts";
import { writeNewStateFile } from "../../lib/io/state_files.ts";

const [path = "", text = "", how] = Deno.args;
const place = { path, owners: undefined, allowedPerm: 0o600 };
let said = "made";
try {
  await writeNewStateFile(place, text, { replace: how === "replace" });
} catch (error) {
  said = error instanceof Failure ? `refused ${error.message}` : `broken ${error}`;
}
await Deno.stdout.write(new TextEncoder().encode(said));
