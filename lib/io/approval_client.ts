/**
 * Asks the approval servers over HTTP (DESIGN.md 5). Nothing that comes back is believed but a verdict
 * that a pinned key signed for exactly this login; everything else only says how to go on.
 */
import * as v from "valibot";
import { LoginCreated, LOGINS_PATH, LoginStatus, MAX_COMMAND_SENT, Problem } from "../core/api.ts";
import type { Attempt } from "../core/attempt.ts";
import { base64url, sha256Hex } from "../core/encoding.ts";
import { printable } from "../core/text.ts";
import { unreachableHint } from "../core/unreachable.ts";
import type { Expected } from "../core/verdict.ts";
import type { Approvals, Asked, Ending, OpenRequest } from "../login/doors.ts";
import type { Clock, Random } from "../ports.ts";
import { readJson, UnusableAnswer } from "./json_answer.ts";

export interface ClientConfig {
  readonly servers: readonly string[];
  readonly host: string;
  readonly token: string;
  /** Raw Ed25519 public keys. */
  readonly pinned: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** One long poll; the server may answer sooner. */
const WAIT_S = 25;
/** A poll without an answer by then went to a server that is gone without a word. */
const POLL_MS = 35_000;
/** A lost connection is tried again while the request lives: the server may just be restarting. */
const RETRY_MS = [100, 250, 500, 1_000] as const;
/** A server that says sooner that nothing has happened yet is asked again as after a lost connection. */
const HASTY_MS = 1_000;
const CANCEL_MS = 1_000;

const NO_SERVER: Asked = {
  kind: "unreachable",
  detail: "no approval server is configured",
  hint: "name one in host.toml",
};
const JOIN_AGAIN = "ask the administrator to join this host again: gatehouse join";
const ODD_ANSWER = "it may be another program, or of another version; ask the administrator";

/** Its id comes with the answer. */
type NewLogin = Omit<Expected, "jti">;

type Verify = typeof import("../core/verdict.ts").checkVerdict;

export class ApprovalClient implements Approvals {
  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  async ask(attempt: Attempt): Promise<Asked> {
    const { body, expected } = await this.#question(attempt);
    let last: Asked | undefined;
    for (const server of this.config.servers) {
      const asked = await this.#create(server, body, expected);
      // A server that answered, however oddly, says more than one that did not.
      if (asked.kind === "open" || asked.kind === "approved" || asked.kind === "refused") {
        return asked;
      }
      if (last?.kind !== "unusable") last = asked;
    }
    return last ?? NO_SERVER;
  }

  /** What is asked, and what a verdict must say to answer just that. */
  async #question(attempt: Attempt): Promise<{ body: string; expected: NewLogin }> {
    const { user, service, source, tty, command, commandHash, key } = attempt;
    const nonce = base64url(this.random.bytes(32));
    // Never half a character at the cut.
    const text = command?.slice(0, MAX_COMMAND_SENT).toWellFormed();
    const textHash = text === undefined ? "" : await sha256Hex(text);
    const body = JSON.stringify({
      user,
      service,
      source,
      tty,
      nonce,
      timeout: Math.max(1, Math.round(this.config.timeoutMs / 1000)),
      ...(text === undefined ? {} : { command: text }),
      // Shortened, or not UTF-8: what is shown is not all that will run, and this says so.
      ...(textHash === commandHash ? {} : { command_sha256: commandHash }),
      ...(key === null ? {} : { key }),
    });
    const { host } = this.config;
    return {
      body,
      expected: {
        aud: host,
        sub: user,
        svc: service,
        src: source,
        cmd: commandHash,
        nonce,
        cmd_shown: textHash,
        key: key ?? "",
        tty,
      },
    };
  }

  async #create(server: string, body: string, asked: NewLogin): Promise<Asked> {
    let answer: Answer;
    try {
      answer = await send(`${server}${LOGINS_PATH}`, {
        method: "POST",
        token: this.config.token,
        body,
        signal: AbortSignal.timeout(this.config.connectTimeoutMs),
      });
    } catch (error) {
      return error instanceof UnusableAnswer
        ? { kind: "unusable", detail: `${server} answers without end`, hint: ODD_ANSWER }
        : {
          kind: "unreachable",
          detail: `${server} does not answer`,
          hint: unreachableHint(error),
        };
    }
    if (answer.status === 403 || answer.status === 429) {
      const problem = v.safeParse(Problem, answer.json);
      const why = answer.status === 403 ? "frozen" : "busy";
      if (problem.success) {
        const { title, detail } = problem.output;
        return { kind: "refused", why, detail: printable(detail ?? title) };
      }
    }
    const created = v.safeParse(LoginCreated, answer.json);
    if (answer.status !== 201 || !created.success) {
      return { kind: "unusable", ...reproach(server, answer) };
    }
    const { id, secret, url, match, state, verdict } = created.output;
    const expected: Expected = { ...asked, jti: id };
    if (state === "approved") {
      const ending = await this.#verify(verdict, expected);
      return ending.state === "approved"
        ? { kind: "approved", by: ending.by }
        : { kind: "unusable", detail: `${server}: its verdict is not valid`, hint: JOIN_AGAIN };
    }
    const login = { address: `${server}${LOGINS_PATH}/${encodeURIComponent(id)}`, secret };
    const request: OpenRequest = {
      url,
      match: match ?? null,
      ended: (signal) => this.#wait(login, expected, signal),
      cancel: (why) => cancel(login, why),
    };
    return { kind: "open", request };
  }

  async #wait(
    login: { address: string; secret: string },
    expected: Expected,
    signal: AbortSignal,
  ): Promise<Ending> {
    // Loaded while the person reaches for the phone: the JWS library is not on the way to the link.
    const verifier = import("../core/verdict.ts").then(async (m) => {
      await m.prepareToCheck(this.config.pinned);
      return m.checkVerdict;
    });
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
          const { state, verdict, reason } = status.output;
          if (state === "approved") return await this.#verify(verdict, expected, verifier);
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

  async #verify(
    verdict: string | undefined,
    expected: Expected,
    verifier: Promise<Verify> = import("../core/verdict.ts").then((m) => m.checkVerdict),
  ): Promise<Ending> {
    if (verdict === undefined) return { state: "failed", fault: "the server sent no verdict" };
    const checked = await (await verifier)(
      verdict,
      this.config.pinned,
      expected,
      this.clock.now(),
    );
    return checked.ok
      ? { state: "approved", by: printable(checked.claims.by) }
      : { state: "failed", fault: checked.fault };
  }
}

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

interface Sent {
  method: "GET" | "POST" | "DELETE";
  token: string;
  body?: string;
  signal: AbortSignal;
}

async function send(address: string, request: Sent): Promise<Answer> {
  const response = await fetch(address, {
    method: request.method,
    headers: {
      authorization: `Bearer ${request.token}`,
      ...(request.body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(request.body === undefined ? {} : { body: request.body }),
    redirect: "manual", // the token is for this server alone
    signal: request.signal,
  });
  return { status: response.status, json: await readJson(response) };
}

function reproach(server: string, answer: Answer): { detail: string; hint: string } {
  if (answer.status === 401) {
    return { detail: `${server} does not know this host's token`, hint: JOIN_AGAIN };
  }
  if (answer.status === 422) {
    return { detail: `${server} does not accept this login's description`, hint: ODD_ANSWER };
  }
  return {
    detail: `${server} gives no usable answer (HTTP ${answer.status})`,
    hint: "it may be starting up, or a proxy answers in its place; try again in a moment",
  };
}

async function cancel(
  login: { address: string; secret: string },
  why: "hung_up" | "code_used",
): Promise<void> {
  try {
    await send(why === "hung_up" ? login.address : `${login.address}?reason=${why}`, {
      method: "DELETE",
      token: login.secret,
      signal: AbortSignal.timeout(CANCEL_MS),
    });
  } catch {
    // It expires by itself.
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
