/**
 * What WeCom takes for a message (developer.work.weixin.qq.com/document/path/ 90236, 91770): the code that
 * it answers with where it does not take it.
 */
import { type Fields, fields, list, size } from "./json_fields.ts";

/** JSON's \uXXXX is refused, wherever it stands. */
export function hasEscapes(body: string): boolean {
  return /(?<!\\)(\\\\)*\\u[0-9a-f]{4}/i.test(body);
}

export function textFault({ content }: Fields): number | undefined {
  if (typeof content !== "string" || content === "") return 44004;
  return size(content) > 2_048 ? 45002 : undefined;
}

export function textCardFault({ description, title, url }: Fields): number | undefined {
  if (![title, description, url].every(isText)) return 40058;
  return urlFault(url);
}

const TYPES = /^(text_notice|button_interaction)$/;

/** @param taken ids of tasks that this application has used */
export function cardFault(card: Fields, taken: ReadonlySet<string>): number | undefined {
  const { card_type, card_action, main_title, sub_title_text, task_id } = card;
  if (!TYPES.test(String(card_type))) return 40058;
  const { title } = fields(main_title);
  if (!isText(title) && !isText(sub_title_text)) return 40058;
  const rows = list(card.horizontal_content_list);
  const jumps = list(card.jump_list);
  if (rows.length > 6 || jumps.length > 3) return 40058;
  if (!rows.every(({ keyname }) => isText(keyname))) return 40058;
  const action = fields(card_action);
  if (card_type === "text_notice" && action.type !== 1 && action.type !== 2) return 40058;
  for (const { type, url } of [...jumps, action]) {
    const fault = type === 1 ? urlFault(url) : undefined;
    if (fault !== undefined) return fault;
  }
  if (card_type !== "button_interaction") return undefined;
  if (!/^[0-9A-Za-z_@-]{1,128}$/.test(String(task_id ?? ""))) return 42014;
  if (taken.has(String(task_id))) return 42014;
  return buttonsFault(list(card.button_list));
}

function buttonsFault(buttons: readonly Fields[]): number | undefined {
  if (buttons.length === 0 || buttons.length > 6) return 40016;
  if (!buttons.every(({ text }) => isText(text))) return 42020;
  const answers = buttons.filter(({ type }) => type !== 1);
  const keys = answers.map(({ key }) => key);
  if (!keys.every(isText)) return 42019;
  if (keys.some((key) => size(String(key)) > 1_024)) return 42018;
  if (new Set(keys).size !== keys.length) return 42018;
  for (const { type, url } of buttons) {
    const fault = type === 1 ? urlFault(url) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function urlFault(url: unknown): number | undefined {
  if (!/^https?:\/\//.test(String(url))) return 45034;
  return size(String(url)) > 2_048 ? 40039 : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
