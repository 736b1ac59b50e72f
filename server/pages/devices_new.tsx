/** Pages on the way to a new device: the authenticator's secret, and the recovery codes. */
import { inGroups } from "../../lib/core/enrollment.ts";
import type { Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { SignMessages } from "../messages/sign_words.ts";
import { FRAME_STYLE } from "./frame_style.ts";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";
import { ErrorNote, Field, Until } from "./sign_parts.tsx";
import { QrCode } from "./sign_qr.tsx";
import { SIGN_STYLE } from "./sign_style.ts";

interface AuthenticatorView {
  readonly messages: SignMessages;
  readonly title: string;
  /** Under the title. */
  readonly hint?: string;
  /** Where the form goes. */
  readonly action: string;
  readonly back: string;
  /** Base32. */
  readonly secret: string;
  /** What the QR code holds. */
  readonly uri: string;
  readonly sealed: string;
  readonly deviceName: string;
  readonly fault?: string;
}

const GROUPS_A_LINE = 4;

export function authenticatorPage(view: AuthenticatorView): PageContent {
  const { messages: m, title, hint, action, back, secret, uri, sealed, fault } = view;
  const body = (
    <section class="card">
      <h1>{title}</h1>
      {hint !== undefined && <p class="note">{hint}</p>}
      <ErrorNote text={fault} />
      <ol class="steps">
        <li>
          <div class="ways">
            <div>
              {m.scan}
              <QrCode text={uri} label={m.qrCode} />
            </div>
            <a class="plain small" href={uri}>{m.openApp}</a>
          </div>
          <p class="note">{m.typeSecret}</p>
          <code class="box secret">{inGroups(secret, GROUPS_A_LINE).join("\n")}</code>
        </li>
        <li>
          <form method="post" action={action} autocomplete="off">
            <input type="hidden" name="draft" value={sealed} />
            <Field label={m.deviceName} name="name" value={view.deviceName} />
            <Field label={m.typeCode} name="code" kind="code" autocomplete="one-time-code" />
            <button class="go" type="submit">{m.confirm}</button>
          </form>
        </li>
      </ol>
      <p>
        <a href={back}>{m.back}</a>
      </p>
    </section>
  );
  return { title, body, styles: [FRAME_STYLE, SIGN_STYLE] };
}

interface RecoveryView {
  readonly messages: SignMessages;
  readonly person: Person;
  readonly codes: readonly string[];
  /** A device was registered just now. */
  readonly registered: boolean;
  readonly now: number;
  /** Where to go then. */
  readonly next: string;
}

/** Made to be printed too; they are shown this once. */
export function recoveryPage(view: RecoveryView): PageContent {
  const { messages: m, person, codes, registered, now, next } = view;
  const body = (
    <section class="card">
      {registered && <p class="done" role="status">{m.registered}</p>}
      <h1>{m.recoveryTitle}</h1>
      <p>{m.recoveryText}</p>
      <ol class="codes">
        {codes.map((code) => <li key={code}>{code}</li>)}
      </ol>
      <dl>
        <Row name={m.recoveryOf}>{printable(person.name)}</Row>
        <Row name={m.recoveryMade}>
          <Until at={now} messages={m} />
        </Row>
      </dl>
      <p>
        <a class="go" href={next}>{m.noted}</a>
      </p>
    </section>
  );
  return { title: m.recoveryTitle, body, styles: [FRAME_STYLE, SIGN_STYLE] };
}
