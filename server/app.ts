/** The approval server as a function from request to answer. No port, no file, no clock of its own. */
import { Hono } from "hono";
import type { H, RouterRoute } from "hono/types";
import { answerError } from "./answer.ts";
import { Alerts } from "./alerts.ts";
import { Asked } from "./asked.ts";
import { Asking } from "./asking.ts";
import { Challenges } from "./challenges.ts";
import { Channels } from "./channels.ts";
import { Chat } from "./chat.ts";
import { CentralCodes } from "./central_codes.ts";
import { HostKeys } from "./central_join.ts";
import { HostReports } from "./host_reports.ts";
import { Collector } from "./collect.ts";
import { Contacts } from "./contacts.ts";
import { Decisions } from "./decisions.ts";
import type { AppConfig, Connection, Deps } from "./deps.ts";
import { Enrolling } from "./enrolling.ts";
import { Errands } from "./errands.ts";
import { Inboxes } from "./inboxes.ts";
import { Failures } from "./failures.ts";
import { Fault } from "./faults.ts";
import { guard } from "./guard.ts";
import { securityHeaders } from "./headers.ts";
import type { Env, Parts } from "./http.ts";
import { Limiter } from "./limiter.ts";
import { Live } from "./live.ts";
import { Logins } from "./logins.ts";
import { Metrics } from "./metrics.ts";
import { originCheck } from "./origin.ts";
import { PeopleRecords } from "./people_records.ts";
import { PinDelivery } from "./pin_delivery.ts";
import { PinLimits } from "./pin_limits.ts";
import { Pins } from "./pins.ts";
import { Records } from "./records.ts";
import { Sessions } from "./session.ts";
import { SignIn } from "./sign_in.ts";
import { LiteralFirstRouter } from "./router.ts";
import { alertRoutes } from "./routes/alert.ts";
import { reportRoutes } from "./routes/report.ts";
import { apiRoutes } from "./routes/api.ts";
import { assetRoutes } from "./routes/assets.ts";
import { boardRoutes } from "./routes/board.ts";
import { callbackRoutes } from "./routes/callback.ts";
import { codeRoutes } from "./routes/code.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { frozenRoutes } from "./routes/frozen.ts";
import { invitationRoutes } from "./routes/invitation.ts";
import { opsRoutes } from "./routes/ops.ts";
import { pageRoutes } from "./routes/page.ts";
import { signInRoutes } from "./routes/sign_in.ts";
import { ssh2faRoutes } from "./routes/ssh2fa.ts";
import { syncRoutes } from "./routes/sync.ts";
import { clientAddress } from "./source.ts";

export interface ServerApp {
  /** Never rejects. */
  fetch(request: Request, connection: Connection): Promise<Response>;
  /**
   * To be called every few seconds: ends overdue logins, forgets old ones, sends alerts that had to
   * wait. Never rejects.
   */
  sweep(): Promise<void>;
  /** To be called once: fetches what people answer in chats, and goes on with messages of before. */
  start(): Promise<void>;
  /**
   * Answers waiting polls `pending` at once, and all later ones. Resolves when nothing is fetched any
   * more.
   */
  stop(): Promise<void>;
  readonly metrics: Metrics;
  /** What is answered: method, or ALL, and path with its parameters' names. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
}

/** Each for up to five hundred accounts. */
const SYNCS_PER_MINUTE = 30;

export function createApp(given: Deps, config: AppConfig): ServerApp {
  const deps: Deps = {
    ...given,
    store: guard(given.store),
    audit: guard(given.audit),
    auditReader: guard(given.auditReader),
  };
  const parts = assemble(deps, config);
  const router = new LiteralFirstRouter<[H, RouterRoute]>();
  const app = new Hono<Env>({ router });
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
  syncRoutes(app, parts);
  alertRoutes(app, parts);
  reportRoutes(app, parts);
  callbackRoutes(app, parts);
  pageRoutes(app, parts);
  signInRoutes(app, parts);
  invitationRoutes(app, parts);
  deviceRoutes(app, parts);
  frozenRoutes(app, parts);
  boardRoutes(app, parts);
  assetRoutes(app);
  opsRoutes(app, parts);
  if (config.ssh2fa) ssh2faRoutes(app, parts);
  router.ready();
  app.notFound(() => {
    throw new Fault(404, "there is nothing at this address");
  });
  app.onError((error, c) => answerError(error, c, parts));

  return {
    fetch: async (request, connection) => await app.fetch(request, connection),
    sweep: () => sweep(parts),
    start: async () => {
      parts.inboxes.start();
      await parts.asking.start();
    },
    stop: async () => {
      parts.collector.stop();
      parts.live.stop();
      parts.asking.stop();
      await parts.inboxes.stop();
    },
    metrics: parts.metrics,
    routes: app.routes,
  };
}

function assemble(deps: Deps, config: AppConfig): Parts {
  const metrics = new Metrics(deps.clock);
  const channels = new Channels(deps.notifiers, deps.clock, deps.pinKey);
  const contacts = new Contacts(deps, config, channels);
  const alerts = new Alerts(deps, contacts);
  const records = new Records(deps, metrics, alerts);
  const asked = new Asked(deps, config, channels, records);
  const asking = new Asking(deps, config, channels, asked);
  const logins = new Logins(deps, config, records, alerts, asking);
  const people = new PeopleRecords(deps);
  const decisions = new Decisions(deps, config, logins, records, people, alerts, asking);
  const chat = new Chat(deps, decisions, asked, metrics);
  const pinLimits = new PinLimits(deps, channels);
  const delivery = new PinDelivery(deps, config, records, pinLimits, channels, contacts);
  const perMinute = (count: number) => new Limiter({ burst: count, perMinute: count }, deps.clock);
  const failures = new Failures(perMinute(config.limits.failuresPerMinutePerSource), deps.log);
  const sessions = new Sessions(deps, config);
  const challenges = new Challenges(deps);
  return {
    deps,
    config,
    logins,
    decisions,
    collector: new Collector(deps, config, logins, metrics),
    pins: new Pins(deps, config, logins, records, delivery, pinLimits, channels),
    central: new CentralCodes(deps, config, logins, records),
    hostKeys: new HostKeys(deps, alerts),
    reports: new HostReports(deps),
    sessions,
    signIn: new SignIn(deps, { alerts, failures, sessions }, challenges),
    enrolling: new Enrolling(deps, challenges),
    alerts,
    errands: new Errands(deps, alerts),
    channels,
    asking,
    chat,
    inboxes: new Inboxes(channels, chat),
    contacts,
    live: new Live(deps, config),
    failures,
    metrics,
    starts: perMinute(config.limits.loginsPerMinutePerHost),
    syncs: perMinute(SYNCS_PER_MINUTE),
  };
}

async function sweep({ alerts, errands, logins, deps }: Parts): Promise<void> {
  // First: the last of them forgets what is old, told or not.
  await errands.run();
  await alerts.sweep();
  try {
    await logins.sweep();
  } catch {
    deps.log("error", "overdue logins could not be written, trying again");
  }
}
