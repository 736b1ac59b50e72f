/** What somebody sees who opens an invitation: who invites whom to what, and how to register a device. */
import { PASSKEY_SCRIPT } from "../assets/passkey_script.ts";
import type { Invitation } from "../../lib/core/invitation.ts";
import { OWN, type Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { SignMessages } from "../messages/sign_words.ts";
import { Badge } from "./badge.tsx";
import { FRAME_STYLE } from "./frame_style.ts";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";
import {
  ErrorNote,
  Field,
  PasskeyButton,
  PasskeySays,
  type PasskeyView,
  Until,
  whoDid,
} from "./sign_parts.tsx";
import { SIGN_STYLE } from "./sign_style.ts";

interface InvitationView extends PasskeyView {
  /** The page's own address. */
  readonly action: string;
  readonly invitation: Invitation;
  readonly person: Person;
  /** How many devices the person has. */
  readonly devices: number;
  readonly deviceName: string;
  readonly fault?: string;
}

const SHOWN = 8;

export function invitationPage(view: InvitationView): PageContent {
  const { messages: m, noPasskeys, action, invitation, person, devices, fault } = view;
  const passkeys = noPasskeys === undefined;
  const other = `${action}/authenticator`;
  const body = (
    <section class="card">
      <h1>{m.invited}</h1>
      <p>{m.invitedBy(whoDid(invitation.by, m))}</p>
      <dl>
        <Row name={m.invitedWho}>
          <b>{printable(person.name)}</b>
        </Row>
        <Row name={m.invitedFor}>
          <Rights person={person} messages={m} />
        </Row>
        <Row name={m.validUntil}>
          <Until at={invitation.expiresAt} messages={m} />
        </Row>
      </dl>
      {devices > 0 && <p class="note">{m.haveDevices(devices)}</p>}
      <ErrorNote text={fault} />
      {noPasskeys === undefined
        ? (
          <>
            <form method="post" action={action}>
              <Field label={m.deviceName} name="name" value={view.deviceName} />
              <PasskeyButton kind="create" options={`${action}/options`}>
                {m.makePasskey}
              </PasskeyButton>
            </form>
            <p class="note">{m.makePasskeyHint}</p>
            <PasskeySays messages={m} />
            <div class="stack">
              <a class="plain" href={other}>{m.useAuthenticator}</a>
            </div>
          </>
        )
        : (
          <div class="stack">
            <p class="note">{m.noPasskeys[noPasskeys]}</p>
            <a class="go" href={other}>{m.useAuthenticator}</a>
          </div>
        )}
    </section>
  );
  return {
    title: m.invited,
    body,
    styles: [FRAME_STYLE, SIGN_STYLE],
    scripts: passkeys ? [PASSKEY_SCRIPT.path] : [],
  };
}

function Rights({ person, messages: m }: { person: Person; messages: SignMessages }) {
  if (person.administrator) return <>{m.everything}</>;
  const shown = person.approves.slice(0, SHOWN);
  const more = person.approves.length - shown.length;
  return (
    <>
      {shown.map((entry) => (
        <div key={entry}>{entry === OWN ? m.ownAccount : <code>{printable(entry, 64)}</code>}</div>
      ))}
      {more > 0 && <div>{m.more(more)}</div>}
    </>
  );
}

/** An invitation that is none any more. */
export function closedInvitationPage(
  m: SignMessages,
  standing: "used" | "expired" | "unknown",
): PageContent {
  const said = m.closed[standing];
  const body = (
    <section class="card result">
      <Badge kind="fault" />
      <h1>{said.title}</h1>
      <p>{said.text}</p>
    </section>
  );
  return { title: said.title, body };
}
