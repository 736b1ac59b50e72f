/** PINs by chat: made, tried, made anew (core/pin.ts says when one counts). */
import type { PinStatus } from "../lib/core/api.ts";
import { isOpen, type Login, step } from "../lib/core/login.ts";
import {
  isByPin,
  type LoginByPin,
  makePin,
  MAX_RESENDS,
  PIN_BYTES,
  pinHash,
  type PinState,
  resendAt,
  tryPin,
} from "../lib/core/pin.ts";
import type { Channels } from "./channels.ts";
import { frozen, ownerOf, type Reach } from "./contacts.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Fault, tooMany, Unavailable } from "./faults.ts";
import type { Logins } from "./logins.ts";
import { changeByPin, type Outgoing, type PinDelivery, type Sent } from "./pin_delivery.ts";
import type { PinLimits } from "./pin_limits.ts";
import type { Records } from "./records.ts";

/** A PIN that only the message may hold, and what is kept of it. */
interface NewPin extends Outgoing {
  readonly state: PinState;
}

export class Pins {
  constructor(
    private readonly deps: Deps,
    private readonly config: AppConfig,
    private readonly logins: Logins,
    private readonly records: Records,
    readonly delivery: PinDelivery,
    private readonly limits: PinLimits,
    private readonly channels: Pick<Channels, "shownText">,
  ) {}

  /**
   * The first PIN of a login that is yet to be stored.
   * @param named contacts that the host names
   * @throws Fault 422 without channel or contact, 403 when the person is frozen, 429 after too many PINs for
   *   account or contact
   */
  async make(
    login: Pick<Login, "id" | "host" | "user">,
    named: readonly string[],
  ): Promise<NewPin> {
    const recipients = await this.delivery.recipients(login.user, named);
    const triesLeft = this.config.pin.tries;
    return await this.#make(login, recipients, { triesLeft, count: 1 });
  }

  /** The login of that PIN was not stored, so nobody is sent it. Never rejects. */
  async discard(
    login: Pick<Login, "host" | "user">,
    { recipients, state }: NewPin,
  ): Promise<void> {
    await this.limits.giveBack(login, recipients, state.madeAt);
  }

  /**
   * Another PIN in the place of the last one, sent.
   * @throws Fault 422 when there is none, 403 when the person is frozen, 429 too early, too often, or after
   *   too many for account or contact
   */
  async resend(login: Login): Promise<{ login: Login; sent: Sent }> {
    const { clock, store } = this.deps;
    const now = clock.now();
    if (!isByPin(login)) throw noPin();
    const ended = step(login, { type: "expire" }, now).login;
    if (ended.state !== "pending") return { login: ended, sent: "failed" };
    const { triesLeft, count, contacts: before } = login.pin;
    // Anew: the person may have got another contact since, or be frozen.
    const recipients = await this.delivery.recipients(login.user, before);
    const refusal = notYet(login, now);
    if (refusal !== undefined) throw refusal;
    const made = await this.#make(login, recipients, { triesLeft, count: count + 1 });
    const meanwhile: { refusal?: Fault | undefined } = {};
    const changed = await changeByPin(store, login.id, (found) => {
      // Of two at once one is too early.
      meanwhile.refusal = notYet(found, now);
      if (meanwhile.refusal !== undefined || !isOpen(found, now)) return undefined;
      return { ...found, pin: { ...made.state, triesLeft: found.pin.triesLeft } };
    });
    if (changed !== undefined) return await this.delivery.send(changed, made);
    await this.limits.giveBack(login, made.recipients, made.state.madeAt);
    if (meanwhile.refusal !== undefined) throw meanwhile.refusal;
    return { login: await store.login(login.id) ?? login, sent: "failed" };
  }

  /**
   * One try. Unless it is wrong the login has ended afterwards, or had before.
   * @throws Fault 403 with the tries that are left, or when the person is frozen; 422 when the login has no
   *   PIN
   */
  async try(login: Login, code: string): Promise<void> {
    if (!isByPin(login)) throw noPin();
    const owner = await ownerOf(login.user, this.deps.store);
    if (owner?.state === "frozen") throw frozen();
    const hash = await pinHash(this.deps.pinKey, login.id, code);
    const now = this.deps.clock.now();
    let outcome = "over" as ReturnType<typeof tryPin>["outcome"];
    const changed = await changeByPin(this.deps.store, login.id, (found) => {
      const tried = tryPin(found, hash, now, (text) => this.channels.shownText(text, owner));
      outcome = tried.outcome;
      return tried.login === found ? undefined : tried.login;
    });
    if (changed === undefined) return;
    const { triesLeft } = changed.pin;
    if (outcome === "wrong" || outcome === "used_up") {
      await this.records.wrongPin(changed, triesLeft);
    }
    if (outcome === "wrong") {
      throw new Fault(403, "this is not the code", { reason: "wrong_code", triesLeft });
    }
    await this.#recordEnd(changed);
  }

  /** What the host is told of a login's PIN. */
  status(login: Login, sent: Sent): PinStatus {
    if (!isByPin(login)) throw noPin();
    const left = (until: number) => Math.max(0, until - this.deps.clock.now()) / 1000;
    const next = resendAt(login);
    return {
      delivery: sent,
      valid_for: Math.ceil(left(Math.min(login.pin.expiresAt, login.expiresAt))),
      resend_after: next === undefined || next >= login.expiresAt ? null : Math.ceil(left(next)),
      tries_left: login.pin.triesLeft,
    };
  }

  /** @throws Fault 429 */
  async #make(
    login: Pick<Login, "id" | "host" | "user">,
    reached: readonly Reach[],
    rest: Pick<PinState, "triesLeft" | "count">,
  ): Promise<NewPin> {
    const { random, pinKey } = this.deps;
    const { at: madeAt, recipients, contacts } = await this.limits.take(login, reached);
    const pin = makePin(random.bytes(PIN_BYTES));
    const hash = await pinHash(pinKey, login.id, pin);
    const expiresAt = madeAt + this.config.pin.ttlMs;
    return { pin, recipients, state: { hash, contacts, sentTo: [], madeAt, expiresAt, ...rest } };
  }

  /** Approved without a trace is not approved: nobody has collected it yet. */
  async #recordEnd(login: Login): Promise<void> {
    try {
      await this.records.decided([login]);
    } catch (error) {
      const deny = { type: "deny", notMe: false, by: "gatehouse", via: "pin" } as const;
      if (login.state === "approved") await this.logins.change(login.id, deny).catch(() => {});
      throw error instanceof Unavailable ? error : new Unavailable(error);
    }
  }
}

/** Why there is no new PIN for it now. */
function notYet(login: LoginByPin, now: number): Fault | undefined {
  const next = resendAt(login);
  if (next === undefined) {
    const detail = `a login gets ${1 + MAX_RESENDS} codes at most`;
    return new Fault(429, detail, { reason: "no_more_pins" });
  }
  return now < next
    ? tooMany("the last code may still arrive", next - now, "too_early")
    : undefined;
}

function noPin(): Fault {
  return new Fault(422, "this login is not decided by a code", { reason: "no_pin" });
}
