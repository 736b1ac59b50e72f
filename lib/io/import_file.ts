/** The file that `enroll --import` names: any that can be read, a pipe too. */
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";

/** A list of some 20,000 accounts. */
const MAX_BYTES = 1_048_576;
const OPEN_TO_OTHERS = 0o077;

export interface ImportFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its mode, where it is a file that others can read or write. */
  readonly openToOthers: number | undefined;
}

/** @throws Failure */
export async function readImportFile(path: string): Promise<ImportFile> {
  try {
    using file = await Deno.open(path);
    const info = await file.stat();
    if (info.isDirectory) throw refused(path, "is a directory", "name a file");
    const bytes = await readAtMost(file, MAX_BYTES);
    if (bytes === undefined) {
      throw new Failure(
        Exit.data,
        `${printable(path)} is larger than 1 MiB`,
        "name google-authenticator's state file, or a list of user:SECRET lines",
      );
    }
    const mode = (info.mode ?? 0) & 0o7777;
    const open = info.isFile && (mode & OPEN_TO_OTHERS) !== 0;
    return { bytes, openToOthers: open ? mode : undefined };
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw refused(path, "does not exist", "check the path given with --import");
    }
    // The runtime keeps /dev/stdin for programs that may do everything.
    const hint = error instanceof Deno.errors.NotCapable
      ? "copy it to a file of mode 0600 first"
      : "check its owner and mode, or run this as root";
    throw refused(path, "cannot be read", hint);
  }
}

function refused(path: string, what: string, hint: string): Failure {
  return new Failure(Exit.usage, `${printable(path)} ${what}`, hint);
}

/** Undefined when there is more. */
async function readAtMost(
  file: { read(bytes: Uint8Array): Promise<number | null> },
  max: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(max + 1);
  let length = 0;
  while (length <= max) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) return bytes.slice(0, length);
    length += read;
  }
  return undefined;
}
