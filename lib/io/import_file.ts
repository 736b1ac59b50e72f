/** The file that `enroll --import` names: the account's or root's own, or our caller's pipe. */
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { IrregularFile, readRegular } from "./files.ts";

/** A list of some 20,000 accounts. */
const MAX_BYTES = 1_048_576;
const OPEN_TO_OTHERS = 0o077;
/** What a shell makes of `<(command)`. The runtime opens pipes there, and nothing else. */
const OWN_PIPE = /^\/(dev|proc\/self)\/fd\/[0-9]+$/;

interface ImportFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its mode, where it is a file that others can read or write. */
  readonly openToOthers: number | undefined;
}

/**
 * @param path absolute
 * @param trusted `owners`: uids that it may belong to; `at`: with whose rights a path is used
 * @throws Failure
 */
export async function readImportFile(
  path: string,
  trusted: { readonly owners: readonly number[]; readonly at: (path: string) => Disposable },
): Promise<ImportFile> {
  try {
    if (OWN_PIPE.test(path)) {
      using pipe = await Deno.open(path);
      return { bytes: await readAll(pipe, path), openToOthers: undefined };
    }
    using _ = trusted.at(path);
    const file = readRegular(path, MAX_BYTES + 1);
    if (file === undefined) throw refused(path, "does not exist", CHECK_PATH);
    if (!trusted.owners.includes(file.uid)) {
      // Who could have written it chose the secret, and knows it.
      const hint = `when you know what it holds, run as root: chown root ${printable(path)}`;
      throw refused(path, `belongs to uid ${file.uid}`, hint);
    }
    if (file.bytes.length > MAX_BYTES) throw tooLarge(path);
    const openToOthers = (file.mode & OPEN_TO_OTHERS) === 0 ? undefined : file.mode & 0o7777;
    return { bytes: file.bytes, openToOthers };
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof IrregularFile) {
      throw refused(path, "is a link, or no file", "name the file itself");
    }
    if (error instanceof Deno.errors.NotFound) throw refused(path, "does not exist", CHECK_PATH);
    // The runtime keeps /dev/stdin for programs that may do everything.
    const hint = error instanceof Deno.errors.NotCapable
      ? "copy it to a file of mode 0600 first"
      : "check its owner and mode, and those of the folders above it";
    throw refused(path, "cannot be read", hint);
  }
}

const CHECK_PATH = "check the path given with --import";

function refused(path: string, what: string, hint: string): Failure {
  return new Failure(Exit.usage, `${printable(path)} ${what}`, hint);
}

/** @throws Failure when it is too large */
async function readAll(
  file: { read(bytes: Uint8Array): Promise<number | null> },
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  while (length <= MAX_BYTES) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) return bytes.slice(0, length);
    length += read;
  }
  throw tooLarge(path);
}

function tooLarge(path: string): Failure {
  return new Failure(
    Exit.data,
    `${printable(path)} is larger than 1 MiB`,
    "name google-authenticator's state file, or a list of user:SECRET lines",
  );
}
