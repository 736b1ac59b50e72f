/** All persons, and a form for one more. */
import { type Device, isUsable } from "../../lib/core/device.ts";
import type { Invitation } from "../../lib/core/invitation.ts";
import { OWN, type Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { Piece } from "../board_search.ts";
import type { BoardMessages } from "../messages/board_words.ts";
import { ADMIN_PERSONS } from "../paths.ts";
import {
  type BoardView,
  Cell,
  DoneNote,
  shown,
  Table,
  WhenFresh,
  WhenOrNever,
} from "./board_parts.tsx";
import { Find, Pager } from "./board_paging.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import type { PageContent } from "./layout.tsx";
import { PersonFields, type PersonForm, type PersonFormView } from "./person_fields.tsx";

interface PersonsView extends PersonFormView {
  readonly piece: Piece<{
    readonly person: Person;
    readonly devices: readonly Device[];
    /** Undefined: there is none that was not used. */
    readonly invitation: Invitation | undefined;
  }>;
  readonly query: string;
  readonly form: PersonForm;
}

export function personsPage(view: PersonsView): PageContent {
  const { messages, piece, query, prefix, form } = view;
  const m = messages.persons;
  const body = (
    <>
      <h1>{m.title}</h1>
      <DoneNote view={view} />
      <section class="card">
        <Find query={query} view={view} />
        {piece.items.length === 0 ? <p>{messages.nothingFound}</p> : <Persons view={view} />}
        <Pager {...piece} query={query === "" ? {} : { q: query }} view={view} />
      </section>
      <section class="card">
        <h2>{m.add}</h2>
        <WhenFresh view={view}>
          <form class="fields" method="post" action={`${prefix}${ADMIN_PERSONS}`}>
            <PersonFields form={form} view={view} />
            <button class="go" type="submit">{m.addButton}</button>
          </form>
        </WhenFresh>
      </section>
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

function Persons({ view }: { view: PersonsView }) {
  const { messages, piece, prefix } = view;
  const m = messages.persons;
  const columns = [messages.name, messages.state, m.approves, m.devices, m.lastUsed];
  return (
    <Table columns={columns} caption={m.title}>
      {piece.items.map(({ person, devices, invitation }) => (
        <tr key={person.id}>
          <th scope="row">
            <a href={`${prefix}${ADMIN_PERSONS}/${person.id}`}>{shown(person.name)}</a>
          </th>
          <Cell name={messages.state}>
            <PersonTags person={person} view={view} />
            <Invited invitation={invitation} view={view} />
          </Cell>
          <Cell name={m.approves}>{accountsOf(person, messages)}</Cell>
          <Cell name={m.devices}>{devices.filter(isUsable).length}</Cell>
          <Cell name={m.lastUsed}>
            <WhenOrNever at={lastUsed(devices)} view={view} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

/** What a person answers for, in words. */
function accountsOf({ administrator, approves }: Person, { persons: m }: BoardMessages): string {
  if (administrator) return m.allAccounts;
  return printable(approves.map((entry) => entry === OWN ? m.ownAccount : entry).join(", "), 100);
}

/** Whether it is open or has expired. */
export function invitedAs({ expiresAt }: Invitation, { now }: BoardView): "open" | "expired" {
  return now < expiresAt ? "open" : "expired";
}

function Invited({ invitation, view }: { invitation: Invitation | undefined; view: BoardView }) {
  if (invitation === undefined) return null;
  const { invited } = view.messages.persons;
  return (
    <>
      {" "}
      <span class="tag">{invited[invitedAs(invitation, view)]}</span>
    </>
  );
}

export function PersonTags(
  { person, view: { messages } }: { person: Person; view: BoardView },
) {
  const m = messages.persons;
  return (
    <span>
      <span class={person.state === "active" ? "tag good" : "tag bad"}>
        {m.states[person.state]}
      </span>
      {person.administrator && (
        <>
          <span class="tag">{m.administrator}</span>
        </>
      )}
    </span>
  );
}

function lastUsed(devices: readonly Device[]): number | null {
  const times = devices.map(({ lastUsedAt }) => lastUsedAt).filter((at) => at !== null);
  return times.length === 0 ? null : Math.max(...times);
}
