/** In the helper's place, and so a child of what runs PAM: writes what sshdLimits() says into a file. */
import { sshdLimits } from "../../lib/io/login_grace.ts";

const [path = ""] = Deno.args;
await Deno.writeTextFile(`${path}.part`, JSON.stringify(sshdLimits()));
await Deno.rename(`${path}.part`, path);
