/** What a host's doctor found. It says so in English; the texts are the host's. */
import type { HostReport } from "../../lib/core/host_report.ts";
import { printable } from "../../lib/core/text.ts";
import { type BoardView, When } from "./board_parts.tsx";

/** The doctor reports each hour. */
const STALE_AFTER_MS = 24 * 3_600_000;

interface ReportProps {
  readonly report: HostReport | undefined;
  readonly view: BoardView;
}

export function VerdictTag({ report, view: { messages, now } }: ReportProps) {
  const m = messages.hosts.doctor;
  if (report === undefined) return <span class="tag">{m.none}</span>;
  if (now - report.receivedAt > STALE_AFTER_MS) return <span class="tag bad">{m.stale}</span>;
  const tone = { critical: "tag bad", warning: "tag", ok: "tag good" }[report.verdict];
  return <span class={tone}>{m.verdicts[report.verdict]}</span>;
}

export function ReportCard({ report, view }: ReportProps) {
  const { messages } = view;
  const m = messages.hosts.doctor;
  return (
    <section class="card">
      <div class="head">
        <h2>{m.title}</h2>
        <VerdictTag report={report} view={view} />
      </div>
      {report === undefined
        ? (
          <p>
            {m.howTo} <code>gatehouse doctor --report</code>
          </p>
        )
        : (
          <>
            <p>
              {m.counts(report.counts)} <When at={report.receivedAt} view={view} />
            </p>
            <ul lang="en">
              {report.findings.map(({ id, severity, what }) => (
                <li key={id}>
                  <strong>{m.severities[severity]}</strong> {printable(what)}{" "}
                  <code>{printable(id)}</code>
                </li>
              ))}
            </ul>
            <p class="note">
              {m.hint} <code>gatehouse doctor</code>
            </p>
          </>
        )}
    </section>
  );
}
