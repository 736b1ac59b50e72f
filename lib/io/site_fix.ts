/** One change of what the doctor mends: to the file itself, never to what a link there leads to. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  type Stats,
} from "node:fs";
import type { Fix } from "../core/doctor/finding.ts";
import { errnoIn } from "./files.ts";

/**
 * @param path where the file really is; no name of it but the last may be a link
 * @returns why it was not done; undefined when it was
 */
export function applyFix(path: string, fix: Fix): string | undefined {
  try {
    return fix.kind === "remove" ? remove(path) : change(path, fix);
  } catch (error) {
    return `the system refuses${errnoIn(error)}`;
  }
}

function remove(path: string): string | undefined {
  if (!Deno.lstatSync(path).isFile) return "it is not a regular file";
  Deno.removeSync(path);
}

function change(path: string, fix: Exclude<Fix, { kind: "remove" }>): string | undefined {
  const named = Deno.lstatSync(path);
  if (!named.isFile && !named.isDirectory) return "it is neither a file nor a folder";
  // With less than all permissions the runtime follows links itself; hence the comparison.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = fstatSync(fd);
    if (info.ino !== named.ino || info.dev !== named.dev) return "it was replaced meanwhile";
    const why = reasonAgainst(info, fix);
    if (why !== undefined) return why;
    if (fix.kind === "owner") fchownSync(fd, fix.uid, fix.gid);
    else fchmodSync(fd, fix.mode);
  } finally {
    closeSync(fd);
  }
}

function reasonAgainst(info: Stats, fix: Exclude<Fix, { kind: "remove" }>): string | undefined {
  // By another name it may be a file that everybody needs.
  if (info.isFile() && info.nlink > 1) return "it has another name elsewhere";
  const adds = fix.kind === "mode" && (fix.mode & 0o777 & ~info.mode) !== 0;
  return adds ? "that would give rights" : undefined;
}
