/**
 * Messages of one channel to its vendor: tried again where that may help, never for long, and not at all
 * while the vendor is left alone.
 */
import {
  type Addressed,
  type Breaker,
  CLOSED,
  leftAloneUntil,
  noted,
  type Outcome,
  pass,
} from "../core/breaker.ts";
import { hex } from "../core/encoding.ts";
import type { Delivery } from "../core/delivery.ts";
import { waitBefore } from "../core/retry.ts";
import type {
  Answered,
  HttpDialect,
  Moment,
  Refusal,
  TokenAnswer,
  TokenSource,
  VendorAnswer,
  VendorRequest,
} from "../notify/channel.ts";
import { unanswered } from "../notify/unanswered.ts";
import type { Clock, Random } from "../ports.ts";
import { VendorHttp } from "./vendor_http.ts";
import { pause } from "./vendor_pause.ts";

/** Longer than any answer to a message. */
const MAX_ANSWER = 65_536;

/** In milliseconds. */
export interface SendingLimits {
  readonly message: number;
  /** Each request for it: a token, the message, either again. */
  readonly request: number;
}
export const SENDING_LIMITS: SendingLimits = { message: 30_000, request: 5_000 };

/** A vendor's answer, or what it comes to that there is none. */
export type Ask = (request: VendorRequest) => Promise<VendorAnswer | Refusal>;

/** Where access tokens are kept. */
export interface TokenCache {
  /**
   * A token that should be good.
   * @param refused one that the vendor would not take: another is got
   * @throws Failure, or what the system says, when its file or the keys cannot be used
   */
  get(source: TokenSource, ask: Ask, refused?: string): Promise<TokenAnswer>;
}

export interface SendingPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Runs something once after so many milliseconds, unless the returned function is called before. */
  readonly after: (ms: number, run: () => void) => () => void;
  readonly tokens: TokenCache;
}

/** What the dialect makes of a moment. */
type Make = (at: Moment) => VendorRequest | Refusal | Promise<VendorRequest | Refusal>;

export class VendorSender {
  readonly #http: VendorHttp;
  readonly #closing = new AbortController();
  #breaker: Breaker = CLOSED;

  /** @param type names the channel in what is said of failures */
  constructor(
    private readonly type: string,
    private readonly dialect: Pick<HttpDialect, "token" | "sent">,
    private readonly proxy: string | null,
    private readonly ports: SendingPorts,
    private readonly limits: SendingLimits,
  ) {
    this.#http = new VendorHttp(proxy);
  }

  /** See `Notifier`. */
  leftAloneUntil(message?: Addressed): number | null {
    return leftAloneUntil(this.#breaker, this.ports.clock.now(), message);
  }

  /** Takes no longer than the limit of a message. */
  async deliver(message: Addressed, make: Make): Promise<Delivery> {
    const { clock } = this.ports;
    const passed = pass(this.#breaker, message, clock.now());
    if (!passed.ok) {
      const { why, what, hint } = passed;
      return { ok: false, why, detail: `${this.type} ${what}`, hint, mayArrive: false };
    }
    this.#breaker = passed.breaker;
    let outcome: Outcome = "unknown";
    try {
      const { answered, asked } = await this.#within(make);
      if (asked) outcome = outcomeOf(answered);
      return deliveryOf(answered);
    } finally {
      this.#breaker = noted(this.#breaker, passed.attempt, outcome, clock.now());
    }
  }

  /** One request, once, and nothing learned from it. @param signal ends it, and so does `close` */
  async fetch(
    request: VendorRequest,
    { withinMs = this.limits.request, longest = MAX_ANSWER, signal }: {
      readonly withinMs?: number;
      readonly longest?: number;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<VendorAnswer | Refusal> {
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    const answer = await this.#http.exchange(request, { withinMs, longest, signals });
    return typeof answer === "string" ? unanswered(this.type, answer, this.proxy !== null) : answer;
  }

  /**
   * "" where the vendor wants none.
   * @param ask where the vendor has to be asked for it
   */
  async token(ask: Ask = (request) => this.fetch(request), refused?: string): Promise<TokenAnswer> {
    const { token } = this.dialect;
    if (token === undefined) return { ok: true, token: "", validMs: 0 };
    const answer = await this.ports.tokens.get(token, ask, refused);
    // Whatever it says: without a token no message is on its way.
    return answer.ok ? answer : { ...answer, mayArrive: false };
  }

  /** @param token of the vendor, or "" */
  moment(token: string, id = this.#messageId()): Moment {
    return { now: this.ports.clock.now(), token, id };
  }

  /** What is under way comes to nothing. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#http[Symbol.dispose]();
  }

  #messageId(): string {
    return hex(this.ports.random.bytes(16));
  }

  /** `asked`: the vendor was asked at all. */
  async #within(make: Make): Promise<{ answered: Answered; asked: boolean }> {
    const { after, clock } = this.ports;
    const over = new AbortController();
    const message: Message = {
      make,
      id: this.#messageId(),
      signal: over.signal,
      asked: false,
      sent: false,
    };
    const late = Promise.withResolvers<Refusal>();
    const began = clock.now();
    const stopTimer = after(this.limits.message, () => {
      over.abort();
      const refusal = unanswered(this.type, "time", this.proxy !== null);
      late.resolve({ ...refusal, mayArrive: message.sent });
    });
    try {
      const left = () => {
        const passed = clock.now() - began;
        return this.limits.message - (passed < 0 ? 0 : passed);
      };
      // Another process may hold the tokens for longer than that.
      const answered = await Promise.race([this.#attempts(message, left), late.promise]);
      return { answered, asked: message.asked };
    } finally {
      stopTimer();
      over.abort();
    }
  }

  async #attempts(message: Message, leftMs: () => number): Promise<Answered> {
    let mayArrive = false;
    for (let made = 1;; made++) {
      const answered = await this.#attempt(message);
      if (answered.ok) return answered;
      mayArrive ||= answered.mayArrive;
      const { retryAfterMs } = answered;
      const [chance = 0] = this.ports.random.bytes(1);
      const wait = retryAfterMs === undefined || message.signal.aborted
        ? undefined
        : waitBefore(made, retryAfterMs, leftMs(), chance);
      if (wait === undefined) return { ...answered, mayArrive };
      await pause(wait, this.ports.after, [message.signal, this.#closing.signal]);
    }
  }

  async #attempt(message: Message): Promise<Answered> {
    // Other messages wait for the same token, so this one's end is not the end of that.
    const ask: Ask = (request) => {
      message.asked = true;
      return this.fetch(request);
    };
    const first = await this.token(ask);
    if (!first.ok) return first;
    const answered = await this.#send(message, first.token);
    if (answered.ok || !answered.staleToken) return answered;
    // A vendor may end a token early. Once only: where a fresh one is refused, it was not the token.
    const fresh = await this.token(ask, first.token);
    return fresh.ok ? await this.#send(message, fresh.token) : fresh;
  }

  async #send(message: Message, token: string): Promise<Answered> {
    const request = await message.make(this.moment(token, message.id));
    if ("ok" in request) return request;
    message.asked = message.sent = true;
    const answer = await this.fetch(request, { signal: message.signal });
    return "ok" in answer ? answer : this.dialect.sent(answer);
  }
}

interface Message {
  readonly make: Make;
  readonly id: string;
  readonly signal: AbortSignal;
  /** The vendor was asked for something. */
  asked: boolean;
  /** It was on its way. */
  sent: boolean;
}

function outcomeOf(answered: Answered): Outcome {
  if (answered.ok) return { ok: true };
  const { why, hint, mayArrive, retryAfterMs = null } = answered;
  return { ok: false, why, hint, mayArrive, waitMs: retryAfterMs };
}

/** Nothing more than callers are to know. */
function deliveryOf(answered: Answered): Delivery {
  if (answered.ok) return { ok: true, handle: answered.handle };
  const { why, detail, hint, mayArrive } = answered;
  return { ok: false, why, detail, hint, mayArrive };
}
