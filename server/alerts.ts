/** What administrators are told at once: on record first, then by the channel, as far as it goes. */
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Delivery, EmergencyNotification } from "../lib/core/notification.ts";
import { printable } from "../lib/core/text.ts";
import { deliver } from "./channel.ts";
import type { AppConfig, Deps, LogFields } from "./deps.ts";
import { tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";

/** Of one host: administrators shall not be buried by whoever has got its token. */
const RATE = { burst: 10, perMinute: 1 };

export class Alerts {
  readonly #limiter: Limiter;

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "notifier">,
    private readonly config: Pick<AppConfig, "alerts">,
  ) {
    this.#limiter = new Limiter(RATE, deps.clock);
  }

  /**
   * Resolves when it is on record; nobody waits for the channel.
   * @throws Fault 429
   */
  async raise(what: Omit<EmergencyNotification, "at">): Promise<void> {
    const retryAfterMs = this.#limiter.take(what.host);
    if (retryAfterMs !== undefined) throw tooMany("this host raises too many alerts", retryAfterMs);
    const alert = { ...what, at: this.deps.clock.now() };
    await this.deps.audit.append(recorded("host.emergency_code", alert));
    this.deps.log("warning", "emergency code used", fields(alert));
    void this.#send(alert);
  }

  /** Never rejects. */
  async #send(alert: EmergencyNotification): Promise<void> {
    const { deps: { notifier, log }, config: { alerts } } = this;
    if (notifier === undefined || alerts.length === 0) {
      const hint = "name administrators in server.toml: alerts under [[notify]]";
      log("warning", "nobody is told of it", { host: printable(alert.host), hint });
      return;
    }
    const distinct = new Map(alerts.map((to) => [to.toLowerCase(), to]));
    await Promise.all([...distinct.values()].map(async (to) => {
      await this.#record(alert, to, await deliver(notifier, alert, to));
    }));
  }

  async #record(alert: EmergencyNotification, to: string, delivery: Delivery): Promise<void> {
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

function recorded(event: `host.${string}`, alert: EmergencyNotification): AuditEvent {
  const { requester } = alert;
  return { event, ...fields(alert), requester: requester === null ? null : printable(requester) };
}

function fields({ host, user, service, source, requester }: EmergencyNotification): LogFields {
  const all = { host, user, service, source, requester };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === null ? [] : [[name, printable(value)]]
    ),
  );
}
