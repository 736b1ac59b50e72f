/** The approval server as a function from request to answer. No port, no file, no clock of its own. */
import { Hono } from "hono";
import { answerError } from "./answer.ts";
import { Alerts } from "./alerts.ts";
import { Collector } from "./collect.ts";
import type { AppConfig, Connection, Deps } from "./deps.ts";
import { Failures } from "./failures.ts";
import { Fault } from "./faults.ts";
import { guard } from "./guard.ts";
import { securityHeaders } from "./headers.ts";
import type { Env, Parts } from "./http.ts";
import { Limiter } from "./limiter.ts";
import { Logins } from "./logins.ts";
import { Metrics } from "./metrics.ts";
import { originCheck } from "./origin.ts";
import { PinDelivery } from "./pin_delivery.ts";
import { PinLimits } from "./pin_limits.ts";
import { Pins } from "./pins.ts";
import { Records } from "./records.ts";
import { alertRoutes } from "./routes/alert.ts";
import { apiRoutes } from "./routes/api.ts";
import { codeRoutes } from "./routes/code.ts";
import { opsRoutes } from "./routes/ops.ts";
import { pageRoutes } from "./routes/page.ts";
import { ssh2faRoutes } from "./routes/ssh2fa.ts";
import { clientAddress } from "./source.ts";

export interface ServerApp {
  /** Never rejects. */
  fetch(request: Request, connection: Connection): Promise<Response>;
  /**
   * To be called every few seconds: ends overdue logins, forgets old ones, sends alerts that had to
   * wait. Never rejects.
   */
  sweep(): Promise<void>;
  /** Answers waiting polls `pending` at once, and all later ones. */
  stop(): void;
  readonly metrics: Metrics;
}

export function createApp(given: Deps, config: AppConfig): ServerApp {
  const deps: Deps = { ...given, store: guard(given.store), audit: guard(given.audit) };
  const parts = assemble(deps, config);
  const app = new Hono<Env>();
  let answering = 0;

  const setHeaders = securityHeaders(config.publicUrl);
  const checkOrigin = originCheck(config.publicUrl);
  // Two and no more: each middleware costs a waiting poll a kilobyte.
  app.use(async function finish(c, next) {
    await next();
    setHeaders(c.res.headers);
    parts.metrics.answered(c.res.status);
  });
  app.use(async function admit(c, next) {
    if (answering >= config.limits.requestsAtOnce) {
      throw new Fault(503, "too many requests at once", { headers: { "retry-after": "1" } });
    }
    answering++;
    try {
      const forwarded = c.req.header("x-forwarded-for");
      c.set("source", clientAddress(c.env.remote, forwarded, config.trustedProxies));
      checkOrigin(c);
      await next();
    } finally {
      answering--;
    }
  });

  apiRoutes(app, parts);
  codeRoutes(app, parts);
  alertRoutes(app, parts);
  pageRoutes(app, parts);
  opsRoutes(app, parts);
  if (config.ssh2fa) ssh2faRoutes(app, parts);
  app.notFound(() => {
    throw new Fault(404, "there is nothing at this address");
  });
  app.onError((error, c) => answerError(error, c, parts));

  return {
    fetch: async (request, connection) => await app.fetch(request, connection),
    sweep: () => sweep(parts),
    stop: () => parts.collector.stop(),
    metrics: parts.metrics,
  };
}

function assemble(deps: Deps, config: AppConfig): Parts {
  const metrics = new Metrics(deps.clock);
  const records = new Records(deps, metrics);
  const logins = new Logins(deps, config, records, metrics);
  const pinLimits = new PinLimits(deps);
  const delivery = new PinDelivery(deps, config, records, pinLimits);
  const perMinute = (count: number) => new Limiter({ burst: count, perMinute: count }, deps.clock);
  return {
    deps,
    config,
    logins,
    collector: new Collector(deps, config, logins, metrics),
    pins: new Pins(deps, config, logins, records, delivery, pinLimits),
    alerts: new Alerts(deps, config),
    failures: new Failures(perMinute(config.limits.failuresPerMinutePerSource), deps.log),
    metrics,
    starts: perMinute(config.limits.loginsPerMinutePerHost),
  };
}

async function sweep({ alerts, logins, deps }: Parts): Promise<void> {
  // First: the other forgets what is old, told or not.
  await alerts.sweep();
  try {
    await logins.sweep();
  } catch {
    deps.log("error", "overdue logins could not be written, trying again");
  }
}
