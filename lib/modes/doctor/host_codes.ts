/** Authenticators' files of the machine that is examined. */
import { DEFAULT_HOST_CONFIG, type HostConfig } from "../../config/host.ts";
import {
  debris,
  type Enrolment,
  enrolments,
  fetchedCodes,
  openSecret,
  provenOfEnrolments,
} from "../../core/doctor/host_codes.ts";
import type { Examined, Finding } from "../../core/doctor/finding.ts";
import type { Account, FileFacts, Reliance, SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { expandPath, folderOfAll, isSamePlace } from "../../core/path_template.ts";
import { listSsh2fa } from "../../core/ssh2fa_list.ts";
import { parseStateFile } from "../../core/state_file.ts";
import { IN_HOME, ROOTS_OWN } from "../../io/code_config.ts";
import { privateFolder } from "./host_private.ts";
import type { Wiring } from "./wiring.ts";

/** What the authenticators of a host are examined with. */
interface CodesPlace {
  readonly files: SiteTree;
  /** "" for this machine. */
  readonly root: string;
  readonly accounts: readonly Account[];
  readonly reliance: Reliance;
  readonly wiring: Wiring;
  /** host.toml: its path, and what it says. */
  readonly file: string;
  readonly config: HostConfig;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

interface ExaminedCodes extends Examined {
  /** Whether some guarded account has no authenticator. */
  readonly lockedOut: boolean;
}

export function examineCodes(place: CodesPlace): ExaminedCodes {
  const { config, file } = place;
  const all = [
    ...askedByPam(place).map((account) => enrolmentOf(place, account, pamSecret(place))),
    ...asked(place, place.reliance.gate)
      .map((account) => enrolmentOf(place, account, config.codes.secret ?? IN_HOME.secret)),
  ];
  const { offline, unenrolled } = config.policy;
  const use = { file, hasServers: config.servers.length > 0, offline, unenrolled };
  return {
    findings: [
      ...enrolments(all, use),
      ...ofFolders(place),
      ...openFiles(place),
      ...debris(leftOver(place)),
      ...fetched(place),
    ],
    proven: provenOfEnrolments(all),
    lockedOut: all.some(({ state }) => state !== "enrolled"),
  };
}

/** PAM asks only where a code can be what it asks for. */
function askedByPam(place: CodesPlace): Account[] {
  const { reliance, wiring } = place;
  const lines = wiring.modules.filter(({ service }) => service === reliance.service);
  return lines.every(({ takesCodes }) => !takesCodes) && lines.length > 0
    ? []
    : asked(place, reliance.pam);
}

function asked({ config }: CodesPlace, accounts: readonly Account[]): Account[] {
  const { exempt_groups, exempt_users } = config.policy;
  return accounts.filter(({ groups, name }) =>
    !exempt_users.includes(name) && !exempt_groups.some((group) => groups.includes(group))
  );
}

function pamSecret({ config, reliance, wiring }: CodesPlace): string {
  const line = wiring.modules.find(({ secret, service }) =>
    service === reliance.service && secret !== undefined
  );
  return line?.secret ?? config.codes.secret ?? ROOTS_OWN.secret;
}

function enrolmentOf(place: CodesPlace, account: Account, template: string): Enrolment {
  const path = expandPath(template, account);
  const { name } = account;
  const user = `gatehouse enroll --user ${name}`;
  const isMade = expandPath(enrolledAt(place), account) === path;
  const command = isMade ? user : `${user} -s ${path}`;
  const known = { name, path, command, byItself: isMade && folderOfAll(template) === undefined };
  try {
    return { ...known, state: stateOf(place, account, path) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...known, state: { refused: error.message } };
  }
}

/** Where `gatehouse enroll` makes files: where PAM looks, as far as it alone asks. */
function enrolledAt({ config, file, wiring }: CodesPlace): string {
  const isOurs = (line: { readonly config: string | undefined }) =>
    (line.config ?? DEFAULT_HOST_CONFIG) === file;
  const byPam = wiring.modules.some((line) => isOurs(line) && line.secret === undefined) &&
    !wiring.gates.some(isOurs);
  return config.codes.secret ?? (byPam ? ROOTS_OWN : IN_HOME).secret;
}

function stateOf(place: CodesPlace, account: Account, path: string): Enrolment["state"] {
  const { config: { codes }, files } = place;
  const facts = files.look(path);
  if (facts === undefined) return isListed(place, account) ? "enrolled" : "missing";
  if (facts.kind !== "file") return { refused: "it is not a regular file" };
  if (!codes.no_strict_owner && facts.uid !== account.uid && facts.uid !== 0) {
    return { refused: `it belongs to uid ${facts.uid}` };
  }
  if ((facts.mode & 0o777 & ~codes.allowed_perm) !== 0) return "open";
  const read = parseStateFile(files.text(path) ?? "");
  return read.ok ? "enrolled" : { refused: read.fault };
}

/** In SSH2FA's file. */
function isListed({ config, files }: CodesPlace, account: Account): boolean {
  const template = config.codes.totp_secrets;
  if (template === "") return false;
  const text = files.text(expandPath(template, account)) ?? "";
  return listSsh2fa(text).some(({ secret, user }) => user === account.name && secret.ok);
}

/** Where root keeps them, one file an account; undefined: in the homes alone. */
function folderOfPam(place: CodesPlace): string | undefined {
  return folderOfAll(pamSecret(place));
}

function ofFolders(place: CodesPlace): Finding[] {
  const { config, files, root } = place;
  const spent = config.codes.spent ?? ROOTS_OWN.spent;
  return [
    ...privateFolder(files, root, folderOfPam(place), {
      id: "codes.folder-open",
      name: "the folder of authenticators",
      means: "Who can write there can put an authenticator of their own in the place of any other.",
    }),
    ...privateFolder(files, root, isSamePlace(spent) ? spent : undefined, {
      id: "codes.spent-open",
      name: "the folder of used codes",
      means: "Who can write there can make a used code good again, and forget wrong tries.",
    }),
  ];
}

interface Secret {
  readonly path: string;
  readonly owner: string;
  readonly facts: FileFacts;
}

const OTHERS = 0o077;

/** Also of accounts that are not asked here: the file is a secret all the same. */
function secrets(place: CodesPlace): Secret[] {
  const { accounts, config, files } = place;
  const template = config.codes.secret ?? IN_HOME.secret;
  const folder = folderOfPam(place);
  const inHomes = accounts.map((account) => ({
    path: expandPath(template, account),
    owner: account.name,
  }));
  const inFolder = (folder === undefined ? undefined : files.names(folder))?.map((name) => ({
    path: `${folder}/${name}`,
    owner: name,
  }));
  const found = new Map<string, Secret>();
  for (const { owner, path } of [...inHomes, ...inFolder ?? []]) {
    const facts = lookOrNothing(files, path);
    if (facts?.kind === "file") found.set(path, { path, owner, facts });
  }
  return [...found.values()];
}

function openFiles(place: CodesPlace): Finding[] {
  return secrets(place)
    .filter(({ facts }) => (facts.mode & OTHERS & ~place.config.codes.allowed_perm) !== 0)
    .map(({ facts, owner, path }) => openSecret(path, facts.mode, owner));
}

/** So long a program may be at it. */
const BUSY_MS = 600_000;

/** google-authenticator's: `FILE~` of its command, `FILE~XXXXXX` of its module. */
function leftOver(place: CodesPlace): string[] {
  const { accounts, files, now, root } = place;
  const found = new Set<string>();
  const templates = new Set([pamSecret(place), place.config.codes.secret ?? IN_HOME.secret]);
  templates.add(IN_HOME.secret);
  for (const path of [...templates].flatMap((one) => accounts.map((a) => expandPath(one, a)))) {
    const cut = path.lastIndexOf("/");
    const beginning = `${path.slice(cut + 1)}~`;
    for (const name of namesOrNone(files, path.slice(0, cut))) {
      const rest = name.startsWith(beginning) ? name.slice(beginning.length) : "no";
      if (!/^([0-9A-Za-z]{6})?$/.test(rest)) continue;
      const whole = `${path.slice(0, cut)}/${name}`;
      const facts = lookOrNothing(files, whole);
      const isBusy = root === "" && facts !== undefined && now - facts.changedAt < BUSY_MS;
      if (facts?.kind === "file" && !isBusy) found.add(whole);
    }
  }
  return [...found].sort();
}

const TIMERS = ["/etc", "/usr/lib", "/lib", "/run"]
  .map((folder) => `${folder}/systemd/system/timers.target.wants/gatehouse-sync.timer`);
const CRON = [
  "/etc/crontab",
  "/etc/cron.d/*",
  "/etc/cron.hourly/*",
  "/etc/cron.daily/*",
  "/var/spool/cron/root",
  "/var/spool/cron/crontabs/root",
  "/var/spool/cron/tabs/root",
];

function fetched(place: CodesPlace): Finding[] {
  const { files, now, root } = place;
  const folder = folderOfPam(place);
  if (folder === undefined) return [];
  const all = (files.names(folder) ?? []).flatMap((name) => {
    if (name.startsWith(".") || lookOrNothing(files, `${folder}/${name}`)?.kind !== "file") {
      return [];
    }
    const read = parseStateFile(files.text(`${folder}/${name}`) ?? "");
    if (!read.ok || read.value.synced === undefined) return [];
    const { at, until } = read.value.synced;
    return [{ name, at: at * 1000, until: until * 1000 }];
  });
  // A tree lies still: how old it is says nothing.
  return fetchedCodes(all, schedule(files), root === "" ? now : -Infinity);
}

function schedule(files: SiteTree): "timer" | "cron" | "none" {
  if (TIMERS.some((path) => lookOrNothing(files, path) !== undefined)) return "timer";
  const isInCron = CRON.flatMap((pattern) => files.matching(pattern)).some((path) => {
    if (files.folder(path)) return false;
    return /^[^#]*\bgatehouse\s+sync\b/m.test(files.text(path) ?? "");
  });
  return isInCron ? "cron" : "none";
}

function lookOrNothing(files: SiteTree, path: string): FileFacts | undefined {
  try {
    return files.look(path);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function namesOrNone(files: SiteTree, folder: string): readonly string[] {
  try {
    return files.names(folder) ?? [];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
