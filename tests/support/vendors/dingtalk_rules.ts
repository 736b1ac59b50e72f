/** What DingTalk takes for a message (open.dingtalk.com/document/orgapp/message-types-and-data-format). */

/** Of a card with one link, in characters (code 34016). */
export function cardFits(
  { link, linkText, text, title }: {
    readonly [K in "link" | "linkText" | "text" | "title"]: unknown;
  },
): boolean {
  return isText(title, 64) && isText(text, 5_000) && isText(linkText, 20) && isText(link, 500) &&
    /^https?:\/\//.test(link);
}

export function isText(value: unknown, max: number): value is string {
  return typeof value === "string" && value !== "" && [...value].length <= max;
}
