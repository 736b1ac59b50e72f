/** Logins that a PIN decides, at the approval servers. As with the others, only a verdict lets in. */
import * as v from "valibot";
import { LOGINS_PATH, LoginStatus, PinCreated, PinResent, type PinStatus } from "../core/api.ts";
import type { Attempt } from "../core/attempt.ts";
import type { Expected } from "../core/verdict.ts";
import type {
  NoAnswer,
  PinAsked,
  PinOffer,
  PinRequest,
  PinResent as Resent,
  Pins,
  PinTried,
} from "../login/pin_request.ts";
import type { Clock, Random } from "../ports.ts";
import { type OfferCheck, offerCheck } from "./approval_offer.ts";
import {
  type Answer,
  askEach,
  cancel,
  type ClientConfig,
  create,
  loadVerifier,
  type NewLogin,
  type OpenLogin,
  question,
  refusalOf,
  reproach,
  saying,
  send,
  verified,
  type Verify,
} from "./approval_wire.ts";

/** The server waits a while for the channel before it answers; that is no sign that it is gone. */
const DELIVERY_MS = 2_000;
const TRY_MS = 5_000;

export class PinClient implements Pins {
  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  async ask(attempt: Attempt, contacts: readonly string[]): Promise<PinAsked> {
    const asked = await question(attempt, this.config, this.random);
    const body = JSON.stringify({ ...asked.question, pin: { contacts } });
    const check = offerCheck(this.config, this.clock);
    return await askEach<PinAsked>(
      this.config.servers,
      (server) => this.#create(server, body, asked.expected, check),
    );
  }

  async #create(
    server: string,
    body: string,
    asked: NewLogin,
    check: OfferCheck,
  ): Promise<PinAsked> {
    const { token, connectTimeoutMs } = this.config;
    const answer = await create(server, token, body, connectTimeoutMs + DELIVERY_MS);
    if ("kind" in answer) return answer;
    const refused = refusal(answer);
    if (refused !== undefined) return refused;
    const created = v.safeParse(PinCreated, answer.json);
    if (answer.status !== 201 || !created.success) return reproach(server, answer);
    const { id, secret, state, reason, pin, url, match = null, offer: signed } = created.output;
    const twoPersons = created.output.two_persons === true;
    if (state === "denied" && reason === "not_delivered") {
      const detail = "the code could not be sent";
      return { kind: "refused", why: "not_delivered", detail, retryAfterS: undefined };
    }
    const offer = offered(pin);
    if (state !== "pending" || offer === undefined) return reproach(server, answer);
    const doubt = await check(server, { id, url, match, twoPersons, offer: signed }, asked);
    if (doubt !== undefined) return doubt;
    const login = { address: `${server}${LOGINS_PATH}/${encodeURIComponent(id)}`, secret };
    // Loaded while the person reads the message.
    const verifier = loadVerifier(this.config.pinned);
    const request: PinRequest = {
      offer,
      try: (code) => this.#try(login, { ...asked, jti: id }, code, verifier),
      resend: () => resend(login),
      cancel: (why) => cancel(login, why),
    };
    return { kind: "open", request };
  }

  async #try(
    login: OpenLogin,
    expected: Expected,
    code: string,
    verifier: Promise<Verify>,
  ): Promise<PinTried> {
    if (!/^[0-9]{6}$/.test(code)) return { kind: "malformed" };
    const answer = await post(login, "code", JSON.stringify({ code }));
    if ("kind" in answer) return answer;
    const { problem } = answer;
    if (problem?.reason === "wrong_code" && problem.tries_left !== undefined) {
      return { kind: "wrong", triesLeft: problem.tries_left };
    }
    const status = v.safeParse(LoginStatus, answer.json);
    if (answer.status !== 200 || !status.success) return unexpected(answer);
    const { state, verdict, reason } = status.output;
    if (state === "approved") {
      const ending = await verified(verdict, expected, this.config, this.clock, verifier);
      return { kind: "ended", ending };
    }
    if (state === "pending") return noAnswer(answer);
    return { kind: "ended", ending: { state, reason } };
  }
}

async function resend(login: OpenLogin): Promise<Resent> {
  const answer = await post(login, "resend", "{}");
  if ("kind" in answer) return answer;
  const why = answer.problem?.reason;
  if (why === "too_early" || why === "no_more_pins" || isLimit(why)) {
    return { kind: "refused", why, retryAfterS: answer.retryAfterS };
  }
  const resent = v.safeParse(PinResent, answer.json);
  if (answer.status !== 200 || !resent.success) return unexpected(answer);
  const { state, reason, pin } = resent.output;
  const offer = offered(pin);
  if (state === "pending" && offer !== undefined) return { kind: "sent", offer };
  // Somebody else approved it meanwhile: the next try collects that.
  if (state === "pending" || state === "approved") return noAnswer(answer);
  return { kind: "ended", ending: { state, reason } };
}

function refusal(answer: Answer): PinAsked | undefined {
  const { status, problem, retryAfterS } = answer;
  if (problem === undefined) return undefined;
  const { reason } = problem;
  const why = (status === 429 && isLimit(reason)) || (status === 422 && isNever(reason))
    ? reason
    : refusalOf(answer);
  if (why === undefined) return undefined;
  return { kind: "refused", why, detail: saying(problem), retryAfterS };
}

function isLimit(reason: string | undefined): reason is "too_many_pins" | "pins_unsent" {
  return reason === "too_many_pins" || reason === "pins_unsent";
}

function isNever(
  reason: string | undefined,
): reason is "no_contact" | "no_channel" | "two_persons" {
  return reason === "no_contact" || reason === "no_channel" || reason === "two_persons";
}

/** Undefined when there is no PIN to be typed. */
function offered(
  { delivery, valid_for, resend_after, tries_left }: PinStatus,
): PinOffer | undefined {
  if (delivery === "failed") return undefined;
  return { delivery, validForS: valid_for, resendAfterS: resend_after, triesLeft: tries_left };
}

async function post(
  login: OpenLogin,
  what: "code" | "resend",
  body: string,
): Promise<Answer | NoAnswer> {
  try {
    return await send(`${login.address}/${what}`, {
      method: "POST",
      token: login.secret,
      body,
      signal: AbortSignal.timeout(TRY_MS),
    });
  } catch {
    return { kind: "no_answer", detail: "the server does not answer" };
  }
}

/** 401, 404, 410, 422: whatever is typed, this login is no longer ours. */
function unexpected(answer: Answer): PinTried & Resent {
  const { status } = answer;
  if (status < 400 || status >= 500 || status === 429) return noAnswer(answer);
  return {
    kind: "ended",
    ending: { state: "failed", fault: "the server no longer knows this login" },
  };
}

function noAnswer({ status, problem }: Answer): NoAnswer {
  const detail = problem === undefined ? `HTTP ${status}` : saying(problem);
  return { kind: "no_answer", detail: `the server gives no usable answer: ${detail}` };
}
