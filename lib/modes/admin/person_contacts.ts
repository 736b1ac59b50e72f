/** Contacts as somebody at the terminal names them: `--contact CHANNEL=WHO`. */
import { type ChannelConfig, channelType } from "../../config/notify.ts";
import { WECOM } from "../../core/contact.ts";
import { Exit, Failure } from "../../core/errors.ts";
import {
  type GivenContact,
  MAX_PERSON_CONTACTS,
  readGivenContact,
} from "../../core/person_contacts.ts";
import { printable } from "../../core/text.ts";
import type { Out } from "../../io/out.ts";
import type { Administration } from "./administration.ts";

export interface ContactOptions {
  /** `--contact CHANNEL=WHO`, as often as there are contacts; "CHANNEL=": none there */
  readonly contact?: readonly string[];
  /** `--wecom WHO`, the same of WeCom; "": none */
  readonly wecom?: string;
}

/** In the order in which they were given. What is none is among the faults. */
export function givenContacts({ contact = [], wecom }: ContactOptions): readonly GivenContact[] {
  return [
    ...contact.map((text) => readGivenContact(text, "=")).filter((given) => given !== undefined),
    ...(wecom === undefined ? [] : [{ channel: WECOM, to: wecom }]),
  ];
}

/** What is wrong whatever channels there are. */
export function contactFaults(options: ContactOptions): string[] {
  const { contact = [] } = options;
  const given = givenContacts(options);
  const channels = given.map(({ channel }) => channel);
  const twice = channels.filter((channel, index) => channels.indexOf(channel) < index);
  return [
    ...contact.filter((text) => readGivenContact(text, "=") === undefined).map((text) =>
      `--contact ${printable(text, 80)} is no contact: CHANNEL=WHO, as in wecom=zhangsan`
    ),
    ...[...new Set(twice)].map((channel) => `${channel} has more than one contact`),
    ...(given.length > MAX_PERSON_CONTACTS ? ["there are too many contacts"] : []),
    ...faultsAt([{ name: WECOM, type: WECOM }], given.filter(({ channel }) => channel === WECOM)),
  ];
}

/**
 * A channel that there is says what its contacts are; of another one nobody knows, and it may come yet.
 * @throws Failure (2)
 */
export function checkContacts(
  given: readonly GivenContact[],
  { channels = [] }: Pick<Administration, "channels">,
): void {
  const faults = faultsAt(channels, given);
  if (faults.length === 0) return;
  throw new Failure(Exit.usage, faults.join("\n"), "see [[notify]] in server.toml");
}

export function warnOfChannels(
  given: readonly GivenContact[],
  { channels }: Pick<Administration, "channels">,
  out: Out,
): void {
  if (channels === undefined) return;
  const known = channels.map(({ name }) => name);
  for (const { channel, to } of given) {
    if (to === "" || known.includes(channel)) continue;
    const others = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    out.error(`server.toml has no channel ${channel} yet: nothing is sent there; ${others}`);
  }
}

function faultsAt(
  channels: readonly Pick<ChannelConfig, "name" | "type">[],
  given: readonly GivenContact[],
): string[] {
  return given.filter(({ to }) => to !== "").flatMap(({ channel, to }) => {
    const type = channelType(channels.find(({ name }) => name === channel)?.type ?? "");
    return type === undefined || type.isContact(to)
      ? []
      : [`${printable(to, 80)} cannot be a contact of ${channel}: it must be ${type.contact}`];
  });
}
