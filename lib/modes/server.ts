/** `gatehouse server`: builds the adapters, starts the HTTP side, stops in good order. */
import { createApp, type ServerApp } from "../../server/app.ts";
import type { AppConfig, Deps, Log } from "../../server/deps.ts";
import { STREAMS } from "../../server/live.ts";
import { INVITATION_PATH } from "../../server/paths.ts";
import { ESCALATE_AFTER_MS } from "../config/approval.ts";
import {
  type ServerOptions,
  type ServerSettings,
  serverSettings,
} from "../config/server_settings.ts";
import { inNetwork } from "../core/cidr.ts";
import { expandGroup } from "../core/host_group.ts";
import { passkeySite } from "../core/passkey.ts";
import { actAsOwner } from "../io/act_as_owner.ts";
import { AuditFile } from "../io/audit_file.ts";
import { AuditPages } from "../io/audit_pages.ts";
import { channelSecrets } from "../io/channel_secrets.ts";
import { systemClock } from "../io/clock.ts";
import { keepAlive } from "../io/keepalive.ts";
import { Listener } from "../io/listener.ts";
import { type LogFormat, openLogger } from "../io/logger.ts";
import { raiseOpenFiles } from "../io/open_files.ts";
import { terminalOut } from "../io/out.ts";
import { systemRandom } from "../io/random.ts";
import { readServerConfig, readTlsFiles, type TlsFiles } from "../io/server_config.ts";
import { WebauthnPasskeys } from "../io/passkeys.ts";
import { openSealer } from "../io/sealed.ts";
import { openServerKeys } from "../io/server_keys.ts";
import { stopSignal } from "../io/signals.ts";
import { SqliteStore } from "../io/sqlite_store.ts";
import { stdoutIsJournal } from "../io/surroundings.ts";
import { after, repeatedly } from "../io/timers.ts";
import { openChannels } from "../wiring/channels.ts";
import { greetFirst } from "../wiring/first_run.ts";

/** What is done between requests: overdue logins, and whether the port is still open. */
const TICK_MS = 15_000;
/** Descriptors kept free for the database, the logs and connections that ask nothing. */
const RESERVED_FILES = 200;

interface RunOptions extends ServerOptions {
  readonly config?: string;
  readonly logFormat?: LogFormat;
}

/** Resolves when the server was told to stop and has stopped. @throws Failure */
export async function runServer(options: RunOptions): Promise<void> {
  const settings = serverSettings(options, readServerConfig(options.config));
  const log = openLogger(options.logFormat ?? "text", terminalOut.error);
  // Before root becomes the owner of the data: the key is often root's alone.
  const tls = readTlsFiles(settings.file);
  const ready = channelSecrets(settings.file.notify, () => {
    actAsOwner(settings.data);
    // Whether they could start the server as well: `gatehouse notify` asks the same.
    readServerConfig(options.config);
  });
  const keys = await openServerKeys(settings.data);
  const sealer = await openSealer(settings.data);
  const store = SqliteStore.open(settings.data, "server");
  try {
    const audit = AuditFile.open(settings.data, systemClock);
    try {
      const auditReader = new AuditPages(settings.data);
      const clock = systemClock;
      const ports = { store, audit, auditReader, clock, random: systemRandom, after, log };
      await using channels = openChannels(ready, settings.data, { ...ports, sealer });
      const { notifiers } = channels;
      const json = options.logFormat === "json";
      await serve(settings, tls, { ...ports, ...keys, sealer, notifiers }, json);
    } finally {
      await audit.close();
    }
  } finally {
    await store.close();
  }
  log("info", "stopped");
}

/** From listening to the last answer. */
async function serve(
  settings: ServerSettings,
  tls: TlsFiles | undefined,
  deps: Omit<Deps, "passkeys">,
  json: boolean,
): Promise<void> {
  const { log, store } = deps;
  const running: { app?: ServerApp } = {};
  const listener = Listener.open({
    ...settings.listen,
    ...(tls === undefined ? {} : { tls }),
    answer: async (request, remote) =>
      await running.app?.fetch(request, { remote }) ?? new Response(null, { status: 503 }),
    onListen: keepAlive(),
    onRestart: () => log("warning", "the port had been closed and is open again"),
  });
  const scheme = tls === undefined ? "http" : "https";
  const publicUrl = settings.publicUrl ??
    `${scheme}://${bracketed(listener.reachable)}:${listener.port}`;
  const site = passkeySite(publicUrl);
  const passkeys = site.usable ? new WebauthnPasskeys(site) : undefined;
  const config = appConfig(settings, publicUrl);
  const app = createApp({ ...deps, passkeys }, config);
  running.app = app;
  let stopRounds = () => Promise.resolve();
  try {
    const stop = stopSignal();
    await store.setPublicUrl(publicUrl);
    await store.setRules(config.approval);
    await app.start();
    stopRounds = repeatedly(TICK_MS, async () => {
      await app.sweep();
      await listener.check();
    });
    log("info", "listening", {
      listen: `${bracketed(settings.listen.hostname)}:${listener.port}`,
      public_url: publicUrl,
      data: settings.data,
    });
    warn(settings, tls !== undefined, log);
    if ((await store.hosts()).every((host) => host.revokedAt !== null)) {
      const next = `gatehouse host add NAME --data ${settings.data}`;
      log("info", "no host has been added yet", { next });
    }
    await greetFirst(deps, {
      address: `${publicUrl}${INVITATION_PATH}`,
      out: terminalOut,
      json,
      kept: stdoutIsJournal(),
      log,
    });
    log("info", "stopping", { signal: await stop });
  } finally {
    await Promise.all([app.stop(), stopRounds(), listener.close()]);
  }
}

function appConfig({ file }: ServerSettings, publicUrl: string): AppConfig {
  const { approval, accounts, routing, groups, limits, pin, codes, notify, compat, metrics } = file;
  return {
    publicUrl,
    approval: {
      require: approval.require,
      twoPersons: accounts.filter(({ approvers }) => approvers === 2)
        .flatMap(({ match }) => match.flatMap((pattern) => expandGroup(pattern, groups))),
      grants: { longestMs: approval.grants_max, ipv6Prefix: approval.grants_ipv6 },
      groups,
    },
    routing: {
      nextAfterMs: routing.next_after,
      escalations: accounts.filter(({ escalate }) => escalate !== undefined)
        .map(({ match, escalate = [], escalate_after = ESCALATE_AFTER_MS }) => ({
          accounts: match.flatMap((pattern) => expandGroup(pattern, groups)),
          persons: escalate,
          afterMs: escalate_after,
        })),
    },
    numberMatch: approval.number_match,
    limits: {
      pendingPerAccount: limits.pending_per_account,
      loginsPerMinutePerHost: limits.logins_per_minute_per_host,
      failuresPerMinutePerSource: limits.failures_per_minute_per_source,
      requestsAtOnce: Math.max(RESERVED_FILES, raiseOpenFiles() - RESERVED_FILES - STREAMS),
    },
    trustedProxies: file.trusted_proxies,
    pin: { ttlMs: pin.ttl, tries: pin.tries },
    codes: {
      accounts: codes.accounts.flatMap((pattern) => expandGroup(pattern, groups)),
      validForMs: codes.offline,
    },
    alerts: new Map(notify.map(({ name, alerts }) => [name, alerts])),
    ssh2fa: compat.ssh2fa,
    metricsAllow: metrics.allow,
  };
}

function warn({ listen, publicUrl, file }: ServerSettings, tls: boolean, log: Log): void {
  const { hostname } = listen;
  const loopback = hostname === "localhost" ||
    ["127.0.0.0/8", "::1/128"].some((network) => inNetwork(hostname, network));
  if (loopback) return;
  if (!tls && file.trusted_proxies.length === 0) {
    const hint = "set tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy with TLS";
    log("warning", "plain http can be read and changed on the way", { hint });
  }
  if (publicUrl === undefined) {
    log("warning", "links will not open elsewhere", { hint: "set public_url or --public-url" });
  }
}

function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
