import { deepEqual } from "node:assert/strict";
import { boardMessages } from "../../server/messages/board_words.ts";
import { frameMessages } from "../../server/messages/frame.ts";
import { pageMessages } from "../../server/messages/page.ts";
import { signMessages } from "../../server/messages/sign_words.ts";
import { wayMessages } from "../../server/messages/ways.ts";

/** All that is text by itself; what is put together from names is tried where it is shown. */
function texts(words: unknown): string[] {
  if (typeof words === "string") return [words];
  if (typeof words !== "object" || words === null) return [];
  return Object.values(words).flatMap(texts);
}

Deno.test("pages in English speak words, no names of the program's own", () => {
  const all = texts(
    [boardMessages, frameMessages, pageMessages, signMessages, wayMessages].map((of) => of("en")),
  );
  // Names as they are written, such as "WeCom".
  const proper = /\b(JavaScript|WeCom|DingTalk|GitHub|WebAuthn)\b/g;
  const odd = all.filter((text) => /[a-z][A-Z]/.test(text.replaceAll(proper, "")));
  deepEqual(odd, []);
});
