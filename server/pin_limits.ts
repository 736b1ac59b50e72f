/**
 * How many PINs there may be. One that may have reached somebody counts for its account and for that
 * contact, and where only a host says whose that is, for the host, also across restarts; one that reached nobody must not lock the account out, and still
 * takes of what the vendor bears.
 */
import type { Login } from "../lib/core/login.ts";
import {
  type LoginByPin,
  PINS_PER_ACCOUNT,
  PINS_PER_CONTACT,
  PINS_TO_STRANGERS,
  UNSENT_PER_ACCOUNT,
  UNSENT_TOGETHER,
} from "../lib/core/pin.ts";
import { giveBack, takeInWindow, type Window } from "../lib/core/rate_limit.ts";
import { type Channels, type Way, wayKey } from "./channels.ts";
import type { Reach } from "./contacts.ts";
import type { Attempt } from "./delivering.ts";
import type { Deps } from "./deps.ts";
import { tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";

type Account = Pick<Login, "host" | "user">;

/** What a PIN counts for. */
interface Counted {
  /** Of the times in the store. */
  readonly name: string;
  readonly window: Window;
}

/** What a PIN may be sent to, and from when it counts there. */
interface Taken {
  /** As giveBack() wants to know it. */
  readonly at: number;
  /** With the ways that may still be used. */
  readonly recipients: readonly Reach[];
  /** Those ways, as `textOf` has them. */
  readonly contacts: readonly string[];
}

export class PinLimits {
  // Forgotten with the process: who has mended server.toml starts it anew, and need not wait.
  readonly #unsentOfAccount: Limiter;
  /** By host, and by channel for all hosts together. */
  readonly #unsentTogether: Limiter;

  constructor(
    private readonly deps: Pick<Deps, "store" | "clock" | "log">,
    private readonly channels: Pick<Channels, "textOf">,
  ) {
    this.#unsentOfAccount = new Limiter(UNSENT_PER_ACCOUNT, deps.clock);
    this.#unsentTogether = new Limiter(UNSENT_TOGETHER, deps.clock);
  }

  /**
   * Counts one more for the account and for each contact that may get it. Who can be reached in several
   * ways is, by those that are not used up.
   * @throws Fault 429 where somebody has no such way
   */
  async take(account: Account, recipients: readonly Reach[]): Promise<Taken> {
    const open = this.#unblocked(account, recipients);
    const at = this.deps.clock.now();
    const tries = open.flatMap((reach) =>
      reach.ways.map((way) => ({ way, counted: this.#countedOf(account, reach, way) }))
    );
    const [ofAll, ...ofEach] = await Promise.all([
      this.#count(ofAccount(account), at),
      ...tries.map(({ counted }) => this.#countAll(account, counted, at)),
    ]);
    const taken = tries.filter((_, index) => ofEach[index] === 0);
    const free = new Set(taken.map(({ way }) => way));
    const left = open.map((reach) => ({
      ...reach,
      ways: reach.ways.filter((way) => free.has(way)),
    }));
    if (ofAll > 0) {
      await this.#giveBack(account, taken.flatMap(({ counted }) => counted), at);
      throw tooMany("too many codes for this account", ofAll, "too_many_pins");
    }
    if (left.every(({ ways }) => ways.length > 0)) {
      return { at, recipients: left, contacts: taken.map(({ way }) => this.channels.textOf(way)) };
    }
    await this.giveBack(account, left, at);
    // Each host may have asked for few: only here it is seen.
    const { host, user } = account;
    const full = tries.find((_, index) => ofEach[index] !== 0);
    const { name, shown } = full === undefined
      ? { name: "", shown: "" }
      : { name: full.way.channel.name, shown: full.way.channel.shown(full.way.to) };
    const toStrangers = (full?.counted.length ?? 0) > 1;
    this.deps.log(
      "warning",
      toStrangers
        ? "a host names too many contacts of nobody known"
        : "a contact gets too many pins",
      { channel: name, to: shown, host, user },
    );
    const retryAfterMs = Math.max(...ofEach);
    throw tooMany("too many codes for one of its contacts", retryAfterMs, "too_many_pins");
  }

  /**
   * A PIN that nobody was sent. Never rejects: where it cannot be written down it goes on to count.
   * @param recipients as `take` has answered
   */
  async giveBack(account: Account, recipients: readonly Reach[], at: number): Promise<void> {
    await this.#giveBack(
      account,
      [ofAccount(account), ...this.#allCounted(account, recipients, () => true)],
      at,
    );
  }

  /**
   * What became of the PIN. Never rejects.
   * @param recipients as `take` has answered @param attempts all of them, whoever they were to reach
   */
  async delivered(
    login: LoginByPin,
    recipients: readonly Reach[],
    attempts: readonly Attempt[],
  ): Promise<void> {
    const { madeAt } = login.pin;
    if (attempts.every(({ delivery }) => !delivery.ok)) this.#countUnsent(login, attempts);
    const mayHave = attempts
      .filter(({ delivery }) => delivery.ok || delivery.mayArrive)
      .map(({ way }) => wayKey(way));
    if (mayHave.length === 0) return await this.giveBack(login, recipients, madeAt);
    const isVain = (way: Way) => !mayHave.includes(wayKey(way));
    await this.#giveBack(login, this.#allCounted(login, recipients, isVain), madeAt);
  }

  /** The contact first. */
  #countedOf({ host }: Account, { stranger }: Reach, way: Way): readonly Counted[] {
    const { channel, to } = way;
    const its = ofContact(this.channels.textOf({ channel, to: channel.contactKey(to) }));
    return stranger && way.channel.reachesAnyone ? [its, ofStrangers(host)] : [its];
  }

  #allCounted(
    account: Account,
    recipients: readonly Reach[],
    which: (way: Way) => boolean,
  ): readonly Counted[] {
    return recipients.flatMap((reach) =>
      reach.ways.filter(which).flatMap((way) => this.#countedOf(account, reach, way))
    );
  }

  #countUnsent(login: LoginByPin, attempts: readonly Attempt[]): void {
    this.#unsentOfAccount.take(nameOf(login));
    const faulty = attempts.filter(({ delivery }) => !delivery.ok && delivery.why !== "recipient");
    // A host can name whom it likes as a contact: that must not close the channel to the others.
    const who = faulty.length === 0 ? [hostOf(login)] : faulty.map(({ way }) => channelOf(way));
    for (const name of new Set(who)) this.#unsentTogether.take(name);
  }

  /** Without the ways by which too much could not be sent. @throws Fault 429 where somebody has no other */
  #unblocked(account: Account, recipients: readonly Reach[]): readonly Reach[] {
    const wait = (name: string) => this.#unsentTogether.wait(name) ?? 0;
    const left = recipients.map((reach) => ({
      ...reach,
      ways: reach.ways.filter((way) => wait(channelOf(way)) === 0),
    }));
    const blocked = left.some(({ ways }) => ways.length === 0)
      ? recipients.flatMap(({ ways }) => ways.map((way) => wait(channelOf(way))))
      : [];
    const unsentMs = Math.max(
      this.#unsentOfAccount.wait(nameOf(account)) ?? 0,
      wait(hostOf(account)),
      ...blocked,
    );
    if (unsentMs > 0) throw tooMany("the last codes could not be sent", unsentMs, "pins_unsent");
    return left;
  }

  /** @returns milliseconds until there may be one more; 0: it is counted */
  async #count({ name, window }: Counted, now: number): Promise<number> {
    let retryAfterMs = 0;
    await this.deps.store.changeTimes(name, (times) => {
      const taken = takeInWindow(times, window, now);
      retryAfterMs = taken.ok ? 0 : taken.retryAfterMs;
      return taken.times;
    });
    return retryAfterMs;
  }

  /** All or none. @returns as #count */
  async #countAll(account: Account, all: readonly Counted[], now: number): Promise<number> {
    for (const [index, each] of all.entries()) {
      const retryAfterMs = await this.#count(each, now);
      if (retryAfterMs === 0) continue;
      await this.#giveBack(account, all.slice(0, index), now);
      return retryAfterMs;
    }
    return 0;
  }

  async #giveBack({ host, user }: Account, all: readonly Counted[], at: number): Promise<void> {
    try {
      await Promise.all(
        all.map(({ name }) => this.deps.store.changeTimes(name, (times) => giveBack(times, at))),
      );
    } catch {
      this.deps.log("error", "a pin that was not sent counts as one that was", { host, user });
    }
  }
}

function ofAccount(account: Account): Counted {
  return { name: nameOf(account), window: PINS_PER_ACCOUNT };
}

/** @param contact as `textOf` has that of its key */
function ofContact(contact: string): Counted {
  return { name: `pin to ${contact}`, window: PINS_PER_CONTACT };
}

/** All whom that host alone has named, by channels that reach anybody. */
function ofStrangers(host: string): Counted {
  return { name: `pin strangers ${host}`, window: PINS_TO_STRANGERS };
}

function nameOf({ host, user }: Account): string {
  return `pin ${JSON.stringify([host, user])}`;
}

function hostOf({ host }: Account): string {
  return `host ${host}`;
}

function channelOf({ channel }: Way): string {
  return `channel ${channel.name}`;
}
