/** Stand-ins for what a login needs of the host: time, chance, a person, codes, a server. */
import { hash } from "node:crypto";
import type { Attempt } from "../../lib/core/attempt.ts";
import type { CodeAnswer } from "../../lib/core/code.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import type {
  Approvals,
  Asked,
  Codes,
  Conversation,
  Ending,
  OpenRequest,
} from "../../lib/login/doors.ts";
import type { Clock, Random } from "../../lib/ports.ts";
import { T0 } from "./logins.ts";

export class FixedClock implements Clock {
  constructor(public at: number = T0) {}
  now(): number {
    return this.at;
  }
}

/** The same bytes in every run, other ones at each call (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) & 0xff;
  };
  return { bytes: (length) => Uint8Array.from({ length }, next) };
}

export function anAttempt(changes: Partial<Attempt> = {}): Attempt {
  const { command } = { command: null, ...changes };
  return {
    user: "alice",
    service: "sshd",
    source: "192.0.2.7",
    requester: null,
    tty: true,
    command,
    commandHash: command === null || command === undefined ? "" : hash("sha256", command),
    key: null,
    code: undefined,
    ...changes,
  };
}

/** Like a terminal: what is typed before anybody reads is kept, and a read cannot be cut short. */
export class FakeTalk implements Conversation {
  readonly hungUp: Promise<void>;
  readonly hangUp: () => void;
  readonly offers: { url: string; match: string | null; timeoutMs: number; codes: boolean }[] = [];
  /** The time that was given at each question for a code. */
  readonly asked: number[] = [];
  reads = 0;
  readonly told: string[] = [];
  closed = 0;
  /** Resolves with the first offer. */
  readonly offered: Promise<void>;
  readonly #offer: () => void;
  readonly #typed: string[] = [];
  #reader: ((line: string) => void) | undefined;

  constructor(readonly interactive: boolean) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.hungUp = promise;
    this.hangUp = resolve;
    const offered = Promise.withResolvers<void>();
    this.offered = offered.promise;
    this.#offer = offered.resolve;
  }

  type(...lines: string[]): this {
    this.#typed.push(...lines);
    this.#serve();
    return this;
  }

  offer({ url, match }: { url: string; match: string | null }, timeoutMs: number, codes: boolean) {
    this.#offer();
    this.offers.push({ url, match, timeoutMs, codes });
  }

  askCode(timeoutMs: number): void {
    this.asked.push(timeoutMs);
  }

  readCode(): Promise<string | undefined> {
    this.reads++;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#reader = resolve;
    this.#serve();
    return promise;
  }

  tell(text: string): void {
    this.told.push(text);
  }

  close(): void {
    this.closed++;
  }

  #serve(): void {
    if (this.#reader === undefined) return;
    const line = this.#typed.shift();
    if (line === undefined) return;
    this.#reader(line);
    this.#reader = undefined;
  }
}

export const RIGHT_CODE = "123456";
export const PASSED: CodeAnswer = { ok: true, kind: "totp" };

/** `broken`: the account's secret is there but unusable. */
export class FakeCodes implements Codes {
  readonly checked: string[] = [];
  askedForGrace = 0;
  constructor(
    private readonly state: "enrolled" | "unenrolled" | "broken",
    private readonly answer: (code: string) => CodeAnswer = (code) =>
      code === RIGHT_CODE ? PASSED : { ok: false, why: "wrong" },
    private readonly grace: boolean = false,
  ) {}

  enrolled(): boolean {
    if (this.state === "broken") throw new Failure(Exit.config, "the secret is broken", "mend it");
    return this.state === "enrolled";
  }

  inGrace(): Promise<boolean> {
    this.askedForGrace++;
    return Promise.resolve(this.grace);
  }

  check(code: string): Promise<CodeAnswer> {
    this.checked.push(code);
    try {
      return Promise.resolve(this.answer(code));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

export class FakeRequest implements OpenRequest {
  readonly url = "https://auth.example.com/l/ticket-1";
  readonly match = "42";
  twoPersons = false;
  readonly end: (ending: Ending) => void;
  cancelled = 0;
  why: "hung_up" | "code_used" | undefined;
  /** Whether the waiting was told to stop. */
  stopped = false;
  readonly #ended: Promise<Ending>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#ended = promise;
    this.end = resolve;
  }

  ended(signal: AbortSignal): Promise<Ending> {
    signal.addEventListener("abort", () => this.stopped = true);
    return this.#ended;
  }

  cancel(why: "hung_up" | "code_used"): Promise<void> {
    this.cancelled++;
    this.why = why;
    return Promise.resolve();
  }
}

export function answering(asked: Asked): Approvals {
  return { ask: () => Promise.resolve(asked) };
}
