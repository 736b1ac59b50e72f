/** What is said in a chat beside the letters. */
import { foreign, type Line, line } from "../letter.ts";
import type { Language } from "./language.ts";

interface ChatWords {
  /** To somebody who writes without having been asked. @param id theirs, as a contact */
  readonly yourId: (id: string) => Line;
  /** Two digits came, and it is not said what for. */
  readonly replyToIt: string;
  /** How the number is given, where a chat has no field for it. */
  readonly replyWithNumber: string;
}

const en: ChatWords = {
  yourId: (id) =>
    line`Your id here is ${foreign(id, 32)}: an administrator enters it as your contact.`,
  replyToIt: "To answer a request with a number, reply to the message that asks for it.",
  replyWithNumber: "Reply to this message with the number.",
};

const zhCN: ChatWords = {
  yourId: (id) => line`您在这里的 ID 是 ${foreign(id, 32)}，请管理员将其登记为您的联系方式。`,
  replyToIt: "如需用数字答复请求，请直接回复询问该数字的那条消息。",
  replyWithNumber: "请回复此消息并输入该数字。",
};

export function chatWords(language: Language): ChatWords {
  return language === "zh-CN" ? zhCN : en;
}
