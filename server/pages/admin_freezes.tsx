/** Accounts that nobody gets in to. */
import type { Freeze } from "../../lib/core/freeze.ts";
import type { FormFault } from "../messages/board_words.ts";
import type { Piece } from "../board_search.ts";
import { ADMIN_FREEZES } from "../paths.ts";
import { NameField } from "./board_fields.tsx";
import {
  type BoardView,
  byWhom,
  Cell,
  DoneNote,
  FaultNote,
  hostName,
  shown,
  Table,
  When,
  WhenFresh,
} from "./board_parts.tsx";
import { Pager } from "./board_paging.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import type { PageContent } from "./layout.tsx";

interface FreezesView extends BoardView {
  readonly frozen: Piece<Freeze>;
  /** The latest first. */
  readonly lifted: readonly Freeze[];
  readonly form: {
    readonly user: string;
    readonly host: string;
    readonly fault?: FormFault | undefined;
  };
}

export function freezesPage(view: FreezesView): PageContent {
  const { messages, frozen, lifted, prefix, form } = view;
  const m = messages.freezes;
  const action = `${prefix}${ADMIN_FREEZES}`;
  const body = (
    <>
      <h1>{m.title}</h1>
      <DoneNote view={view} />
      <section class="card">
        {frozen.items.length === 0
          ? <p>{m.none}</p>
          : (
            <form method="post" action={`${action}/lift`}>
              <Freezes freezes={frozen.items} title={m.title} view={view} />
            </form>
          )}
        <Pager {...frozen} query={{}} view={view} />
      </section>
      <section class="card">
        <h2>{m.freeze}</h2>
        <p>{m.freezeText}</p>
        <WhenFresh view={view}>
          <form class="fields" method="post" action={action}>
            <FaultNote fault={form.fault} view={view} />
            <NameField label={m.user} name="user" value={form.user} required />
            <NameField label={m.hostLabel} name="host" value={form.host} required />
            <button class="alarm" type="submit">{m.freezeButton}</button>
          </form>
        </WhenFresh>
      </section>
      {lifted.length > 0 && (
        <section class="card">
          <h2>{m.lifted}</h2>
          <Freezes freezes={lifted} title={m.lifted} view={view} />
        </section>
      )}
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

function Freezes(
  { freezes, title, view }: { freezes: readonly Freeze[]; title: string; view: FreezesView },
) {
  const { messages, fresh } = view;
  const m = messages.freezes;
  const mayLift = fresh && freezes.some(({ liftedAt }) => liftedAt === null);
  const columns = [
    ...[m.user, messages.host, m.since, messages.by, m.evidence],
    ...(mayLift ? [""] : []),
  ];
  return (
    <Table columns={columns} caption={title}>
      {freezes.map((freeze) => {
        const { id, user, host, since, why, evidence, liftedAt, liftedBy } = freeze;
        return (
          <tr key={id}>
            <th scope="row">{shown(user)}</th>
            <Cell name={messages.host}>{hostName(host, messages)}</Cell>
            <Cell name={m.since}>
              <When at={since} view={view} />
            </Cell>
            <Cell name={messages.by}>
              {byWhom(freeze.by, view)}, {m.why[why]}
              {liftedAt !== null && (
                <>
                  ; {m.lifted}: {byWhom(liftedBy, view)}, <When at={liftedAt} view={view} />
                </>
              )}
            </Cell>
            <Cell name={m.evidence}>
              {evidence !== null &&
                `${shown(`${evidence.user}@${evidence.host}`)}, ${shown(evidence.source)}, ` +
                  shown(evidence.service)}
            </Cell>
            {mayLift && (
              <td>
                <button class="no small" type="submit" name="freeze" value={id}>
                  {m.lift}
                  <span class="unseen">{shown(user)}</span>
                </button>
              </td>
            )}
          </tr>
        );
      })}
    </Table>
  );
}
