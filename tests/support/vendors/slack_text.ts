/** What Slack's clients show of text (docs.slack.dev/messaging/formatting-message-text). */
import { foundLinks } from "./links.ts";

export interface SlackText {
  readonly text: string;
  readonly links: readonly string[];
  readonly mentions: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity);
}

/** `plain_text`: nothing in it is looked for. @throws Error when a sequence of Slack's own is in it */
export function readPlainText(text: string): SlackText {
  if (/[<>]|&(?!(amp|lt|gt);)/.test(text)) throw new Error(`not escaped: ${text}`);
  return { text: unescaped(text), links: [], mentions: [] };
}

/** @param verbatim false: addresses and names in it are looked for, too */
export function readMrkdwn(text: string, verbatim: boolean): SlackText {
  const links: string[] = [];
  const mentions: string[] = [];
  const shown = text.replace(/<([^<>|]*)(?:\|([^<>]*))?>/g, (_, target: string, label?: string) => {
    if (/^[@#!]/.test(target)) mentions.push(target);
    else links.push(unescaped(target));
    return label ?? target;
  });
  // The marks of bold, italic, struck and code text are taken away.
  const plain = unescaped(shown).replace(/(?<![\p{L}\p{N}])([*_~`])(\S(?:.*?\S)?)\1/gu, "$2");
  if (!verbatim) {
    links.push(...foundLinks(plain));
    mentions.push(...[...plain.matchAll(/(?<!\w)[@#][\w-]+/g)].map(([name]) => name));
  }
  return { text: plain, links, mentions };
}
