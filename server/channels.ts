/** The channels that server.toml has, in its order. */
import { FIRST_TYPE } from "../lib/config/notify.ts";
import { type NamedContact, readContact } from "../lib/core/contact.ts";
import type { MessageSort } from "../lib/core/notification.ts";
import { byPerson, type Person } from "../lib/core/person.ts";
import type { Clock, Notifier } from "../lib/ports.ts";
import { Channel, masked } from "./channel.ts";

/** How somebody is reached. */
export interface Way {
  readonly channel: Channel;
  /** In the channel's own alphabet. */
  readonly to: string;
}

export class Channels {
  readonly all: readonly Channel[];

  /** @param key of the server's alone, for contacts that are not to be shown */
  constructor(
    notifiers: readonly Notifier[],
    clock: Clock,
    private readonly key: Uint8Array,
  ) {
    this.all = notifiers.map((notifier) => new Channel(notifier, clock, key));
  }

  find(name: string): Channel | undefined {
    return this.all.find((channel) => channel.name === name);
  }

  sending(sort: MessageSort): readonly Channel[] {
    return this.all.filter(({ sends }) => sends.has(sort));
  }

  /**
   * Where a contact leads to that a host names (core/contact.ts), for PINs. One without a channel is as old
   * as WeCom was the only one, so that comes first. Undefined: nowhere.
   */
  wayForPin(text: string): Way | undefined {
    const named = readContact(text);
    const channel = named === undefined ? undefined : this.#takerOf(named);
    return named === undefined || channel === undefined ? undefined : { channel, to: named.to };
  }

  /** One text for one way, and for no other: as a host would name it, with the channel where it must. */
  textOf({ channel, to }: Way): string {
    return this.wayForPin(to)?.channel === channel ? to : `${channel.name}:${to}`;
  }

  /**
   * What `textOf` has said, as logs and hosts may have it.
   * @param owner where it is this person's, and a secret, their name is shown in its place
   */
  shownText(text: string, owner?: Person): string {
    const way = this.wayForPin(text);
    if (way === undefined) return masked(text, this.key);
    const { channel, to } = way;
    if (!channel.hasSecretContacts) return text;
    if (owner !== undefined && hasContact(owner, way)) return byPerson(owner);
    return `${channel.name}:${channel.shown(to)}`;
  }

  /** The same of what a host has named, taken by a channel or not. */
  shownNamed(text: string): string {
    const named = readContact(text);
    const channel = this.find(named?.channel ?? "");
    return named === undefined || channel === undefined
      ? text
      : `${channel.name}:${channel.shown(named.to)}`;
  }

  #takerOf({ channel: name, to }: NamedContact): Channel | undefined {
    const takers = this.sending("pin").filter((channel) => channel.isContact(to));
    if (name !== null) return takers.find((channel) => channel.name === name);
    const persons = takers.filter(({ reach }) => reach === "person");
    return persons.find(({ type }) => type === FIRST_TYPE) ?? persons[0];
  }
}

export function hasContact({ contacts }: Person, way: Way): boolean {
  const { name } = way.channel;
  const to = Object.hasOwn(contacts, name) ? contacts[name] : undefined;
  return to !== undefined && wayKey({ channel: way.channel, to }) === wayKey(way);
}

/** What two ways to one recipient have in common. */
export function wayKey({ channel, to }: Way): string {
  return `${channel.name}:${channel.contactKey(to)}`;
}
