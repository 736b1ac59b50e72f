/** Stand-ins for a login that a PIN decides: the person, and the request at the server. */
import type { PinConversation } from "../../lib/login/doors.ts";
import type {
  PinAsked,
  PinOffer,
  PinRequest,
  PinResent,
  Pins,
  PinTried,
} from "../../lib/login/pin_request.ts";
import { FakeTalk } from "./fakes.ts";

export const OFFER: PinOffer = {
  delivery: "sent",
  validForS: 60,
  resendAfterS: 20,
  triesLeft: 3,
};

export const RIGHT_PIN = "804217";

export class FakePinTalk extends FakeTalk implements PinConversation {
  readonly pinOffers: { offer: PinOffer; timeoutMs: number }[] = [];

  offerPin(offer: PinOffer, timeoutMs: number): void {
    this.pinOffers.push({ offer, timeoutMs });
  }
}

/** Somebody who types some lines and leaves. */
export class LeavingTalk extends FakePinTalk {
  #lines = 0;

  override type(...lines: string[]): this {
    this.#lines += lines.length;
    return super.type(...lines);
  }

  override readCode(): Promise<string | undefined> {
    const line = super.readCode();
    if (this.reads > this.#lines) this.hangUp();
    return line;
  }
}

/** Where nothing more can be typed. */
export class EndedTalk extends FakePinTalk {
  override readCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

const wrong: PinTried = { kind: "wrong", triesLeft: 2 };
const right: PinTried = { kind: "ended", ending: { state: "approved", by: "zhangsan" } };

export class FakePin implements PinRequest {
  readonly tried: string[] = [];
  resends = 0;
  cancelled = 0;
  why: "hung_up" | "code_used" | undefined;

  constructor(readonly offer: PinOffer = OFFER) {}

  /** By default only one PIN is right, however often others are tried. */
  answer: (code: string) => Promise<PinTried> = (code) =>
    Promise.resolve(code === RIGHT_PIN ? right : wrong);
  again: () => PinResent = () => ({ kind: "sent", offer: this.offer });

  try(code: string): Promise<PinTried> {
    this.tried.push(code);
    return this.answer(code);
  }

  resend(): Promise<PinResent> {
    this.resends++;
    return Promise.resolve(this.again());
  }

  cancel(why: "hung_up" | "code_used"): Promise<void> {
    this.cancelled++;
    this.why = why;
    return Promise.resolve();
  }
}

/** A server that answers so, and keeps whom it was to send to. */
export class FakePins implements Pins {
  readonly asked: (readonly string[])[] = [];

  constructor(private readonly answer: PinAsked) {}

  ask(_: unknown, contacts: readonly string[]): Promise<PinAsked> {
    this.asked.push(contacts);
    return Promise.resolve(this.answer);
  }
}
