/** Answers that are fetched from vendors, for they cannot reach every server. */
import type { Channels } from "./channels.ts";
import type { Chat } from "./chat.ts";

export class Inboxes {
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(private readonly channels: Channels, private readonly chat: Chat) {}

  start(): void {
    for (const { notifier } of this.channels.all) {
      const stop = notifier.listen?.((answer) => this.chat.answer(notifier, answer));
      if (stop !== undefined) this.#stops.push(stop);
    }
  }

  /** Resolves when nothing is fetched any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }
}
