/** A process that says as JSON what these variables hold: `VARIABLE...`. */
import { variable } from "../../lib/io/surroundings.ts";

const said = JSON.stringify(Deno.args.map((name) => variable(name) ?? null));
await Deno.stdout.write(new TextEncoder().encode(said));
