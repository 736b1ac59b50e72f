/** Reads the audit log while the server goes on writing it. */
import { join } from "node:path";
import { AUDIT_FILE } from "../core/audit.ts";
import { concat, splitLines } from "../core/bytes.ts";
import { cannotOpen } from "./private_files.ts";

interface AuditLine {
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
  let rest: Uint8Array = new Uint8Array();
  while (left > 0) {
    const count = await file.read(chunk.subarray(0, Math.min(chunk.length, left)));
    if (count === null) break;
    left -= count;
    const split = splitLines(concat([rest, chunk.subarray(0, count)]));
    for (const bytes of split.lines) yield { bytes, terminated: true };
    rest = split.rest;
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
