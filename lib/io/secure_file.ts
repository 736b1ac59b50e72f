/** Files that decide who gets in: read only if nobody else could have written them. */
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * The text of a file whose every directory belongs to one of `owners` (uids) and cannot be written
 * by anybody else, as sshd demands of authorized_keys (sshd(8), StrictModes). A sticky directory
 * such as /tmp passes: others cannot replace what is in it.
 * @param ifMissing the hint when there is no such file
 * @throws Failure (78) naming the path and the reason
 */
export function readTrusted(
  path: string,
  owners: readonly number[],
  ifMissing = "check the path given with --config",
): string {
  const shown = printable(path);
  return read(path, owners, {
    ifMissing,
    ifUnreadable: `run: chmod 0644 ${shown}`,
    ifAnothers: `run as root: chown root ${shown}`,
  });
}

/** As above, of a file that may hold secrets: no hint opens it to everybody, or to whoever asks. */
export function readTrustedSecret(
  path: string,
  owners: readonly number[],
  ifMissing: string,
): string {
  const shown = printable(path);
  const mode = `chown root ${shown} && chmod 0640 ${shown}`;
  const mend = Deno.uid() === 0
    ? `run as root: ${mode}; its group is to be that of the server's user`
    : `run this as root; if it is the server's own user, as root: ${mode}, with that user's group`;
  return read(path, owners, { ifMissing, ifUnreadable: mend, ifAnothers: mend });
}

const READABLE_BY_ALL = 0o004;

/** @throws Failure (78) when everybody may read it */
export function assertHidden(path: string): void {
  const mode = Deno.statSync(path).mode ?? READABLE_BY_ALL;
  if ((mode & READABLE_BY_ALL) === 0) return;
  throw new Failure(
    Exit.config,
    `${printable(path)} holds a secret and can be read by everybody`,
    `run: chmod o-rwx ${printable(path)}; if others could log in here, get a new secret, too`,
  );
}

/** What to do. */
interface Hints {
  readonly ifMissing: string;
  readonly ifUnreadable: string;
  readonly ifAnothers: string;
}

function read(
  path: string,
  owners: readonly number[],
  { ifMissing, ifUnreadable, ifAnothers }: Hints,
): string {
  const shown = printable(path);
  const refuse = (what: string, hint: string): never => {
    throw new Failure(Exit.config, `${shown} ${what}`, hint);
  };
  let real: string;
  try {
    real = Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return refuse("does not exist", ifMissing);
    }
    return refuse("cannot be read", "check its mode and those of the directories above it");
  }
  // Opened before it is checked, so that what is checked is what is read.
  let file: Deno.FsFile;
  try {
    // To open a pipe would be to wait for its writer.
    if (!Deno.statSync(real).isFile) return refuse("is not a regular file", "name a file");
    file = Deno.openSync(real);
  } catch (error) {
    if (error instanceof Failure) throw error;
    return refuse("cannot be read", ifUnreadable);
  }
  try {
    const info = file.statSync();
    assertTrusted(info, shown, owners, ifAnothers);
    for (let end = real.lastIndexOf("/"); end >= 0; end = real.lastIndexOf("/", end - 1)) {
      const directory = real.slice(0, end) || "/";
      assertTrusted(Deno.lstatSync(directory), printable(directory), owners);
      if (end === 0) break;
    }
    if (info.size > 1_048_576) refuse("is larger than 1 MiB", "this is no configuration file");
    const bytes = new Uint8Array(info.size);
    let length = 0;
    for (let n; length < bytes.length && (n = file.readSync(bytes.subarray(length))) !== null;) {
      length += n;
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse("is not UTF-8 text", "save it as UTF-8");
  } finally {
    file.close();
  }
}

/** As many links as the system itself follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * That nobody but `owners` (uids) can change which program a path starts, or what is in it: the file, every
 * link on the way to it, and all directories that those are in. A sticky directory passes as above.
 * @param path absolute
 * @throws Failure (78) naming the path and the reason
 */
export function assertTrustedProgram(path: string, owners: readonly number[]): void {
  const refuse = (what: string, hint: string): never => {
    throw new Failure(Exit.config, `${printable(path)} ${what}`, hint);
  };
  let rest = path.split("/").filter((name) => name !== "" && name !== ".");
  let at = "";
  let links = 0;
  assertTrusted(Deno.lstatSync("/"), "/", owners);
  for (let name; (name = rest.shift()) !== undefined;) {
    if (name === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const next = `${at}/${name}`;
    let info: Deno.FileInfo;
    try {
      info = Deno.lstatSync(next);
    } catch (error) {
      return error instanceof Deno.errors.NotFound
        ? refuse("does not exist", "check argv in server.toml")
        : refuse("cannot be looked at", "check the modes of the directories above it");
    }
    assertTrusted(info, printable(next), owners);
    if (!info.isSymlink) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return refuse("leads round in circles", "check the links on its way");
    const target = Deno.readLinkSync(next);
    if (target.startsWith("/")) at = "";
    rest = [...target.split("/").filter((one) => one !== "" && one !== "."), ...rest];
  }
  const { isFile, mode } = Deno.lstatSync(at === "" ? "/" : at);
  if (!isFile) return refuse("is not a regular file", "name a program");
  if (((mode ?? 0) & 0o111) === 0) {
    return refuse("is not executable", `run: chmod +x ${printable(path)}`);
  }
}

function assertTrusted(
  info: Deno.FileInfo,
  shown: string,
  owners: readonly number[],
  ifAnothers = `run as root: chown root ${shown}`,
): void {
  const mode = info.mode ?? 0;
  if (!owners.includes(info.uid ?? -1)) {
    throw new Failure(
      Exit.config,
      `${shown} belongs to uid ${info.uid}, who could change it`,
      ifAnothers,
    );
  }
  // A link's own mode says nothing.
  if (info.isSymlink) return;
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && !(info.isDirectory && (mode & STICKY) !== 0)) {
    throw new Failure(
      Exit.config,
      `${shown} can be written by others (mode ${(mode & 0o7777).toString(8)})`,
      `run: chmod go-w ${shown}`,
    );
  }
}
