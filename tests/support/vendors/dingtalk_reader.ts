/** What a person sees of a message in DingTalk, read without our builders. */
import { foundLinks } from "./links.ts";

export interface DingtalkText {
  readonly text: string;
  readonly links: readonly string[];
}

/** Addresses in a text become links. */
export function readText(text: string): DingtalkText {
  return { text, links: foundLinks(text) };
}

/**
 * Markdown as open.dingtalk.com/document/orgapp/robot-message-type has it: headings, quotes, bold, italic,
 * links, pictures and lists; and what clients know beside that: code, struck text, tags. No escapes.
 */
export function readMarkdown(markdown: string): DingtalkText {
  const links: string[] = [];
  const lines = markdown.split("\n").map((line) =>
    line
      .replace(/^ {0,3}(#{1,6} +|(> *)+|[-*+] +|[0-9]+[.)] +)/, "")
      .replace(/!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g, (_, label: string, url: string) => {
        links.push(url);
        return label;
      })
      .replace(/<([a-z][a-z0-9+.-]*:[^<>\s]*)>/gi, (_, url: string) => {
        links.push(url);
        return "";
      })
      .replace(/<\/?[a-z][^<>]*>/gi, "")
      .replace(/(`+)(.+?)\1/g, "$2")
      .replace(/([*_~]{1,3})(\S(?:.*?\S)?)\1/g, "$2")
      .replace(/ {2}$/, "")
  ).filter((line) => !/^ {0,3}([-*_=] *){3,}$/.test(line) && line !== "");
  const text = lines.join("\n");
  return { text, links: [...links, ...foundLinks(text)] };
}
