/** Counters of this process in Prometheus' text format (version 0.0.4). */
import type { Clock } from "../lib/ports.ts";

const OUTCOMES = [
  "created",
  "approved",
  "denied",
  "expired",
  "cancelled",
  "collected",
  "refused",
] as const;
type Outcome = typeof OUTCOMES[number];

const CLASSES = ["2xx", "3xx", "4xx", "5xx"] as const;

export class Metrics {
  readonly #outcomes = new Map<Outcome, number>();
  readonly #classes = new Map<string, number>();
  /** Logins that this process last saw pending, and when they end at the latest. */
  readonly #pending = new Map<string, number>();
  readonly #asked = new Map<string, number>();
  readonly #chatRefused = new Map<string, number>();
  /** Requests that wait for a login to change. */
  waiting = 0;

  constructor(private readonly clock: Clock) {}

  created(id: string, expiresAt: number): void {
    this.#pending.set(id, expiresAt);
    this.count("created");
  }

  ended(id: string): void {
    this.#pending.delete(id);
  }

  count(outcome: Outcome): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }

  answered(status: number): void {
    const key = `${Math.floor(status / 100)}xx`;
    this.#classes.set(key, (this.#classes.get(key) ?? 0) + 1);
  }

  /** A message that asks somebody. @param channel its name, as below */
  asked(channel: string, sent: boolean): void {
    const key = `channel="${channel}",outcome="${sent ? "sent" : "failed"}"`;
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + 1);
  }

  /** What came in a chat was nobody's answer. */
  chatRefused(channel: string): void {
    const key = `channel="${channel}"`;
    this.#chatRefused.set(key, (this.#chatRefused.get(key) ?? 0) + 1);
  }

  /** Logins that still wait for a decision. */
  pending(): number {
    const now = this.clock.now();
    for (const [id, expiresAt] of this.#pending) {
      if (expiresAt <= now) this.#pending.delete(id);
    }
    return this.#pending.size;
  }

  text(): string {
    return [
      "# HELP gatehouse_logins_total Logins by what became of them, as seen by this process.",
      "# TYPE gatehouse_logins_total counter",
      ...OUTCOMES.map((o) =>
        `gatehouse_logins_total{outcome="${o}"} ${this.#outcomes.get(o) ?? 0}`
      ),
      "# HELP gatehouse_logins_pending Logins that wait for a decision.",
      "# TYPE gatehouse_logins_pending gauge",
      `gatehouse_logins_pending ${this.pending()}`,
      "# HELP gatehouse_polls_waiting Requests that wait for a login to change.",
      "# TYPE gatehouse_polls_waiting gauge",
      `gatehouse_polls_waiting ${this.waiting}`,
      "# HELP gatehouse_requests_total Requests answered, by class of status.",
      "# TYPE gatehouse_requests_total counter",
      ...CLASSES.map((c) => `gatehouse_requests_total{class="${c}"} ${this.#classes.get(c) ?? 0}`),
      "# HELP gatehouse_asked_total Messages that ask people, by channel and what became of them.",
      "# TYPE gatehouse_asked_total counter",
      ...[...this.#asked].map(([key, count]) => `gatehouse_asked_total{${key}} ${count}`),
      "# HELP gatehouse_chat_refused_total Answers in chats that counted for nobody, by channel.",
      "# TYPE gatehouse_chat_refused_total counter",
      ...[...this.#chatRefused].map(([key, count]) =>
        `gatehouse_chat_refused_total{${key}} ${count}`
      ),
      "",
    ].join("\n");
  }
}
