/**
 * A login that a PIN decides: a server sends it to the person, who types it here. `passByPin` is the
 * only function here that lets anybody in.
 */
import type { Admission, Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import { secondsUntil } from "../core/time.ts";
import { byCode, codeAlone, explain } from "./by_code.ts";
import { enrollAfter, isDecided, passedBy } from "./decided.ts";
import type { Doors, Ending, PinConversation } from "./doors.ts";
import { type FlowRules, instead, withoutServer } from "./no_server.ts";
import type { PinAsked, PinOffer, PinRequest, PinResent, Pins } from "./pin_request.ts";
import { hangUp, interrupted, timeUp } from "./races.ts";

export interface PinDoors extends Doors {
  readonly talk: PinConversation;
  /** Undefined: this host has no server that could send one. */
  readonly pins: Pins | undefined;
  /**
   * Where the account's person can be reached; none where the server knows.
   * @throws Failure when nobody can be
   */
  contacts(): readonly string[];
}

/**
 * Lines that can be no PIN, and are not the emergency code either. sshd answers every prompt with the
 * password when it is asked by PasswordAuthentication, so there must be an end.
 */
const MAX_STRAY_LINES = 3;

/** @throws Failure (75, 77, 78) when the login does not pass */
export async function passByPin(
  attempt: Attempt,
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  try {
    return await ask(attempt, rules, doors);
  } finally {
    doors.talk.close();
  }
}

async function ask(attempt: Attempt, rules: FlowRules, doors: PinDoors): Promise<Admission> {
  const { pins, talk, messages } = doors;
  if (pins === undefined) {
    const hint = "name one in host.toml, or take another mode";
    throw new Failure(Exit.config, "mode=pin needs an approval server", hint);
  }
  const contacts = doors.contacts();
  if (!talk.interactive) {
    throw new Failure(Exit.denied, messages.pinNeedsTyping, undefined, "nobody can type a PIN");
  }
  const asked = await pins.ask(attempt, contacts);
  switch (asked.kind) {
    case "open": {
      const admission = await typePin(attempt, asked.request, rules, doors);
      return admission.via === "pin" ? await enrollAfter(admission, rules, doors) : admission;
    }
    case "refused":
      return await refused(attempt, asked, rules, doors);
    case "unusable":
    case "unreachable":
      return await withoutServer(attempt, asked, rules, doors);
  }
}

async function refused(
  attempt: Attempt,
  { why, detail, retryAfterS }: Extract<PinAsked, { kind: "refused" }>,
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  const { messages } = doors;
  const { noCodeCanBeSent, pinNotDelivered, askAdministrator, busy } = messages;
  switch (why) {
    case "frozen":
      throw new Failure(Exit.denied, detail);
    case "no_contact":
    case "no_channel":
      throw new Failure(Exit.denied, noCodeCanBeSent, askAdministrator, `${why}: ${detail}`);
    // An account that cannot be sent to just now still gets in by a code of its authenticator.
    case "not_delivered": {
      const failure = new Failure(Exit.denied, pinNotDelivered, askAdministrator, detail);
      const need = instead(failure, pinNotDelivered, messages);
      return await codeAlone(attempt, rules, doors, need);
    }
    case "busy": {
      const again = retryAfterS === undefined ? "in a minute" : `in ${retryAfterS} s`;
      const failure = new Failure(Exit.denied, detail, `try again ${again}`);
      return await codeAlone(attempt, rules, doors, instead(failure, busy, messages));
    }
  }
}

/** What a line has led to. */
type Step = { offer: PinOffer } | { ending: Ending } | { admission: Admission };

async function typePin(
  attempt: Attempt,
  request: PinRequest,
  rules: FlowRules,
  doors: PinDoors,
): Promise<Admission> {
  const { talk, clock, messages } = doors;
  const late = new Failure(
    Exit.denied,
    messages.timeLimitExceeded,
    undefined,
    "no right PIN in time",
  );
  const over = new AbortController();
  const whole = AbortSignal.any([over.signal, AbortSignal.timeout(rules.timeoutMs)]);
  const until = clock.now() + rules.timeoutMs;
  const lines = new Lines(attempt, request, doors);
  let decided = false;
  let codeDid = false;
  try {
    for (let sent = request.offer;;) {
      const offer = within(sent, until - clock.now());
      const leftMs = offer.validForS * 1000;
      const signal = AbortSignal.any([whole, AbortSignal.timeout(leftMs)]);
      talk.offerPin(offer, leftMs);
      const step = await Promise.race([
        timeUp(signal, late),
        lines.next(offer, signal),
        hangUp(doors),
      ]);
      if ("ending" in step) {
        decided = isDecided(step.ending);
        return passedBy(step.ending, "pin", late, messages);
      }
      if ("admission" in step) {
        codeDid = true;
        return step.admission;
      }
      sent = step.offer;
    }
  } finally {
    over.abort();
    if (!decided) await request.cancel(codeDid ? "code_used" : "hung_up");
  }
}

/** As far as the login's own time allows. */
function within(offer: PinOffer, leftMs: number): PinOffer {
  const leftS = Math.max(0, Math.ceil(leftMs / 1000));
  const { validForS, resendAfterS } = offer;
  return {
    ...offer,
    validForS: Math.min(validForS, leftS),
    resendAfterS: resendAfterS === null || resendAfterS >= leftS ? null : resendAfterS,
  };
}

/** What the person types, of which only some goes to the server. */
class Lines {
  #stray = 0;

  constructor(
    private readonly attempt: Attempt,
    private readonly request: PinRequest,
    private readonly doors: PinDoors,
  ) {}

  /** Reads until a line ends the login, or brings another PIN. */
  async next({ resendAfterS }: PinOffer, signal: AbortSignal): Promise<Step> {
    const { talk, clock, messages } = this.doors;
    const resendAt = resendAfterS === null ? undefined : clock.now() + resendAfterS * 1000;
    for (;;) {
      const line = await talk.readCode(signal);
      if (line === undefined || signal.aborted) throw interrupted(messages);
      const step = line === "" ? await this.#newPin(resendAt) : await this.#judge(line);
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
    const { codes, messages } = this.doors;
    const answer = await codes.emergency?.check(line);
    if (answer?.ok) return { admission: byCode(this.attempt, answer.kind) };
    const malformed = answer === undefined || answer.why === "malformed";
    return this.#notThat(malformed ? messages.malformedPin : explain(answer, this.doors));
  }

  /** @throws Failure when there were too many such lines */
  #notThat(remark: string): undefined {
    if (++this.#stray < MAX_STRAY_LINES) return this.#say(remark);
    const { tooManyFailures } = this.doors.messages;
    throw new Failure(Exit.denied, tooManyFailures, undefined, "too many lines that are no PIN");
  }

  async #newPin(resendAt: number | undefined): Promise<Step | undefined> {
    const { clock, messages } = this.doors;
    const now = clock.now();
    // Asked of nobody: Enter is soon pressed.
    if (resendAt === undefined) return this.#say(messages.noNewPin);
    if (now < resendAt) return this.#say(messages.newPinIn(secondsUntil(resendAt, now)));
    const resent = await this.request.resend();
    switch (resent.kind) {
      case "sent":
        return { offer: resent.offer };
      case "ended":
        return { ending: resent.ending };
      case "refused":
        return this.#say(this.#whyNone(resent));
      case "no_answer":
        return this.#say(messages.pinNotChecked);
    }
  }

  #say(remark: string): undefined {
    this.doors.talk.tell(remark);
  }

  #whyNone({ why, retryAfterS }: Extract<PinResent, { kind: "refused" }>): string {
    const { noNewPin, newPinIn } = this.doors.messages;
    return why === "no_more_pins" || retryAfterS === undefined ? noNewPin : newPinIn(retryAfterS);
  }
}
