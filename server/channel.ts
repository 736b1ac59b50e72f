/** A channel, and how it has fared; whatever happens comes back as a delivery. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Delivery } from "../lib/core/delivery.ts";
import type { MessageSort, Notification } from "../lib/core/notification.ts";
import { printable } from "../lib/core/text.ts";
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

  /** @param key of the server's alone */
  constructor(
    readonly notifier: Notifier,
    private readonly clock: Clock,
    private readonly key: Uint8Array,
  ) {}

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

  /** The same of what tells that contact of a login to that account. */
  requestLeftAloneUntil(user: string, to: string): number | null {
    return this.notifier.leftAloneUntil?.({ about: user, to }) ?? null;
  }

  isContact(text: string): boolean {
    return this.notifier.isContact(text);
  }

  /** What contacts of one recipient have in common. */
  contactKey(contact: string): string {
    return this.notifier.contactKey(contact);
  }

  /** Who knows a contact can read what goes there, or write to it. */
  get hasSecretContacts(): boolean {
    return this.notifier.secretContacts ?? false;
  }

  /** A contact may be anybody's in the world. */
  get reachesAnyone(): boolean {
    return this.notifier.reachesAnyone ?? false;
  }

  /** A contact as logs and hosts may have it: the same one looks the same. */
  shown(to: string): string {
    return this.hasSecretContacts && to !== "" ? masked(to, this.key) : to;
  }

  /** Never rejects. */
  async send(message: Notification, to: string): Promise<Delivery> {
    return await this.#noted(to, () => this.notifier.send(message, to));
  }

  /** As the notifier's. Never rejects. */
  async update(message: Notification, to: string, handle: string): Promise<Delivery> {
    return await this.#noted(to, () => this.notifier.update(message, to, handle));
  }

  async #noted(to: string, deliver: () => Promise<Delivery>): Promise<Delivery> {
    const delivery = this.#refused(to) ?? await deliver().catch(() => UNUSABLE);
    const at = this.clock.now();
    if (delivery.ok) this.#lastSentAt = at;
    else this.#lastFailure = { at, detail: delivery.detail, hint: delivery.hint };
    return delivery;
  }

  /** Whatever led to it: what is no contact may be everybody, as "@all" is. */
  #refused(to: string): Delivery | undefined {
    const mayBe = this.isContact(to) || to === "" && this.reach === "group";
    return mayBe ? undefined : {
      ok: false,
      why: "recipient",
      detail: `${this.type} has no such contacts`,
      hint: "see in docs/notifiers.md what a contact there is, and change the person's",
      mayArrive: false,
    };
  }
}

/** What the audit log says of a test. @param by as in a login's `by` */
export function channelTested(
  channel: Channel,
  to: string,
  delivery: Delivery,
  by: string,
): AuditEvent {
  const what = { channel: channel.name, to: printable(channel.shown(to)), by: printable(by) };
  if (delivery.ok) return { event: "channel.tested", ...what };
  const { why, detail } = delivery;
  return { event: "channel.test_failed", ...what, why, detail };
}

/** @param key without it the few numbers of telephones there are could all be tried */
export function masked(contact: string, key: Uint8Array): string {
  const tag = bytesToHex(hmac(sha256, key, utf8ToBytes(contact)));
  return `${contact.slice(0, 3)}…${tag.slice(0, 6)}`;
}

const UNUSABLE: Delivery = {
  ok: false,
  why: "unavailable",
  detail: "the channel's own files cannot be used",
  hint: "check free space and modes of the data directory",
  mayArrive: false,
};
