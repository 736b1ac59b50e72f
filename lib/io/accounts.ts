/** Unix accounts as the name service knows them (files, LDAP, ...): getpwuid(3), getgrnam(3). */
import { base, cString, nulTerminated, openLibc } from "./libc.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Whole, commas and all. */
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

/** Enough for entries with very long GECOS fields; sysconf's hint is 1,024 (getpwuid(3)). */
const BUFFER = 65_536;
/** As long as a path may be (PATH_MAX). */
const LONGEST_FIELD = 4_096;
const NGROUPS_MAX = 65_536;
/** A group may have very many members. */
const GROUP_BUFFER = 1_048_576;

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

/** All that the name service lists; some, such as LDAP, may be set up not to (getpwent(3)). */
export function allAccounts(): Account[] {
  const c = openLibc({
    setpwent: { parameters: [], result: "void" },
    getpwent_r: { parameters: ["buffer", "buffer", "usize", "buffer"], result: "i32" },
    endpwent: { parameters: [], result: "void" },
  });
  const next = () => lookUp((...buffers) => c.getpwent_r(...buffers));
  const accounts: Account[] = [];
  c.setpwent();
  for (let account = next(); account !== undefined; account = next()) accounts.push(account);
  c.endpwent();
  return accounts;
}

/** @param ask getpwuid_r(3) or one like it: fills the buffers, 0 when nothing went wrong */
function lookUp(
  ask: (entry: BufferSource, strings: BufferSource, size: bigint, found: BufferSource) => number,
): Account | undefined {
  // struct passwd: name, passwd, uid+gid, gecos, dir, shell; eight bytes each on 64-bit Linux.
  const entry = new BigUint64Array(6);
  const found = new BigUint64Array(1);
  const strings = new Uint8Array(BUFFER);
  if (ask(entry, strings, BigInt(BUFFER), found) !== 0 || found[0] === 0n) return undefined;
  const text = (index: number) => {
    // Some name services leave out what they do not have.
    const address = entry[index] ?? 0n;
    return address === 0n ? "" : new TextDecoder().decode(cString(address, LONGEST_FIELD));
  };
  const [uid = 0, gid = 0] = new Uint32Array(entry.buffer, 16, 2);
  // An empty shell field means /bin/sh (passwd(5)).
  return { name: text(0), uid, gid, gecos: text(3), home: text(4), shell: text(5) || "/bin/sh" };
}

/**
 * Which of the named groups this process is in. sshd has set the process's groups from the group
 * database, so they are the account's.
 */
export function memberOf(names: readonly string[]): string[] {
  const c = openLibc({
    getgid: { parameters: [], result: "u32" },
    getgroups: { parameters: ["i32", "buffer"], result: "i32" },
  });
  const list = new Uint32Array(NGROUPS_MAX);
  const count = c.getgroups(list.length, list);
  return among(names, [c.getgid(), ...list.subarray(0, Math.max(count, 0))]);
}

/** Which of the named groups the account is in, for a process that has no groups of the account's. */
export function groupsOf(
  account: Pick<Account, "name" | "gid">,
  names: readonly string[],
): string[] {
  if (names.length === 0 || account.name.includes("\0")) return [];
  const c = openLibc({
    getgrouplist: { parameters: ["buffer", "u32", "buffer", "buffer"], result: "i32" },
  });
  const list = new Uint32Array(NGROUPS_MAX);
  const length = new Int32Array([list.length]);
  // -1: too many for the list, which then has as many as it holds (getgrouplist(3)).
  const count = c.getgrouplist(nulTerminated(account.name), account.gid, list, length);
  return among(names, count < 0 ? list : list.subarray(0, count));
}

/** Says of one account after another the names of all its groups, the primary one first. */
export function groupReader(): (account: Pick<Account, "name" | "gid">) => string[] {
  const c = openLibc({
    getgrouplist: { parameters: ["buffer", "u32", "buffer", "buffer"], result: "i32" },
    getgrgid_r: { parameters: ["u32", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  });
  const gids = new Uint32Array(NGROUPS_MAX);
  const strings = new Uint8Array(GROUP_BUFFER);
  const known = new Map<number, string | undefined>();
  const nameOf = (gid: number) => {
    const entry = new BigUint64Array(4); // struct group: name, passwd, gid, members
    const found = new BigUint64Array(1);
    const size = BigInt(strings.length);
    if (c.getgrgid_r(gid, entry, strings, size, found) !== 0 || found[0] === 0n) return undefined;
    return new TextDecoder().decode(cString(entry[0] ?? 0n, LONGEST_FIELD));
  };
  return ({ name, gid }) => {
    const length = new Int32Array([gids.length]);
    const count = c.getgrouplist(nulTerminated(name), gid, gids, length);
    const all = new Set([gid, ...gids.subarray(0, count < 0 ? gids.length : count)]);
    for (const one of all) if (!known.has(one)) known.set(one, nameOf(one));
    return [...all].map((one) => known.get(one)).filter((one) => one !== undefined);
  };
}

/** Whether the name service has that group; undefined when it cannot say. */
export function groupExists(name: string): boolean | undefined {
  if (name.includes("\0")) return false;
  const c = openLibc({
    getgrnam_r: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  });
  const entry = new Uint32Array(8); // struct group: name, passwd, gid, members
  const found = new BigUint64Array(1);
  const strings = new Uint8Array(GROUP_BUFFER);
  const size = BigInt(strings.length);
  // Not found is 0 with nothing found, or one of these (getgrnam(3)).
  const error = c.getgrnam_r(nulTerminated(name), entry, strings, size, found);
  if (error !== 0) return NOT_FOUND.includes(error) ? false : undefined;
  return found[0] !== 0n;
}

/** ENOENT, ESRCH */
const NOT_FOUND = [2, 3];

function among(names: readonly string[], gids: Iterable<number>): string[] {
  const c = openLibc({
    getgrnam_r: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  });
  const mine = new Set(gids);
  return names.filter((name) => {
    if (name.includes("\0")) return false;
    const entry = new Uint32Array(8); // struct group: name, passwd, gid, members
    const found = new BigUint64Array(1);
    const strings = new Uint8Array(GROUP_BUFFER);
    const size = BigInt(strings.length);
    if (c.getgrnam_r(nulTerminated(name), entry, strings, size, found) !== 0) return false;
    return found[0] !== 0n && mine.has(entry[4] ?? -1);
  });
}

/**
 * True when the account's password is one of this machine's own, which pam_unix(8) judges itself.
 * Only root can know: false also when the file cannot be read.
 */
export function isLocal(name: string, shadow = "/etc/shadow"): boolean {
  let text;
  try {
    text = Deno.readTextFileSync(shadow);
  } catch {
    return false;
  }
  return name !== "" && text.split("\n").some((line) => line.split(":", 1)[0] === name);
}
