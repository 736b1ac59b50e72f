/**
 * A letter as an HTML mail: readable in light and dark, with nothing to fetch, so nothing tells the
 * sender or anybody else that it was opened.
 */
import { type Letter, type Line, type Writing, written } from "../core/letter.ts";
import { PLAIN_MAIL } from "./plain.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);
}

/** What others chose keeps its own direction, so it cannot turn our words around. */
const HTML: Writing = {
  own: escaped,
  foreign: (text) => `<bdi>${escaped(PLAIN_MAIL.foreign(text))}</bdi>`,
};
const html = (line: Line): string => written(line, HTML);

/** Of the line at the top. */
const COLOURS: Readonly<Record<Letter["kind"], string>> = {
  request: "#2456b8",
  ended: "#6b7280",
  pin: "#2456b8",
  alert: "#b3261e",
  test: "#6b7280",
};

/** Clients that drop the style sheet still have these, which go with a white page. */
const INLINE = {
  body: "margin:0;padding:24px 12px;background:#f3f4f6;color:#16181d;" +
    "font:16px/1.5 -apple-system,'Segoe UI',Roboto,'Noto Sans','PingFang SC','Microsoft YaHei'," +
    "Helvetica,Arial,sans-serif",
  card: "width:100%;max-width:560px;margin:0 auto;background:#ffffff;border-collapse:separate;" +
    "border-radius:8px;border-top:4px solid",
  inside: "padding:24px",
  title: "margin:0 0 16px;font-size:20px;line-height:1.35;font-weight:600",
  facts: "border-collapse:collapse;margin:0 0 16px",
  label:
    "white-space:nowrap;padding:3px 16px 3px 0;color:#565d6b;font-weight:400;text-align:left;" +
    "vertical-align:top",
  value: "padding:3px 0;overflow-wrap:anywhere;word-break:break-word;vertical-align:top",
  note: "margin:0 0 12px",
  open: "margin:20px 0 12px",
  button: "display:inline-block;padding:12px 24px;border-radius:6px;background:#2456b8;" +
    "color:#ffffff;text-decoration:none;font-weight:600",
  address: "margin:0;font-size:14px;overflow-wrap:anywhere;word-break:break-all",
  link: "color:#2456b8",
} as const;

const DARK = "@media (prefers-color-scheme:dark){" +
  ".body{background:#101216!important;color:#e8eaee!important}" +
  ".card{background:#1b1e24!important}" +
  ".label{color:#a3abb9!important}" +
  ".link{color:#9dbcff!important}" +
  ".button{background:#9dbcff!important;color:#101216!important}}";

/** @param subject what the mail has as its subject */
export function htmlMail(letter: Letter, subject: string): string {
  const { kind, language, link, notes, title } = letter;
  return [
    `<!DOCTYPE html>`,
    `<html lang="${language}">`,
    `<head>`,
    `<meta charset="utf-8" />`,
    `<meta name="viewport" content="width=device-width, initial-scale=1" />`,
    `<meta name="color-scheme" content="light dark" />`,
    `<meta name="supported-color-schemes" content="light dark" />`,
    // Or iPhones make links of what looks like an address or a number.
    `<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no" />`,
    `<title>${escaped(subject)}</title>`,
    `<style>:root{color-scheme:light dark}${DARK}</style>`,
    `</head>`,
    `<body class="body" style="${INLINE.body}">`,
    `<table role="presentation" class="card" style="${INLINE.card} ${COLOURS[kind]}">`,
    `<tr><td style="${INLINE.inside}">`,
    `<h1 style="${INLINE.title}">${html(title)}</h1>`,
    ...factsOf(letter),
    ...notes.map((note) => `<p style="${INLINE.note}">${html(note)}</p>`),
    ...(link === null ? [] : linkTo(link)),
    `</td></tr>`,
    `</table>`,
    `</body>`,
    `</html>`,
  ].join("\n");
}

function factsOf({ facts }: Letter): string[] {
  if (facts.length === 0) return [];
  return [
    `<table style="${INLINE.facts}">`,
    ...facts.map(({ label, value }) =>
      `<tr><th scope="row" class="label" style="${INLINE.label}">${escaped(label)}</th>` +
      `<td style="${INLINE.value}">${html(value)}</td></tr>`
    ),
    `</table>`,
  ];
}

/** A button, and below it the address, for those who want to read it before. */
function linkTo({ text, url }: { readonly text: string; readonly url: string }): string[] {
  const href = escaped(url);
  return [
    `<p style="${INLINE.open}">` +
    `<a class="button" style="${INLINE.button}" href="${href}">${escaped(text)}</a></p>`,
    `<p style="${INLINE.address}">` +
    `<a class="link" style="${INLINE.link}" href="${href}">${href}</a></p>`,
  ];
}
