/**
 * Asks the approval servers over HTTP (DESIGN.md 5). Nothing that comes back is believed but a verdict
 * that a pinned key signed for exactly this login; everything else only says how to go on.
 */
import * as v from "valibot";
import { LoginCreated, LOGINS_PATH, LoginStatus } from "../core/api.ts";
import type { Attempt } from "../core/attempt.ts";
import type { Expected } from "../core/verdict.ts";
import type { AskedAhead, Preauth } from "../login/ahead.ts";
import type { ServersWord } from "../login/central_codes.ts";
import type { Approvals, Asked, Ending, OpenRequest } from "../login/doors.ts";
import type { Clock, Random } from "../ports.ts";
import { type OfferCheck, offerCheck } from "./approval_offer.ts";
import {
  type Answer,
  askEach,
  cancel,
  type ClientConfig,
  create,
  JOIN_AGAIN,
  loadVerifier,
  type NewLogin,
  type OpenLogin,
  question,
  refusalOf,
  reproach,
  saying,
  send,
  verified,
} from "./approval_wire.ts";
import { UnusableAnswer } from "./json_answer.ts";

export type { ClientConfig } from "./approval_wire.ts";

/** One long poll; the server may answer sooner. */
const WAIT_S = 25;
/** A poll without an answer by then went to a server that is gone without a word. */
const POLL_MS = 35_000;
/** A lost connection is tried again while the request lives: the server may just be restarting. */
const RETRY_MS = [100, 250, 500, 1_000] as const;
/** A server that says sooner that nothing has happened yet is asked again as after a lost connection. */
const HASTY_MS = 1_000;

export class ApprovalClient implements Approvals {
  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  async ask(attempt: Attempt): Promise<Asked> {
    const asked = await question(attempt, this.config, this.random);
    const body = JSON.stringify(asked.question);
    const check = offerCheck(this.config, this.clock);
    return await askEach<Asked>(this.config.servers, async (server) => {
      const answer = await this.#post(server, body);
      return "kind" in answer ? answer : await this.#read(server, answer, asked.expected, check);
    });
  }

  /** Asks for a grant, which lets in the logins that come like this one. */
  async askAhead(attempt: Attempt, preauth: Preauth): Promise<AskedAhead> {
    const asked = await question(attempt, this.config, this.random);
    const body = JSON.stringify({ ...asked.question, preauth });
    const check = offerCheck(this.config, this.clock);
    return await askEach<AskedAhead>(this.config.servers, async (server) => {
      const answer = await this.#post(server, body);
      if ("kind" in answer) return answer;
      const { status, problem } = answer;
      if (status === 422 && problem?.reason !== undefined) {
        return { kind: "not_allowed", detail: saying(problem) };
      }
      return await this.#read(server, answer, asked.expected, check);
    });
  }

  async #post(server: string, body: string) {
    const { token, connectTimeoutMs } = this.config;
    return await create(server, token, body, connectTimeoutMs);
  }

  async #read(
    server: string,
    answer: Answer,
    asked: NewLogin,
    check: OfferCheck,
  ): Promise<Asked> {
    const why = refusalOf(answer);
    if (why !== undefined && answer.problem !== undefined) {
      const { problem, retryAfterS } = answer;
      const twoPersons = problem.two_persons === true;
      return { kind: "refused", why, detail: saying(problem), retryAfterS, twoPersons };
    }
    const created = v.safeParse(LoginCreated, answer.json);
    if (answer.status !== 201 || !created.success) return reproach(server, answer);
    const { id, secret, url, match = null, state, verdict, offer, codes } = created.output;
    const twoPersons = created.output.two_persons === true;
    const expected: Expected = { ...asked, jti: id };
    if (state === "approved") {
      // Nothing is shown, and the verdict says more than an offer could.
      const ending = await verified(verdict, expected, this.config, this.clock);
      return ending.state === "approved"
        ? { kind: "approved", by: ending.by }
        : { kind: "unusable", detail: `${server}: its verdict is not valid`, hint: JOIN_AGAIN };
    }
    const doubt = await check(server, { id, url, match, twoPersons, offer }, asked);
    if (doubt !== undefined) return doubt;
    const login = { address: `${server}${LOGINS_PATH}/${encodeURIComponent(id)}`, secret };
    const request: OpenRequest = {
      url,
      match,
      twoPersons,
      ended: (signal) => this.#wait(login, expected, signal),
      ...(codes === true && !twoPersons
        ? { tryCode: (code) => tryCodeLater(login, code, this.clock) }
        : {}),
      cancel: (why) => cancel(login, why),
    };
    return { kind: "open", request };
  }

  async #wait(login: OpenLogin, expected: Expected, signal: AbortSignal): Promise<Ending> {
    // Loaded while the person reaches for the phone: the JWS library is not on the way to the link.
    const verifier = loadVerifier(this.config.pinned);
    for (let retries = 0; !signal.aborted;) {
      const begun = performance.now();
      try {
        const answer = await send(`${login.address}?wait=${WAIT_S}`, {
          method: "GET",
          token: login.secret,
          signal: AbortSignal.any([signal, AbortSignal.timeout(POLL_MS)]),
        });
        const status = v.safeParse(LoginStatus, answer.json);
        if (answer.status === 200 && status.success) {
          const { state, verdict, reason, granted_for: grantedForS } = status.output;
          if (state === "approved") {
            const ending = await verified(verdict, expected, this.config, this.clock, verifier);
            if (ending.state !== "approved" || grantedForS === undefined) return ending;
            return { ...ending, grantedForS };
          }
          if (state !== "pending") return { state, reason };
          if (performance.now() - begun >= HASTY_MS) {
            retries = 0;
            continue;
          }
        }
        // 401, 404, 410: this login is no longer ours to collect, however long we wait.
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
          return { state: "failed", fault: "the server no longer knows this login" };
        }
      } catch (error) {
        if (signal.aborted) break;
        const lost = error instanceof TypeError || error instanceof DOMException;
        if (!lost && !(error instanceof UnusableAnswer)) throw error;
      }
      await pause(RETRY_MS[retries++] ?? 1_000, signal);
    }
    return { state: "expired", reason: undefined };
  }
}

/** Loaded when somebody has typed one. */
async function tryCodeLater(...tried: Parameters<TryCode>): Promise<ServersWord> {
  return await (await import("./approval_codes.ts")).tryCode(...tried);
}
type TryCode = typeof import("./approval_codes.ts").tryCode;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
