/** A PIN on its way to those who may type it. */
import type { PinStatus } from "../lib/core/api.ts";
import { type Login, step } from "../lib/core/login.ts";
import type { Delivery } from "../lib/core/delivery.ts";
import { isByPin, type LoginByPin } from "../lib/core/pin.ts";
import type { Store } from "../lib/ports.ts";
import { type Channels, type Way } from "./channels.ts";
import type { Contacts, Reach } from "./contacts.ts";
import { inTurn } from "./delivering.ts";
import type { AppConfig, Deps } from "./deps.ts";
import type { PinLimits } from "./pin_limits.ts";
import type { Records } from "./records.ts";

/**
 * A request waits so long for the channel, to tell the host how that went. Not longer: the host must
 * not take a slow channel for a server that is gone.
 */
const DELIVERY_WAIT_MS = 1_500;

export type Sent = PinStatus["delivery"];

/** The PIN that a message brings, and who reads it. */
export interface Outgoing {
  readonly pin: string;
  readonly recipients: readonly Reach[];
}

export class PinDelivery {
  constructor(
    private readonly deps: Deps,
    private readonly config: AppConfig,
    private readonly records: Records,
    private readonly limits: PinLimits,
    private readonly channels: Pick<Channels, "textOf">,
    private readonly contacts: Contacts,
  ) {}

  /**
   * To whom a PIN for that account goes.
   * @param named by the host
   * @throws Fault 422 without channel or contact, 403 when the person is frozen
   */
  async recipients(user: string, named: readonly string[]): Promise<readonly Reach[]> {
    return await this.contacts.forPin(user, named);
  }

  /**
   * Resolves when the outcome is known, or as soon as the host has waited long enough; then the
   * sending goes on. A PIN that reaches nobody ends its login.
   */
  async send(login: LoginByPin, message: Outgoing): Promise<{ login: Login; sent: Sent }> {
    const late = Promise.withResolvers<"sending">();
    const stopTimer = this.deps.after(DELIVERY_WAIT_MS, () => late.resolve("sending"));
    const sent = await Promise.race([this.#deliver(login, message), late.promise]);
    stopTimer();
    return { login: await this.deps.store.login(login.id) ?? login, sent };
  }

  /** Never rejects. */
  async #deliver(
    login: LoginByPin,
    { pin, recipients }: Outgoing,
  ): Promise<"sent" | "failed"> {
    const { count } = login.pin;
    try {
      const attempts = (await Promise.all(
        recipients.map(({ ways, language }) =>
          inTurn(ways, async (way) => {
            const delivery = await this.#sendBy(way, login, pin, language);
            await this.records.delivered(login, way, delivery);
            return delivery;
          })
        ),
      )).flat();
      await this.limits.delivered(login, recipients, attempts);
      const sentTo = attempts.filter(({ delivery }) => delivery.ok)
        .map(({ way }) => this.channels.textOf(way));
      if (sentTo.length > 0) {
        await changeByPin(
          this.deps.store,
          login.id,
          (found) =>
            found.pin.count === count ? { ...found, pin: { ...found.pin, sentTo } } : undefined,
        );
        return "sent";
      }
    } catch {
      const { id } = login;
      this.deps.log("error", "what became of a pin could not be recorded", { login: id });
    }
    await this.#giveUp(login);
    return "failed";
  }

  async #sendBy(
    { channel, to }: Way,
    login: LoginByPin,
    pin: string,
    language: Reach["language"],
  ): Promise<Delivery> {
    const { user, host, service, source, requester, createdAt: at } = login;
    const message = { kind: "pin", pin, user, host, service, source, requester, at } as const;
    const rest = {
      validMs: this.config.pin.ttlMs,
      ...(language === undefined ? {} : { language }),
    };
    return await channel.send({ ...message, ...rest }, to);
  }

  async #giveUp({ id, pin }: LoginByPin): Promise<void> {
    const { clock, log, store } = this.deps;
    const now = clock.now();
    try {
      const changed = await changeByPin(store, id, (found) => {
        // A later PIN may still arrive.
        if (found.pin.count !== pin.count) return undefined;
        const ended = step(found, { type: "fail", reason: "not_delivered" }, now);
        return ended.changed ? ended.login : undefined;
      });
      if (changed !== undefined) await this.records.decided([changed]);
    } catch {
      log("error", "a login whose pin cannot arrive is left to its time", { login: id });
    }
  }
}

/** Changes the login in one step; undefined where `change` says so, or there is no such login. */
export async function changeByPin(
  store: Store,
  id: string,
  change: (found: LoginByPin) => Login | undefined,
): Promise<LoginByPin | undefined> {
  const [changed] = await store.changeLogins(
    { id },
    (found) => found.filter(isByPin).map(change).filter((login) => login !== undefined),
  );
  return changed !== undefined && isByPin(changed) ? changed : undefined;
}
