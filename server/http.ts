/** What all routes share: who asks, which methods there are, tokens. */
import type { Context, Hono } from "hono";
import type { Alerts } from "./alerts.ts";
import type { Collector } from "./collect.ts";
import type { AppConfig, Connection, Deps } from "./deps.ts";
import type { Failures } from "./failures.ts";
import { Fault } from "./faults.ts";
import type { Limiter } from "./limiter.ts";
import type { Logins } from "./logins.ts";
import type { Metrics } from "./metrics.ts";
import type { Pins } from "./pins.ts";

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
  readonly collector: Collector;
  readonly pins: Pins;
  readonly alerts: Alerts;
  readonly failures: Failures;
  readonly metrics: Metrics;
  /** Logins started, by host or (SSH2FA's) by source. */
  readonly starts: Limiter;
}

type Handler = (c: Ctx) => Response | Promise<Response>;

/**
 * One address with its methods; any other method gets 405.
 * @param head whether HEAD may be answered like GET, that is, whether GET changes nothing
 */
export function resource(
  app: App,
  path: string,
  methods: Partial<Record<"GET" | "POST" | "DELETE", Handler>>,
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
