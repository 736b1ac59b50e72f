/** What happened to logins, for the audit log, the log and the counters. */
import { loginEvent } from "../lib/core/audit.ts";
import type { Grant } from "../lib/core/grant.ts";
import type { Login } from "../lib/core/login.ts";
import type { Delivery } from "../lib/core/delivery.ts";
import { grantUsed } from "../lib/core/people_events.ts";
import { printable } from "../lib/core/text.ts";
import type { Alerts } from "./alerts.ts";
import type { Way } from "./channels.ts";
import type { Deps, LogFields } from "./deps.ts";
import type { Metrics } from "./metrics.ts";

export class Records {
  constructor(
    private readonly deps: Pick<Deps, "audit" | "log">,
    private readonly metrics: Metrics,
    private readonly alerts: Pick<Alerts, "ended">,
  ) {}

  async created(login: Login): Promise<void> {
    this.metrics.created(login.id, login.expiresAt);
    await this.#write("created", [login]);
  }

  /** One that needed nobody: its verdict goes out with the answer. */
  async createdByGrant(login: Login, grant: Grant): Promise<void> {
    this.metrics.count("created");
    this.metrics.count("approved");
    this.metrics.count("collected");
    const asked = { ...login, by: null, via: null };
    await Promise.all([
      this.deps.audit.append(loginEvent("login.created", asked)),
      this.deps.audit.append(loginEvent("login.approved", login)),
      this.deps.audit.append(grantUsed(grant, login)),
    ]);
    this.deps.log("info", "login approved", fields(login));
  }

  /** Nobody is asked. Not in the audit log, which whoever has a host's token could fill. */
  refused(login: Login, why: string): void {
    this.metrics.count("refused");
    this.deps.log("warning", "login refused", { ...fields(login), why });
  }

  /** Logins that have just reached the state they are in. */
  async decided(logins: readonly Login[]): Promise<void> {
    for (const login of logins) {
      if (login.state === "pending") continue;
      this.metrics.ended(login.id);
      this.metrics.count(login.state);
    }
    try {
      await this.#write(undefined, logins);
    } finally {
      // It holds on record or not.
      this.alerts.ended(logins);
    }
  }

  async collected(login: Login): Promise<void> {
    this.metrics.ended(login.id);
    this.metrics.count("collected");
    await this.#write("collected", [login]);
  }

  /** What became of a PIN on its way to a contact; never the PIN itself. */
  async delivered(login: Login, { channel, to }: Way, delivery: Delivery): Promise<void> {
    const way = { channel: channel.name, to: channel.shown(to) };
    if (delivery.ok) {
      await this.deps.audit.append({ ...loginEvent("login.pin_sent", login), ...way });
      this.deps.log("info", "login pin sent", { ...fields(login), ...way });
      return;
    }
    const { why, detail, hint } = delivery;
    const failure = { ...way, why, detail };
    await this.deps.audit.append({ ...loginEvent("login.pin_not_sent", login), ...failure });
    this.deps.log("error", "login pin not sent", { ...fields(login), ...failure, hint });
  }

  /** What became of a message that asks somebody; never its link. */
  async asked(login: Login, { channel, to }: Way, delivery: Delivery): Promise<void> {
    const { ok } = delivery;
    this.metrics.asked(channel.name, ok);
    const way = { channel: channel.name, to: printable(channel.shown(to)) };
    const more = delivery.ok ? way : { ...way, why: delivery.why, detail: delivery.detail };
    await this.deps.audit.append({ ...loginEvent("login.asked", login), ok, ...more });
    if (delivery.ok) this.deps.log("info", "login asked", { ...fields(login), ...more });
    else {
      const { hint } = delivery;
      this.deps.log("error", "login not asked", { ...fields(login), ...more, hint });
    }
  }

  async wrongPin(login: Login, triesLeft: number): Promise<void> {
    const event = { ...loginEvent("login.pin_wrong", login), tries_left: triesLeft };
    await this.deps.audit.append(event);
    this.deps.log("warning", "login pin wrong", { ...fields(login), tries_left: triesLeft });
  }

  /** Resolves when the audit lines are durable; only then it is logged as a fact. */
  async #write(what: string | undefined, logins: readonly Login[]): Promise<void> {
    await Promise.all(
      logins.map((login) =>
        this.deps.audit.append(loginEvent(`login.${what ?? login.state}`, login))
      ),
    );
    for (const login of logins) {
      const warn = login.reason === "not_me" || login.reason === "wrong_number";
      this.deps.log(warn ? "warning" : "info", `login ${what ?? login.state}`, fields(login));
    }
  }
}

function fields(login: Login): LogFields {
  const { id, host, user, service, source, requester, by, via, reason } = login;
  const all = { login: id, host, user, service, source, requester, by, via, reason };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}
