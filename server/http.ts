/** What all routes share: who asks, which methods there are, tokens. */
import type { Context, Hono } from "hono";
import type { Alerts } from "./alerts.ts";
import type { Asking } from "./asking.ts";
import type { CentralCodes } from "./central_codes.ts";
import type { HostKeys } from "./central_join.ts";
import type { HostReports } from "./host_reports.ts";
import type { Channels } from "./channels.ts";
import type { Chat } from "./chat.ts";
import type { Contacts } from "./contacts.ts";
import { received } from "./body.ts";
import type { Collector } from "./collect.ts";
import type { Decisions } from "./decisions.ts";
import type { AppConfig, Connection, Deps } from "./deps.ts";
import type { Failures } from "./failures.ts";
import { Fault } from "./faults.ts";
import type { Enrolling } from "./enrolling.ts";
import type { Errands } from "./errands.ts";
import type { Inboxes } from "./inboxes.ts";
import type { Limiter } from "./limiter.ts";
import type { Live } from "./live.ts";
import type { Logins } from "./logins.ts";
import type { Metrics } from "./metrics.ts";
import { pickLanguage } from "./messages/language.ts";
import type { Frame } from "./pages/layout.tsx";
import { MY_DEVICES, prefixOf, SIGN_IN } from "./paths.ts";
import type { Pins } from "./pins.ts";
import type { Sessions, SignedIn } from "./session.ts";
import type { SignIn } from "./sign_in.ts";

export interface Env {
  Bindings: Connection;
  /** `source`: the client's address as text. */
  Variables: { source: string };
}
export type Ctx = Context<Env>;
export type App = Hono<Env>;

/** The parts that routes use. */
export interface Parts {
  readonly deps: Deps;
  readonly config: AppConfig;
  readonly logins: Logins;
  readonly decisions: Decisions;
  readonly collector: Collector;
  readonly pins: Pins;
  readonly central: CentralCodes;
  readonly hostKeys: HostKeys;
  readonly reports: HostReports;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly enrolling: Enrolling;
  readonly alerts: Alerts;
  readonly errands: Errands;
  readonly channels: Channels;
  readonly asking: Asking;
  readonly chat: Chat;
  readonly inboxes: Inboxes;
  readonly contacts: Contacts;
  readonly live: Live;
  readonly failures: Failures;
  readonly metrics: Metrics;
  /** Logins started, by host or (SSH2FA's) by source. */
  readonly starts: Limiter;
  /** Fetched codes, by host. */
  readonly syncs: Limiter;
}

type Handler = (c: Ctx) => Response | Promise<Response>;
type Method = "GET" | "POST" | "DELETE";

/**
 * One address with its methods; any other method gets 405.
 * @param head whether HEAD may be answered like GET, that is, whether GET changes nothing
 */
export function resource(
  app: App,
  path: string,
  methods: Partial<Record<Method, Handler>>,
  { head = false } = {},
): void {
  const names = Object.keys(methods);
  const allow = (head ? [...names, "HEAD"] : names).join(", ");
  const refuse = () => {
    throw new Fault(405, `use ${allow}`, { headers: { allow } });
  };
  for (const [method, handler] of Object.entries(methods)) {
    // Hono sends HEAD to the handler of GET.
    app.on(method, path, (c) => c.req.method === "HEAD" && !head ? refuse() : handler(c));
  }
  app.all(path, refuse);
}

type PersonHandler = (c: Ctx, who: SignedIn) => Response | Promise<Response>;

interface PageRights {
  readonly role: "person" | "administrator";
  /** These methods change what is sensitive, and need a proof that is minutes old. */
  readonly fresh?: readonly Method[];
  /** Also for those who signed in by a recovery code. */
  readonly recovering?: boolean;
  /** Asked by a script of an open page, so it does not keep the session from idling out. */
  readonly background?: boolean;
}

/** A page of those who are signed in; what answers is told who it is. */
export function page(
  app: App,
  parts: Parts,
  path: string,
  { role, fresh = [], recovering = false, background = false }: PageRights,
  methods: Partial<Record<"GET" | "POST", PersonHandler>>,
): void {
  const guarded = Object.entries(methods).map(([method, handler]) => {
    const needsFresh = fresh.some((name) => name === method);
    const answer = async (c: Ctx) => {
      // First the body: while somebody sends it slowly, a session or a right may end.
      if (method === "POST") c.req.raw = await received(c.req.raw, parts.deps.after);
      const who = await parts.sessions.of(c, !background);
      if (who === undefined) return toSignIn(c, parts, false);
      if (who.recovering && !recovering) {
        return c.redirect(`${prefixOf(parts.config.publicUrl)}${MY_DEVICES}`, 303);
      }
      if (role === "administrator" && !who.person.administrator) {
        throw new Fault(403, "this is for administrators", { reason: "not_allowed" });
      }
      if (needsFresh && !who.fresh) return toSignIn(c, parts, true);
      return await handler(c, who);
    };
    return [method, answer] as const;
  });
  resource(app, path, Object.fromEntries(guarded), { head: "GET" in methods });
}

/**
 * What was sent with a POST is not kept: it is to be sent again, by somebody who has seen it.
 * @param again although there is a session: its proof is too old
 */
function toSignIn(c: Ctx, { config }: Parts, again: boolean): Response {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") {
    const detail = again ? "prove again who you are" : "sign in first";
    throw new Fault(401, detail, { reason: again ? "proof_too_old" : "not_signed_in" });
  }
  const query = new URLSearchParams({ to: c.req.path, ...(again ? { again: "1" } : {}) });
  return c.redirect(`${prefixOf(config.publicUrl)}${SIGN_IN}?${query}`, 303);
}

/** What is around a page. @param who is signed in */
export function frameOf(c: Ctx, { config }: Parts, who?: SignedIn): Frame {
  const own = who?.person.language ?? "auto";
  return {
    language: own === "auto" ? pickLanguage(c.req.header("accept-language")) : own,
    prefix: prefixOf(config.publicUrl),
    at: c.req.path,
    person: who?.person,
  };
}

/** @throws Fault 401 */
export function bearer(c: Ctx): string {
  const header = c.req.header("authorization") ?? "";
  const [, token] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(header) ?? [];
  if (token === undefined) throw unauthorized("send the token as Authorization: Bearer TOKEN");
  return token;
}

export function unauthorized(detail: string): Fault {
  return new Fault(401, detail, { headers: { "www-authenticate": "Bearer" } });
}

/** Unknown ids and wrong secrets are what a guesser produces. */
export async function countingFailures(
  c: Ctx,
  { failures }: Parts,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof Fault) || (error.status !== 401 && error.status !== 404)) throw error;
    const fault = error.status === 401 ? unauthorized(error.detail) : error;
    throw failures.of(c.get("source"), fault);
  }
}
