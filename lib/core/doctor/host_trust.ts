/** Who beside root could change what decides about logins: its file, a link, a folder above it. */
import type { Finding, Fix } from "./finding.ts";
import { octal, printable } from "../text.ts";
import type { FileFacts } from "./site.ts";

/** A thing that is passed on the way to a file, or the file itself. */
export interface Passed {
  readonly path: string;
  readonly facts: FileFacts;
}

export interface Open extends Passed {
  readonly why: "owner" | "writable";
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * The first of them that others could change; undefined: none.
 * @param way "/" first @param owners uids that may
 * @param sticky whether a folder like /tmp passes; pam_gatehouse.so lets none pass
 */
export function openTo(
  way: readonly Passed[],
  owners: readonly number[],
  sticky: boolean,
): Open | undefined {
  for (const { path, facts } of way) {
    if (!owners.includes(facts.uid)) return { path, facts, why: "owner" };
    if (facts.kind === "link" || (facts.mode & WRITABLE_BY_OTHERS) === 0) continue;
    if (sticky && facts.kind === "folder" && (facts.mode & STICKY) !== 0) continue;
    return { path, facts, why: "writable" };
  }
}

/**
 * As a finding about what is at its end.
 * @param about without `where`, `what` and `fix`; `name` begins what was found: "the executable"
 */
export function openFinding(
  { path, facts, why }: Open,
  { name, ...about }: Pick<Finding, "id" | "severity" | "means"> & { readonly name: string },
): Finding {
  const which = `${name}: ${path}`;
  return {
    ...about,
    where: { file: path },
    what: why === "owner"
      ? `${which} belongs to uid ${facts.uid}, not to root`
      : `${which} can be written by others (mode ${octal(facts.mode)})`,
    mend: mendOf({ path, facts, why }),
    ...fixOf({ path, facts, why }),
  };
}

/** For people. */
export function mendOf({ path: unsafe, facts: { kind, mode }, why }: Open): string {
  const path = printable(unsafe);
  if (kind === "folder" && (mode & STICKY) !== 0) {
    return `put it elsewhere, such as /usr/local/bin: ${path} is for everybody`;
  }
  return why === "owner" ? `chown root:root ${path}` : `chmod go-w ${path}`;
}

/** A folder may be somebody's home, or a /tmp. */
function fixOf({ path, facts, why }: Open): { readonly fix?: Fix } {
  const { kind, mode } = facts;
  if (why === "owner") {
    return kind === "file" ? { fix: { kind: "owner", path, uid: 0, gid: 0 } } : {};
  }
  if (kind !== "file" && (mode & STICKY) !== 0) return {};
  return { fix: { kind: "mode", path, mode: mode & ~WRITABLE_BY_OTHERS } };
}
