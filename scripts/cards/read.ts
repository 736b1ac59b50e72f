/**
 * What the vendors' clients make of what a channel sends, as far as the vendors document it. It reads what
 * goes out, not the letter.
 */
import type { Letter } from "../../lib/core/letter.ts";
import type { Dialect } from "../../lib/notify/channel.ts";
import { buttons, type Card, fact, type Look, ofLines, type Row, text } from "./card.ts";
import { at, list, string } from "./json.ts";

const MOMENT = { now: Date.UTC(2026, 0, 1, 8), token: "t", id: "0".repeat(32) };

/** Undefined where the channel refuses to send that. */
export async function cardOf(
  type: string,
  dialect: Dialect,
  letter: Letter,
  to: string,
): Promise<Card | undefined> {
  switch (dialect.via) {
    case "smtp": {
      const { subject, html } = dialect.mail(letter);
      return { title: subject, rows: [{ kind: "html", html: bodyOf(html) }] };
    }
    case "command":
      return { title: "", rows: [code(pretty(dialect.stdin(letter, to)))] };
    case "http": {
      const request = await dialect.send(letter, to, MOMENT);
      if (!("method" in request)) return undefined;
      const body = request.body?.text ?? "";
      const isForm = request.body?.type.startsWith("application/x-www-form-urlencoded") ?? false;
      const sent: unknown = isForm
        ? Object.fromEntries(new URLSearchParams(body))
        : body === ""
        ? Object.fromEntries(new URL(request.url).searchParams)
        : JSON.parse(body);
      return (READERS[type] ?? shownAsIs)(sent);
    }
  }
}

type Reader = (sent: unknown) => Card;

const READERS: Readonly<Record<string, Reader>> = {
  telegram: (sent) => ({
    title: "",
    rows: [
      { kind: "html", html: string(sent, "text").replaceAll("\n", "<br>") },
      ...list(sent, "reply_markup", "inline_keyboard").map((row) =>
        buttons(
          list(row).map((one) => [string(one, "text"), at(one, "url") ? "link" : "plain"] as const),
        )
      ),
    ],
  }),
  slack: (sent) => ({ title: "", rows: list(sent, "blocks").flatMap(slackBlock) }),
  discord: (sent) => {
    const embed = at(sent, "embeds", "0");
    const facts = list(embed, "fields").map((one) =>
      fact(string(one, "name"), unmarked(string(one, "value")))
    );
    return {
      title: unmarked(string(embed, "title")),
      rows: [...string(embed, "description").split("\n").map(markdown), ...facts],
    };
  },
  wecom: wecomCard,
  wecom_robot: wecomCard,
  dingtalk: (sent) => dingtalk(at(sent, "msg")),
  dingtalk_robot: dingtalk,
  feishu: (sent) => feishu(JSON.parse(string(sent, "content"))),
  feishu_robot: (sent) => feishu(at(sent, "card")),
  ntfy: (sent) =>
    notification(sent, "message", list(sent, "actions").map((one) => string(one, "label"))),
  bark: (sent) => notification(sent, "body", []),
  gotify: (sent) => notification(sent, "message", []),
  pushover: (sent) => notification(sent, "message", given(string(sent, "url_title"))),
  sms_twilio: (sent) => ofLines(string(sent, "Body")),
};

function slackBlock(block: unknown): Row[] {
  switch (string(block, "type")) {
    case "header":
      return [{ kind: "html", html: `<h2>${string(block, "text", "text")}</h2>` }];
    case "section": {
      const fields = list(block, "fields").map((one) => string(one, "text"));
      const own = string(block, "text", "text").replace(/^<[^|]*\|(.*)>$/, "$1");
      const isLink = string(block, "text", "type") === "mrkdwn";
      return [
        ...fields.map((field) => labelled(unescaped(field))),
        ...(isLink ? [buttons([[own, "link"]])] : given(own).map((one) => text(unescaped(one)))),
      ];
    }
    case "input":
      return [{ kind: "input", label: string(block, "label", "text") }];
    case "actions": {
      const looks: Readonly<Record<string, Look>> = { primary: "strong", danger: "danger" };
      return [
        buttons(
          list(block, "elements").map((one) =>
            [string(one, "text", "text"), looks[string(one, "style")] ?? "plain"] as const
          ),
        ),
      ];
    }
    default:
      return [];
  }
}

function wecomCard(sent: unknown): Card {
  const card = at(sent, "template_card");
  if (card !== undefined) {
    const looks: readonly Look[] = ["plain", "strong", "danger", "plain", "plain"];
    return {
      title: string(card, "main_title", "title"),
      rows: [
        ...given(string(card, "quote_area", "quote_text")).flatMap((all) =>
          all.split("\n").map(text)
        ),
        ...string(card, "sub_title_text").split("\n").map(text),
        ...list(card, "horizontal_content_list").map((one) =>
          fact(string(one, "keyname"), string(one, "value"))
        ),
        ...list(card, "button_list").map((one) =>
          buttons([[string(one, "text"), looks[Number(at(one, "style") ?? 0)] ?? "plain"]])
        ),
        ...list(card, "jump_list").map((one) => buttons([[string(one, "title"), "link"]])),
      ],
    };
  }
  const link = at(sent, "textcard");
  if (link !== undefined) {
    const lines = string(link, "description").replaceAll("<br>", "\n").split("\n").map(text);
    const more = string(link, "btntxt");
    return { title: string(link, "title"), rows: [...lines, buttons([[more || "详情", "link"]])] };
  }
  return ofLines(string(sent, "text", "content"));
}

function dingtalk(message: unknown): Card {
  const card = at(message, "actionCard") ?? at(message, "action_card");
  if (card === undefined) return ofLines(string(message, "text", "content"));
  const body = string(card, "text") || string(card, "markdown");
  const link = string(card, "singleTitle") || string(card, "single_title");
  return {
    title: "",
    rows: [
      ...body.split("\n").filter((line) => line.trim() !== "").map(markdown),
      buttons([[link, "link"]]),
    ],
  };
}

function feishu(card: unknown): Card {
  return {
    title: string(card, "header", "title", "content"),
    rows: list(card, "elements").flatMap(feishuElement),
  };
}

function feishuElement(element: unknown): Row[] {
  switch (string(element, "tag")) {
    case "input":
      return [{ kind: "input", label: string(element, "label", "content") }];
    case "action": {
      const looks: Readonly<Record<string, Look>> = { primary: "strong", danger: "danger" };
      return [
        buttons(
          list(element, "actions").map((one) =>
            [string(one, "text", "content"), looks[string(one, "type")] ?? "plain"] as const
          ),
        ),
      ];
    }
    default: {
      const fields = list(element, "fields").map((one) => string(one, "text", "content"));
      const own = string(element, "text", "content");
      return [...given(own).flatMap((all) => all.split("\n")), ...fields].map(unmarked).map(
        labelled,
      );
    }
  }
}

function notification(sent: unknown, body: string, actions: readonly string[]): Card {
  const lines = string(sent, body).split("\n").map(labelled);
  const more = actions.length === 0 ? [] : [buttons(actions.map((one) => [one, "link"] as const))];
  return { title: string(sent, "title"), rows: [...lines, ...more] };
}

function shownAsIs(sent: unknown): Card {
  return { title: "", rows: [code(JSON.stringify(sent, null, 1))] };
}

/** A label and what is behind its colon. */
function labelled(line: string): Row {
  const [, label, value] = /^([^:：]{1,16}(?=: )|[^:：]{1,7}(?=：))(?:：|: )(.+)$/.exec(line) ?? [];
  return label === undefined || value === undefined ? text(line) : fact(label, value);
}

function markdown(line: string): Row {
  const [, words] = /^\**\[([^\]]*)\]\([^)]*\)\**$/.exec(line) ?? [];
  return words === undefined ? labelled(unmarked(line)) : buttons([[words, "link"]]);
}

/** Without backticks, stars, hashes and backslashes in front of signs. */
function unmarked(line: string): string {
  return line.replace(/<at [^>]*>.*<\/at>/g, "@…").replace(
    /^#+ |^> |`|\*\*|<\/?[a-z]+[^>]*>| {2}$/g,
    "",
  ).replace(/\\(.)/g, "$1");
}

function unescaped(line: string): string {
  return line.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function code(lines: string): Row {
  const escaped = lines.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return { kind: "html", html: `<pre>${escaped}</pre>` };
}

function pretty(line: string): string {
  return JSON.stringify(JSON.parse(line), null, 1);
}

function bodyOf(html: string): string {
  return /<body[^>]*>([\s\S]*)<\/body>/.exec(html)?.[1] ?? "";
}

function given(line: string): string[] {
  return line === "" ? [] : [line];
}
