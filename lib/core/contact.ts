/**
 * Where somebody can be reached, as a host names it: a contact of the server's first channel that takes it,
 * or `CHANNEL:CONTACT`. The alphabet of the former keeps out what would reach more than one person at WeCom,
 * "@all" and "a|b" (developer.work.weixin.qq.com/document/path/90195, 90236); of the latter each channel
 * has an alphabet of its own, and this is what all of them are within.
 */

export const MAX_CONTACTS = 8;

const BARE = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;
const CHANNEL_NAME = /^[a-z][a-z0-9_-]{0,31}$/;
/** What comes before a colon in a login's `by`, where it is no contact; and ways to decide, as in its `via`. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["admin", "grant", "person"],
  ...["link", "terminal", "ssh2fa", "pin", "passkey", "code", "session", "freeze"],
]);
const IN_CHANNEL = /^[A-Za-z0-9+_.@-]{1,128}$/;

/** What is wrong with another text, as in "must be …". */
export const CONTACT_RULE = "1 to 64 letters, digits or _.@-, the first a letter or digit, " +
  "or such a contact (+ too, 128 at most) behind a channel's name and a colon";

export interface NamedContact {
  /** Null: none is named. */
  readonly channel: string | null;
  readonly to: string;
}

export function isContact(text: string): boolean {
  return readContact(text) !== undefined;
}

/** One that names no channel. */
export function isBareContact(text: string): boolean {
  return BARE.test(text);
}

/** Undefined: it is none. */
export function readContact(text: string): NamedContact | undefined {
  const colon = text.indexOf(":");
  if (colon < 0) return isBareContact(text) ? { channel: null, to: text } : undefined;
  const [channel, to] = [text.slice(0, colon), text.slice(colon + 1)];
  return isChannelName(channel) && IN_CHANNEL.test(to) ? { channel, to } : undefined;
}

/** As `name` under [[notify]]. */
export function isChannelName(text: string): boolean {
  return CHANNEL_NAME.test(text) && !RESERVED.has(text);
}

/**
 * The contacts that a passwd entry names: in the first of its fields that commas part, several with
 * "|" between them. A user can change the others with chfn(1). What is no contact is left out.
 */
export function contactsFromGecos(gecos: string): string[] {
  const [fullName = ""] = gecos.split(",", 1);
  return fullName.split("|").map((part) => part.trim()).filter(isContact).slice(0, MAX_CONTACTS);
}
