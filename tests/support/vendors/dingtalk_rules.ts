/** What DingTalk takes for a message (open.dingtalk.com/document/orgapp/message-types-and-data-format). */

type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Fields
    : {};
}

/** Undefined: it is no JSON. */
export function parse(body: string): Fields | undefined {
  try {
    return fields(JSON.parse(body));
  } catch {
    return undefined;
  }
}

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

/** In bytes. */
export function size(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

export function isJson(headers: Headers): boolean {
  return /^application\/json\b/.test(headers.get("content-type") ?? "");
}
