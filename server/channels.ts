/** The channels that server.toml has, in its order. */
import { type NamedContact, readContact, WECOM } from "../lib/core/contact.ts";
import type { MessageSort } from "../lib/core/notification.ts";
import type { Clock, Notifier } from "../lib/ports.ts";
import { Channel } from "./channel.ts";

/** How somebody is reached. */
export interface Way {
  readonly channel: Channel;
  /** In the channel's own alphabet. */
  readonly to: string;
}

export class Channels {
  readonly all: readonly Channel[];

  constructor(notifiers: readonly Notifier[], clock: Clock) {
    this.all = notifiers.map((notifier) => new Channel(notifier, clock));
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

  #takerOf({ channel: name, to }: NamedContact): Channel | undefined {
    const takers = this.sending("pin").filter((channel) => channel.isContact(to));
    if (name !== null) return takers.find((channel) => channel.name === name);
    const persons = takers.filter(({ reach }) => reach === "person");
    return persons.find(({ type }) => type === WECOM) ?? persons[0];
  }
}

/** What two ways are the same by: WeCom's names are the same in any case, as are addresses of mail. */
export function wayKey({ channel, to }: Way): string {
  return `${channel.name}:${to.toLowerCase()}`;
}
