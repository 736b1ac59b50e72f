/** What the doctor says to Prometheus: its text format, as node_exporter's textfile collector reads it. */
import { type Finding, SEVERITIES } from "./finding.ts";

/** One examination, or that there was none. */
export interface Run {
  /** Undefined: it could not be made. */
  readonly findings: readonly Finding[] | undefined;
  /** When the last one was made that could be, in milliseconds since the Unix epoch. */
  readonly lastRun: number | undefined;
}

/** A finding is one series, however often it was found. */
export function doctorMetrics({ findings, lastRun }: Run): string {
  const lines = [
    ...head("up", "whether the last examination could be made"),
    `${NAME}_up ${findings === undefined ? 0 : 1}`,
  ];
  if (lastRun !== undefined) {
    lines.push(
      ...head("last_run_timestamp_seconds", "when the last examination was made"),
      `${NAME}_last_run_timestamp_seconds ${Math.floor(lastRun / 1000)}`,
    );
  }
  if (findings !== undefined) {
    lines.push(...head("findings", "how many findings, by severity"));
    for (const severity of SEVERITIES) {
      const count = findings.filter((one) => one.severity === severity).length;
      lines.push(`${NAME}_findings{severity="${severity}"} ${count}`);
    }
    const each = findings.map(({ id, severity }) =>
      `${NAME}_finding{id="${labelValue(id)}",severity="${severity}"} 1`
    );
    if (each.length > 0) {
      lines.push(...head("finding", "what was found"), ...[...new Set(each)].sort());
    }
  }
  return `${lines.join("\n")}\n`;
}

const NAME = "gatehouse_doctor";

function head(name: string, help: string): string[] {
  return [`# HELP ${NAME}_${name} ${help}`, `# TYPE ${NAME}_${name} gauge`];
}

function labelValue(text: string): string {
  return text.replace(/["\\\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`);
}
