/** `gatehouse notify test`, at the server: whether a channel of server.toml works. */
import { type ChannelConfig, typeOfChannel } from "../../config/notify.ts";
import { Exit, Failure } from "../../core/errors.ts";
import type { Language } from "../../core/messages/language.ts";
import { nearest } from "../../core/nearest.ts";
import { BY_TICKET, type Delivery, type FailedDelivery } from "../../core/delivery.ts";
import { foldName, type Person } from "../../core/person.ts";
import { jsonLine, printable } from "../../core/text.ts";
import type { Notifier, Store } from "../../ports.ts";
import { channelSecrets } from "../../io/channel_secrets.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { systemRandom } from "../../io/random.ts";
import { openSealer } from "../../io/sealed.ts";
import { openServerKeys } from "../../io/server_keys.ts";
import { after } from "../../io/timers.ts";
import { openChannels } from "../../wiring/channels.ts";
import { Channel, channelTested } from "../../../server/channel.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { becomeOwner, readChannels } from "./notify_place.ts";
import { quoted } from "./person_lookup.ts";
import { record } from "./records.ts";

export interface TestOptions extends CommandOptions {
  /** `--to`: a person's name, or a contact. */
  readonly to?: string;
}

export async function notifyTest(
  name: string,
  options: TestOptions,
  out: Out,
  usual?: string,
): Promise<void> {
  const { channels, place } = readChannels(options, usual);
  const channel = channelNamed(channels, name);
  const ready = channelSecrets([channel], () => becomeOwner(options, place.data, usual));
  await administer(place, async ({ store, audit, by, dataDir }) => {
    const recipient = await recipientOf(channel, options.to, store);
    const ports = { clock: systemClock, random: systemRandom, after, log: () => {} };
    const sealer = await openSealer(dataDir);
    await using opened = openChannels(ready, dataDir, { ...ports, sealer });
    const [notifier] = opened.notifiers;
    if (notifier === undefined) throw new Error("a channel was not opened");
    const { pinKey } = await openServerKeys(dataDir);
    const say = options.json
      ? () => {}
      : (label: string, text: string) => out.line(`${label.padEnd(9)}${text}`);
    say("channel", shown(channel));
    say("to", shownTo(channel, recipient));
    const began = performance.now();
    const delivery = await send(notifier, channel, recipient);
    const tookMs = Math.round(performance.now() - began);
    say("took", tookMs < 1_000 ? `${tookMs} ms` : `${(tookMs / 1_000).toFixed(1)} s`);
    if (options.json) out.line(jsonLine(testAsJson(channel, recipient, delivery, tookMs)));
    const tested = new Channel(notifier, systemClock, pinKey);
    await record(audit, channelTested(tested, recipient.to, delivery, by));
    if (!delivery.ok) throw failure(channel, delivery);
    say("answer", answered(channel, nameOf(delivery)));
    if (notifier.receive !== undefined) {
      const address = await store.publicUrl() ?? "PUBLIC_URL";
      say("buttons", `what people press comes to ${address}/callback/${channel.name}`);
    }
  });
}

function channelNamed(channels: readonly ChannelConfig[], name: string): ChannelConfig {
  const found = channels.find((channel) => channel.name === name);
  if (found !== undefined) return found;
  const names = channels.map((channel) => channel.name);
  const near = nearest(name, names);
  throw new Failure(
    Exit.usage,
    `server.toml has no channel ${printable(name, 64)}`,
    near !== undefined
      ? `did you mean ${near}?`
      : names.length === 0
      ? "add one with [[notify]]; docs/notifiers.md says how"
      : `it has ${names.join(", ")}; see: gatehouse notify list`,
  );
}

interface Recipient {
  readonly to: string;
  /** Null: it is a contact that was named as such. */
  readonly person: Person | null;
}

/** @throws Failure (2) */
async function recipientOf(
  channel: ChannelConfig,
  who: string | undefined,
  store: Store,
): Promise<Recipient> {
  const { alerts, name, reach } = channel;
  if (who === undefined) {
    const [first] = alerts;
    if (reach === "group") return { to: "", person: null };
    if (first !== undefined) return { to: first, person: null };
    throw new Failure(
      Exit.usage,
      `whom is ${name} to tell?`,
      `gatehouse notify test ${name} --to WHO: the name of a person, or ${contactOf(channel)}`,
    );
  }
  const [person] = await store.find("person", { name: foldName(who) });
  // A channel may be called "constructor".
  const contact = person !== undefined && Object.hasOwn(person.contacts, name)
    ? person.contacts[name]
    : undefined;
  const isContact = (text: string) => typeOfChannel(channel.type)?.isContact(text) ?? false;
  if (person !== undefined && contact !== undefined && isContact(contact)) {
    return { to: contact, person };
  }
  if (contact === undefined && isContact(who)) return { to: who, person: null };
  if (person !== undefined) {
    throw new Failure(
      Exit.usage,
      contact === undefined
        ? `${printable(person.name, 64)} has no contact for ${name}`
        : `${printable(contact, 64)}, which ${
          printable(person.name, 64)
        } has, is no contact for ${name}`,
      `gatehouse person change ${quoted(person.name)} --contact ${name}=WHO, where WHO is ` +
        contactOf(channel),
    );
  }
  throw new Failure(
    Exit.usage,
    `${printable(who, 64)} is neither the name of a person nor a contact for ${name}`,
    `a contact there is ${contactOf(channel)}; for names see: gatehouse person list`,
  );
}

function contactOf({ type }: ChannelConfig): string {
  return typeOfChannel(type)?.contact ?? "";
}

async function send(
  notifier: Notifier,
  { name }: ChannelConfig,
  { to, person }: Recipient,
): Promise<Delivery> {
  const language: { language?: Language } = person === null || person.language === "auto"
    ? {}
    : { language: person.language };
  return await notifier.send(
    { kind: "test", channel: name, at: systemClock.now(), ...language },
    to,
  );
}

function shown({ name, type }: ChannelConfig): string {
  return name === type ? name : `${name} (${type})`;
}

function shownTo({ type }: ChannelConfig, { to, person }: Recipient): string {
  if (to === "") return READERS[type] ?? "its group";
  const contact = `contact ${printable(to, 128)}`;
  return person === null ? contact : `person ${printable(person.name)}, ${contact}`;
}

/** Of channels that are programs. */
const READERS: Readonly<Record<string, string>> = {
  command: "its program",
  webhook: "its receiver",
};

/** What the channel calls the message; null: nothing. */
function nameOf({ handle }: Extract<Delivery, { ok: true }>): string | null {
  return handle === BY_TICKET ? null : handle;
}

function answered({ type }: ChannelConfig, name: string | null): string {
  const named = name === null ? "" : `, as message ${printable(name, 80)}`;
  return READERS[type] !== undefined ? "taken" : `taken${named}; look whether the test has arrived`;
}

/** What is to be corrected here is a fault of configuration; the rest may pass by itself. */
function failure({ name, type }: ChannelConfig, delivery: FailedDelivery): Failure {
  const { why, detail, hint, mayArrive } = delivery;
  const ours = why === "settings" || why === "address" || why === "recipient";
  // It begins with the type.
  const what = name === type ? printable(detail, 500) : `${name}: ${printable(detail, 500)}`;
  return new Failure(
    ours ? Exit.config : Exit.unavailable,
    mayArrive ? `${what}; it may have arrived all the same` : what,
    hint,
  );
}

function testAsJson(
  { name, type }: ChannelConfig,
  { to, person }: Recipient,
  delivery: Delivery,
  tookMs: number,
) {
  const common = { channel: name, type, to, person: person?.name ?? null, took_ms: tookMs };
  if (delivery.ok) return { ok: true, ...common, handle: nameOf(delivery) };
  const { why, detail, hint, mayArrive } = delivery;
  return { ok: false, ...common, why, detail, hint, may_arrive: mayArrive };
}
