/** `gatehouse audit show|verify`: what happened, and whether the record is whole. */
import { type AuditEntry, ChainCheck, parseEntry } from "../../core/audit.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { jsonLine, keyValue, printable } from "../../core/text.ts";
import { type CommandOptions, serverPlace } from "./administration.ts";
import { readAudit } from "../../io/audit_reader.ts";
import type { Out } from "../../io/out.ts";

/** With `--json` the lines as they are stored. */
export async function auditShow(options: CommandOptions, out: Out): Promise<void> {
  let number = 0;
  for await (const { bytes } of readAudit(serverPlace(options).dataDir)) {
    number++;
    const line = new TextDecoder().decode(bytes);
    const entry = parseEntry(line);
    if (entry === undefined) out.error(`line ${number} is damaged: ${printable(line, 80)}`);
    else out.line(options.json ? line : readable(entry));
  }
}

export async function auditVerify(options: CommandOptions, out: Out): Promise<void> {
  const check = new ChainCheck();
  for await (const { bytes, terminated } of readAudit(serverPlace(options).dataDir)) {
    check.add(bytes, terminated);
  }
  const { entries, last, damaged, broken } = check.report();
  if (broken !== null) {
    if (options.json) out.line(jsonLine({ ok: false, entries, damaged, ...broken }));
    throw new Failure(
      Exit.data,
      `the audit log is broken: line ${broken.line} ${broken.why}`,
      `the ${broken.line - 1} lines before it are whole; compare the rest with a backup`,
    );
  }
  if (options.json) return out.line(jsonLine({ ok: true, entries, last, damaged }));
  for (const line of damaged) out.line(`line ${line} was cut short by a crash and kept as it is`);
  out.line(`${entries} ${entries === 1 ? "entry" : "entries"}, chain whole, last hash ${last}`);
}

function readable(entry: AuditEntry): string {
  const { seq: _seq, prev: _prev, time, event, ...fields } = entry;
  const parts = Object.entries(fields).filter(([, value]) => value !== null)
    .map(([name, value]) => keyValue(name, value, 300));
  return [printable(time), printable(event).padEnd(15), ...parts].join("  ");
}
