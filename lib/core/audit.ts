/**
 * The audit log's chain. One JSON object a line; each holds a sequence number and `prev`, the
 * SHA-256 of the bytes of the line before (without its newline), so a line that is changed, removed
 * or slipped in later is found. Cutting lines off the end is found only by comparing the last hash
 * with one noted elsewhere.
 *
 * A crash may leave a last line half written. It stays where it is, and the next line is an
 * `audit.resumed` that goes on from the last whole line and holds the SHA-256 of the damaged bytes:
 * the damage is part of the record, and cannot be removed or changed later either.
 */
import { concat } from "./bytes.ts";
import { sha256 } from "./hash.ts";
import type { Login } from "./login.ts";
import { printable } from "./text.ts";

/** One line of the audit log before it is chained; values are printed as given, so keep secrets out. */
export interface AuditEvent {
  readonly event: string;
  readonly [field: string]: string | number | boolean | null;
}

/** Its name in the data directory. */
export const AUDIT_FILE = "audit.jsonl";
/** `prev` of the first line. */
export const CHAIN_START = "0".repeat(64);
export const RESUMED = "audit.resumed";

/** Where the chain stands: number and hash of the last whole line. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

export interface AuditEntry extends AuditEvent {
  readonly seq: number;
  /** RFC 3339 */
  readonly time: string;
  readonly prev: string;
}

/** The line that follows `end`, without newline. @param now milliseconds since the epoch */
export function formatEntry(event: AuditEvent, end: ChainEnd, now: number): string {
  const chain = { seq: end.seq + 1, time: new Date(now).toISOString(), event: event.event };
  // Twice: the first time for its place in the line, then so that no field can pose as it.
  return JSON.stringify({ ...chain, ...event, ...chain, prev: end.hash });
}

/** A whole line, or undefined when it is damaged. Says nothing about its place in the chain. */
export function parseEntry(line: string): AuditEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isEntry(value) ? value : undefined;
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { seq, time, event, prev } = value as Record<string, unknown>;
  return Number.isSafeInteger(seq) && typeof time === "string" && typeof event === "string" &&
    typeof prev === "string" && /^[0-9a-f]{64}$/.test(prev) &&
    Object.values(value).every((field) => field === null || typeof field !== "object");
}

/** The hash under which `audit.resumed` records damaged lines. @param lines without newlines */
export function damageHash(lines: readonly Uint8Array[]): string {
  const newline = Uint8Array.of(10);
  return sha256(concat(lines.flatMap((line, index) => index === 0 ? [line] : [newline, line])));
}

export interface ChainReport {
  /** How many whole lines, in order. */
  readonly entries: number;
  /** Hash of the last one. */
  readonly last: string;
  /** Numbers of the lines that a crash damaged, as the log itself records. */
  readonly damaged: readonly number[];
  /** The first line that does not fit, counted from 1, and why. */
  readonly broken: { readonly line: number; readonly why: string } | null;
}

/** Checks a log line by line, so that it need not fit into memory. */
export class ChainCheck {
  #end: ChainEnd = { seq: 0, hash: CHAIN_START };
  #entries = 0;
  #line = 0;
  #damaged: number[] = [];
  /** Damaged lines that no `audit.resumed` has vouched for yet. */
  #open: Uint8Array[] = [];
  #unterminated = false;
  #broken: ChainReport["broken"] = null;

  /** @param line its bytes without newline @param terminated false when the file ends without one */
  add(line: Uint8Array, terminated = true): void {
    this.#line++;
    if (this.#broken !== null) return;
    this.#unterminated = !terminated;
    const entry = parseEntry(new TextDecoder().decode(line));
    if (entry === undefined) {
      this.#open.push(line);
      return;
    }
    const why = this.#misfit(entry);
    if (why !== null) {
      this.#broken = { line: this.#line - this.#open.length, why };
      return;
    }
    this.#markDamaged();
    this.#entries++;
    this.#end = { seq: entry.seq, hash: sha256(line) };
  }

  report(): ChainReport {
    // After a crash the file may end with half a line that no later one has recorded yet.
    const cutShort = this.#unterminated && this.#open.length === 1;
    if (this.#broken === null && this.#open.length > 0 && !cutShort) {
      this.#broken = { line: this.#line - this.#open.length + 1, why: UNREADABLE };
    }
    if (this.#broken === null) this.#markDamaged(1);
    return {
      entries: this.#entries,
      last: this.#end.hash,
      damaged: this.#damaged,
      broken: this.#broken,
    };
  }

  #misfit(entry: AuditEntry): string | null {
    const resumes = entry.event === RESUMED;
    if (this.#open.length > 0 && !resumes) return UNREADABLE;
    if (entry.seq !== this.#end.seq + 1) {
      return `has number ${entry.seq} where ${this.#end.seq + 1} is due`;
    }
    if (entry.prev !== this.#end.hash) return "does not continue the line before it";
    if (resumes && (this.#open.length === 0 || entry.damage !== damageHash(this.#open))) {
      return "records other damage than there is";
    }
    return null;
  }

  #markDamaged(after = 0): void {
    const first = this.#line - this.#open.length + after;
    this.#open.forEach((_, index) => this.#damaged.push(first + index));
    this.#open = [];
  }
}

const UNREADABLE = "is not an audit line";

/** What every audit line about a login says. */
export function loginEvent(event: `login.${string}`, login: Login): AuditEvent {
  return {
    event,
    login: login.id,
    host: printable(login.host),
    user: printable(login.user),
    service: printable(login.service),
    source: printable(login.source),
    requester: login.requester === null ? null : printable(login.requester),
    key: login.key === null ? null : printable(login.key),
    command: login.command === null ? null : printable(login.command, 200),
    by: login.by === null ? null : printable(login.by),
    via: login.via === null ? null : printable(login.via),
    reason: login.reason,
  };
}
