/** What pages of lists have in common: what they are told, and the way back to them after a change. */
import type { Ctx, Parts } from "../http.ts";
import { boardMessages, type Done } from "../messages/board_words.ts";
import type { BoardView } from "../pages/board_parts.tsx";
import { prefixOf } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { frameOf } from "../http.ts";

const DONE: readonly Done[] = [
  "changed",
  "frozen",
  "unfrozen",
  "revoked",
  "reported",
  "registered",
  "tested",
];

/** @param at the page's path, where that is not the address asked for */
export function viewOf(c: Ctx, who: SignedIn, parts: Parts, at = c.req.path): BoardView {
  const { language } = frameOf(c, parts, who);
  const done = c.req.query("done");
  return {
    messages: boardMessages(language),
    now: parts.deps.clock.now(),
    prefix: prefixOf(parts.config.publicUrl),
    me: who.person,
    fresh: who.fresh,
    at,
    done: DONE.find((one) => one === done),
  };
}

/** So that loading the page again changes nothing again. */
export function backTo(c: Ctx, { config }: Parts, path: string, done: Done): Response {
  return c.redirect(`${prefixOf(config.publicUrl)}${path}?done=${done}`, 303);
}
