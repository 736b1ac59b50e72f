/**
 * Cards of WeCom. Documented at developer.work.weixin.qq.com/document/path/ 90236 (of applications) and
 * 91770 (of group robots). Lengths of their texts are advice there; the longer is shown in part, so what is
 * long stands where there is room.
 */
import { writeAct } from "../core/chat_act.ts";
import { displayWidth } from "../core/display_width.ts";
import { type Button, type Fact, type Letter, written, writtenFact } from "../core/letter.ts";
import { fitted, utf8Length } from "./fitted.ts";
import { CARD, titleOf } from "./wecom_text.ts";

/** Columns: 26, five and 26 Chinese characters, the smaller advice of the two pages. */
const TITLE = 52;
const KEY_COLUMNS = 10;
const VALUE_COLUMNS = 52;
const MAX_ROWS = 6;
const QUOTE = 400;
const MAX_BUTTONS = 6;

/** Blue, grey and red; the first is the default. */
const STYLES: Readonly<Record<Button["look"], number>> = { approve: 1, plain: 4, danger: 2 };

/** A text with a link on all of it, for an application. */
export function textCard(letter: Letter, url: string) {
  const [word = ""] = letter.link?.text.split(" ") ?? [];
  return {
    title: fitted(letter, ({ title }) => written(title, CARD), (text) => utf8Length(text) <= 128),
    // Too long is cut off by WeCom, at its end; and a line ends by a tag.
    description: fitted(
      letter,
      ({ facts, language, notes }) =>
        [
          ...facts.map((fact) => writtenFact(fact, language, CARD)),
          ...notes.map((note) => written(note, CARD)),
        ].join("<br>"),
      (text) => utf8Length(text) <= 512,
    ),
    url,
    ...([...word].length > 4 ? {} : { btntxt: word }),
  };
}

/**
 * Buttons that answer, and one for the page.
 * @param taskId of the application's own; no two messages may have the same
 */
export function buttonCard(letter: Letter, ticket: string, taskId: string, url: string) {
  const { buttons, link } = letter;
  return {
    card_type: "button_interaction",
    ...content(letter),
    task_id: taskId,
    card_action: { type: 1, url },
    button_list: [
      ...buttons.slice(0, MAX_BUTTONS - 1).map(({ act, look, text }) => ({
        type: 0,
        text,
        style: STYLES[look],
        key: writeAct(ticket, act),
      })),
      { type: 1, text: link?.text ?? "", style: STYLES.plain, url },
    ],
  };
}

/** Without buttons: all of it is a link. */
export function noticeCard(letter: Letter, url: string) {
  return {
    card_type: "text_notice",
    ...content(letter),
    jump_list: [{ type: 1, title: letter.link?.text ?? "", url }],
    card_action: { type: 1, url },
  };
}

function content(letter: Letter) {
  const { facts, notes } = letter;
  const rows = facts.filter(isShort).slice(0, MAX_ROWS);
  const others = facts.filter((fact) => !rows.includes(fact));
  return {
    main_title: { title: titleOf(letter, TITLE) },
    horizontal_content_list: rows.map(({ label, value }) => ({
      keyname: label,
      value: written(value, CARD),
    })),
    ...(others.length === 0 ? {} : { quote_area: { type: 0, quote_text: quote(letter, others) } }),
    sub_title_text: notes.map((note) => written(note, CARD)).join("\n"),
  };
}

function quote(letter: Letter, facts: readonly Fact[]): string {
  return fitted(
    { ...letter, facts },
    ({ facts, language }) => facts.map((fact) => writtenFact(fact, language, CARD)).join("\n"),
    (text) => [...text].length <= QUOTE,
  );
}

function isShort({ label, value }: Fact): boolean {
  return displayWidth(label) <= KEY_COLUMNS && displayWidth(written(value, CARD)) <= VALUE_COLUMNS;
}
