/** One person: devices, rights, invitation, freezing and removing. */
import { type Device, isUsable } from "../../lib/core/device.ts";
import type { Invitation } from "../../lib/core/invitation.ts";
import type { Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { KnownContact } from "../contacts.ts";
import type { FormFault } from "../messages/board_words.ts";
import { ADMIN_PERSONS } from "../paths.ts";
import { invitedAs, PersonTags } from "./admin_persons.tsx";
import {
  type BoardView,
  Cell,
  DoneNote,
  Exactly,
  FaultNote,
  Fold,
  shown,
  Table,
  When,
  WhenFresh,
  WhenOrNever,
} from "./board_parts.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import { wayMessages } from "../messages/ways.ts";
import { ContactList, namesOf } from "./contact_list.tsx";
import type { PageContent } from "./layout.tsx";
import { PersonFields, type PersonForm, type PersonFormView } from "./person_fields.tsx";
import { QrCode } from "./sign_qr.tsx";

interface PersonView extends PersonFormView {
  readonly person: Person;
  /** In their order. */
  readonly contacts: readonly KnownContact[];
  readonly shared: ReadonlyMap<string, readonly Person[]>;
  readonly devices: readonly Device[];
  /** Undefined: there is none that was not used. */
  readonly invitation: Invitation | undefined;
  readonly form: PersonForm;
  /** Why what was asked for was not done, but for faults of the form. */
  readonly fault?: FormFault | undefined;
}

export function personPage(view: PersonView): PageContent {
  const { messages, person, invitation, prefix, form, fault } = view;
  const m = messages.persons;
  const path = `${prefix}${ADMIN_PERSONS}/${person.id}`;
  const removed = person.state === "removed";
  const isMe = person.id === view.me.id;
  const body = (
    <>
      <p>
        <a href={`${prefix}${ADMIN_PERSONS}`}>{m.back}</a>
      </p>
      <div class="head">
        <h1>{shown(person.name)}</h1>
        <PersonTags person={person} view={view} />
      </div>
      <DoneNote view={view} />
      <FaultNote fault={fault} view={view} />
      <section class="card">
        <h2>{m.devices}</h2>
        <Devices view={view} action={`${path}/revoke`} />
      </section>
      {!removed && (
        <section class="card">
          <h2>{m.contacts}</h2>
          <ContactList
            contacts={view.contacts}
            sharedWith={view.shared}
            none={m.noContacts}
            language={messages.language}
          />
        </section>
      )}
      {!removed && (
        <WhenFresh view={view}>
          <section class="card">
            <h2>{m.change}</h2>
            <form class="fields" method="post" action={`${path}/change`}>
              <PersonFields form={form} view={view} />
              <button class="go" type="submit">{m.save}</button>
            </form>
          </section>
          {person.state === "active" && (
            <section class="card">
              <h2>{m.invite}</h2>
              <p>{m.inviteText}</p>
              {invitation !== undefined && (
                <p>
                  {m.invitedUntil[invitedAs(invitation, view)]}{" "}
                  <Exactly at={invitation.expiresAt} view={view} />
                </p>
              )}
              <form method="post" action={`${path}/invite`} class="row">
                <button class="no small" type="submit">{m.inviteButton}</button>
              </form>
            </section>
          )}
          {!isMe && (
            <section class="card">
              {person.state === "frozen"
                ? (
                  <form method="post" action={`${path}/unfreeze`} class="row">
                    <button class="no small" type="submit">{m.unfreezeButton}</button>
                  </form>
                )
                : (
                  <Fold title={m.freeze} stop>
                    <p class="note">{m.freezeText}</p>
                    <form method="post" action={`${path}/freeze`} class="row">
                      <button class="alarm small" type="submit">{m.freezeButton}</button>
                    </form>
                  </Fold>
                )}
              <Fold title={m.remove} stop>
                <p class="note">{m.removeText}</p>
                <form method="post" action={`${path}/remove`} class="row">
                  <button class="alarm small" type="submit">{m.removeButton}</button>
                </form>
              </Fold>
            </section>
          )}
        </WhenFresh>
      )}
    </>
  );
  return { title: shown(person.name), body, wide: true, styles: [BOARD_STYLE] };
}

function Devices({ view, action }: { view: PersonView; action: string }) {
  const { messages, devices, fresh } = view;
  const m = messages.persons;
  if (devices.length === 0) return <p>{m.noDevices}</p>;
  return (
    <form method="post" action={action}>
      <Table
        columns={[messages.name, messages.state, m.added, m.lastUsed, ...(fresh ? [""] : [])]}
        caption={m.devices}
      >
        {devices.map((device) => (
          <tr key={device.id}>
            <th scope="row">{shown(device.name)}</th>
            <Cell name={messages.state}>
              {isUsable(device) ? m.kinds[kindOf(device)] : m.revoked}
            </Cell>
            <Cell name={m.added}>
              <When at={device.createdAt} view={view} />
            </Cell>
            <Cell name={m.lastUsed}>
              <WhenOrNever at={device.lastUsedAt} view={view} />
            </Cell>
            {fresh && (
              <td>
                {isUsable(device) && (
                  <button class="danger" type="submit" name="device" value={device.id}>
                    {m.revokeDevice}
                    <span class="unseen">{shown(device.name)}</span>
                  </button>
                )}
              </td>
            )}
          </tr>
        ))}
      </Table>
    </form>
  );
}

function kindOf(device: Device): "passkey" | "sign_in" | "hosts" {
  return device.kind === "passkey" ? "passkey" : device.use;
}

interface LinkView extends BoardView {
  readonly person: Person;
  readonly link: string;
  readonly shared: ReadonlyMap<string, readonly Person[]>;
}

/** What an invitation's link is shown on, once. */
export function invitationPage(view: LinkView): PageContent {
  const { messages: { persons: m, language }, person, link, prefix, shared } = view;
  const title = m.link(shown(person.name));
  const body = (
    <>
      <section class="card">
        <h1>{title}</h1>
        <p>{m.linkText}</p>
        <p class="box link">{printable(link, 500)}</p>
        <QrCode text={link} label={m.qr} />
      </section>
      {[...shared].map(([channel, persons]) => (
        <p class="note cut" key={channel}>
          {printable(channel)}: {printable(person.contacts[channel] ?? "")}
          <br />
          {wayMessages(language).shared(namesOf(persons, language))}
        </p>
      ))}
      <p>
        <a href={`${prefix}${ADMIN_PERSONS}/${person.id}`}>{shown(person.name)}</a>
      </p>
    </>
  );
  return { title, body, wide: true, styles: [BOARD_STYLE] };
}
