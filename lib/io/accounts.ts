/** Unix accounts as the name service knows them (files, LDAP, ...): getpwuid(3), getgrnam(3). */
import { base, cString, nulTerminated, openLibc } from "./libc.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Enough for entries with very long GECOS fields; sysconf's hint is 1,024 (getpwuid(3)). */
const BUFFER = 65_536;
const PATH_MAX = 4_096;

/** The passwd entry of this process's user; undefined when there is none. */
export function currentAccount(): Account | undefined {
  const uid = Deno.uid();
  if (uid === null) return undefined;
  return lookUp((entry, strings, size, found) =>
    base().getpwuid_r(uid, entry, strings, size, found)
  );
}

/** The passwd entry of that name; undefined when there is none, or the name service cannot say. */
export function accountByName(name: string): Account | undefined {
  // A C string ends at its first NUL: "root\0x" would find root.
  if (name.includes("\0")) return undefined;
  const c = openLibc({
    getpwnam_r: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  });
  return lookUp((entry, strings, size, found) =>
    c.getpwnam_r(nulTerminated(name), entry, strings, size, found)
  );
}

/** @param ask getpwuid_r(3) or getpwnam_r(3): fills the buffers, 0 when nothing went wrong */
function lookUp(
  ask: (entry: BufferSource, strings: BufferSource, size: bigint, found: BufferSource) => number,
): Account | undefined {
  // struct passwd: name, passwd, uid+gid, gecos, dir, shell; eight bytes each on 64-bit Linux.
  const entry = new BigUint64Array(6);
  const found = new BigUint64Array(1);
  const strings = new Uint8Array(BUFFER);
  if (ask(entry, strings, BigInt(BUFFER), found) !== 0 || found[0] === 0n) return undefined;
  const text = (index: number) => new TextDecoder().decode(cString(entry[index] ?? 0n, PATH_MAX));
  const [uid = 0, gid = 0] = new Uint32Array(entry.buffer, 16, 2);
  // An empty shell field means /bin/sh (passwd(5)).
  return { name: text(0), uid, gid, home: text(4), shell: text(5) || "/bin/sh" };
}

/**
 * Which of the named groups this process is in. sshd has set the process's groups from the group
 * database, so they are the account's.
 */
export function memberOf(names: readonly string[]): string[] {
  const c = openLibc({
    getgid: { parameters: [], result: "u32" },
    getgroups: { parameters: ["i32", "buffer"], result: "i32" },
    getgrnam_r: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  });
  const list = new Uint32Array(65_536); // NGROUPS_MAX
  const count = c.getgroups(list.length, list);
  const mine = new Set([c.getgid(), ...list.subarray(0, Math.max(count, 0))]);
  return names.filter((name) => {
    const entry = new Uint32Array(8); // struct group: name, passwd, gid, members
    const found = new BigUint64Array(1);
    const strings = new Uint8Array(1_048_576); // a group may have very many members
    const size = BigInt(strings.length);
    if (c.getgrnam_r(nulTerminated(name), entry, strings, size, found) !== 0) return false;
    return found[0] !== 0n && mine.has(entry[4] ?? -1);
  });
}
