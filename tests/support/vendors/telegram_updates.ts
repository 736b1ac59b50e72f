/** What people write and press until the bot has fetched it, by long polls (core.telegram.org/bots/api#getupdates). */
import type * as v from "valibot";
import type { after as realAfter } from "../../../lib/io/timers.ts";
import { failed, type GetUpdates } from "./telegram_rules.ts";
import type { Reply } from "./vendor.ts";

interface Update {
  readonly update_id: number;
  readonly [kind: string]: unknown;
}

export class TelegramUpdates {
  readonly #updates: Update[] = [];
  /** Answers long polls: with what there is, or so. */
  readonly #waiting: ((reply?: Reply) => void)[] = [];
  /** Ends the time of the one that is held. */
  #stop = () => {};
  /** Kinds of updates, as last said; by default all but some that we do not have. */
  #allowed = new Set(["message", "callback_query"]);

  constructor(
    private readonly ok: (result: unknown) => Reply,
    private readonly after: typeof realAfter,
  ) {}

  /** @param update_id one more than the last at least */
  add(update_id: number, kind: string, value: unknown): void {
    if (!this.#allowed.has(kind)) return;
    this.#updates.push({ update_id, [kind]: value });
    this.#end();
  }

  get(
    { allowed_updates, limit = 100, offset, timeout = 0 }: v.InferOutput<typeof GetUpdates>,
  ): Reply | Promise<Reply> {
    this.#end(failed(409, "Conflict: terminated by other getUpdates request"));
    // What is before the offset counts as received.
    while ((this.#updates[0]?.update_id ?? Infinity) < (offset ?? 0)) this.#updates.shift();
    this.#allowed = new Set(allowed_updates ?? this.#allowed);
    const upTo = () => this.ok(this.#updates.slice(0, limit));
    if (this.#updates.length > 0 || timeout === 0) return upTo();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.push((reply) => resolve(reply ?? upTo()));
    this.#stop = this.after(timeout * 1000, () => this.release());
    return promise;
  }

  /** Ends the long polls, as when their time is over. */
  release(): void {
    this.#end(this.ok([]));
  }

  #end(reply?: Reply): void {
    this.#stop();
    for (const end of this.#waiting.splice(0)) end(reply);
  }
}
