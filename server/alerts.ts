/** What administrators are told at once: on record first, then by the channel, as far as it goes. */
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Alert, Delivery, EmergencyNotification } from "../lib/core/notification.ts";
import { printable } from "../lib/core/text.ts";
import { rfc3339 } from "../lib/core/time.ts";
import type { Notifier } from "../lib/ports.ts";
import { deliver } from "./channel.ts";
import type { AppConfig, Deps, LogFields } from "./deps.ts";
import { tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";
import { Untold } from "./untold.ts";

/**
 * Messages about one host: administrators shall not be buried by whoever has got its token. What is
 * more is told together as soon as this allows: false alerts must not hide a true one.
 */
const MESSAGES = { burst: 10, perMinute: 1 };
/** Lines in the audit log about one host: they must not fill the disk. */
const RECORDED = { burst: 600, perMinute: 600 };

interface Channel {
  readonly notifier: Notifier;
  readonly recipients: readonly string[];
}

export class Alerts {
  readonly #messages: Limiter;
  readonly #recorded: Limiter;
  readonly #untold: Untold;
  /** Undefined: nobody can be told. */
  readonly #channel: Channel | undefined;

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "notifier" | "store">,
    { alerts }: Pick<AppConfig, "alerts">,
  ) {
    const { clock, notifier, store } = deps;
    this.#messages = new Limiter(MESSAGES, clock);
    this.#recorded = new Limiter(RECORDED, clock);
    this.#untold = new Untold(store);
    const recipients = [...new Map(alerts.map((to) => [to.toLowerCase(), to])).values()];
    this.#channel = notifier === undefined || recipients.length === 0
      ? undefined
      : { notifier, recipients };
  }

  /**
   * Resolves when it is on record; nobody waits for the channel.
   * @throws Fault 429
   */
  async raise(what: Omit<EmergencyNotification, "at">): Promise<void> {
    const { audit, clock, log } = this.deps;
    const { host } = what;
    const retryAfterMs = this.#recorded.take(host);
    if (retryAfterMs !== undefined) throw tooMany("this host raises too many alerts", retryAfterMs);
    const alert = { ...what, at: clock.now() };
    await audit.append(recorded("host.emergency_code", alert));
    log("warning", "emergency code used", fields(alert));
    if (this.#channel === undefined) {
      const hint = "name administrators in server.toml: alerts under [[notify]]";
      log("warning", "nobody is told of it", { host: printable(host), hint });
    } else if (!this.#untold.has(host) && this.#messages.take(host) === undefined) {
      void this.#send(this.#channel, alert);
    } else {
      // Behind others even when there may be a message again: else a flood could hold those back.
      await this.#untold.add(host, alert.at);
    }
  }

  /** To be called every few seconds: tells of what was too much before. Never rejects. */
  async sweep(): Promise<void> {
    const channel = this.#channel;
    if (channel === undefined) return;
    try {
      await this.#untold.recover();
      for (const host of this.#untold.hosts) {
        if (this.#messages.take(host) === undefined) await this.#sendRest(channel, host);
      }
    } catch {
      this.deps.log("error", "alerts that are to be told could not be read, trying again");
    }
  }

  async #sendRest(channel: Channel, host: string): Promise<void> {
    const times = await this.#untold.take(host);
    if (times.length === 0) return;
    const [count, since] = [times.length, Math.min(...times)];
    void this.#send(channel, { kind: "emergency_codes", host, count, since })
      .then(() => this.#untold.told(host, times))
      .catch(() => {
        const again = "alerts that were told could not be forgotten and will be told again";
        this.deps.log("error", again, { host: printable(host) });
      });
  }

  /** Never rejects. */
  async #send({ notifier, recipients }: Channel, alert: Alert): Promise<void> {
    await Promise.all(recipients.map(async (to) => {
      await this.#record(alert, to, await deliver(notifier, alert, to));
    }));
  }

  async #record(alert: Alert, to: string, delivery: Delivery): Promise<void> {
    const { audit, log } = this.deps;
    const event = delivery.ok ? "host.alert_sent" : "host.alert_not_sent";
    const more = delivery.ok ? { to } : { to, why: delivery.why, detail: delivery.detail };
    if (delivery.ok) log("info", "alert sent", { ...fields(alert), ...more });
    else log("error", "alert not sent", { ...fields(alert), ...more, hint: delivery.hint });
    try {
      await audit.append({ ...recorded(event, alert), ...more });
    } catch {
      log("error", "what became of an alert could not be recorded", fields(alert));
    }
  }
}

function recorded(event: `host.${string}`, alert: Alert): AuditEvent {
  return {
    event,
    ...(alert.kind === "emergency_code" ? { requester: null } : {}),
    ...fields(alert),
  };
}

function fields(alert: Alert): LogFields {
  const { kind: _, ...all } = alert.kind === "emergency_code"
    ? { ...alert, at: null }
    : { ...alert, since: rfc3339(alert.since) };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === null ? [] : [[name, typeof value === "string" ? printable(value) : value]]
    ),
  );
}
