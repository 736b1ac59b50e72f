/**
 * What Feishu takes for a card, in the first structure of its JSON
 * (open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-structure, and its components).
 */
import { type Fields, fields, list } from "./json_fields.ts";

/** Why it is none, in our words; undefined: it is one. @param answers buttons may carry something */
export function cardFault(card: Fields, answers: boolean): string | undefined {
  const { elements, header } = card;
  if (card.schema !== undefined && card.schema !== "1.0") return "schema";
  if (!isPlain(fields(header).title)) return "title";
  if (
    !/^(blue|wathet|turquoise|green|yellow|orange|red|carmine|violet|purple|indigo|grey)$/
      .test(String(fields(header).template ?? "blue"))
  ) return "template";
  if (!Array.isArray(elements) || elements.length === 0 || elements.length > 50) return "elements";
  return list(elements).map((element) => elementFault(element, answers))
    .find((fault) => fault !== undefined);
}

function elementFault(element: Fields, answers: boolean): string | undefined {
  switch (element.tag) {
    case "div": {
      const texts = list(element.fields).map(({ text }) => text);
      const all = element.text === undefined ? texts : [element.text, ...texts];
      return all.length > 0 && all.every((text) => isPlain(text) || isMarkdown(text))
        ? undefined
        : "text of a div";
    }
    case "action": {
      const actions = list(element.actions);
      if (actions.length === 0) return "actions";
      return actions.map((action) => buttonFault(action, answers))
        .find((fault) => fault !== undefined);
    }
    case "input":
      return inputFault(element, answers);
    default:
      return "tag";
  }
}

function buttonFault({ tag, text, type, url, value }: Fields, answers: boolean) {
  if (tag !== "button" || !isPlain(text)) return "button";
  if (!/^(default|primary|danger)$/.test(String(type ?? "default"))) return "type of a button";
  if (url !== undefined && !/^https?:\/\//.test(String(url))) return "address of a button";
  if (value === undefined) return url === undefined ? "button without a use" : undefined;
  return answers && Object.keys(fields(value)).length > 0 ? undefined : "value of a button";
}

function inputFault({ label, max_length, value }: Fields, answers: boolean): string | undefined {
  if (!answers || Object.keys(fields(value)).length === 0) return "value of an input";
  if (label !== undefined && !isPlain(label)) return "label";
  const length = max_length ?? 1_000;
  return Number.isInteger(length) && Number(length) >= 1 && Number(length) <= 1_000
    ? undefined
    : "max_length";
}

function isPlain(text: unknown): boolean {
  const { content, tag } = fields(text);
  return tag === "plain_text" && typeof content === "string" && content !== "";
}

function isMarkdown(text: unknown): boolean {
  const { content, tag } = fields(text);
  return tag === "lark_md" && typeof content === "string" && content !== "";
}
