/** The channel that reaches people, and how it has fared; whatever happens comes back as a delivery. */
import type { Delivery, Notification } from "../lib/core/notification.ts";
import type { Clock, Notifier } from "../lib/ports.ts";

export interface LastFailure {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** In our own words, as the log has it. */
  readonly detail: string;
  readonly hint: string;
}

export class Channel {
  #lastSentAt: number | null = null;
  #lastFailure: LastFailure | null = null;

  constructor(private readonly notifier: Notifier, private readonly clock: Clock) {}

  /** What a person's contacts call it. */
  get name(): string {
    return this.notifier.name;
  }

  /** Since the server's start. */
  get lastSentAt(): number | null {
    return this.#lastSentAt;
  }

  /** Since the server's start. */
  get lastFailure(): LastFailure | null {
    return this.#lastFailure;
  }

  /** Never rejects. */
  async send(message: Notification, to: string): Promise<Delivery> {
    const delivery = await this.#deliver(message, to);
    const at = this.clock.now();
    if (delivery.ok) this.#lastSentAt = at;
    else this.#lastFailure = { at, detail: delivery.detail, hint: delivery.hint };
    return delivery;
  }

  async #deliver(message: Notification, to: string): Promise<Delivery> {
    try {
      return await this.notifier.send(message, to);
    } catch {
      return {
        ok: false,
        why: "unavailable",
        detail: "the channel's own files cannot be used",
        hint: "check free space and modes of the data directory",
        mayArrive: false,
      };
    }
  }
}
