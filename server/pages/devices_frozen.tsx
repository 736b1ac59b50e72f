/** The accounts of a person that are frozen, and how to lift that. */
import { PASSKEY_SCRIPT } from "../assets/passkey_script.ts";
import { ALL_HOSTS, type Freeze } from "../../lib/core/freeze.ts";
import type { Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import { ADMIN, FROZEN } from "../paths.ts";
import { FRAME_STYLE } from "./frame_style.ts";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";
import {
  ErrorNote,
  Field,
  PasskeyButton,
  PasskeySays,
  type PasskeyView,
  When,
  whoDid,
} from "./sign_parts.tsx";
import { SIGN_STYLE } from "./sign_style.ts";

interface FrozenView extends PasskeyView {
  readonly prefix: string;
  readonly now: number;
  readonly person: Person;
  readonly freezes: readonly { readonly freeze: Freeze; readonly mayLift: boolean }[];
  readonly fault?: string;
}

export function frozenPage(view: FrozenView): PageContent {
  const { messages: m, prefix, person, freezes, fault, noPasskeys } = view;
  const body = (
    <>
      <h1>{m.frozenTitle}</h1>
      <ErrorNote text={fault} />
      {freezes.length === 0 && <p class="dim">{m.noneFrozen}</p>}
      {freezes.map(({ freeze, mayLift }) => (
        <section key={freeze.id} class="card">
          <Facts freeze={freeze} view={view} />
          {mayLift ? <Lift freeze={freeze} view={view} /> : <p>{m.onlyAdministrators}</p>}
        </section>
      ))}
      {freezes.length > 0 && noPasskeys === undefined && <PasskeySays messages={m} />}
      {person.administrator && (
        <p>
          <a href={`${prefix}${ADMIN}/freezes`}>{m.administratorsHere}</a>
        </p>
      )}
    </>
  );
  return {
    title: m.frozenTitle,
    body,
    wide: true,
    styles: [FRAME_STYLE, SIGN_STYLE],
    scripts: freezes.length > 0 && noPasskeys === undefined ? [PASSKEY_SCRIPT.path] : [],
  };
}

function Facts({ freeze, view: { messages: m, now } }: { freeze: Freeze; view: FrozenView }) {
  const { user, host, since, by, evidence } = freeze;
  return (
    <>
      <h2 class="who">
        {printable(user)}
        <span>@{host === ALL_HOSTS ? m.onAllHosts : printable(host)}</span>
      </h2>
      <dl>
        <Row name={m.frozenSince}>
          <When at={since} now={now} messages={m} />
        </Row>
        <Row name={m.frozenBy}>{whoDid(by, m)}</Row>
        {evidence !== null && (
          <Row name={m.reportedLogin}>
            {printable(evidence.user)}@{printable(evidence.host)} ← {printable(evidence.source)}
          </Row>
        )}
      </dl>
    </>
  );
}

function Lift({ freeze, view }: { freeze: Freeze; view: FrozenView }) {
  const { messages: m, prefix, noPasskeys } = view;
  if (noPasskeys !== undefined) return <p>{m.unfreezeNeedsPasskey}</p>;
  const action = `${prefix}${FROZEN}/${freeze.id}`;
  return (
    <form method="post" action={action}>
      <p>{m.unfreezeHint}</p>
      <Field label={m.recoveryCode} name="recovery" kind="recovery" />
      <PasskeyButton kind="get" options={`${action}/options`}>{m.unfreeze}</PasskeyButton>
    </form>
  );
}
