/**
 * Reads Discord's markdown as its clients do (support.discord.com, "Markdown Text 101", and
 * discord.com/developers/docs/reference#message-formatting): what is seen, what leads somewhere, who is
 * called, and which markup there was at all.
 */
export interface DiscordText {
  readonly text: string;
  readonly links: readonly string[];
  /** `<@id>`, `@everyone` and the like; whether somebody hears of it is another matter. */
  readonly mentions: readonly string[];
  /** Names of the rules that applied, but for code and escapes. */
  readonly markup: readonly string[];
}

type Rule = readonly [name: string, pattern: RegExp];

/** In the order in which the client tries them, each at the beginning of what is left. */
const RULES: readonly Rule[] = [
  ["fence", /^```(?:[a-z0-9_+\-.]*\n)?([\s\S]*?)```/i],
  ["code", /^(`+)([\s\S]*?[^`])\1(?!`)/],
  ["escape", /^\\([^0-9A-Za-z\s])/],
  ["mention", /^<@[!&]?[0-9]+>|^@everyone|^@here/],
  ["reference", /^<#[0-9]+>|^<id:[a-z]+>|^<\/[^>]+:[0-9]+>|^<t:-?[0-9]+(?::[a-zA-Z])?>/],
  ["emoji", /^<a?:[A-Za-z0-9_]+:[0-9]+>|^:[A-Za-z0-9_+-]*[A-Za-z][A-Za-z0-9_+-]*:/],
  ["masked", /^\[((?:\\.|[^[\]\\])*)\]\(\s*<?((?:[^\s\\()<>]|\\.|\([^\s()]*\))*)>?\s*\)/],
  ["autolink", /^<(https?:\/\/[^\s>]+)>/i],
  ["url", /^https?:\/\/[^\s<]+[^<.,:;"')\]\s]/i],
  ["mail", /^(?:mailto:|tel:|sms:|discord:\/\/)\S+/i],
  ["strong", /^\*\*([\s\S]+?)\*\*(?!\*)/],
  ["underline", /^__([\s\S]+?)__(?!_)/],
  ["em", /^\*(?=\S)([^*]+?)\*(?!\*)|^_(?=\S)([^_]+?)_(?![A-Za-z0-9_])/],
  ["strike", /^~~(?=\S)([\s\S]*?\S)~~/],
  ["spoiler", /^\|\|([\s\S]+?)\|\|/],
];
/** Only where a line begins. */
const LINES: readonly Rule[] = [
  ["heading", /^#{1,3} +/],
  ["subtext", /^-# +/],
  ["quote", /^>(?:>>)? /],
  ["list", /^ *(?:[-*]|[0-9]+\.) +/],
];

export function readDiscordMarkdown(source: string): DiscordText {
  const links: string[] = [];
  const mentions: string[] = [];
  const markup: string[] = [];
  const read = (text: string): string => {
    let seen = "";
    let rest = text;
    while (rest !== "") {
      const found = firstOf(rest, seen === "" || seen.endsWith("\n"));
      if (found === undefined) {
        const [first = ""] = rest;
        seen += first;
        rest = rest.slice(first.length);
        continue;
      }
      const { name, match } = found;
      rest = rest.slice(match[0].length);
      if (!["fence", "code", "escape"].includes(name)) markup.push(name);
      switch (name) {
        case "fence":
        case "escape":
          seen += match[1] ?? "";
          break;
        case "code":
          seen += match[2] ?? "";
          break;
        case "mention":
          mentions.push(match[0]);
          break;
        case "masked":
          links.push(match[2] ?? "");
          seen += read(match[1] ?? "");
          break;
        case "autolink":
        case "url":
        case "mail":
          links.push(match[1] ?? match[0]);
          seen += match[1] ?? match[0];
          break;
        default:
          seen += read(match[1] ?? match[2] ?? "");
      }
    }
    return seen;
  };
  return { text: read(source), links, mentions, markup };
}

function firstOf(
  text: string,
  atLine: boolean,
): { name: string; match: RegExpExecArray } | undefined {
  for (const [name, pattern] of [...(atLine ? LINES : []), ...RULES]) {
    const match = pattern.exec(text);
    if (match !== null) return { name, match };
  }
  return undefined;
}
