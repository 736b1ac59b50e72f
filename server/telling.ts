/** Alerts on their way to people: not too many at once, and none of them lost. */
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Alert, Delivery, Notification, SingleAlert } from "../lib/core/notification.ts";
import { printable } from "../lib/core/text.ts";
import { rfc3339 } from "../lib/core/time.ts";
import { type Way, wayKey } from "./channels.ts";
import type { Contacts, Reach } from "./contacts.ts";
import { inTurn } from "./delivering.ts";
import type { Deps, LogFields } from "./deps.ts";
import { Limiter } from "./limiter.ts";
import { type Topic, topicKey, Untold } from "./untold.ts";

/**
 * Messages of one topic: nobody shall be buried, be it by whoever has got a host's token. What is more is
 * told together as soon as this allows: false alerts must not hide a true one.
 */
const MESSAGES = { burst: 10, perMinute: 1 };
/** What reached nobody is tried again so much later, each time twice as late, up to the longest. */
const AGAIN_MS = { first: 60_000, longest: 3_600_000 };

/** Half of how long the store remembers. */
const KEPT_MS = 12 * 3_600_000;

interface Pause {
  readonly until: number;
  readonly ms: number;
}

export class Telling {
  readonly #messages: Limiter;
  readonly #untold: Untold;
  /** Of topics whose last message reached nobody, by topicKey(). */
  readonly #pauses = new Map<string, Pause>();

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "store">,
    private readonly contacts: Contacts,
  ) {
    this.#messages = new Limiter(MESSAGES, deps.clock);
    this.#untold = new Untold(deps.store);
  }

  /**
   * Resolves when it is on its way, or is kept for later.
   * @throws Unavailable when it can be neither
   */
  async tell(topic: Topic, alert: SingleAlert): Promise<void> {
    const recipients = await this.#recipients(topic);
    if (recipients.length === 0) {
      if (topic.audience === "administrators") this.#nobody(alert);
    } else if (!this.#untold.has(topic) && this.#messages.take(topicKey(topic)) === undefined) {
      void this.#sendNow(topic, alert, recipients);
    } else {
      // Behind others even when there may be a message again: else a flood could hold those back.
      await this.#keep(topic, alert);
    }
  }

  /** To be called every few seconds: tells of what had to wait. Never rejects. */
  async sweep(): Promise<void> {
    try {
      await this.#untold.recover();
      for (const topic of this.#untold.topics) {
        const pausedUntil = this.#pauses.get(topicKey(topic))?.until ?? 0;
        if (this.deps.clock.now() < pausedUntil) continue;
        if (this.#messages.take(topicKey(topic)) === undefined) await this.#sendRest(topic);
      }
    } catch {
      this.deps.log("error", "alerts that are to be told could not be read, trying again");
    }
  }

  /** Never rejects. */
  async #sendNow(
    topic: Topic,
    alert: SingleAlert,
    recipients: readonly Reach[],
  ): Promise<void> {
    if (await this.#send(topic, alert, recipients)) return;
    try {
      await this.#keep(topic, alert);
    } catch {
      this.deps.log("error", "an alert that reached nobody could not be kept", fields(alert));
    }
  }

  async #keep(topic: Topic, { at }: SingleAlert): Promise<void> {
    // A host may tell of it a day late: it must not be forgotten at once.
    await this.#untold.add(topic, Math.max(at, this.deps.clock.now() - KEPT_MS));
  }

  async #sendRest(topic: Topic): Promise<void> {
    const recipients = await this.#recipients(topic);
    // Somebody may still get a contact.
    if (recipients.length === 0) return;
    const times = await this.#untold.take(topic);
    if (times.length === 0) return;
    const { kind: of, audience, subject } = topic;
    const host = audience === "administrators" && subject !== "" ? subject : null;
    const [count, since] = [times.length, Math.min(...times)];
    const alert = { kind: "summary", of, audience, host, count, since } as const;
    void this.#send(topic, alert, recipients)
      .then((told) => told ? this.#untold.told(topic, times) : this.#untold.again(topic))
      .catch(() => {
        const again = "alerts that were told could not be forgotten and will be told again";
        this.deps.log("error", again, fields(alert));
      });
  }

  /**
   * False when it reached nobody. Each recipient on all their ways, none waits for another's, and nobody
   * gets it twice by one. Never rejects.
   */
  async #send(topic: Topic, alert: Alert, recipients: readonly Reach[]): Promise<boolean> {
    const sent = new Map<string, Promise<Delivery>>();
    const attempts = await Promise.all(recipients.map(({ ways, language }) => {
      const message = language === undefined ? alert : { ...alert, language };
      return inTurn(ways, (way) => {
        const delivery = sent.get(wayKey(way)) ?? this.#sendBy(way, message);
        sent.set(wayKey(way), delivery);
        return delivery;
      });
    }));
    const told = attempts.flat().some(({ delivery }) => delivery.ok);
    this.#pause(topic, told);
    return told;
  }

  async #sendBy(way: Way, message: Alert & Notification): Promise<Delivery> {
    const delivery = await way.channel.send(message, way.to);
    await this.#record(message, way, delivery);
    return delivery;
  }

  #pause(topic: Topic, told: boolean): void {
    const key = topicKey(topic);
    if (told) {
      this.#pauses.delete(key);
      return;
    }
    const before = this.#pauses.get(key)?.ms ?? AGAIN_MS.first / 2;
    const ms = Math.min(before * 2, AGAIN_MS.longest);
    this.#pauses.set(key, { until: this.deps.clock.now() + ms, ms });
  }

  async #recipients({ audience, subject }: Topic): Promise<readonly Reach[]> {
    return audience === "person"
      ? await this.contacts.person(subject)
      : await this.contacts.administrators();
  }

  #nobody(alert: Alert): void {
    const hint =
      "give administrators a contact, or name some in server.toml: alerts under [[notify]]";
    this.deps.log("warning", "nobody is told of it", { ...fields(alert), hint });
  }

  async #record(alert: Alert, { channel, to }: Way, delivery: Delivery): Promise<void> {
    const { audit, log } = this.deps;
    const what = { ...fields(alert), channel: channel.name, to };
    const more = delivery.ok ? what : { ...what, why: delivery.why, detail: delivery.detail };
    if (delivery.ok) log("info", "alert sent", more);
    else log("error", "alert not sent", { ...more, hint: delivery.hint });
    const event: AuditEvent = { event: delivery.ok ? "alert.sent" : "alert.not_sent", ...more };
    try {
      await audit.append(event);
    } catch {
      log("error", "what became of an alert could not be recorded", fields(alert));
    }
  }
}

/** Enough to find the line in the audit log that says more. */
function fields(alert: Alert): LogFields {
  const all: Record<string, string | number | null> = alert.kind === "summary"
    ? { alert: alert.of, host: alert.host, count: alert.count, since: rfc3339(alert.since) }
    : { alert: alert.kind, ...about(alert) };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === "string" ? printable(value) : value]),
  );
}

function about(alert: SingleAlert): Readonly<Record<string, string | null>> {
  switch (alert.kind) {
    case "new_device":
    case "recovery_used":
    case "passkey_cloned":
      return { name: alert.person, source: alert.source };
    case "person_frozen":
      return { name: alert.person, by: alert.by };
    case "frozen":
      return { host: alert.host, user: alert.user };
    case "host_key_disputed":
      return { host: alert.host, source: alert.source };
    case "denied":
    case "emergency_code":
    case "fail_open":
    case "quiet":
    case "not_me_unproven": {
      const { host, user, service, source, requester } = alert;
      return { host, user, service, source, requester };
    }
  }
}
