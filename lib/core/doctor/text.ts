/** What the doctor says to a person at a terminal of 80 columns. */
import { wrapAtBlanks } from "../display_width.ts";
import { printable } from "../text.ts";
import { type Examined, type Finding, inOrder, SEVERITIES, type Severity } from "./finding.ts";

const COLUMNS = 80;
/** In front of a finding's parts. */
const LABEL = 10;
/** Of one line; what comes from files may be long. */
const LONGEST = 4_000;

const ESC = "\x1b[";
const PLAIN = `${ESC}0m`;
const BOLD = `${ESC}1m`;
const DIM = `${ESC}2m`;
const COLOURS: Readonly<Record<Severity, string>> = {
  critical: `${ESC}1;31m`,
  warning: `${ESC}1;33m`,
  info: `${ESC}1;36m`,
};
const GOOD = `${ESC}1;32m`;

/**
 * One line each, without its newline.
 * @param name of the machine @param styled with colours
 */
export function doctorText(name: string, examined: Examined, styled: boolean): string[] {
  const findings = inOrder(examined.findings);
  const lines = [verdictLine(name, findings, styled)];
  for (const severity of SEVERITIES) {
    const some = findings.filter((one) => one.severity === severity);
    if (some.length === 0) continue;
    lines.push("", style(COLOURS[severity], severity, styled));
    for (const one of some) lines.push("", ...findingLines(one, styled));
  }
  if (examined.proven.length > 0) {
    lines.push("", style(GOOD, "proven", styled), "");
    for (const one of examined.proven) lines.push(...part("  - ", one));
  }
  return lines;
}

/** "web1: 2 critical, 1 warning" */
function verdictLine(name: string, findings: readonly Finding[], styled: boolean): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    if (count === 0) return [];
    return [`${count} ${severity}${severity === "warning" && count > 1 ? "s" : ""}`];
  });
  const worst = findings[0]?.severity ?? "info";
  const verdict = worst === "info" ? ["all is well", ...counts] : counts;
  const colour = worst === "info" ? GOOD : COLOURS[worst];
  return `${style(BOLD, `${printable(name, 64)}:`, styled)} ${
    style(colour, verdict.join(", "), styled)
  }`;
}

function findingLines({ id, where, what, means, mend, witness }: Finding, styled: boolean) {
  const place = where === undefined ? [] : [placeOf(where)];
  return [
    ...part("  ", what).map((line) => style(BOLD, line, styled)),
    ...place.flatMap((text) => part(label("where"), text)),
    ...part(label("means"), means),
    ...part(label("mend"), mend),
    ...(witness === undefined ? [] : part(label("witness"), witness)),
    ...part(label("id"), id).map((line) => style(DIM, line, styled)),
  ];
}

/** "/etc/ssh/sshd_config:12" */
export function placeOf({ file, line }: NonNullable<Finding["where"]>): string {
  return line === undefined ? file : `${file}:${line}`;
}

function label(name: string): string {
  return `    ${name.padEnd(LABEL - 2)}`;
}

/** Behind its beginning, and below that. A line of its own in the text stays one. */
function part(beginning: string, text: string): string[] {
  const room = COLUMNS - beginning.length;
  const below = " ".repeat(beginning.length);
  return text.split("\n").flatMap((line) => {
    const indent = /^ */.exec(line)?.[0] ?? "";
    const rest = printable(line.slice(indent.length), LONGEST);
    return wrapAtBlanks(rest, room - indent.length).split("\n").map((piece) => indent + piece);
  }).map((line, index) => `${index === 0 ? beginning : below}${line}`.trimEnd());
}

function style(code: string, text: string, styled: boolean): string {
  return styled ? `${code}${text}${PLAIN}` : text;
}
