/** Fetches what people answer from a vendor who holds each request back until there is something. */
import type { ChatAnswer } from "../core/chat.ts";
import { NO_COURTESIES, takeCourtesy } from "../core/courtesy.ts";
import type { ChatResult, Inbox, InboxItem, Refusal, VendorAnswer } from "../notify/channel.ts";
import { pause } from "./vendor_pause.ts";

/** A vendor answers later than it says. */
const SPARE_MS = 10_000;
/** Longer than an answer to a message: there may be many things in it, as long as people like. */
const MAX_ANSWER = 8_388_608;
/** Between two requests where the vendor holds nothing back, or says the same again. */
const BETWEEN_MS = 1_000;
const PASSED_LOG_MS = 60_000;
/** After failures: twice as long each time, up to the longest. */
const AGAIN_MS = { first: 1_000, longest: 60_000 } as const;

interface Listening {
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
    level: "info" | "warning" | "error",
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
  let courtesies = NO_COURTESIES;
  const isDue = (to: string | null) => {
    if (to === null) return true;
    const taken = takeCourtesy(courtesies, to, now());
    courtesies = taken.courtesies;
    return taken.ok;
  };
  let cursor: string | null = null;
  let most: "some" | "one" = "some";
  let passedAt = -Infinity;
  let failing: { readonly detail: string; readonly waitMs: number } | undefined;
  while (!signal.aborted) {
    const began = now();
    const { read, skipTo } = await look(cursor, most, listening, signal);
    if (signal.aborted) return;
    // Whatever somebody wrote, the others' answers are behind it.
    if (!read.ok && read.why === "unusable" && skipTo !== null && skipTo !== cursor) {
      if (most === "some") {
        most = "one";
      } else {
        [cursor, most] = [skipTo, "some"];
        if (Math.abs(now() - passedAt) >= PASSED_LOG_MS) {
          log("warning", "something in a chat cannot be read, and is passed over", { channel });
          passedAt = now();
        }
      }
      continue;
    }
    if (!read.ok) {
      const { detail, hint, retryAfterMs } = read;
      // Once, not each time.
      if (failing?.detail !== detail) {
        log("warning", "answers in a chat cannot be fetched", { channel, detail, hint });
      }
      const waitMs = Math.min((failing?.waitMs ?? AGAIN_MS.first / 2) * 2, AGAIN_MS.longest);
      failing = { detail, waitMs };
      // Perhaps it was too much for the time there is.
      most = "one";
      await pause(Math.max(waitMs, retryAfterMs ?? 0), after, [signal]);
      continue;
    }
    if (failing !== undefined) log("info", "answers in a chat are fetched again", { channel });
    failing = undefined;
    most = "some";
    for (const item of read.items) {
      await handle(item, isDue, listening).catch(() =>
        log("error", "something in a chat could not be handled", { channel })
      );
    }
    const idle = read.items.length === 0 ? now() - began < BETWEEN_MS : read.cursor === cursor;
    cursor = read.cursor;
    if (idle) await pause(BETWEEN_MS, after, [signal]);
  }
}

/** @property skipTo behind the first thing in an answer that cannot be read; null: there is none */
async function look(
  cursor: string | null,
  most: "some" | "one",
  { fetch, inbox }: Listening,
  signal: AbortSignal,
): Promise<{ readonly read: ReturnType<Inbox["read"]>; readonly skipTo: string | null }> {
  const withinMs = inbox.waitMs + SPARE_MS;
  const answer = await fetch(inbox.request(cursor, most), {
    withinMs,
    longest: MAX_ANSWER,
    signal,
  });
  if ("ok" in answer) return { read: answer, skipTo: null };
  const read = inbox.read(answer);
  return { read, skipTo: read.ok ? null : inbox.skip(answer) };
}

async function handle(
  item: InboxItem,
  isDue: (courtesyTo: string | null) => boolean,
  { answer, reply }: Listening,
): Promise<void> {
  const given = item.answer;
  const decides = given !== null && given.act.kind !== "words";
  // Words that nobody will be answered are not even looked at.
  if (!decides && !isDue(item.courtesyTo(null))) return;
  const result = given === null ? null : await answer(given);
  if (given !== null && result === null) return;
  if (decides && !isDue(item.courtesyTo(result))) return;
  reply(item.reply(result));
}
