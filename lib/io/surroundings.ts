/** What a command finds around it: the machine's name, the environment, the folders. */
import { fstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { steersRuntime } from "../core/ssh_session.ts";
import { isThere } from "./files.ts";
import { nulTerminated, openLibc, variableBytes } from "./libc.ts";

/** The machine's own name (gethostname(2)); "localhost" where it has none. */
export function hostName(): string {
  const c = openLibc({ gethostname: { parameters: ["buffer", "usize"], result: "i32" } });
  const name = new Uint8Array(256); // HOST_NAME_MAX is 64
  c.gethostname(name, 255n);
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0))) || "localhost";
}

/** The first of these variables that is set and not empty; what is not UTF-8 in it becomes U+FFFD. */
export function variable(...names: string[]): string | undefined {
  return names.map(readVariable).find((value) => value);
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    // Were it as good as not set, a client without a name of UTF-8 would pass for this machine.
    return new TextDecoder().decode(variableBytes(name));
  }
}

export function absolutePath(path: string): string {
  return resolve(path);
}

const R_OK = 4;
const W_OK = 2;
const X_OK = 1;

/** Whether a link, a folder, a pipe or a device is there, as far as can be seen. */
export function isIrregular(path: string): boolean {
  return seen(path)?.isFile === false;
}

/** The file's uid; undefined when it cannot be seen. */
export function ownerOf(path: string): number | undefined {
  return seen(path)?.uid ?? undefined;
}

function seen(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}

/**
 * What keeps a file from being made there: the folder, there already, in which this process may not
 * write (euidaccess(3)); undefined when nothing does.
 */
export function unwritableFolder(path: string): string | undefined {
  let folder = dirname(path);
  while (!isThere(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return mayUse(folder, W_OK | X_OK) ? undefined : folder;
}

/** Whether there is something that this process may read. */
export function isReadable(path: string): boolean {
  return mayUse(path, R_OK);
}

function mayUse(path: string, how: number): boolean {
  const c = openLibc({ euidaccess: { parameters: ["buffer", "i32"], result: "i32" } });
  return c.euidaccess(nulTerminated(path), how) === 0;
}

/** Whether stdin is a socket, as pam_gatehouse.so makes it; pam_exec gives a pipe or /dev/null. */
export function stdinIsSocket(): boolean {
  try {
    return Deno.readLinkSync("/proc/self/fd/0").startsWith("socket:");
  } catch {
    return false;
  }
}

/** Whether stdout is systemd's journal, which keeps what is printed (JOURNAL_STREAM, systemd.exec(5)). */
export function stdoutIsJournal(): boolean {
  try {
    const { dev, ino } = fstatSync(1);
    return readVariable("JOURNAL_STREAM") === `${dev}:${ino}`;
  } catch {
    return false; // closed
  }
}

/** Before the first request: proxies and authorities are host.toml's to say, not the environment's. */
export function forgetSteering(): void {
  for (const name of Object.keys(Deno.env.toObject())) {
    if (steersRuntime(name)) Deno.env.delete(name);
  }
}
