/** Who decided, as a login's `by` has it, in words. */
import { foreign, type Line } from "../letter.ts";
import type { Language } from "./language.ts";

/** Of nobody it is known who they are: they had the link. */
const BY_LINK = { "en": "somebody who has the link", "zh-CN": "持有链接的人" } as const;

export function deciderLine(by: string, language: Language): Line {
  return by === "link" ? [BY_LINK[language]] : [foreign(by.replace(/^person:/, ""), 64)];
}
