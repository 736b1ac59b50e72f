/** What a person types who was sent a PIN: the PIN, Enter for another one, or the emergency code. */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import { secondsUntil } from "../core/time.ts";
import { byCode, explain } from "./by_code.ts";
import type { Doors, Ending } from "./doors.ts";
import type { PinOffer, PinRequest } from "./pin_request.ts";
import { interrupted } from "./races.ts";

/**
 * Lines that can be no PIN, and are not the emergency code either. sshd answers every prompt with the
 * password when it is asked by PasswordAuthentication, so there must be an end.
 */
const MAX_STRAY_LINES = 3;

/** What a line has led to. */
type Step = { offer: PinOffer } | { ending: Ending } | { admission: Admission };

/** Only some of the lines go to the server. */
export class PinLines {
  #stray = 0;
  /** When the login ends. */
  #until = 0;
  /** When another PIN can be had; undefined: not for this login. */
  #resendAt: number | undefined;
  /** The server did not know yet whether the PIN would arrive. */
  #onItsWay = false;

  constructor(
    private readonly attempt: Attempt,
    private readonly request: PinRequest,
    private readonly doors: Doors,
  ) {}

  /** Reads until a line ends the login, or brings another PIN. */
  async next(
    { delivery, validForS, resendAfterS }: PinOffer,
    signal: AbortSignal,
  ): Promise<Step> {
    const { talk, clock, lastWords } = this.doors;
    this.#until = clock.now() + validForS * 1000;
    this.#resendIn(resendAfterS ?? undefined);
    this.#onItsWay = delivery === "sending";
    for (;;) {
      const line = await talk.readCode(signal);
      if (line === undefined || signal.aborted) throw interrupted(lastWords);
      const step = line === "" ? await this.#newPin() : await this.#judge(line);
      if (step !== undefined) return step;
    }
  }

  async #judge(line: string): Promise<Step | undefined> {
    const { normalizeCode } = await import("../core/code.ts");
    const digits = normalizeCode(line);
    return digits?.length === 6 ? await this.#try(digits) : await this.#emergency(line);
  }

  async #try(pin: string): Promise<Step | undefined> {
    const { messages } = this.doors;
    const tried = await this.request.try(pin);
    switch (tried.kind) {
      case "ended":
        return tried;
      case "wrong":
        return this.#say(messages.wrongPin(tried.triesLeft));
      case "malformed":
        return this.#notThat(messages.malformedPin);
      case "no_answer":
        return this.#say(messages.pinNotChecked);
    }
  }

  async #emergency(line: string): Promise<Step | undefined> {
    const { codes, messages, clock } = this.doors;
    const answer = await codes.emergency?.check(line);
    if (answer?.ok) return { admission: byCode(this.attempt, answer.kind) };
    const malformed = answer === undefined || answer.why === "malformed";
    return this.#notThat(malformed ? messages.malformedPin : explain(answer, messages, clock));
  }

  /** @throws Failure when there were too many such lines */
  #notThat(remark: string): undefined {
    if (++this.#stray < MAX_STRAY_LINES) return this.#say(remark);
    const { tooManyFailures } = this.doors.lastWords;
    throw new Failure(Exit.denied, tooManyFailures, undefined, "too many lines that are no PIN");
  }

  async #newPin(): Promise<Step | undefined> {
    const at = this.#resendAt;
    const inVain = at === undefined || this.doors.clock.now() < at;
    // Asked of nobody, for Enter is soon pressed; unless the server may know by now that nothing arrives.
    if (inVain && !this.#onItsWay) return this.#sayWhen();
    const resent = await this.request.resend();
    switch (resent.kind) {
      case "sent":
        return { offer: resent.offer };
      case "ended":
        return { ending: resent.ending };
      case "refused":
        this.#resendIn(resent.why === "no_more_pins" ? undefined : resent.retryAfterS);
        return this.#sayWhen();
      case "no_answer":
        return this.#say(this.doors.messages.pinNotChecked);
    }
  }

  /** What comes after the login's end does not come. */
  #resendIn(seconds: number | undefined): void {
    const at = seconds === undefined ? undefined : this.doors.clock.now() + seconds * 1000;
    this.#resendAt = at !== undefined && at < this.#until ? at : undefined;
  }

  #sayWhen(): undefined {
    const { clock, messages: { noNewPin, newPinIn } } = this.doors;
    const at = this.#resendAt;
    return this.#say(at === undefined ? noNewPin : newPinIn(secondsUntil(at, clock.now())));
  }

  #say(remark: string): undefined {
    this.doors.talk.tell(remark);
  }
}
