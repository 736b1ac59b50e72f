/** What a command finds around it: the machine's name, the environment, the folders. */
import { dirname, resolve } from "node:path";
import { steersRuntime } from "../core/ssh_session.ts";
import { isThere } from "./files.ts";
import { nulTerminated, openLibc } from "./libc.ts";

/** The machine's own name (gethostname(2)); "localhost" where it has none. */
export function hostName(): string {
  const c = openLibc({ gethostname: { parameters: ["buffer", "usize"], result: "i32" } });
  const name = new Uint8Array(256); // HOST_NAME_MAX is 64
  c.gethostname(name, 255n);
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0))) || "localhost";
}

/** The first of these variables that is set and not empty. */
export function variable(...names: string[]): string | undefined {
  return names.map((name) => Deno.env.get(name)).find((value) => value);
}

export function absolutePath(path: string): string {
  return resolve(path);
}

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
  const c = openLibc({ euidaccess: { parameters: ["buffer", "i32"], result: "i32" } });
  return c.euidaccess(nulTerminated(folder), W_OK | X_OK) === 0 ? undefined : folder;
}

/** Whether stdin is a socket, as pam_gatehouse.so makes it; pam_exec gives a pipe or /dev/null. */
export function stdinIsSocket(): boolean {
  try {
    return Deno.readLinkSync("/proc/self/fd/0").startsWith("socket:");
  } catch {
    return false;
  }
}

/** Before the first request: proxies and authorities are host.toml's to say, not the environment's. */
export function forgetSteering(): void {
  for (const name of Object.keys(Deno.env.toObject())) {
    if (steersRuntime(name)) Deno.env.delete(name);
  }
}
