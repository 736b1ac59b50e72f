/** What a person signs in with, and how to change that. */
import { PASSKEY_SCRIPT } from "../assets/passkey_script.ts";
import type { Device } from "../../lib/core/device.ts";
import type { Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { KnownContact } from "../contacts.ts";
import type { SignMessages } from "../messages/sign_words.ts";
import { FROZEN, MY_DEVICES, SIGN_IN } from "../paths.ts";
import { ContactList } from "./contact_list.tsx";
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
} from "./sign_parts.tsx";
import { SIGN_STYLE } from "./sign_style.ts";

interface DevicesView extends PasskeyView {
  /** Before every path, as browsers see it. */
  readonly prefix: string;
  readonly now: number;
  readonly person: Person;
  /** In their order. */
  readonly contacts: readonly KnownContact[];
  /** Usable ones. */
  readonly devices: readonly Device[];
  /** The id of the one that the session began with. */
  readonly current: string | null;
  /** Whether devices may be added and revoked now. */
  readonly fresh: boolean;
  /** By a recovery code. */
  readonly recovering: boolean;
  readonly codesLeft: number;
  /** Whether codes of central authenticators let in anywhere. */
  readonly hostCodes: boolean;
  /** How many of the person's accounts are frozen. */
  readonly frozen: number;
  readonly deviceName: string;
  readonly fault?: string;
  /** A device was registered just now. */
  readonly registered: boolean;
}

export function devicesPage(view: DevicesView): PageContent {
  const { messages: m, prefix, fresh, recovering, frozen, fault, noPasskeys, registered } = view;
  const body = (
    <>
      <h1>{m.myDevices}</h1>
      {registered && <p class="done" role="status">{m.registered}</p>}
      <ErrorNote text={fault} />
      {frozen > 0 && (
        <div class="banner bad">
          <p>{m.frozenNote(frozen)}</p>
          <a href={`${prefix}${FROZEN}`}>{m.look}</a>
        </div>
      )}
      {recovering && (
        <div class="banner">
          <p>{m.recovering}</p>
        </div>
      )}
      {!fresh && (
        <div class="banner">
          <p>{m.freshNeeded}</p>
          <a
            class="plain small"
            href={`${prefix}${SIGN_IN}?${new URLSearchParams({ to: MY_DEVICES, again: "1" })}`}
          >
            {m.proveAgain}
          </a>
        </div>
      )}
      <div class="cards">
        <div class="side">
          <DeviceList view={view} />
        </div>
        <div class="side">
          {fresh && <Adding view={view} />}
          <RecoveryCodes view={view} />
          {!recovering && <Told view={view} />}
          {!recovering && <AboutYou view={view} />}
        </div>
      </div>
    </>
  );
  return {
    title: m.myDevices,
    body,
    wide: true,
    styles: [FRAME_STYLE, SIGN_STYLE],
    scripts: fresh && noPasskeys === undefined ? [PASSKEY_SCRIPT.path] : [],
  };
}

/** Whether it can be signed in with. */
export function signsIn(device: Device): boolean {
  return device.kind === "passkey" || device.use === "sign_in";
}

function DeviceList({ view }: { view: DevicesView }) {
  const { messages: m, devices } = view;
  return (
    <section class="card" aria-label={m.myDevices}>
      {devices.length === 0 && <p class="dim">{m.noDevices}</p>}
      <ul class="list devices">
        {devices.map((device) => <Item key={device.id} device={device} view={view} />)}
      </ul>
    </section>
  );
}

function Item({ device, view }: { device: Device; view: DevicesView }) {
  const { messages: m, now, current } = view;
  const { lastUsedAt } = device;
  return (
    <li>
      <div class="row">
        <b>{printable(device.name)}</b>
        <span>
          {device.id === current && <span class="tag good">{m.current}</span>}{" "}
          <span class="tag">{kindOf(device, m)}</span>
        </span>
      </div>
      <dl>
        <Row name={m.added}>
          <When at={device.createdAt} now={now} messages={m} />
        </Row>
        <Row name={m.lastUsed}>
          {lastUsedAt === null ? m.never : <When at={lastUsedAt} now={now} messages={m} />}
        </Row>
        {device.kind === "passkey" && (
          <dd class="wide dim">{device.passkey.backedUp ? m.backedUp : m.notBackedUp}</dd>
        )}
      </dl>
      <Changing device={device} view={view} />
    </li>
  );
}

function kindOf(device: Device, m: SignMessages): string {
  if (device.kind === "passkey") return m.passkeyKind;
  return device.use === "hosts" ? m.forHosts : m.forPages;
}

function Changing({ device, view }: { device: Device; view: DevicesView }) {
  const { messages: m, prefix, devices, fresh } = view;
  const action = `${prefix}${MY_DEVICES}/${device.id}`;
  const last = signsIn(device) && devices.filter(signsIn).length === 1;
  return (
    <details>
      <summary>
        {m.change}
        <span class="sr">: {printable(device.name)}</span>
      </summary>
      <div class="stack">
        <form method="post" action={`${action}/rename`}>
          <Field label={m.deviceName} name="name" value={printable(device.name)} />
          <button class="plain small" type="submit">{m.rename}</button>
        </form>
        {fresh && (
          <form method="post" action={`${action}/revoke`}>
            {last && (
              <label class="tick">
                <input type="checkbox" name="last" value="1" required />
                {m.confirmLast}
              </label>
            )}
            <button class="danger" type="submit">{m.revoke}</button>
          </form>
        )}
      </div>
    </details>
  );
}

function Adding({ view }: { view: DevicesView }) {
  const { messages: m, prefix, noPasskeys, hostCodes, deviceName, recovering } = view;
  const at = `${prefix}${MY_DEVICES}`;
  return (
    <section class="card" aria-labelledby="adding">
      <h2 id="adding">{m.addDevice}</h2>
      <div class="stack">
        {noPasskeys === undefined
          ? (
            <>
              <form method="post" action={`${at}/passkey`}>
                <Field label={m.deviceName} name="name" value={deviceName} />
                <PasskeyButton kind="create" options={`${at}/passkey/options`}>
                  {m.addPasskey}
                </PasskeyButton>
              </form>
              <PasskeySays messages={m} />
            </>
          )
          : <p class="note">{m.noPasskeys[noPasskeys]}</p>}
        <a class="plain small" href={`${at}/authenticator`}>{m.addAuthenticator}</a>
        {hostCodes && !recovering && (
          <a class="plain small" href={`${at}/host-codes`}>{m.addHostCodes}</a>
        )}
      </div>
    </section>
  );
}

function RecoveryCodes({ view }: { view: DevicesView }) {
  const { messages: m, prefix, codesLeft, fresh } = view;
  return (
    <section class="card" aria-labelledby="recovery">
      <h2 id="recovery">{m.recoveryCodes}</h2>
      <p>{m.codesLeft(codesLeft)}</p>
      {fresh && (
        <form method="post" action={`${prefix}${MY_DEVICES}/recovery`}>
          <button class="plain small" type="submit">{m.newSheet}</button>
          <p class="note">{m.newSheetHint}</p>
        </form>
      )}
    </section>
  );
}

function Told({ view: { messages: m, contacts } }: { view: DevicesView }) {
  return (
    <section class="card" aria-labelledby="told">
      <h2 id="told">{m.contacts}</h2>
      <ContactList contacts={contacts} none={m.noContacts} language={m.language} />
    </section>
  );
}

function AboutYou({ view }: { view: DevicesView }) {
  const { messages: m, prefix, person } = view;
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{m.aboutYou}</h2>
      <form method="post" action={`${prefix}${MY_DEVICES}/language`}>
        <label class="field">
          {m.pageLanguage}
          <select name="language">
            {(["auto", "en", "zh-CN"] as const).map((language) => (
              <option key={language} value={language} selected={language === person.language}>
                {m.languages[language]}
              </option>
            ))}
          </select>
        </label>
        <button class="plain small" type="submit">{m.save}</button>
      </form>
    </section>
  );
}
