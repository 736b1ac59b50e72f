/** Contacts as somebody at the terminal names them: `--contact CHANNEL=WHO`. */
import { sharedContacts } from "../../../server/shared_contacts.ts";
import { FIRST_TYPE, typeOfChannel } from "../../config/notify.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Person } from "../../core/person.ts";
import {
  type GivenContact,
  MAX_PERSON_CONTACTS,
  readGivenContact,
} from "../../core/person_contacts.ts";
import { printable } from "../../core/text.ts";
import type { Out } from "../../io/out.ts";
import type { Store } from "../../ports.ts";
import type { Administration, KnownChannel } from "./administration.ts";

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
    ...(wecom === undefined ? [] : [{ channel: FIRST_TYPE, to: wecom }]),
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
    ...(given.length > MAX_PERSON_CONTACTS
      ? [`a person has ${MAX_PERSON_CONTACTS} contacts at most`]
      : []),
    ...faultsAt(
      [{ name: FIRST_TYPE, type: FIRST_TYPE, buttons: false }],
      given.filter(({ channel }) => channel === FIRST_TYPE),
    ),
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
  const hint = "write --contact CHANNEL=WHO; see what a person has: gatehouse person list";
  throw new Failure(Exit.usage, faults.join("\n"), hint);
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
    const near = nearest(channel, known);
    const others = known.length === 0
      ? "it has none"
      : near === undefined
      ? `it has ${known.join(", ")}`
      : `did you mean ${near}?`;
    out.error(`server.toml has no channel ${channel} yet: nothing is sent there; ${others}`);
  }
}

/** Where people answer in the chat a contact proves one person, or nobody. @param only about their contacts */
export async function warnOfShared(
  { channels = [], store }: {
    readonly channels?: readonly KnownChannel[] | undefined;
    readonly store: Store;
  },
  out: Out,
  only?: Pick<Person, "id">,
): Promise<void> {
  const answering = channels.map(({ buttons, name, type }) => ({
    name,
    answers: buttons,
    contactKey: (to: string) => typeOfChannel(type)?.contactKey(to) ?? to,
  }));
  const persons = await store.find("person", { all: true });
  for (const shared of sharedContacts(answering, persons)) {
    if (only !== undefined && shared.persons.every(({ id }) => id !== only.id)) continue;
    const names = shared.persons.map(({ name }) => printable(name)).join(" and ");
    out.error(
      `${names} have the same contact at ${shared.channel}, ${printable(shared.to, 80)}: answers ` +
        "in that chat are refused, for nobody knows whose they are",
    );
  }
}

function faultsAt(
  channels: readonly KnownChannel[],
  given: readonly GivenContact[],
): string[] {
  return given.filter(({ to }) => to !== "").flatMap(({ channel, to }) => {
    const type = typeOfChannel(channels.find(({ name }) => name === channel)?.type ?? "");
    return type === undefined || type.isContact(to)
      ? []
      : [`${printable(to, 80)} cannot be a contact of ${channel}: it must be ${type.contact}`];
  });
}
