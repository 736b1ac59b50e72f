/**
 * What root does with a user's files it does as that user. Otherwise a link that the user put there
 * would make root read or write what the user may not.
 */
import { dirname, resolve } from "node:path";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { isThere } from "./files.ts";
import { nulTerminated, openLibc } from "./libc.ts";

/** What setresuid(2) and setresgid(2) take for "leave it". */
const AS_IT_IS = 0xffff_ffff;
const NGROUPS_MAX = 65_536;

interface Rights {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * For work on a file that is kept for the account: as the account, unless the file is outside its home
 * and nobody but root could have made what leads there, or could put something else in its place.
 */
export function actingAt(path: string, account: Rights & { home: string }): Disposable {
  // Anybody but root has no other rights, and may not even look at all that leads there.
  const asItIs = !isRoot() || (!isBelow(path, account.home) && isRootsAlone(path));
  return asItIs ? { [Symbol.dispose]() {} } : actingAs(account);
}

/**
 * Until disposed, files are used with the account's rights. All threads of the process change
 * together, those that carry out asynchronous calls too: glibc sees to that (nptl(7)), so this is for
 * one account at a time. Does nothing when the process is not root's, or is the account's already.
 * @throws Failure (70) where root may not, as in some containers
 */
export function actingAs(account: Rights): Disposable {
  if (!isRoot()) return { [Symbol.dispose]() {} };
  const c = openLibc({
    geteuid: { parameters: [], result: "u32" },
    getegid: { parameters: [], result: "u32" },
    getgroups: { parameters: ["i32", "buffer"], result: "i32" },
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
    initgroups: { parameters: ["buffer", "u32"], result: "i32" },
    setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
    setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  });
  const now = c.geteuid();
  if (now === account.uid) return { [Symbol.dispose]() {} };
  const shown = printable(account.name);
  if (now !== 0) throw new Failure(Exit.software, `cannot act as ${shown} and another account`);

  const gid = c.getegid();
  const groups = new Uint32Array(NGROUPS_MAX);
  const count = Math.max(c.getgroups(groups.length, groups), 0);
  const back = () => {
    // Root's uid first: without it the groups could not be changed.
    const faults = [
      c.setresuid(AS_IT_IS, 0, AS_IT_IS),
      c.setgroups(BigInt(count), groups),
      c.setresgid(AS_IT_IS, gid, AS_IT_IS),
    ];
    if (faults.some((result) => result !== 0) || c.geteuid() !== 0 || c.getegid() !== gid) {
      throw new Failure(Exit.software, "cannot become root again");
    }
  };
  const faults = [
    c.initgroups(nulTerminated(account.name), account.gid),
    c.setresgid(AS_IT_IS, account.gid, AS_IT_IS),
    c.setresuid(AS_IT_IS, account.uid, AS_IT_IS),
  ];
  if (
    faults.some((result) => result !== 0) ||
    c.geteuid() !== account.uid || c.getegid() !== account.gid
  ) {
    back();
    throw new Failure(Exit.software, `cannot act as ${shown}`, "run this as that user");
  }
  return { [Symbol.dispose]: back };
}

/**
 * As actingAs(), with the rights of whoever a folder belongs to; their groups are left out.
 * @throws what the system says where there is no such folder; Failure as above
 */
export function actingAsOwner(folder: string): Disposable {
  const { uid, gid } = Deno.statSync(folder);
  if (uid === null || gid === null || uid === Deno.uid()) return { [Symbol.dispose]() {} };
  return actingAs({ name: `uid ${uid}`, uid, gid });
}

/** Files are used with the rights of the effective one; under su the real one is the caller's. */
interface UserIds {
  readonly real: number;
  readonly effective: number;
  /** What the effective one may become again: credentials(7). */
  readonly saved: number;
}

export function userIds(): UserIds {
  const c = openLibc({
    getresuid: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  });
  const ids = new Uint32Array(3);
  c.getresuid(ids.subarray(0, 1), ids.subarray(1, 2), ids.subarray(2, 3));
  const [real = 0, effective = 0, saved = 0] = ids;
  return { real, effective, saved };
}

/** Also where the real uid is not root's, and while it acts as somebody else. */
function isRoot(): boolean {
  if (Deno.uid() === 0) return true;
  const { effective, saved } = userIds();
  return effective === 0 || saved === 0;
}

function isBelow(path: string, folder: string): boolean {
  const inner = segments(path);
  const outer = segments(folder);
  return inner.length > outer.length && outer.every((name, index) => name === inner[index]);
}

function segments(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The links on the way count like the folders that they lead to. */
function isRootsAlone(path: string): boolean {
  let folder = dirname(path);
  while (!isThere(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    const info = Deno.statSync(folder);
    if (((info.mode ?? 0) & WRITABLE_BY_OTHERS) !== 0) return false;
    return wayTo(folder).every((above) => {
      const { uid, mode, isSymlink } = Deno.lstatSync(above);
      const open = !isSymlink && ((mode ?? 0) & WRITABLE_BY_OTHERS) !== 0;
      return uid === 0 && (!open || ((mode ?? 0) & STICKY) !== 0);
    });
  } catch {
    return false; // a link to nowhere, or one that changed meanwhile
  }
}

/** The folder, all above it, and for each link among them the way that it leads on. */
function wayTo(folder: string): string[] {
  const here = Deno.lstatSync(folder).isSymlink
    ? [folder, ...wayTo(resolve(dirname(folder), Deno.readLinkSync(folder)))]
    : [folder];
  return folder === dirname(folder) ? here : [...here, ...wayTo(dirname(folder))];
}
