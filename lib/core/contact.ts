/**
 * Where somebody can be reached: WeCom's user id. Its alphabet keeps out what would reach more than
 * one person, "@all" and "a|b" (developer.work.weixin.qq.com/document/path/90195, 90236).
 */

export const MAX_CONTACTS = 8;

export function isContact(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/.test(text);
}
