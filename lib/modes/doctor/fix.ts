/** `gatehouse doctor --fix`: what takes rights away and locks nobody out. */
import type { Fix } from "../../core/doctor/finding.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { octal, printable } from "../../core/text.ts";
import { actingAs } from "../../io/acting_as.ts";
import { siteFiles } from "../../io/site_files.ts";
import { applyFix } from "../../io/site_fix.ts";

/**
 * @param root "" for this machine @param tell one line for each
 * @returns whether anything was changed
 * @throws Failure (77) for who is not root, on this machine
 */
export function fix(root: string, fixes: readonly Fix[], tell: (line: string) => void): boolean {
  if (root === "" && Deno.uid() !== 0) {
    throw new Failure(Exit.denied, "only root may mend this machine", "run it as root");
  }
  let isChanged = false;
  for (const one of fixes) {
    const why = apply(root, one);
    isChanged ||= why === undefined;
    const shown = `${deed(one)} ${printable(one.path, 1_000)}`;
    tell(why === undefined ? `done: ${shown}` : `not done: ${shown}: ${why}`);
  }
  return isChanged;
}

function deed(fix: Fix): string {
  if (fix.kind === "mode") return `chmod ${octal(fix.mode)}`;
  return fix.kind === "owner" ? `chown ${fix.uid}:${fix.gid}` : "rm";
}

/** @returns why it was not done */
function apply(root: string, one: Fix): string | undefined {
  try {
    const files = siteFiles(root);
    const cut = one.path.lastIndexOf("/");
    const folders = files.wayTo(one.path.slice(0, cut) || "/");
    const folder = folders?.at(-1);
    if (folders === undefined || folder === undefined) return "it is gone";
    const who = whoseWay(files, folders);
    if (typeof who === "string") return who;
    if (who !== undefined && one.kind === "owner") return "its folder belongs to an account";
    using _rights = actingAs(who ?? ROOT);
    const name = one.path.slice(cut + 1);
    return applyFix(`${root}${folder === "/" ? "" : folder}/${name}`, one);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const ROOT = { name: "root", uid: 0, gid: 0 };
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * What lies below something of an account's is changed with that account's rights: it could put a link in
 * the place of every folder on the way. Undefined: root alone can.
 * @returns a text: anybody could
 */
function whoseWay(files: SiteTree, folders: readonly string[]) {
  for (const folder of folders) {
    const facts = files.look(folder);
    if (facts === undefined) return "it is gone";
    const { gid, kind, mode, uid } = facts;
    if (uid !== 0 && uid !== Deno.uid()) return { name: `uid ${uid}`, uid, gid };
    const isOpen = kind === "folder" && (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0;
    if (isOpen) return `others can write to ${printable(folder)}`;
  }
}
