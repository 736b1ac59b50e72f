/** Who decided, as a login's `by` has it, in words. */
import { isChannelName } from "../contact.ts";
import { foreign, type Line, line } from "../letter.ts";
import type { Language } from "./language.ts";

/** Of nobody it is known who they are: they had the link. */
const BY_LINK = { "en": "somebody who has the link", "zh-CN": "持有链接的人" } as const;

const ON_PAGE = { "en": "on the page", "zh-CN": "在页面上" } as const;
/** Ways to prove on the page who one is. */
const PROOFS: ReadonlySet<string> = new Set(["passkey", "code", "session"]);

/** @param via as in a login's `via`, where it is known */
export function deciderLine(by: string, language: Language, via: string | null = null): Line {
  if (by === "link") return [BY_LINK[language]];
  const name = foreign(by.replace(/^person:/, ""), 64);
  if (via === null) return [name];
  if (PROOFS.has(via)) return line`${name} (${ON_PAGE[language]})`;
  // All other ways have names that no channel can have.
  return isChannelName(via) ? line`${name} (${foreign(via, 32)})` : [name];
}
