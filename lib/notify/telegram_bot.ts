/** What a bot asks Telegram to do (core.telegram.org/bots/api#available-methods). */
import { writeAct } from "../core/chat_act.ts";
import type { Button, Letter } from "../core/letter.ts";
import { jsonBody, type VendorRequest } from "./channel.ts";
import { htmlOf } from "./telegram_html.ts";

export interface Bot {
  /** Without a final slash. */
  readonly url: string;
  readonly token: string;
}

export function botRequest(bot: Bot, method: string, parameters: unknown): VendorRequest {
  return {
    method: "POST",
    url: `${bot.url}/bot${bot.token}/${method}`,
    body: jsonBody(parameters),
  };
}

/** @param asks it can be answered where it goes */
export function sendRequest(bot: Bot, letter: Letter, to: string, asks: boolean): VendorRequest {
  return botRequest(bot, "sendMessage", {
    chat_id: Number(to),
    ...content(letter, asks),
    disable_notification: !letter.urgent,
  });
}

/** @param handle chat and message, with a colon between them */
export function editRequest(
  bot: Bot,
  letter: Letter,
  handle: string,
  asks: boolean,
): VendorRequest {
  const [chat, message] = handle.split(":");
  return botRequest(bot, "editMessageText", {
    chat_id: Number(chat),
    message_id: Number(message),
    ...content(letter, asks),
  });
}

function content(letter: Letter, asks: boolean) {
  const rows = keyboard(letter, asks);
  return {
    text: htmlOf(letter, asks),
    parse_mode: "HTML",
    link_preview_options: { is_disabled: true },
    // An edit without it takes the buttons away.
    ...(rows.length === 0 ? {} : { reply_markup: { inline_keyboard: rows } }),
  };
}

function keyboard({ buttons, link, ticket }: Letter, asks: boolean) {
  const row = (fits: (button: Button) => boolean) =>
    ticket === null || !asks ? [] : buttons.filter(fits)
      .map(({ act, text }) => ({ text, callback_data: writeAct(ticket, act) }));
  return [
    row(({ look }) => look === "approve"),
    row(({ look }) => look !== "approve"),
    link !== null && canBeButton(link.url) ? [link] : [],
  ].filter((one) => one.length > 0);
}

/** Telegram refuses the whole message when a button's address has a host without a dot. */
function canBeButton(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname.includes(".") || hostname.startsWith("[");
}
