/** `gatehouse sync`, on a host as root: fetches the codes that count here, see docs/codes.md. */
import {
  DEFAULT_HOST_CONFIG,
  hasServers,
  type JoinedHostConfig,
  parseHostConfig,
} from "../../config/host.ts";
import type { CentralSet } from "../../core/central_set.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { folderOfAll } from "../../core/path_template.ts";
import { refusesWork } from "../../core/shells.ts";
import { keyValue, printable } from "../../core/text.ts";
import { parseServerKey } from "../../core/verdict_key.ts";
import { allAccounts } from "../../io/accounts.ts";
import { CentralFiles, isName, type Kept } from "../../io/central_files.ts";
import { systemClock } from "../../io/clock.ts";
import { ROOTS_OWN } from "../../io/code_config.ts";
import { hostKeyPath, readHostKey } from "../../io/host_key.ts";
import type { Out } from "../../io/out.ts";
import { readTrusted } from "../../io/secure_file.ts";
import { forgetSteering } from "../../io/surroundings.ts";
import { syslog } from "../../io/syslog.ts";
import { trustSystemRoots } from "../../io/tls_roots.ts";
import { ADD_ANEW, type AskingHost, fetchAll } from "./fetch.ts";
import { tellKeptAlerts } from "./kept_alerts.ts";

export interface SyncOptions {
  /** `--config FILE`, a host.toml */
  readonly config?: string;
  /** `--quiet`: says nothing when all is well. */
  readonly quiet?: boolean;
}

/** The gate runs as the account, and they are root's alone. */
const BY_PAM = "PAM alone reads them: at the gate, they count while a server answers";
const NONE_GIVEN =
  "the server gives this host no codes: whose it gives, accounts under [codes] in its " +
  "server.toml says; and those people register an authenticator for hosts on the page of their devices";

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
  await tellKeptAlerts(file);
  const { host, folder } = open(path, file);
  const files = new CentralFiles(folder);
  const names = allAccounts().filter(({ name, shell }) => isName(name) && !refusesWork(shell))
    .map(({ name }) => name);
  const fetched = await fetchAll(host, [...new Set(names)]);
  if (fetched.kind === "revoked") throw await endAll(fetched.server, files);
  const sets = fetched.value;
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

/** @throws Failure */
function open(path: string, file: JoinedHostConfig): { host: AskingHost; folder: string } {
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

function cannotKeep(failed: readonly string[]): Failure {
  const [first = ""] = failed;
  const more = failed.length === 1 ? "" : ` (and ${failed.length - 1} more)`;
  return new Failure(Exit.config, `cannot keep the codes of ${printable(first)}${more}`);
}
