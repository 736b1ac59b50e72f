/** Messages of a WeCom application to one member at a time (core/wecom.ts says how). */
import { WECOM } from "../core/contact.ts";
import type { Delivery, Notification, VendorAnswer } from "../core/notification.ts";
import { isStale, messageRequest, readSent, unreached, type WecomApp } from "../core/wecom.ts";
import type { Clock, Notifier, Sealer } from "../ports.ts";
import { exchange, useNoProxy } from "./vendor_http.ts";
import { WecomTokens } from "./wecom_token.ts";

/** For each request: a token, the message, and both once more at the most. */
const WITHIN_MS = 5_000;

export class WecomNotifier implements Notifier {
  readonly name = WECOM;
  readonly #tokens: WecomTokens;

  private constructor(
    private readonly app: WecomApp,
    tokenFile: string,
    ports: { readonly clock: Clock; readonly sealer: Sealer },
    private readonly withinMs: number,
  ) {
    this.#tokens = new WecomTokens(app, tokenFile, ports, withinMs);
  }

  /** @param tokenFile in the server's data directory */
  static open(
    app: WecomApp,
    tokenFile: string,
    ports: { readonly clock: Clock; readonly sealer: Sealer },
    withinMs = WITHIN_MS,
  ): WecomNotifier {
    useNoProxy();
    return new WecomNotifier(app, tokenFile, ports, withinMs);
  }

  async send(message: Notification, to: string): Promise<Delivery> {
    const token = await this.#tokens.get();
    if (!token.ok) return token;
    let answer = await this.#send(token.token, message, to);
    // WeCom may end a token early. Once only: where a fresh one is refused, it was not the token.
    if (typeof answer !== "string" && isStale(answer)) {
      const fresh = await this.#tokens.get(token.token);
      if (!fresh.ok) return fresh;
      answer = await this.#send(fresh.token, message, to);
    }
    // The message was on its way: it may be the answer alone that is lost.
    if (typeof answer === "string") return { ...unreached(answer), mayArrive: true };
    return readSent(answer);
  }

  #send(
    token: string,
    message: Notification,
    to: string,
  ): Promise<VendorAnswer | "network" | "time"> {
    const request = messageRequest(this.app, token, message, to);
    return exchange(request, AbortSignal.timeout(this.withinMs));
  }
}
