/**
 * The file `server.lock`: one server and no second one works on a data directory. What a server keeps in
 * memory, its limits and who waits for which login, holds for all that is asked of it only so.
 */
import { join } from "node:path";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { cannotOpen, makePrivateFile, openPrivateDir } from "./private_files.ts";

/**
 * flock(2), which the system gives back however the process ends. Makes the directory when there is
 * none. @throws Failure (78)
 */
export function lockForServer(dataDir: string): Disposable {
  openPrivateDir(dataDir);
  const path = join(dataDir, "server.lock");
  makePrivateFile(path);
  let file: Deno.FsFile | undefined;
  let free: boolean;
  try {
    file = Deno.openSync(path, { write: true });
    free = file.tryLockSync(true);
  } catch (error) {
    file?.close();
    throw cannotOpen(path, error);
  }
  if (free) return file;
  file.close();
  throw new Failure(
    Exit.config,
    `another server runs on ${printable(dataDir)}`,
    "stop that one first, or give this one a directory of its own with --data",
  );
}
