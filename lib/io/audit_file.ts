/**
 * The audit log on disk: `audit.jsonl` in the data directory, one chained line an event
 * (core/audit.ts). Several processes may write: each appends under flock(2) and first reads what
 * the others added. What is queued meanwhile goes out as one write and one fdatasync(2).
 */
import { join } from "node:path";
import { setImmediate } from "node:timers";
import {
  AUDIT_FILE,
  type AuditEvent,
  CHAIN_START,
  type ChainEnd,
  damageHash,
  formatEntry,
  parseEntry,
  RESUMED,
} from "../core/audit.ts";
import { splitLines } from "../core/bytes.ts";
import { sha256 } from "../core/hash.ts";
import type { Audit, Clock } from "../ports.ts";
import { writeAllSync } from "./files.ts";
import { cannotOpen, makePrivateFile, openPrivateDir } from "./private_files.ts";

/** How much of the end is read first, in bytes. */
const CHUNK = 65_536;

interface Waiting {
  readonly event: AuditEvent;
  readonly at: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class AuditFile implements Audit {
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  /** Where the chain stood after our last write, and how long the file was, in bytes. */
  #end: ChainEnd = { seq: 0, hash: CHAIN_START };
  #size = 0;

  private constructor(
    private readonly file: Deno.FsFile,
    private readonly clock: Clock,
  ) {}

  /** @throws Failure (78) */
  static open(dataDir: string, clock: Clock): AuditFile {
    openPrivateDir(dataDir);
    const path = join(dataDir, AUDIT_FILE);
    makePrivateFile(path);
    try {
      return new AuditFile(Deno.openSync(path, { read: true, append: true }), clock);
    } catch (error) {
      throw cannotOpen(path, error);
    }
  }

  append(event: AuditEvent): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ event, at: this.clock.now(), resolve, reject });
    // What the same turn of the event loop brings goes with it.
    this.#writing ??= nextTurn().then(() => this.#writeAll());
    return promise;
  }

  async close(): Promise<void> {
    await this.#writing;
    this.file.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      let group: Waiting[] = [];
      try {
        // Mostly nobody else has it, and then no other thread is asked.
        if (!this.file.tryLockSync(true)) await this.file.lock(true);
        try {
          group = this.#waiting.splice(0);
          await this.#write(group);
        } finally {
          this.file.unlockSync();
        }
        for (const { resolve } of group) resolve();
      } catch (error) {
        if (group.length === 0) group = this.#waiting.splice(0);
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined; // in the same step as the test above: nothing can slip in between
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { size } = this.file.statSync();
    const lines: string[] = [];
    let end = this.#end;
    const add = (event: AuditEvent, at: number) => {
      const line = formatEntry(event, end, at);
      lines.push(`${line}\n`);
      end = { seq: end.seq + 1, hash: sha256(line) };
    };
    if (size !== this.#size) {
      const tail = await this.#readTail(size);
      end = tail.end;
      if (!tail.terminated) lines.push("\n");
      if (tail.damaged.length > 0) {
        add({ event: RESUMED, damage: damageHash(tail.damaged) }, this.clock.now());
      }
    }
    for (const { event, at } of group) add(event, at);
    const bytes = new TextEncoder().encode(lines.join(""));
    try {
      writeAllSync(this.file, bytes);
      await this.file.syncData();
    } catch (error) {
      // The callers learn that these events are not recorded, so nothing of them may stay. Where
      // even this fails, the next write finds the damage.
      await this.file.truncate(size).catch(() => {});
      throw error;
    }
    this.#end = end;
    this.#size = size + bytes.length;
  }

  /** The last whole line and what follows it, read backwards from the end in growing pieces. */
  async #readTail(size: number): Promise<Tail> {
    for (let length = CHUNK;; length *= 4) {
      const start = Math.max(0, size - length);
      const bytes = await this.#read(start, size);
      const { lines, rest } = splitLines(bytes);
      const terminated = rest.length === 0;
      if (!terminated) lines.push(rest);
      // Unless it is the file's first, the piece's first line may be the rest of a longer one.
      const first = start === 0 ? 0 : 1;
      for (let index = lines.length - 1; index >= first; index--) {
        const line = lines[index] ?? new Uint8Array();
        const entry = parseEntry(new TextDecoder().decode(line));
        if (entry === undefined) continue;
        const end = { seq: entry.seq, hash: sha256(line) };
        return { end, damaged: lines.slice(index + 1), terminated };
      }
      if (start === 0) return { end: { seq: 0, hash: CHAIN_START }, damaged: lines, terminated };
    }
  }

  async #read(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    await this.file.seek(start, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) {
      const count = await this.file.read(bytes.subarray(done));
      if (count === null) return bytes.subarray(0, done);
      done += count;
    }
    return bytes;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

interface Tail {
  readonly end: ChainEnd;
  /** Lines after the last whole one, without newlines. */
  readonly damaged: readonly Uint8Array[];
  /** False when the file does not end with a newline. */
  readonly terminated: boolean;
}
