/** A channel, and how it has fared; whatever happens comes back as a delivery. */
import type { Delivery, MessageSort, Notification } from "../lib/core/notification.ts";
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

  constructor(readonly notifier: Notifier, private readonly clock: Clock) {}

  /** What a person's contacts call it. */
  get name(): string {
    return this.notifier.name;
  }

  get type(): string {
    return this.notifier.type;
  }

  get reach(): Notifier["reach"] {
    return this.notifier.reach;
  }

  /** Requests can be answered in it. */
  get answers(): boolean {
    return this.notifier.answers;
  }

  get sends(): ReadonlySet<MessageSort> {
    return this.notifier.sends;
  }

  /** Since the server's start. */
  get lastSentAt(): number | null {
    return this.#lastSentAt;
  }

  /** Since the server's start. */
  get lastFailure(): LastFailure | null {
    return this.#lastFailure;
  }

  /** Milliseconds since the Unix epoch; null: it is not. */
  get leftAloneUntil(): number | null {
    return this.notifier.leftAloneUntil?.() ?? null;
  }

  isContact(text: string): boolean {
    return this.notifier.isContact(text);
  }

  /** Never rejects. */
  async send(message: Notification, to: string): Promise<Delivery> {
    return await this.#noted(() => this.notifier.send(message, to));
  }

  /** As the notifier's. Never rejects. */
  async update(message: Notification, to: string, handle: string): Promise<Delivery> {
    return await this.#noted(() => this.notifier.update(message, to, handle));
  }

  async #noted(deliver: () => Promise<Delivery>): Promise<Delivery> {
    const delivery = await deliver().catch(() => UNUSABLE);
    const at = this.clock.now();
    if (delivery.ok) this.#lastSentAt = at;
    else this.#lastFailure = { at, detail: delivery.detail, hint: delivery.hint };
    return delivery;
  }
}

const UNUSABLE: Delivery = {
  ok: false,
  why: "unavailable",
  detail: "the channel's own files cannot be used",
  hint: "check free space and modes of the data directory",
  mayArrive: false,
};
