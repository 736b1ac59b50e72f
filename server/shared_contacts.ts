/** Contacts that several persons have, where that matters: in a chat an answer proves one person, or nobody. */
import type { Person } from "../lib/core/person.ts";
import type { Channel } from "./channel.ts";

/** So nobody's answer counts there. */
export interface SharedContact {
  /** The channel's name. */
  readonly channel: string;
  /** As the first of them has it. */
  readonly to: string;
  /** Two at least, in the order of their names. */
  readonly persons: readonly Person[];
}

/** Of channels in which requests are answered. Who is frozen counts, for they may come back; see chat.ts. */
export function sharedContacts(
  channels: readonly Pick<Channel, "answers" | "contactKey" | "name">[],
  persons: readonly Person[],
): readonly SharedContact[] {
  const here = persons.filter(({ state }) => state !== "removed")
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return channels.filter(({ answers }) => answers).flatMap((one) => {
    const channel = one.name;
    const those = here.flatMap((person) => {
      const to = Object.hasOwn(person.contacts, channel) ? person.contacts[channel] : undefined;
      return to === undefined ? [] : [{ person, to }];
    });
    return [...Map.groupBy(those, ({ to }) => one.contactKey(to)).values()].flatMap((same) => {
      const [first, ...others] = same;
      return first === undefined || others.length === 0
        ? []
        : [{ channel, to: first.to, persons: same.map(({ person }) => person) }];
    });
  });
}

/** Who else has contacts of that person, by the channel's name. */
export function sharedWith(
  { id }: Person,
  shared: readonly SharedContact[],
): ReadonlyMap<string, readonly Person[]> {
  return new Map(
    shared.filter(({ persons }) => persons.some((one) => one.id === id)).map((
      { channel, persons },
    ) => [channel, persons.filter((one) => one.id !== id)]),
  );
}
