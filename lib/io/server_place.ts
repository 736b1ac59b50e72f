/** Where the server keeps what an administrative command works on. */
import { type CommandOptions, resolveDataDir, type ServerPlace } from "../config/data_dir.ts";
import { readTrusted } from "./secure_file.ts";

/** @throws Failure (78) when server.toml is wrong, or others could have written it */
export function serverPlace(options: CommandOptions): ServerPlace {
  return resolveDataDir(options, (path) => readTrusted(path, [0, Deno.uid() ?? 0]), exists);
}

/** A file that cannot be looked at counts as there: reading it then says why it cannot be. */
function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
