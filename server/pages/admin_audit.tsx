/** The audit log: its newest lines, and whether it is whole. */
import { type ChainReport, parseEntry } from "../../lib/core/audit.ts";
import { keyValue, printable } from "../../lib/core/text.ts";
import type { AuditLine, AuditPage } from "../../lib/ports.ts";
import { ADMIN_AUDIT } from "../paths.ts";
import { type BoardView, Table, When } from "./board_parts.tsx";
import { Find, Older } from "./board_paging.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";

/** More of one value is for `gatehouse audit show`. */
const LONGEST_VALUE = 120;
const LONGEST_LINE = 700;

export interface Verified {
  readonly at: number;
  readonly report: ChainReport;
}

interface AuditView extends BoardView {
  readonly page: AuditPage;
  readonly query: string;
  /** Whether these are the newest. */
  readonly first: boolean;
  /** As many as a page holds. */
  readonly full: boolean;
  /** Since the server's start. */
  readonly verified: Verified | undefined;
}

export function auditPage(view: AuditView): PageContent {
  const { messages, page, query, first, full } = view;
  const m = messages.audit;
  const asked: Record<string, string> = query === "" ? {} : { q: query };
  const body = (
    <>
      <h1>{m.title}</h1>
      <Chain view={view} />
      <section class="card">
        <Find query={query} view={view} />
        {page.lines.length === 0
          ? <p>{messages.nothingFound}</p>
          : (
            <Table columns={[m.time, m.event, m.fields]} caption={m.title} tight>
              {page.lines.map((line) => <Line line={line} view={view} key={line.position} />)}
            </Table>
          )}
        {!full && page.before !== null && <p class="note">{m.searchedOnly}</p>}
        <Older
          older={page.before === null ? undefined : { before: String(page.before) }}
          query={asked}
          first={first}
          view={view}
        />
      </section>
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

function Chain({ view }: { view: AuditView }) {
  const { messages: { audit: m }, verified, prefix } = view;
  return (
    <section class="card">
      <h2>{m.chain}</h2>
      {verified !== undefined && <Report verified={verified} view={view} />}
      <p class="note">{m.chainText}</p>
      <form method="post" action={`${prefix}${ADMIN_AUDIT}/verify`} class="row">
        <button class="no small" type="submit">{m.verify}</button>
      </form>
    </section>
  );
}

function Report({ verified: { at, report }, view }: { verified: Verified; view: AuditView }) {
  const { messages: { audit: m } } = view;
  const { entries, last, damaged, broken } = report;
  return (
    <>
      {broken === null
        ? <p class="done" role="status">{m.whole(entries)}</p>
        : <p class="error" role="alert">{m.broken(broken.line)} {m.brokenText(broken.line - 1)}</p>}
      {damaged.length > 0 && <p class="note">{m.cutLines(damaged.slice(0, 50).join(", "))}</p>}
      <dl>
        <Row name={m.verified}>
          <When at={at} view={view} />
        </Row>
        <Row name={m.lastHash}>
          <code class="hash">{last}</code>
        </Row>
      </dl>
    </>
  );
}

function Line({ line, view }: { line: AuditLine; view: AuditView }) {
  const { messages: { audit: m } } = view;
  const entry = parseEntry(line.text);
  if (entry === undefined) {
    return (
      <tr>
        <th scope="row">{m.damaged}</th>
        <td />
        <td>{printable(line.text, 80)}</td>
      </tr>
    );
  }
  const { seq: _seq, prev: _prev, time, event, ...fields } = entry;
  const said = Object.entries(fields).filter(([, value]) => value !== null)
    .map(([name, value]) => keyValue(name, value, LONGEST_VALUE)).join(" ");
  return (
    <tr>
      <th scope="row">{printable(time.replace("T", " ").replace(/\..*/, ""), 32)}</th>
      <td class="is">{printable(event, 48)}</td>
      <td>{printable(said, LONGEST_LINE)}</td>
    </tr>
  );
}
