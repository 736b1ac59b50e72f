/** The audit log as it would be of the events that a test server wrote. */
import { type AuditEvent, CHAIN_START, ChainCheck, formatEntry } from "../../lib/core/audit.ts";
import { sha256 } from "../../lib/core/hash.ts";
import type { AuditLine, AuditReader } from "../../lib/ports.ts";
import { T0 } from "./logins.ts";

/** @param events as they are when something is read @param at when the event of that index was */
export function auditOf(
  events: readonly AuditEvent[],
  at: (index: number) => number = () => T0,
): AuditReader {
  return {
    newest: (before, count, wanted) => {
      const earlier = linesOf(events, at).filter(({ position }) => position < (before ?? Infinity));
      const found = earlier.toReversed().filter(({ text }) => wanted(text));
      const lines = found.slice(0, count);
      const more = found.length > count;
      return Promise.resolve({ lines, before: more ? lines.at(-1)?.position ?? null : null });
    },
    verify: () => {
      const check = new ChainCheck();
      for (const { text } of linesOf(events, at)) check.add(new TextEncoder().encode(text));
      return Promise.resolve(check.report());
    },
  };
}

function linesOf(events: readonly AuditEvent[], at: (index: number) => number): AuditLine[] {
  let end = { seq: 0, hash: CHAIN_START };
  let position = 0;
  return events.map((event, index) => {
    const text = formatEntry(event, end, at(index));
    const line = { position, text };
    end = { seq: end.seq + 1, hash: sha256(text) };
    position += text.length + 1;
    return line;
  });
}
