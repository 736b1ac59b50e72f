/** Alerts that somebody is still to be told of. They outlast the process, for a day. */
import * as v from "valibot";
import type { AlertKind } from "../lib/core/notification.ts";
import { giveBack } from "../lib/core/rate_limit.ts";
import type { Store } from "../lib/ports.ts";

/** What is told together, and is counted together. */
export interface Topic {
  readonly kind: AlertKind;
  readonly audience: "administrators" | "person";
  /** The id of the person who is told; of alerts about a host its name; else "". */
  readonly subject: string;
  /** The only one who is still to be told, by telling.ts `nameOf`; none: all are. */
  readonly left?: string;
}

const PREFIX = "untold ";

const KINDS: Readonly<Record<AlertKind, true>> = {
  denied: true,
  fail_open: true,
  emergency_code: true,
  frozen: true,
  quiet: true,
  not_me_unproven: true,
  new_device: true,
  recovery_used: true,
  passkey_cloned: true,
  person_frozen: true,
  host_key_disputed: true,
};

const Kept = v.strictTuple([
  v.custom<AlertKind>((kind) => typeof kind === "string" && Object.hasOwn(KINDS, kind)),
  v.picklist(["administrators", "person"]),
  v.string(),
  v.optional(v.string()),
]);

/** One text for one topic, and for no other. */
export function topicKey({ kind, audience, subject, left }: Topic): string {
  return JSON.stringify([kind, audience, subject, ...(left === undefined ? [] : [left])]);
}

export class Untold {
  readonly #topics = new Map<string, Topic>();
  /** When those were that are on their way for the first time, by topicKey(). */
  readonly #held = new Map<string, readonly number[]>();
  #recovered = false;

  constructor(private readonly store: Pick<Store, "changeTimes" | "timesUnder">) {}

  has(topic: Topic): boolean {
    return this.#topics.has(topicKey(topic));
  }

  /** Those that have any. */
  get topics(): readonly Topic[] {
    return [...this.#topics.values()];
  }

  /** Resolves when it is durable. @param added milliseconds since the Unix epoch */
  async add(topic: Topic, added: readonly number[]): Promise<void> {
    this.again(topic);
    await this.store.changeTimes(nameOf(topic), (times) => [...times, ...added]);
  }

  /** Keeps one while it is on its way, durably; who sends it says what became of it. */
  async hold(topic: Topic, at: number): Promise<void> {
    const key = topicKey(topic);
    this.#held.set(key, [...this.#held.get(key) ?? [], at]);
    try {
      await this.store.changeTimes(nameOf(topic), (times) => [...times, at]);
    } catch (error) {
      this.#release(topic, at);
      throw error;
    }
  }

  /** One that was held has reached somebody, and who is left is kept. */
  async arrived(topic: Topic, at: number): Promise<void> {
    try {
      await this.told(topic, [at]);
      this.#release(topic, at);
    } catch (error) {
      this.missed(topic, at);
      throw error;
    }
  }

  /** One that was held has reached nobody. */
  missed(topic: Topic, at: number): void {
    this.#release(topic, at);
    this.again(topic);
  }

  /** When they were, for who now tells of them; those that come from now on are others. */
  async take(topic: Topic): Promise<readonly number[]> {
    this.#topics.delete(topicKey(topic));
    try {
      let found: readonly number[] = [];
      await this.store.changeTimes(nameOf(topic), (times) => found = times);
      return (this.#held.get(topicKey(topic)) ?? []).reduce(giveBack, found);
    } catch (error) {
      this.again(topic);
      throw error;
    }
  }

  /** What was taken has reached nobody. */
  again(topic: Topic): void {
    this.#topics.set(topicKey(topic), topic);
  }

  /** Forgets them. Only now: what a process dies over is told twice rather than never. */
  async told(topic: Topic, told: readonly number[]): Promise<void> {
    if (told.length === 0) return;
    await this.store.changeTimes(nameOf(topic), (times) => told.reduce(giveBack, times));
  }

  /** Finds what the process before this one has left. */
  async recover(): Promise<void> {
    if (this.#recovered) return;
    for (const [name, times] of await this.store.timesUnder(PREFIX)) {
      const topic = times.length === 0 ? undefined : topicOf(name);
      if (topic !== undefined) this.again(topic);
    }
    this.#recovered = true;
  }

  #release(topic: Topic, at: number): void {
    const key = topicKey(topic);
    const held = giveBack(this.#held.get(key) ?? [], at);
    if (held.length === 0) this.#held.delete(key);
    else this.#held.set(key, held);
  }

  /** How many there are; one that several are still to be told of once. */
  async count(): Promise<number> {
    const all = [...await this.store.timesUnder(PREFIX)].map(([name, times]) => {
      const { left, ...whole } = topicOf(name) ?? { kind: name };
      return { about: JSON.stringify([whole, left === undefined]), times };
    });
    // Who are left of one topic have mostly missed the same.
    return [...Map.groupBy(all, ({ about }) => about).values()]
      .reduce((sum, same) => sum + Math.max(...same.map(({ times }) => times.length)), 0);
  }
}

function nameOf(topic: Topic): string {
  return `${PREFIX}${topicKey(topic)}`;
}

/** Undefined for what is none: another version may have kept it. */
function topicOf(name: string): Topic | undefined {
  let value: unknown;
  try {
    value = JSON.parse(name.slice(PREFIX.length));
  } catch {
    return undefined;
  }
  const kept = v.safeParse(Kept, value);
  if (!kept.success) return undefined;
  const [kind, audience, subject, left] = kept.output;
  return { kind, audience, subject, ...(left === undefined ? {} : { left }) };
}
