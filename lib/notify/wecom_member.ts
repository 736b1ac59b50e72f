/** Accounts in WeCom's directory (developer.work.weixin.qq.com/document/path/90195). */
import { isBareContact } from "../core/contact.ts";

/** What names no channel is in their alphabet, for there was no other channel once. */
export function isMember(text: string): boolean {
  return isBareContact(text);
}

/** They are the same in any case. */
export function memberKey(member: string): string {
  return member.toLowerCase();
}
