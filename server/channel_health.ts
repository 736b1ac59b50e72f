/** What administrators see of the channels. */
import type { Language } from "../lib/core/messages/language.ts";
import type { MessageSort } from "../lib/core/notification.ts";
import type { Person } from "../lib/core/person.ts";
import type { Notifier, Store } from "../lib/ports.ts";
import type { LastFailure } from "./channel.ts";
import type { Channels } from "./channels.ts";
import type { AppConfig } from "./deps.ts";
import { type SharedContact, sharedContacts } from "./shared_contacts.ts";
import { Untold } from "./untold.ts";

export interface ChannelHealth {
  readonly name: string;
  readonly type: string;
  readonly reach: Notifier["reach"];
  /** Of those whose own language nobody knows. */
  readonly language: Language;
  readonly sends: readonly MessageSort[];
  /** Requests can be answered in it. */
  readonly answers: boolean;
  /** Milliseconds since the Unix epoch; null: not since the server's start. */
  readonly lastSentAt: number | null;
  readonly lastFailure: LastFailure | null;
  /** Null: it is not. */
  readonly leftAloneUntil: number | null;
  /** Active ones who have a contact there, in the order of their names. */
  readonly persons: readonly Person[];
  /** For which nobody's answers count. */
  readonly shared: readonly SharedContact[];
  /** How many contacts server.toml names for the administrators' alerts. */
  readonly named: number;
}

export interface ChannelsHealth {
  /** Of each that is configured, in the order of server.toml. */
  readonly channels: readonly ChannelHealth[];
  /** Alerts that no message has told of yet. */
  readonly untold: number;
}

export async function channelsHealth(
  channels: Channels,
  { alerts }: Pick<AppConfig, "alerts">,
  store: Pick<Store, "changeTimes" | "find" | "timesUnder">,
): Promise<ChannelsHealth> {
  const [untold, all] = await Promise.all([
    new Untold(store).count(),
    store.find("person", { all: true }),
  ]);
  const persons = all.filter(({ state }) => state === "active")
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const shared = sharedContacts(channels.all, all);
  return {
    untold,
    channels: channels.all.map((channel) => {
      const { name, type, reach, sends, answers, lastSentAt, lastFailure, leftAloneUntil } =
        channel;
      return {
        ...{ name, type, reach, answers, lastSentAt, lastFailure, leftAloneUntil },
        language: channel.notifier.language,
        sends: [...sends],
        persons: persons.filter(({ contacts }) =>
          Object.hasOwn(contacts, name) && channel.isContact(contacts[name] ?? "")
        ),
        shared: shared.filter((one) => one.channel === name),
        named: alerts.get(name)?.length ?? 0,
      };
    }),
  };
}
