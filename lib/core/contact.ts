/**
 * Where somebody can be reached: WeCom's user id. Its alphabet keeps out what would reach more than
 * one person, "@all" and "a|b" (developer.work.weixin.qq.com/document/path/90195, 90236).
 */

export const MAX_CONTACTS = 8;

export function isContact(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/.test(text);
}

/**
 * The contacts that a passwd entry names: in the first of its fields that commas part, several with
 * "|" between them. A user can change the others with chfn(1). What is no contact is left out.
 */
export function contactsFromGecos(gecos: string): string[] {
  const [fullName = ""] = gecos.split(",", 1);
  return fullName.split("|").map((part) => part.trim()).filter(isContact).slice(0, MAX_CONTACTS);
}

/** The one channel of this version, as a person's contacts and the server's configuration call it. */
export const WECOM = "wecom";
