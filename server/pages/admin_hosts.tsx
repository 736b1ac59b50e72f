/** All hosts, and one of them. */
import { printable } from "../../lib/core/text.ts";
import type { HostReport } from "../../lib/core/host_report.ts";
import type { Host } from "../../lib/ports.ts";
import type { Piece } from "../board_search.ts";
import { ADMIN_HOSTS, ADMIN_LOGINS } from "../paths.ts";
import {
  type BoardView,
  Cell,
  DoneNote,
  Fold,
  Table,
  WhenFresh,
  WhenOrNever,
} from "./board_parts.tsx";
import { Find, Pager } from "./board_paging.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import { SeenChart, type SeenCounts } from "./chart_seen.tsx";
import { ReportCard, VerdictTag } from "./host_report.tsx";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";

interface HostsView extends BoardView {
  readonly piece: Piece<Host>;
  readonly query: string;
  readonly seen: SeenCounts;
  /** By the hash of the host's token. */
  readonly reports: ReadonlyMap<string, HostReport>;
}

export function hostsPage(view: HostsView): PageContent {
  const { messages, piece, query, prefix, seen } = view;
  const m = messages.hosts;
  const columns = [messages.name, messages.state, m.doctor.title, m.joined, m.seen, m.version];
  const body = (
    <>
      <h1>{m.title}</h1>
      <DoneNote view={view} />
      <section class="card">
        <Find query={query} view={view} />
        {piece.items.length === 0
          ? <p>{query === "" ? m.none : messages.nothingFound}</p>
          : (
            <Table columns={columns} caption={m.title}>
              {piece.items.map((host) => (
                <tr key={host.name}>
                  <th scope="row">
                    <a href={`${prefix}${ADMIN_HOSTS}/${encodeURIComponent(host.name)}`}>
                      {printable(host.name)}
                    </a>
                  </th>
                  <Cell name={messages.state}>
                    <HostTag host={host} view={view} />
                  </Cell>
                  <Cell name={m.doctor.title}>
                    {host.revokedAt === null && (
                      <VerdictTag report={view.reports.get(host.tokenHash)} view={view} />
                    )}
                  </Cell>
                  <Cell name={m.joined}>
                    <WhenOrNever at={host.joinedAt} view={view} />
                  </Cell>
                  <Cell name={m.seen}>
                    <WhenOrNever at={host.lastSeenAt} view={view} />
                  </Cell>
                  <Cell name={m.version}>{printable(host.version ?? "", 32)}</Cell>
                </tr>
              ))}
            </Table>
          )}
        <Pager {...piece} query={query === "" ? {} : { q: query }} view={view} />
        <p class="note">
          {m.add} <code>gatehouse host add NAME</code>
        </p>
      </section>
      <SeenChart counts={seen} messages={messages} />
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

export function hostPage(
  view: BoardView & { readonly host: Host; readonly report: HostReport | undefined },
): PageContent {
  const { messages, host, prefix } = view;
  const m = messages.hosts;
  const path = `${prefix}${ADMIN_HOSTS}/${encodeURIComponent(host.name)}`;
  const name = printable(host.name);
  const body = (
    <>
      <p>
        <a href={`${prefix}${ADMIN_HOSTS}`}>{m.back}</a>
      </p>
      <div class="head">
        <h1>{name}</h1>
        <HostTag host={host} view={view} />
      </div>
      <DoneNote view={view} />
      <section class="card">
        <dl>
          <Row name={m.joined}>
            <WhenOrNever at={host.joinedAt} view={view} />
          </Row>
          <Row name={m.seen}>
            <WhenOrNever at={host.lastSeenAt} view={view} />
          </Row>
          <Row name={m.version}>{printable(host.version ?? "", 32)}</Row>
        </dl>
        <p>
          <a href={`${prefix}${ADMIN_LOGINS}?${new URLSearchParams({ q: host.name })}`}>
            {m.logins}
          </a>
        </p>
      </section>
      {host.revokedAt === null && <ReportCard report={view.report} view={view} />}
      {host.revokedAt === null && (
        <section class="card">
          <WhenFresh view={view}>
            <Fold title={m.revoke} stop>
              <p class="note">{m.revokeText}</p>
              <form method="post" action={`${path}/revoke`} class="row">
                <button class="alarm small" type="submit">{m.revokeButton}</button>
              </form>
            </Fold>
          </WhenFresh>
        </section>
      )}
    </>
  );
  return { title: name, body, wide: true, styles: [BOARD_STYLE] };
}

function HostTag({ host, view: { messages } }: { host: Host; view: BoardView }) {
  const state = host.revokedAt !== null ? "revoked" : host.joinedAt === null ? "waiting" : "joined";
  const tone = { revoked: "tag bad", waiting: "tag", joined: "tag good" }[state];
  return <span class={tone}>{messages.hosts.states[state]}</span>;
}
