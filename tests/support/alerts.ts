/** Alerts at a server, and all that becomes of them. */
import type { AuditEvent } from "../../lib/core/audit.ts";
import type { Kind, Kinds } from "../../lib/core/store_change.ts";
import { MemoryStore } from "./memory_store.ts";
import type { Store } from "../../lib/ports.ts";
import { Alerts } from "../../server/alerts.ts";
import { type ChannelsHealth, channelsHealth } from "../../server/channel_health.ts";
import { Channels } from "../../server/channels.ts";
import { Contacts } from "../../server/contacts.ts";
import type { Deps } from "../../server/deps.ts";
import { putting } from "./people.ts";
import { FakeNotifier } from "./pins.ts";
import { FakeTime, type LogLine } from "./server_app.ts";

export class AlertsHouse {
  readonly time = new FakeTime();
  readonly memory = new MemoryStore();
  readonly notifier = new FakeNotifier();
  readonly audited: AuditEvent[] = [];
  readonly logged: LogLine[] = [];
  /** Method of the store, or "append", that fails from now on. */
  failing: string | undefined;
  alerts: Alerts;
  #channels: Channels;

  /** @param named in server.toml @param hasChannel whether there is any @param others behind it */
  constructor(
    private readonly named: readonly string[] = [],
    private readonly hasChannel: boolean = true,
    private readonly others: readonly FakeNotifier[] = [],
  ) {
    const started = this.#start();
    this.alerts = started.alerts;
    this.#channels = started.channels;
  }

  /** Another process in the place of the last one, with the same store. */
  restart(): void {
    const { alerts, channels } = this.#start();
    this.alerts = alerts;
    this.#channels = channels;
  }

  async has(put: { readonly [K in Kind]?: readonly Kinds[K][] }): Promise<void> {
    await this.memory.change(putting(put));
  }

  /** As administrators see it. */
  health(): Promise<ChannelsHealth> {
    return channelsHealth(this.#channels, { alerts: this.#named }, this.memory);
  }

  /** Until nothing happens any more: all stand-ins answer within the same turn of the event loop. */
  async quiesce(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 0);
    await promise;
  }

  async sweep(afterMs = 0): Promise<void> {
    this.time.advance(afterMs);
    await this.alerts.sweep();
    await this.quiesce();
  }

  /** Who was told of single alerts, in the order of their names. */
  get told(): string[] {
    return this.notifier.told.map(({ message, to }) => `${message.kind} ${to}`).toSorted();
  }

  get summaries(): string[] {
    return this.notifier.summaries.map(({ message: { of, count }, to }) => `${count} ${of} ${to}`);
  }

  get #named() {
    return new Map([[this.notifier.name, this.named]]);
  }

  #start() {
    const { time, notifier } = this;
    const deps: Pick<Deps, "audit" | "clock" | "log" | "store"> = {
      clock: time,
      store: this.#store(),
      audit: {
        append: (event) => {
          if (this.failing === "append") return Promise.reject(new Error("secret disk detail"));
          this.audited.push(event);
          return Promise.resolve();
        },
      },
      log: (level, message, fields = {}) => this.logged.push({ level, message, fields }),
    };
    const channels = new Channels(
      this.hasChannel ? [notifier, ...this.others] : [],
      time,
      new Uint8Array(32),
    );
    return {
      alerts: new Alerts(deps, new Contacts(deps, { alerts: this.#named }, channels)),
      channels,
    };
  }

  #store(): Store {
    return new Proxy(this.memory, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) =>
          this.failing === key
            ? Promise.reject(new Error("secret database detail"))
            : Reflect.apply(member, target, args);
      },
    });
  }
}
