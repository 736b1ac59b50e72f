/** What is remembered: one's own, or, for administrators, all of it. */
import type { Grant } from "../../lib/core/grant.ts";
import { printable } from "../../lib/core/text.ts";
import type { Piece } from "../board_search.ts";
import {
  type BoardView,
  byWhom,
  Cell,
  DoneNote,
  Exactly,
  hostName,
  shown,
  Table,
  When,
} from "./board_parts.tsx";
import { Find, Pager } from "./board_paging.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import type { PageContent } from "./layout.tsx";

interface GrantsView extends BoardView {
  readonly piece: Piece<Grant>;
  /** What was looked for; undefined: it is one's own list, in which there is nothing to look for. */
  readonly query: string | undefined;
  /** Whether a button is there for each, and for all. */
  readonly mayRevoke: boolean;
}

export function grantsPage(view: GrantsView): PageContent {
  const { messages, piece, query, mayRevoke, prefix, at } = view;
  const m = messages.myGrants;
  const own = query === undefined;
  const title = own ? m.title : messages.grants.title;
  const none = own ? m.none : query === "" ? messages.grants.none : messages.nothingFound;
  const body = (
    <>
      <h1>{title}</h1>
      <DoneNote view={view} />
      <section class="card">
        <p>{m.text}</p>
        {!own && <Find query={query} view={view} />}
        {piece.items.length === 0
          ? <p>{none}</p>
          : (
            <form method="post" action={`${prefix}${at}/revoke`}>
              <Grants view={view} title={title} />
              {own && mayRevoke && (
                <p>
                  <button class="danger" type="submit" name="grant" value="all">
                    {m.revokeAll}
                  </button>
                </p>
              )}
            </form>
          )}
        <Pager {...piece} query={own || query === "" ? {} : { q: query }} view={view} />
      </section>
    </>
  );
  return { title, body, wide: true, styles: [BOARD_STYLE] };
}

function Grants({ view, title }: { view: GrantsView; title: string }) {
  const { messages, piece, mayRevoke } = view;
  const m = messages.myGrants;
  const columns = [
    ...[messages.freezes.user, messages.host, messages.source, messages.key, messages.commands],
    ...[messages.until, m.givenBy, ...(mayRevoke ? [""] : [])],
  ];
  return (
    <Table columns={columns} caption={title}>
      {piece.items.map((grant) => (
        <tr key={grant.id}>
          <th scope="row">{shown(grant.user)}</th>
          <Cell name={messages.host}>{hostName(grant.host, messages)}</Cell>
          <Cell name={messages.source} kind="from">{plainNetwork(grant.network)}</Cell>
          <Cell name={messages.key}>
            {grant.key === "" ? messages.noKey : <code>{printable(grant.key, 64)}</code>}
          </Cell>
          <Cell name={messages.commands}>
            {grant.commands === "any" ? messages.anyCommand : messages.transferOnly}
            {grant.requester !== null && (
              <>, {messages.requester} {shown(grant.requester)} ({shown(grant.service)})</>
            )}
          </Cell>
          <Cell name={messages.until}>
            <When at={grant.expiresAt} view={view} />
            <br />
            <span class="note">
              <Exactly at={grant.expiresAt} view={view} />
            </span>
          </Cell>
          <Cell name={m.givenBy} kind="by">{byWhom(grant.by, view)}</Cell>
          {mayRevoke && (
            <td>
              <button class="danger" type="submit" name="grant" value={grant.id}>
                {m.revoke}
              </button>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

/** One address as people write it. */
function plainNetwork(network: string): string {
  return printable(network.replace(/(?<=\.\d+)\/32$|\/128$/, ""));
}
