/**
 * How many PINs there may be. One that may have reached somebody counts for its account and for that
 * contact, also across restarts; one that reached nobody must not lock the account out, and still
 * takes of what the vendor bears.
 */
import type { Login } from "../lib/core/login.ts";
import type { Delivery } from "../lib/core/notification.ts";
import {
  type LoginByPin,
  PINS_PER_ACCOUNT,
  PINS_PER_CONTACT,
  UNSENT_PER_ACCOUNT,
  UNSENT_TOGETHER,
} from "../lib/core/pin.ts";
import { giveBack, takeInWindow, type Window } from "../lib/core/rate_limit.ts";
import type { Deps } from "./deps.ts";
import { tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";

type Account = Pick<Login, "host" | "user">;

/** What a PIN counts for. */
interface Counted {
  /** Of the times in the store. */
  readonly name: string;
  readonly window: Window;
  /** The contact; undefined: the account. */
  readonly to?: string;
}

/** Of all hosts together. */
const CHANNEL = "channel";

export class PinLimits {
  // Forgotten with the process: who has mended server.toml starts it anew, and need not wait.
  readonly #unsentOfAccount: Limiter;
  readonly #unsentTogether: Limiter;

  constructor(private readonly deps: Pick<Deps, "store" | "clock" | "log">) {
    this.#unsentOfAccount = new Limiter(UNSENT_PER_ACCOUNT, deps.clock);
    this.#unsentTogether = new Limiter(UNSENT_TOGETHER, deps.clock);
  }

  /**
   * Counts one more for the account and each of these contacts.
   * @returns when that was, which giveBack() wants to know
   * @throws Fault 429
   */
  async take(account: Account, contacts: readonly string[]): Promise<number> {
    const unsentMs = Math.max(
      this.#unsentOfAccount.wait(nameOf(account)) ?? 0,
      this.#unsentTogether.wait(hostOf(account)) ?? 0,
      this.#unsentTogether.wait(CHANNEL) ?? 0,
    );
    if (unsentMs > 0) throw tooMany("the last codes could not be sent", unsentMs, "pins_unsent");
    const now = this.deps.clock.now();
    const taken = await Promise.all(
      [ofAccount(account), ...contacts.map(ofContact)].map(async (counted) => ({
        ...counted,
        retryAfterMs: await this.#count(counted, now),
      })),
    );
    const full = taken.filter(({ retryAfterMs }) => retryAfterMs > 0);
    if (full.length === 0) return now;
    await this.#giveBack(account, taken.filter((counted) => !full.includes(counted)), now);
    const retryAfterMs = Math.max(...full.map((counted) => counted.retryAfterMs));
    const contact = full.find(({ to }) => to !== undefined)?.to;
    if (contact === undefined) {
      throw tooMany("too many codes for this account", retryAfterMs, "too_many_pins");
    }
    // Each host may have asked for few: only here it is seen.
    const { host, user } = account;
    this.deps.log("warning", "a contact gets too many pins", { to: contact, host, user });
    throw tooMany("too many codes for one of its contacts", retryAfterMs, "too_many_pins");
  }

  /** A PIN that nobody was sent. Never rejects: where it cannot be written down it goes on to count. */
  async giveBack(account: Account, contacts: readonly string[], at: number): Promise<void> {
    await this.#giveBack(account, [ofAccount(account), ...contacts.map(ofContact)], at);
  }

  /** What became of the PIN. Never rejects. @param deliveries to its contacts, in their order */
  async delivered(login: LoginByPin, deliveries: readonly Delivery[]): Promise<void> {
    const { contacts, madeAt } = login.pin;
    if (deliveries.every(({ ok }) => !ok)) {
      this.#unsentOfAccount.take(nameOf(login));
      // A host can name whom it likes as a contact: that must not close the channel to the others.
      const hostsFault = deliveries.every((delivery) =>
        !delivery.ok && delivery.why === "recipient"
      );
      this.#unsentTogether.take(hostsFault ? hostOf(login) : CHANNEL);
    }
    const vain = contacts.filter((_, index) => {
      const delivery = deliveries[index];
      return delivery?.ok === false && !delivery.mayArrive;
    });
    if (vain.length === contacts.length) await this.giveBack(login, contacts, madeAt);
    else await this.#giveBack(login, vain.map(ofContact), madeAt);
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

/** WeCom's names are the same in any case. */
function ofContact(to: string): Counted {
  return { name: `pin to ${to.toLowerCase()}`, window: PINS_PER_CONTACT, to };
}

function nameOf({ host, user }: Account): string {
  return `pin ${JSON.stringify([host, user])}`;
}

function hostOf({ host }: Account): string {
  return `host ${host}`;
}
