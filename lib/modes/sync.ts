/** `gatehouse sync`, on a host as root: fetches the codes that count here, see docs/codes.md. */
import {
  DEFAULT_HOST_CONFIG,
  hasServers,
  type JoinedHostConfig,
  parseHostConfig,
} from "../config/host.ts";
import { describeWhy } from "../core/attempt.ts";
import { type CodesRequest, MAX_NAMES } from "../core/central_api.ts";
import { type CentralSet, openSet } from "../core/central_set.ts";
import { base64url, sha256Hex } from "../core/encoding.ts";
import { describeError, Exit, Failure } from "../core/errors.ts";
import { folderOfAll } from "../core/path_template.ts";
import { keyValue, printable } from "../core/text.ts";
import { parseServerKey } from "../core/verdict_key.ts";
import { allAccounts } from "../io/accounts.ts";
import { forgetAlert, keptAlerts } from "../io/alert_spool.ts";
import { sendAlert } from "../io/approval_alert.ts";
import { fetchCodes, type Fetched } from "../io/approval_codes.ts";
import { CentralFiles, isName, type Kept } from "../io/central_files.ts";
import { systemClock } from "../io/clock.ts";
import { ROOTS_OWN } from "../io/code_config.ts";
import { hostKeyPath, readHostKey } from "../io/host_key.ts";
import type { Out } from "../io/out.ts";
import { systemRandom } from "../io/random.ts";
import { readTrusted } from "../io/secure_file.ts";
import { forgetSteering } from "../io/surroundings.ts";
import { syslog } from "../io/syslog.ts";
import { after } from "../io/timers.ts";
import { trustSystemRoots } from "../io/tls_roots.ts";

export interface SyncOptions {
  /** `--config FILE`, a host.toml */
  readonly config?: string;
  /** `--quiet`: says nothing when all is well. */
  readonly quiet?: boolean;
}

/** Names of one request: its body has 16 KiB at most. */
const MAX_LETTERS = 8_000;
/** Programs instead of a shell: nobody logs in to such an account. */
const NO_SHELL = /\/(nologin|false|sync|halt|shutdown)$/;
/** The gate runs as the account, and they are root's alone. */
const BY_PAM = "PAM alone reads them: at the gate, they count while a server answers";
/** For one alert: nobody waits here. */
const ALERT_WITHIN_MS = 10_000;
/** A server that is busy for longer is asked by the next run. */
const PATIENCE_S = 30;
const NONE_GIVEN =
  "the server gives this host no codes: whose it gives, accounts under [codes] in its " +
  "server.toml says; and those people register an authenticator for hosts on the page of their devices";
const ADD_ANEW = "at the server: gatehouse host revoke NAME, gatehouse host add NAME; here move " +
  "host.toml away, and join as root with the new token";

interface Host {
  readonly servers: readonly string[];
  readonly name: string;
  readonly token: string;
  readonly pinned: readonly Uint8Array[];
  readonly pair: { readonly x: string; readonly d: string };
}

interface Report extends Record<Kept, string[]> {
  readonly removed: string[];
  readonly failed: string[];
}

/**
 * @throws Failure: 75 when no server answers or it is busy, 77 when it knows this host no more, 78 when something is
 *   not in order here
 */
export async function sync({ config, quiet = false }: SyncOptions, out: Out): Promise<void> {
  const path = config ?? DEFAULT_HOST_CONFIG;
  const file = readFile(path);
  forgetSteering();
  trustSystemRoots();
  await tellKept(file);
  const { host, folder } = open(path, file);
  const files = new CentralFiles(folder);
  const names = allAccounts().filter(({ name, shell }) => isName(name) && !NO_SHELL.test(shell))
    .map(({ name }) => name);
  const sets = await fetchAll(host, [...new Set(names)], files);
  const report = await keepAll(sets, files);
  const changed = [...report.new, ...report.changed, ...report.removed].length > 0;
  if (changed) syslog("notice", `sync ${describe(report)}`);
  if (!quiet || changed || report.own.length > 0) out.line(sentence(report));
  if (!quiet && sets.every(({ accounts }) => accounts.length === 0)) out.line(NONE_GIVEN);
  if (!quiet && files.names().length > 0) out.line(BY_PAM);
  if (report.failed.length > 0) throw cannotKeep(report.failed);
}

/** @throws Failure */
function readFile(path: string): JoinedHostConfig {
  if (Deno.uid() !== 0) {
    throw new Failure(Exit.denied, "only root may sync", "what it fetches is root's alone");
  }
  const file = parseHostConfig(readTrusted(path, [0]), path);
  if (!hasServers(file)) {
    throw new Failure(Exit.config, "this host has no server to ask", "gatehouse join URL");
  }
  return file;
}

/** What logins could not tell when no server answered. What cannot be told now waits on. */
async function tellKept({ host_token: token, servers }: JoinedHostConfig): Promise<void> {
  const names = new Map(allAccounts().map(({ name, uid }) => [uid, name]));
  const hash = await sha256Hex(new TextEncoder().encode(token));
  try {
    const { alerts, dropped } = keptAlerts(hash, (uid) => names.get(uid), systemClock.now());
    if (dropped > 0) syslog("warning", `alerts thrown away count=${dropped}`);
    for (const { path, alert } of alerts) {
      const why = await sendAlert({ servers, token }, alert, ALERT_WITHIN_MS);
      if (why !== undefined) {
        return syslog("warning", `alerts wait count=${alerts.length} ${describeWhy(why)}`);
      }
      forgetAlert(path);
    }
  } catch (error) {
    syslog("warning", `alerts cannot be read ${describeWhy(describeError(error))}`);
  }
}

/** @throws Failure */
function open(path: string, file: JoinedHostConfig): { host: Host; folder: string } {
  const secret = file.codes.secret ?? ROOTS_OWN.secret;
  const folder = folderOfAll(secret);
  if (folder === undefined) {
    throw new Failure(
      Exit.config,
      `codes.secret leads to ${printable(secret)}, and fetched codes are root's alone`,
      `leave it out of ${printable(path)}, or let it end in a folder of root's and /\${USER}`,
    );
  }
  const keyPath = hostKeyPath(path);
  const pair = readHostKey(keyPath);
  if (pair === undefined) {
    throw new Failure(Exit.config, `this host has no key: there is no ${keyPath}`, ADD_ANEW);
  }
  const pinned = file.server_keys.map(parseServerKey).filter((key) => key !== undefined);
  const { servers, host: name, host_token: token } = file;
  return { host: { servers, name, token, pinned, pair }, folder };
}

/** All or nothing: half an answer would look like the end of all other accounts' codes. */
async function fetchAll(
  host: Host,
  names: readonly string[],
  files: CentralFiles,
): Promise<CentralSet[]> {
  const sets: CentralSet[] = [];
  for (const some of portions(names)) sets.push(await fetchSome(host, some, files));
  return sets;
}

async function fetchSome(
  host: Host,
  accounts: readonly string[],
  files: CentralFiles,
): Promise<CentralSet> {
  const nonce = base64url(systemRandom.bytes(32));
  const fetched = await fetchPatiently(host, { accounts: [...accounts], nonce });
  switch (fetched.kind) {
    case "busy":
      throw new Failure(
        Exit.unreachable,
        `${fetched.server} says that this host asks too often; it may again in ${fetched.retryAfterS} s`,
        "what was fetched before stays; if it stays so, an account here may be using the host's token",
      );
    case "unreachable":
      throw new Failure(Exit.unreachable, fetched.detail, "what was fetched before stays");
    case "revoked":
      throw await endAll(fetched.server, files);
    case "refused":
      throw new Failure(
        Exit.config,
        fetched.detail,
        fetched.why === "no_key" ? ADD_ANEW : "what was fetched before stays",
      );
    case "sealed": {
      const request = { host: host.name, nonce, accounts };
      const now = systemClock.now();
      const opened = await openSet(fetched.sealed, request, host.pair, host.pinned, now);
      if (!opened.ok) throw untrusted(opened.fault);
      return opened.set;
    }
  }
}

/** Waits once where that is not long. */
async function fetchPatiently(host: Host, request: CodesRequest): Promise<Fetched> {
  const fetched = await fetchCodes(host, request);
  if (fetched.kind !== "busy" || fetched.retryAfterS > PATIENCE_S) return fetched;
  const { promise, resolve } = Promise.withResolvers<void>();
  after(fetched.retryAfterS * 1000, resolve);
  await promise;
  return await fetchCodes(host, request);
}

/** At least one: without any account, too, the server is asked whether this host is still its own. */
function portions(names: readonly string[]): string[][] {
  const portions: string[][] = [[]];
  let letters = 0;
  for (const name of names) {
    const last = portions.at(-1) ?? [];
    const size = JSON.stringify(name).length * 3;
    if (last.length === MAX_NAMES || letters + size > MAX_LETTERS && last.length > 0) {
      portions.push([name]);
      letters = size;
    } else {
      last.push(name);
      letters += size;
    }
  }
  return portions;
}

async function keepAll(sets: readonly CentralSet[], files: CentralFiles): Promise<Report> {
  const report: Report = { new: [], changed: [], same: [], own: [], removed: [], failed: [] };
  const before = files.names();
  const now = systemClock.now();
  for (const { accounts, valid_for: validFor } of sets) {
    for (const account of accounts) {
      try {
        report[await files.keep(account, { now, validFor })].push(account.name);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        report.failed.push(`${account.name}: ${error.message}`);
      }
    }
  }
  const kept = new Set(sets.flatMap(({ accounts }) => accounts.map(({ name }) => name)));
  for (const name of before.filter((name) => !kept.has(name))) {
    await files.remove(name);
    report.removed.push(name);
  }
  return report;
}

/** The server knows this host no more, so nothing of it counts here. */
async function endAll(server: string, files: CentralFiles): Promise<Failure> {
  const names = files.names();
  for (const name of names) await files.remove(name);
  if (names.length > 0) syslog("warning", `sync revoked ${list("removed", names)}`);
  return new Failure(
    Exit.denied,
    `${server} does not know this host's token; removed the codes of ${names.length} accounts`,
    ADD_ANEW,
  );
}

function sentence(report: Report): string {
  const own = report.own.map((name) => printable(name, 64)).join(", ");
  const counts = (["new", "changed", "removed"] as const)
    .filter((what) => report[what].length > 0).map((what) => `${report[what].length} ${what}`);
  const all = report.new.length + report.changed.length + report.same.length;
  return `codes of ${all} ${all === 1 ? "account" : "accounts"}: ` +
    `${counts.length === 0 ? "nothing changed" : counts.join(", ")}` +
    (own === "" ? "" : `; enrolled here by hand, and left so: ${own}`);
}

/** For the log. */
function describe(report: Report): string {
  return (["new", "changed", "removed"] as const).filter((what) => report[what].length > 0)
    .map((what) => list(what, report[what])).join(" ");
}

function list(what: string, names: readonly string[]): string {
  return keyValue(what, names.join(","), 500);
}

function untrusted(fault: string): Failure {
  const hint = "what was fetched before stays; somebody may stand in between, or join anew";
  return new Failure(Exit.denied, fault, hint);
}

function cannotKeep(failed: readonly string[]): Failure {
  const [first = ""] = failed;
  const more = failed.length === 1 ? "" : ` (and ${failed.length - 1} more)`;
  return new Failure(Exit.config, `cannot keep the codes of ${printable(first)}${more}`);
}
