/** A person's contacts as somebody writes them down: channel and contact, in the order of trying. */
import { isChannelName } from "./contact.ts";
import type { Person } from "./person.ts";
import { isPrintable } from "./text.ts";

/** More channels than anybody is reached by. */
export const MAX_PERSON_CONTACTS = 16;
/** In characters: as long as the longest that any channel has. */
const MAX_LENGTH = 256;

/** `to` is "" where there is to be none. */
export interface GivenContact {
  readonly channel: string;
  readonly to: string;
}

/** @param separator the first of it parts them @returns undefined for what is none */
export function readGivenContact(text: string, separator: "=" | ":"): GivenContact | undefined {
  const at = text.indexOf(separator);
  if (at < 0) return undefined;
  const [channel, to] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  return isChannelName(channel) && isText(to) ? { channel, to } : undefined;
}

/** What any channel's contact is within. */
function isText(to: string): boolean {
  return [...to].length <= MAX_LENGTH && isPrintable(to);
}

/** One entry a line, as `readGivenContact` takes them. */
export function contactLines(contacts: Person["contacts"]): string {
  return Object.entries(contacts).map(([channel, to]) => `${channel}: ${to}`).join("\n");
}

/**
 * What is given takes, in its order, the places of what it replaces; new ones come last. So the order of all
 * is changed by giving all.
 * @param given each channel once
 */
export function withContacts(
  contacts: Person["contacts"],
  given: readonly GivenContact[],
): Person["contacts"] {
  const removed = new Set(given.filter(({ to }) => to === "").map(({ channel }) => channel));
  const kept = Object.entries(contacts).filter(([channel]) => !removed.has(channel));
  const left = given.filter(({ to }) => to !== "").map(({ channel, to }) => [channel, to] as const);
  const named = new Set(left.map(([channel]) => channel));
  const placed = kept.map((entry) => named.has(entry[0]) ? left.shift() ?? entry : entry);
  return Object.fromEntries([...placed, ...left]);
}
