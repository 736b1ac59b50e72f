/** Reads the audit log while the server goes on writing it. */
import { join } from "node:path";
import { AUDIT_FILE } from "../core/audit.ts";
import { cannotOpen } from "./private_files.ts";

export interface AuditLine {
  /** without newline */
  readonly bytes: Uint8Array;
  /** False for a last line that has no newline. */
  readonly terminated: boolean;
}

/** The lines that were there when the reading began. @throws Failure (78) */
export async function* readAudit(dataDir: string): AsyncGenerator<AuditLine> {
  const path = join(dataDir, AUDIT_FILE);
  using file = openToRead(path);
  // A writer holds the lock until its lines are whole: what is there now is no half-written group.
  await file.lock(false);
  let left = (await file.stat()).size;
  await file.unlock();

  const chunk = new Uint8Array(65_536);
  let rest = new Uint8Array();
  while (left > 0) {
    const count = await file.read(chunk.subarray(0, Math.min(chunk.length, left)));
    if (count === null) break;
    left -= count;
    const bytes = new Uint8Array(rest.length + count);
    bytes.set(rest);
    bytes.set(chunk.subarray(0, count), rest.length);
    let start = 0;
    for (let end; (end = bytes.indexOf(10, start)) !== -1; start = end + 1) {
      yield { bytes: bytes.subarray(start, end), terminated: true };
    }
    rest = bytes.slice(start);
  }
  if (rest.length > 0) yield { bytes: rest, terminated: false };
}

function openToRead(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
