/** What all requests to an approval server have in common: the question, the wire, the verdict. */
import * as v from "valibot";
import { LOGINS_PATH, MAX_COMMAND_SENT, Problem } from "../core/api.ts";
import type { Attempt } from "../core/attempt.ts";
import { base64url, sha256Hex } from "../core/encoding.ts";
import { printable } from "../core/text.ts";
import { unreachableHint } from "../core/unreachable.ts";
import { USER_AGENT } from "../core/version.ts";
import type { Expected } from "../core/verdict.ts";
import type { Asked, Ending } from "../login/doors.ts";
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
  /** A link that is not signed is not shown. */
  readonly signedOffers: boolean;
}

const CANCEL_MS = 1_000;

const NO_SERVER = {
  kind: "unreachable",
  detail: "no approval server is configured",
  hint: "name one in host.toml",
} as const;
export const JOIN_AGAIN = "ask the administrator to join this host again: gatehouse join";
const ODD_ANSWER = "it may be another program, or of another version; ask the administrator";

/** Its id comes with the answer. */
export type NewLogin = Omit<Expected, "jti">;

export type Verify = typeof import("../core/verdict.ts").checkVerdict;

export type NoUse = Extract<Asked, { kind: "unreachable" | "unusable" }>;

/** What is asked, and what a verdict must say to answer just that. */
export async function question(
  attempt: Attempt,
  { host, timeoutMs }: ClientConfig,
  random: Random,
): Promise<{ question: Record<string, unknown>; expected: NewLogin }> {
  const { user, service, source, tty, command, commandHash, key } = attempt;
  // Some programs take it from the network.
  const requester = attempt.requester === null ? undefined : printable(attempt.requester);
  const nonce = base64url(random.bytes(32));
  // Never half a character at the cut.
  const text = command?.slice(0, MAX_COMMAND_SENT).toWellFormed();
  const textHash = text === undefined ? "" : await sha256Hex(text);
  return {
    question: {
      user,
      service,
      source,
      ...(requester === undefined ? {} : { requester }),
      tty,
      nonce,
      timeout: Math.max(1, Math.round(timeoutMs / 1000)),
      ...(command === null ? {} : { command: text ?? null }),
      // Shortened, or not UTF-8: what is shown is not all that will run, and this says so.
      ...(textHash === commandHash ? {} : { command_sha256: commandHash }),
      ...(key === null ? {} : { key }),
    },
    expected: {
      aud: host,
      sub: user,
      svc: service,
      src: source,
      cmd: commandHash,
      nonce,
      cmd_shown: textHash,
      key: key ?? "",
      requester: requester ?? "",
      tty,
    },
  };
}

/** Asks one server after another. One that answered, however oddly, says more than one that did not. */
export async function askEach<T extends { kind: string }>(
  servers: readonly string[],
  ask: (server: string) => Promise<T | NoUse>,
): Promise<T | NoUse> {
  let last: T | NoUse | undefined;
  for (const server of servers) {
    const asked = await ask(server);
    if (asked.kind !== "unreachable" && asked.kind !== "unusable") return asked;
    if (last?.kind !== "unusable") last = asked;
  }
  return last ?? NO_SERVER;
}

export interface Answer {
  readonly status: number;
  readonly json: unknown;
  /** Of a problem document, harmless to print. */
  readonly problem?: Problem;
  /** Seconds, as the Retry-After header says (RFC 9110, 10.2.3). */
  readonly retryAfterS?: number;
}

/** Starts a login. @returns the answer, or why there is none */
export async function create(
  server: string,
  token: string,
  body: string,
  withinMs: number,
): Promise<Answer | NoUse> {
  try {
    return await send(`${server}${LOGINS_PATH}`, {
      method: "POST",
      token,
      body,
      signal: AbortSignal.timeout(withinMs),
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
}

interface Sent {
  method: "GET" | "POST" | "DELETE";
  token: string;
  body?: string;
  signal: AbortSignal;
  /** Characters that the answer may have, where that is more than usual. */
  longest?: number;
}

/** @throws what fetch does, and UnusableAnswer */
export async function send(address: string, request: Sent): Promise<Answer> {
  const response = await fetch(address, {
    method: request.method,
    headers: {
      authorization: `Bearer ${request.token}`,
      "user-agent": USER_AGENT,
      ...(request.body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(request.body === undefined ? {} : { body: request.body }),
    redirect: "manual", // the token is for this server alone
    signal: request.signal,
  });
  const json = await readJson(response, request.longest);
  const { status, headers } = response;
  const problem = status < 400 ? undefined : v.safeParse(Problem, json);
  const after = /^[0-9]{1,6}$/.exec(headers.get("retry-after") ?? "")?.[0];
  return {
    status,
    json,
    ...(problem?.success ? { problem: problem.output } : {}),
    ...(after === undefined ? {} : { retryAfterS: Number(after) }),
  };
}

/** Why a server will not have a login, by its answer; undefined when it is no refusal. */
export function refusalOf({ status, problem }: Answer): "frozen" | "busy" | "quiet" | undefined {
  if (problem === undefined) return undefined;
  if (status === 403) return "frozen";
  if (status === 429) return problem.reason === "quiet" ? "quiet" : "busy";
  return undefined;
}

/** What a server gives as its reason, harmless to print. */
export function saying({ title, detail }: Problem): string {
  return printable(detail ?? title);
}

/** What is wrong with an answer that is none of those expected. */
export function reproach(server: string, answer: Answer): Extract<Asked, { kind: "unusable" }> {
  const unusable = (detail: string, hint: string) => ({ kind: "unusable", detail, hint }) as const;
  if (answer.status === 401) {
    return unusable(`${server} does not know this host's token`, JOIN_AGAIN);
  }
  if (answer.status === 422) {
    return unusable(`${server} does not accept this login's description`, ODD_ANSWER);
  }
  return unusable(
    `${server} gives no usable answer (HTTP ${answer.status})`,
    "it may be starting up, or a proxy answers in its place; try again in a moment",
  );
}

/** A login of ours at a server. */
export interface OpenLogin {
  readonly address: string;
  readonly secret: string;
}

export async function cancel(login: OpenLogin, why: "hung_up" | "code_used"): Promise<void> {
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

/** The JWS library, with the keys made ready: best loaded while nobody waits for it. */
export async function loadVerifier(pinned: readonly Uint8Array[]): Promise<Verify> {
  const verdicts = await import("../core/verdict.ts");
  await verdicts.prepareToCheck(pinned);
  return verdicts.checkVerdict;
}

/** Approved only by a verdict that a pinned key signed for exactly this login. */
export async function verified(
  verdict: string | undefined,
  expected: Expected,
  { pinned }: ClientConfig,
  clock: Clock,
  verifier: Promise<Verify> = import("../core/verdict.ts").then((m) => m.checkVerdict),
): Promise<Ending> {
  if (verdict === undefined) return { state: "failed", fault: "the server sent no verdict" };
  const checked = await (await verifier)(verdict, pinned, expected, clock.now());
  return checked.ok
    ? { state: "approved", by: printable(checked.claims.by) }
    : { state: "failed", fault: checked.fault };
}
