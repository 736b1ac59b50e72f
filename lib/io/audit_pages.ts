/** The audit log for who reads it on a page: from its end, a page at a time; or all of it, to verify. */
import { join } from "node:path";
import { AUDIT_FILE, ChainCheck, type ChainReport } from "../core/audit.ts";
import { concat, splitLines } from "../core/bytes.ts";
import type { AuditLine, AuditPage, AuditReader } from "../ports.ts";
import { readAudit } from "./audit_reader.ts";
import { cannotOpen } from "./private_files.ts";

const CHUNK = 65_536;
/** As much as one question may read: others are waiting meanwhile. */
const MOST = 8 * 1024 * 1024;

export class AuditPages implements AuditReader {
  #verifying: Promise<ChainReport> | undefined;

  constructor(private readonly dataDir: string) {}

  async newest(
    before: number | null,
    count: number,
    wanted: (line: string) => boolean,
  ): Promise<AuditPage> {
    const lines: AuditLine[] = [];
    let looked = Infinity;
    for await (const line of this.#backwards(before)) {
      looked = line.position;
      if (wanted(line.text)) lines.push(line);
      if (lines.length >= count) break;
    }
    return { lines, before: looked === Infinity || looked === 0 ? null : looked };
  }

  /** Who asks meanwhile gets the same answer: it reads the whole file. */
  verify(): Promise<ChainReport> {
    this.#verifying ??= this.#verify().finally(() => this.#verifying = undefined);
    return this.#verifying;
  }

  async #verify(): Promise<ChainReport> {
    const check = new ChainCheck();
    for await (const { bytes, terminated } of readAudit(this.dataDir)) {
      check.add(bytes, terminated);
    }
    return check.report();
  }

  async *#backwards(before: number | null): AsyncGenerator<AuditLine> {
    const path = join(this.dataDir, AUDIT_FILE);
    using file = openToRead(path);
    // A writer holds the lock until its lines are whole: what is there now is no half-written group.
    await file.lock(false);
    const { size } = await file.stat();
    await file.unlock();

    const end = Math.min(before ?? size, size);
    const stop = Math.max(0, end - MOST);
    let start = end;
    /** What is read already of the line that begins before `start`. */
    let rest: Uint8Array = new Uint8Array();
    while (start > stop) {
      const from = Math.max(stop, start - CHUNK);
      const bytes = concat([await read(file, from, start), rest]);
      start = from;
      // The first line may begin further to the left.
      const first = start === 0 ? 0 : bytes.indexOf(10) + 1;
      if (first === 0 && start > 0) {
        rest = bytes;
        continue;
      }
      rest = bytes.subarray(0, first);
      yield* linesOf(bytes.subarray(first), start + first);
    }
  }
}

/** The last first. @param position of the first byte */
function linesOf(bytes: Uint8Array, position: number): AuditLine[] {
  const { lines, rest } = splitLines(bytes);
  let at = position;
  return [...lines, ...(rest.length > 0 ? [rest] : [])].map((line) => {
    const place = at;
    at += line.length + 1;
    return { position: place, text: new TextDecoder().decode(line) };
  }).reverse();
}

async function read(file: Deno.FsFile, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  await file.seek(from, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    const count = await file.read(bytes.subarray(done));
    if (count === null) return bytes.subarray(0, done);
    done += count;
  }
  return bytes;
}

function openToRead(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}
