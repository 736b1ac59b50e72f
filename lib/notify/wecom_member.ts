/** An account in WeCom's directory. */

/**
 * Its alphabet keeps out what would reach more than one, "@all" and "a|b"
 * (developer.work.weixin.qq.com/document/path/90195, 90236).
 */
export function isMember(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/.test(text);
}
