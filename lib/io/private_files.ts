/** The server's own files: a directory of mode 0700, in it files of mode 0600. */
import { Exit, Failure } from "../core/errors.ts";
import { octal, printable } from "../core/text.ts";

const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;

/**
 * Makes the directory when it is missing.
 * @throws Failure (78) when it cannot be made or others could change what is in it
 */
export function openPrivateDir(path: string): void {
  const shown = printable(path);
  let info: Deno.FileInfo;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    info = Deno.statSync(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  assertOwner(info, shown);
  if (((info.mode ?? 0) & WRITABLE_BY_OTHERS) !== 0) {
    throw new Failure(
      Exit.config,
      `${shown} can be written by others (mode ${modeOf(info)})`,
      `run: chmod 0700 ${shown}`,
    );
  }
}

/** Makes an empty file of mode 0600 when there is none. @throws Failure (78) */
export function makePrivateFile(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotOpen(path, error);
  }
}

/** @throws Failure (78) when anybody but its owner may read or write it, or the owner is another */
export function assertPrivate(info: Deno.FileInfo, path: string): void {
  const shown = printable(path);
  assertOwner(info, shown);
  if (((info.mode ?? 0) & OPEN_TO_OTHERS) !== 0) {
    throw new Failure(
      Exit.config,
      `${shown} is open to others (mode ${modeOf(info)})`,
      `somebody may have read it; if nobody did, run: chmod 0600 ${shown}`,
    );
  }
}

/** What a person is told when the system refuses a file of the server's. */
export function cannotOpen(path: string, error: unknown): Failure {
  const shown = printable(path);
  if (error instanceof Deno.errors.NotFound) {
    return new Failure(Exit.config, `cannot open ${shown}: it does not exist`, NAME_IT);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Failure(
      Exit.config,
      `cannot open ${shown}: permission denied`,
      "run this as root or as the server's user, or name another directory with --data",
    );
  }
  const why = error instanceof Error ? printable(error.message) : "unknown fault";
  return new Failure(Exit.config, `cannot open ${shown}: ${why}`, NAME_IT);
}

const NAME_IT = "name the server's data directory with --data, or in server.toml";

function assertOwner(info: Deno.FileInfo, shown: string): void {
  if (info.uid !== 0 && info.uid !== Deno.uid()) {
    throw new Failure(
      Exit.config,
      `${shown} belongs to uid ${info.uid}, who could change it`,
      "run this as that user, or give the directory and what is in it to the server's user",
    );
  }
}

const modeOf = (info: Deno.FileInfo): string => octal((info.mode ?? 0) & 0o7777);
