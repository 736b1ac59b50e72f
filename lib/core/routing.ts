/** Who is asked about a login, by which ways, and when. */
import { matchesPattern } from "./account_pattern.ts";
import type { Login } from "./login.ts";
import type { Language } from "./messages/language.ts";
import type { MessageSort } from "./notification.ts";
import {
  answersFor,
  answersTo,
  type ApprovalSettings,
  isOwnUser,
  mayApprove,
  type Person,
  takesTwo,
} from "./person.ts";

/** What matters of a channel. */
export interface ChannelFacts {
  readonly name: string;
  readonly reach: "person" | "group";
  readonly sends: ReadonlySet<MessageSort>;
  isContact(text: string): boolean;
  /** What contacts of one recipient have in common. */
  contactKey(contact: string): string;
}

/** Who is asked too when nobody has decided by then. */
export interface Escalation {
  /** Patterns of accounts, without groups. */
  readonly accounts: readonly string[];
  /** Names. */
  readonly persons: readonly string[];
  readonly afterMs: number;
}

export interface Routing {
  /** Without a decision a person is asked by the next way then; 0: by all at once. */
  readonly nextAfterMs: number;
  readonly escalations: readonly Escalation[];
}

/** One message. */
export interface Ask {
  /** The id of the person; null: whoever reads the group. */
  readonly person: string | null;
  /** Its name. */
  readonly channel: string;
  /** A contact there; of a group whom to mention, or "". */
  readonly to: string;
  /** Null: the channel has one. */
  readonly language: Language | null;
  /** Others were asked before; none: it is not so. */
  readonly escalated?: true;
}

export interface Wave {
  readonly afterMs: number;
  readonly asks: readonly Ask[];
}

type About = Pick<Login, "user" | "host" | "requester">;

/** A person, and when the first message to them is due. */
interface Turn {
  readonly person: Person;
  readonly afterMs: number;
  /** Others were asked before. */
  readonly escalated: boolean;
}

/**
 * All messages about a login, as long as nobody decides, by when they are due. Those to one person come
 * one after the other: when one fails, the next may be sent before its time.
 */
export function wavesOf(
  login: About,
  persons: readonly Person[],
  channels: readonly ChannelFacts[],
  { nextAfterMs, escalations }: Routing,
  settings: ApprovalSettings,
): Wave[] {
  const later = turnsOf(login, persons, escalations, settings);
  const first = firstAsked(login, persons, later.map(({ person }) => person), settings);
  const turns = [
    ...first.map((person) => ({ person, afterMs: 0, escalated: false })),
    ...later.filter(({ person }) => !first.includes(person)),
  ];
  const due = [
    ...groupAsks(turns.filter(({ afterMs }) => afterMs === 0), channels),
    ...turns.flatMap((turn) => waysOf(turn, channels, nextAfterMs)),
  ];
  return inWaves(due, channels);
}

/** The messages to those who are to be asked because the first of two persons has approved. */
export function secondWaves(
  login: About,
  persons: readonly Person[],
  channels: readonly ChannelFacts[],
  { nextAfterMs, escalations }: Routing,
  settings: ApprovalSettings,
): Wave[] {
  const turns = turnsOf(login, persons, escalations, settings);
  const due = turns.flatMap(({ person }) =>
    waysOf({ person, afterMs: 0, escalated: false }, channels, nextAfterMs)
  );
  return inWaves(due, channels);
}

/** Names in the escalations of that account (null: of any) of which there is no active person. */
export function unknownNames(
  login: About | null,
  persons: readonly Person[],
  { escalations }: Pick<Routing, "escalations">,
): string[] {
  const names = escalations.filter((escalation) => login === null || isFor(escalation, login))
    .flatMap((escalation) => escalation.persons);
  return [...new Set(names)].filter((name) => !persons.some((one) => answersTo(one, name)));
}

/**
 * The owner; else the one who asks for another account and may have it; else those whose `approves` cover
 * it; else administrators. Where it takes two, all of those, and administrators where they are fewer.
 * @param later are asked later, unless there is nobody else
 */
function firstAsked(
  login: About,
  persons: readonly Person[],
  later: readonly Person[],
  settings: ApprovalSettings,
): readonly Person[] {
  const able = persons.filter((person) => mayApprove(person, login, settings).ok);
  const named = able.filter((person) =>
    answersFor({ ...person, administrator: false }, login, settings.groups)
  );
  const others = (all: readonly Person[]) => {
    const left = all.filter((person) => !later.includes(person));
    return left.length > 0 ? left : all;
  };
  if (takesTwo(login, settings)) {
    const all = new Set([...named, ...later]);
    return others(all.size < 2 ? able : named.length > 0 ? named : [...all]);
  }
  const owner = able.filter((person) => isOwnUser(person, login.user));
  if (owner.length > 0) return owner;
  const { requester } = login;
  const asking = named.filter((person) => requester !== null && isOwnUser(person, requester));
  if (asking.length > 0) return asking;
  return others(named.length > 0 ? named : able);
}

/** Of each person the soonest; only those who may approve it. */
function turnsOf(
  login: About,
  persons: readonly Person[],
  escalations: readonly Escalation[],
  settings: ApprovalSettings,
): Turn[] {
  const all = escalations.filter((escalation) => isFor(escalation, login))
    .toSorted((a, b) => a.afterMs - b.afterMs)
    .flatMap(({ persons: names, afterMs }) =>
      names.flatMap((name) => persons.filter((person) => answersTo(person, name)))
        .map((person) => ({ person, afterMs, escalated: true }))
    )
    .filter(({ person }) => mayApprove(person, login, settings).ok);
  return all.filter(({ person }, index) =>
    all.findIndex((other) => other.person === person) === index
  );
}

function isFor({ accounts }: Escalation, login: About): boolean {
  return accounts.some((pattern) => matchesPattern(pattern, login));
}

interface Due extends Ask {
  readonly afterMs: number;
}

/**
 * By the contacts in the order in which the person has them. Whoever wrote one down may have done so before
 * that channel was there.
 */
function waysOf(
  { person, afterMs, escalated }: Turn,
  channels: readonly ChannelFacts[],
  nextAfterMs: number,
): Due[] {
  const ways = Object.entries(person.contacts).filter(([name, to]) =>
    channels.some((one) =>
      one.name === name && one.reach === "person" && one.sends.has("request") && one.isContact(to)
    )
  );
  return ways.map(([channel, to], index) => ({
    ...{ person: person.id, channel, to, language: languageOf(person) },
    ...(escalated ? { escalated: true } : {}),
    afterMs: afterMs + index * nextAfterMs,
  }));
}

/** Each once. It mentions the first who has a contact there: a message has one recipient. */
function groupAsks(turns: readonly Turn[], channels: readonly ChannelFacts[]): Due[] {
  return channels.filter(({ reach, sends }) => reach === "group" && sends.has("request"))
    .map((channel) => {
      const { name } = channel;
      const contacts = turns.map(({ person }) =>
        Object.hasOwn(person.contacts, name) ? person.contacts[name] : undefined
      );
      const to = contacts.find((to) => to !== undefined && channel.isContact(to)) ?? "";
      return { person: null, channel: name, to, language: null, afterMs: 0 };
    });
}

/** Of several to one contact only the first. */
function inWaves(due: readonly Due[], channels: readonly ChannelFacts[]): Wave[] {
  const inOrder = due.toSorted((a, b) => a.afterMs - b.afterMs);
  const keyOf = ({ channel: name, to }: Due) => {
    const channel = channels.find((one) => one.name === name);
    return JSON.stringify([name, channel?.contactKey(to) ?? to]);
  };
  const once = new Map(inOrder.toReversed().map((each) => [keyOf(each), each]));
  const waves = Map.groupBy(inOrder.filter((each) => once.get(keyOf(each)) === each), ({
    afterMs,
  }) => afterMs);
  return [...waves].map(([afterMs, asks]) => ({
    afterMs,
    asks: asks.map(({ afterMs: _, ...ask }) => ask),
  }));
}

function languageOf({ language }: Person): Language | null {
  return language === "auto" ? null : language;
}
