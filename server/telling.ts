/** Alerts on their way to people: not too many at once, and none of them lost. */
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Delivery } from "../lib/core/delivery.ts";
import type { Alert, AlertSummary, Notification, SingleAlert } from "../lib/core/notification.ts";
import { printable } from "../lib/core/text.ts";
import { rfc3339 } from "../lib/core/time.ts";
import { type Way, wayKey } from "./channels.ts";
import type { Contacts, Reach } from "./contacts.ts";
import { inTurn } from "./delivering.ts";
import type { Deps, LogFields } from "./deps.ts";
import { GroupAlerts } from "./group_alerts.ts";
import { Limiter } from "./limiter.ts";
import { type Topic, topicKey, Untold } from "./untold.ts";

/**
 * Messages of one topic: nobody shall be buried, be it by whoever has got a host's token. What is more is
 * told together as soon as this allows: false alerts must not hide a true one.
 */
const MESSAGES = { burst: 10, perMinute: 1 };
/** What did not arrive is tried again so much later, each time twice as late, up to the longest. */
const AGAIN_MS = { first: 60_000, longest: 3_600_000 };
/** What did not arrive for so long is given up; the store remembers no longer either. */
const GIVEN_UP_MS = 24 * 3_600_000;
/** Half of that. */
const KEPT_MS = 12 * 3_600_000;

const TOO_MANY_FOR_GROUP: Delivery = {
  ok: false,
  why: "rate_limited",
  detail: "the group gets too many alerts",
  hint: "all are in the audit log; what was not told to anybody is told later",
  mayArrive: false,
};

interface Pause {
  readonly until: number;
  readonly ms: number;
}

/** One on its way for the first time. */
interface Sending {
  readonly alert: SingleAlert;
  /** By which it is kept. */
  readonly at: number;
  /** It is. */
  readonly isHeld: boolean;
}

/** What became of one alert. */
interface Told {
  /** It reached somebody. */
  readonly reached: boolean;
  /** Who is still to be told. Groups and programs only where nobody else was reached. */
  readonly left: readonly Reach[];
}

export class Telling {
  readonly #messages: Limiter;
  readonly #untold: Untold;
  /** Of topics whose last message did not arrive, by topicKey(). */
  readonly #pauses = new Map<string, Pause>();
  readonly #groups: GroupAlerts;

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "store">,
    private readonly contacts: Contacts,
  ) {
    this.#messages = new Limiter(MESSAGES, deps.clock);
    this.#groups = new GroupAlerts(deps.clock);
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
      const { waiting, others } = this.#parted(topic, recipients);
      const at = this.#keptAt(alert);
      if (others.length > 0) {
        // First, for this process may die over it. While the store fails it is sent all the same.
        const isHeld = await this.#untold.hold(topic, at).then(() => true, () => false);
        void this.#sendNow(topic, { alert, at, isHeld }, others, waiting.length === 0);
      }
      await this.#keepFor(topic, waiting, [at]);
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

  /** Never rejects. @param areAll nobody else is to be told */
  async #sendNow(
    topic: Topic,
    { alert, at, isHeld }: Sending,
    recipients: readonly Reach[],
    areAll: boolean,
  ): Promise<void> {
    const { reached, left } = await this.#send(topic, alert, recipients);
    const isLost = !reached && areAll;
    this.#pause(topic, isLost);
    try {
      if (!isLost) {
        await this.#leave(topic, left, [at]);
        if (isHeld) await this.#untold.arrived(topic, at);
      } else if (isHeld) this.#untold.missed(topic, at);
      else await this.#untold.add(topic, [at]);
    } catch {
      this.deps.log("error", "what became of an alert could not be kept", fields(alert));
    }
  }

  async #keep(topic: Topic, alert: SingleAlert): Promise<void> {
    await this.#untold.add(topic, [this.#keptAt(alert)]);
  }

  /** It did not arrive at these. */
  async #leave(topic: Topic, left: readonly Reach[], times: readonly number[]): Promise<void> {
    for (const reach of left) this.#pause(leftOf(topic, reach), true);
    await this.#keepFor(topic, left, times);
  }

  async #keepFor(topic: Topic, left: readonly Reach[], times: readonly number[]): Promise<void> {
    await Promise.all(left.map((reach) => this.#untold.add(leftOf(topic, reach), times)));
  }

  #keptAt({ at }: SingleAlert): number {
    // A host may tell of it a day late: it must not be forgotten at once.
    return Math.max(at, this.deps.clock.now() - KEPT_MS);
  }

  /** Those who wait for earlier ones get it with them: what is out of order is not asked for each. */
  #parted(topic: Topic, recipients: readonly Reach[]) {
    const isWaiting = (reach: Reach) => this.#untold.has(leftOf(topic, reach));
    return {
      waiting: recipients.filter(isWaiting),
      others: recipients.filter((reach) => !isWaiting(reach)),
    };
  }

  async #sendRest(topic: Topic): Promise<void> {
    const recipients = await this.#recipients(topic);
    // Somebody may still get a contact.
    if (recipients.length === 0) return;
    const times = await this.#untold.take(topic);
    if (times.length === 0) return;
    const { kind: of, audience, subject } = topic;
    const host = audience === "administrators" && subject !== "" ? subject : null;
    const [count, since] = [times.length, times.reduce((a, b) => Math.min(a, b))];
    const alert = { kind: "summary", of, audience, host, count, since } as const;
    void this.#tellRest(topic, alert, recipients, times).catch(() => {
      this.#untold.again(topic);
      const again = "alerts that were told could not be forgotten and will be told again";
      this.deps.log("error", again, fields(alert));
    });
  }

  async #tellRest(
    topic: Topic,
    alert: AlertSummary,
    recipients: readonly Reach[],
    times: readonly number[],
  ): Promise<void> {
    const { waiting, others } = topic.left === undefined
      ? this.#parted(topic, recipients)
      : { waiting: [], others: recipients };
    const { reached, left } = await this.#send(topic, alert, others);
    const isLost = !reached && waiting.length === 0;
    this.#pause(topic, isLost);
    if (!isLost) {
      await Promise.all([this.#leave(topic, left, times), this.#keepFor(topic, waiting, times)]);
      return await this.#untold.told(topic, times);
    }
    this.#untold.again(topic);
    const givenUp = this.deps.clock.now() - GIVEN_UP_MS;
    await this.#untold.told(topic, times.filter((at) => at < givenUp));
  }

  /**
   * Each recipient on all their ways, none waits for another's, and nobody gets it twice by one. Never
   * rejects.
   */
  async #send(topic: Topic, alert: Alert, recipients: readonly Reach[]): Promise<Told> {
    const sent = new Map<string, Promise<Delivery>>();
    const attempts = await Promise.all(recipients.map(({ ways, language }) => {
      const message = language === undefined ? alert : { ...alert, language };
      return inTurn(ways, (way) => {
        const delivery = sent.get(wayKey(way)) ?? this.#sendBy(topic, way, message);
        sent.set(wayKey(way), delivery);
        return delivery;
      });
    }));
    const missed = recipients.filter((_, index) =>
      !attempts[index]?.some(({ delivery }) => delivery.ok)
    );
    const reached = missed.length < recipients.length;
    return { reached, left: reached ? missed.filter(isPerson) : missed };
  }

  async #sendBy(topic: Topic, way: Way, message: Alert & Notification): Promise<Delivery> {
    const delivery = this.#mayTell(topic, way)
      ? await way.channel.send(message, way.to)
      : TOO_MANY_FOR_GROUP;
    await this.#record(message, way, delivery);
    return delivery;
  }

  #mayTell({ subject }: Topic, { channel: { name, reach } }: Way): boolean {
    return reach === "person" || this.#groups.take(name, subject);
  }

  #pause(topic: Topic, isLost: boolean): void {
    const key = topicKey(topic);
    if (!isLost) {
      this.#pauses.delete(key);
      return;
    }
    const before = this.#pauses.get(key)?.ms ?? AGAIN_MS.first / 2;
    const ms = Math.min(before * 2, AGAIN_MS.longest);
    this.#pauses.set(key, { until: this.deps.clock.now() + ms, ms });
  }

  async #recipients({ audience, subject, left }: Topic): Promise<readonly Reach[]> {
    const all = audience === "person"
      ? await this.contacts.person(subject)
      : await this.contacts.administrators();
    return left === undefined ? all : all.filter((reach) => nameOf(reach) === left);
  }

  #nobody(alert: Alert): void {
    const hint =
      "give administrators a contact, or name some in server.toml: alerts under [[notify]]";
    this.deps.log("warning", "nobody is told of it", { ...fields(alert), hint });
  }

  async #record(alert: Alert, { channel, to }: Way, delivery: Delivery): Promise<void> {
    const { audit, log } = this.deps;
    const what = { ...fields(alert), channel: channel.name, to: channel.shown(to) };
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

/** The same for one recipient alone. */
function leftOf(topic: Topic, reach: Reach): Topic {
  return { ...topic, left: nameOf(reach) };
}

/** The person's id, else the one way. */
function nameOf({ person, ways }: Reach): string {
  return person === "" ? ways.map(wayKey).join() : person;
}

/** No group and no program. */
function isPerson({ person, ways }: Reach): boolean {
  return person !== "" || ways.some(({ channel }) => channel.reach === "person");
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
