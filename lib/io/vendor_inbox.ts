/** Fetches what people answer from a vendor who holds each request back until there is something. */
import type { ChatAnswer } from "../core/chat.ts";
import type { ChatResult, Inbox, InboxItem, Refusal, VendorAnswer } from "../notify/channel.ts";
import { pause } from "./vendor_pause.ts";

/** A vendor answers later than it says. */
const SPARE_MS = 10_000;
/** Longer than an answer to a message: there may be many things in it. */
const MAX_ANSWER = 1_048_576;
/** Between two requests where the vendor holds nothing back, or says the same again. */
const BETWEEN_MS = 1_000;
/** After failures: twice as long each time, up to the longest. */
const AGAIN_MS = { first: 1_000, longest: 60_000 } as const;

export interface Listening {
  /** Names the channel in the log. */
  readonly channel: string;
  readonly inbox: Inbox;
  readonly fetch: (
    request: ReturnType<Inbox["request"]>,
    how: { readonly withinMs: number; readonly longest: number; readonly signal: AbortSignal },
  ) => Promise<VendorAnswer | Refusal>;
  /** Must not reject. Null: it cannot be answered now. */
  readonly answer: (answer: ChatAnswer) => Promise<ChatResult | null>;
  /** Sends what is to be sent back, without waiting for it. */
  readonly reply: (requests: ReturnType<InboxItem["reply"]>) => void;
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly log: (
    level: "info" | "warning",
    message: string,
    fields: Readonly<Record<string, string>>,
  ) => void;
}

/** Begins at once. @returns ends it; resolves when nothing runs any more */
export function listenTo(listening: Listening): () => Promise<void> {
  const stop = new AbortController();
  const running = run(listening, stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
}

async function run(listening: Listening, signal: AbortSignal): Promise<void> {
  const { channel, after, now, log } = listening;
  let cursor: string | null = null;
  let failing: { readonly detail: string; readonly waitMs: number } | undefined;
  while (!signal.aborted) {
    const began = now();
    const read = await look(cursor, listening, signal);
    if (signal.aborted) return;
    if (!read.ok) {
      const { detail, hint, retryAfterMs } = read;
      // Once, not each time.
      if (failing?.detail !== detail) {
        log("warning", "answers in a chat cannot be fetched", { channel, detail, hint });
      }
      const waitMs = Math.min((failing?.waitMs ?? AGAIN_MS.first / 2) * 2, AGAIN_MS.longest);
      failing = { detail, waitMs };
      await pause(Math.max(waitMs, retryAfterMs ?? 0), after, [signal]);
      continue;
    }
    if (failing !== undefined) log("info", "answers in a chat are fetched again", { channel });
    failing = undefined;
    for (const item of read.items) await handle(item, listening);
    const idle = read.items.length === 0 ? now() - began < BETWEEN_MS : read.cursor === cursor;
    cursor = read.cursor;
    if (idle) await pause(BETWEEN_MS, after, [signal]);
  }
}

async function look(
  cursor: string | null,
  { fetch, inbox }: Listening,
  signal: AbortSignal,
): Promise<ReturnType<Inbox["read"]>> {
  const withinMs = inbox.waitMs + SPARE_MS;
  const answer = await fetch(inbox.request(cursor), { withinMs, longest: MAX_ANSWER, signal });
  return "ok" in answer ? answer : inbox.read(answer);
}

async function handle(item: InboxItem, { answer, reply }: Listening): Promise<void> {
  if (item.answer === null) return reply(item.reply(null));
  const result = await answer(item.answer);
  if (result !== null) reply(item.reply(result));
}
