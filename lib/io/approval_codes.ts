/** Central codes at the approval servers: fetched, spent, and tried for a login that is open there. */
import * as v from "valibot";
import { LoginStatus } from "../core/api.ts";
import {
  CODES_PATH,
  CodesAnswer,
  type CodesRequest,
  CodesRevoked,
  SPEND_PATH,
  type SpendRequest,
} from "../core/central_api.ts";
import type { ServersWord } from "../login/central_codes.ts";
import type { Clock } from "../ports.ts";
import {
  type Answer,
  type ClientConfig,
  type OpenLogin,
  reproach,
  saying,
  send,
} from "./approval_wire.ts";

const TRY_MS = 5_000;
const FETCH_MS = 20_000;

export type Fetched =
  | { readonly kind: "sealed"; readonly sealed: string; readonly version: string | undefined }
  /** A server answers that this host's token is worth nothing. `signed`: its word for it, see revocation.ts. */
  | {
    readonly kind: "revoked";
    readonly server: string;
    readonly signed: string | undefined;
  }
  /** This host is to ask again so much later. */
  | { readonly kind: "busy"; readonly server: string; readonly retryAfterS: number }
  /** "no_key": the server has no key of this host. `detail`: what a server says. */
  | { readonly kind: "refused"; readonly why: "no_key" | "other"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

type Servers = Pick<ClientConfig, "servers" | "token">;

/** From the first server that answers. */
export async function fetchCodes(
  { servers, token }: Servers,
  request: CodesRequest,
): Promise<Fetched> {
  const body = JSON.stringify(request);
  let last: Fetched = { kind: "unreachable", detail: "no approval server is configured" };
  for (const server of servers) {
    try {
      const signal = AbortSignal.timeout(FETCH_MS);
      const how = { method: "POST", token, body, signal, longest: LONGEST_SET } as const;
      const answer = await send(`${server}${CODES_PATH}`, how);
      const codes = v.safeParse(CodesAnswer, answer.json);
      if (answer.status === 200 && codes.success) {
        const { sealed, version } = codes.output;
        return { kind: "sealed", sealed, version };
      }
      const refused = refusal(server, answer);
      if (refused !== undefined) return refused;
      last = { kind: "unreachable", detail: reproach(server, answer).detail };
    } catch {
      last = { kind: "unreachable", detail: `${server} does not answer` };
    }
  }
  return last;
}

/** Of as many accounts as are asked for at once, each with several authenticators. */
const LONGEST_SET = 2_097_152;

/** Only what says so in our own form: a proxy that refuses everything must not empty this host. */
function refusal(
  server: string,
  { status, json, problem, retryAfterS = 1 }: Answer,
): Fetched | undefined {
  if (problem === undefined || status >= 500 || problem.status !== status) return undefined;
  if (status === 401) {
    const more = v.safeParse(CodesRevoked, json);
    return { kind: "revoked", server, signed: more.success ? more.output.revoked : undefined };
  }
  if (status === 429) return { kind: "busy", server, retryAfterS };
  const why = problem.reason === "no_codes_key" ? "no_key" : "other";
  return { kind: "refused", why, detail: `${server}: ${saying(problem)}` };
}

/** Spends at the first server that answers what this host has found right. Never rejects. */
export async function spendCode(
  { servers, token, connectTimeoutMs }: Servers & Pick<ClientConfig, "connectTimeoutMs">,
  request: SpendRequest,
  clock: Clock,
): Promise<ServersWord> {
  const body = JSON.stringify(request);
  for (const server of servers) {
    const address = `${server}${SPEND_PATH}`;
    const answer = await post(address, token, body, connectTimeoutMs);
    if (answer?.status === 204) return { kind: "right" };
    const word = wordOf(answer, clock);
    if (word.kind !== "no_answer") return word;
  }
  return { kind: "no_answer" };
}

/** @param code six digits */
export async function tryCode(login: OpenLogin, code: string, clock: Clock): Promise<ServersWord> {
  const { address, secret } = login;
  const answer = await post(`${address}/code`, secret, JSON.stringify({ code }), TRY_MS);
  const status = v.safeParse(LoginStatus, answer?.json);
  if (answer?.status === 200 && status.success) {
    if (status.output.state === "approved") return { kind: "right" };
    // It has ended another way, as whoever waits for it hears just now.
    return { kind: "refused", answer: { ok: false, why: "unchecked" } };
  }
  return wordOf(answer, clock);
}

/** A problem document of 4xx is a server's own no; anything else may be anybody's. */
function wordOf(answer: Answer | undefined, clock: Clock): ServersWord {
  const { status = 0, problem, retryAfterS = 1 } = answer ?? {};
  if (problem === undefined || status < 400 || status >= 500) return { kind: "no_answer" };
  if (status === 429) {
    const retryAt = clock.now() + retryAfterS * 1000;
    return { kind: "refused", answer: { ok: false, why: "limited", retryAt } };
  }
  const why = problem.reason === "spent_code" ? "spent" : "wrong";
  return { kind: "refused", answer: { ok: false, why } };
}

async function post(
  address: string,
  token: string,
  body: string,
  withinMs: number,
): Promise<Answer | undefined> {
  try {
    return await send(address, {
      method: "POST",
      token,
      body,
      signal: AbortSignal.timeout(withinMs),
    });
  } catch {
    return undefined;
  }
}
