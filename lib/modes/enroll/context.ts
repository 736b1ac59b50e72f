/** What every form of `gatehouse enroll` works with. */
import { DEFAULT_HOST_CONFIG, type HostConfig, parseHostConfig } from "../../config/host.ts";
import { describeEnrollment } from "../../core/enrollment.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { type EnrollMessages, enrollMessages } from "../../core/messages/enroll.ts";
import { type ManageMessages, manageMessages } from "../../core/messages/enroll_manage.ts";
import { chooseLanguage } from "../../core/messages/language.ts";
import { lookOf } from "../../core/terminal_look.ts";
import { printable } from "../../core/text.ts";
import type { EnrollDoors } from "../../enrollment/doors.ts";
import type { Subject } from "../../enrollment/enroll.ts";
import { type Account, accountByName, currentAccount } from "../../io/accounts.ts";
import { actingAt } from "../../io/acting_as.ts";
import { systemClock } from "../../io/clock.ts";
import { clockSynchronised } from "../../io/clock_sync.ts";
import { type CodePlaces, IN_HOME, ROOTS_OWN, statePlace } from "../../io/code_config.ts";
import { openDialog } from "../../io/dialog.ts";
import { isThere } from "../../io/files.ts";
import { type Out, terminalOut } from "../../io/out.ts";
import { pamReads } from "../../io/pam_services.ts";
import { paintQr } from "../../io/qr.ts";
import { systemRandom } from "../../io/random.ts";
import { readTrusted } from "../../io/secure_file.ts";
import { gateReads } from "../../io/sshd_gates.ts";
import type { StatePlace } from "../../core/state_place.ts";
import { absolutePath, hostName, isReadable, variable } from "../../io/surroundings.ts";
import { syslog } from "../../io/syslog.ts";
import { type EnrollOptions, type GivenOptions, readOptions } from "./options.ts";

export interface EnrollContext {
  readonly options: EnrollOptions;
  /** host.toml, or its defaults for a host without servers when there is none. */
  readonly config: HostConfig;
  /** Whose codes: `--user`, else who runs this. */
  readonly account: Account;
  /** Root runs this for somebody else. */
  readonly forOther: boolean;
  /** Where codes are that host.toml says nothing of. */
  readonly places: CodePlaces;
  /** PAM looks for them elsewhere than in `places`. */
  readonly pamElsewhere: boolean;
  /** This machine's name. */
  readonly host: string;
  readonly messages: EnrollMessages;
  readonly words: ManageMessages;
  /** For results that programs read; people are talked to through `doors.dialog`. */
  readonly out: Out;
  /** `log` is of `account`. */
  readonly doors: EnrollDoors;
  readonly logOf: (user: string) => EnrollDoors["log"];
}

/** @throws Failure when the command line makes no sense, or host.toml is wrong */
export function openContext(given: GivenOptions): EnrollContext {
  const options = readOptions(given);
  const { account, forOther } = requireAccount(options.user);
  const locale = variable("LC_ALL", "LC_MESSAGES", "LANG");
  const config = readHostConfig(
    options.config,
    account,
    manageMessages(chooseLanguage("auto", locale)),
  );
  const language = chooseLanguage(config.language, locale);
  // With --json stdout is for programs.
  const dialog = openDialog({ output: options.json ? "stderr" : "stdout", ownScreen: false });
  const surroundings = {
    terminal: dialog.toTerminal,
    locale: variable("LC_ALL", "LC_CTYPE", "LANG"),
    term: variable("TERM"),
  };
  const by = currentAccount()?.name ?? `uid ${Deno.uid()}`;
  const logOf = (user: string): EnrollDoors["log"] => (level, event) =>
    syslog(level, describeEnrollment(event, user, by));
  return {
    options: options.secret === undefined
      ? options
      : { ...options, secret: absolutePath(options.secret) },
    config,
    account,
    forOther,
    ...placesOf(options, config),
    host: hostName(),
    messages: enrollMessages(language),
    words: manageMessages(language),
    out: terminalOut,
    doors: {
      dialog,
      drawQr: paintQr,
      look: lookOf(surroundings, options.qrMode),
      clock: systemClock,
      random: systemRandom,
      clockSynchronised,
      log: logOf(account.name),
    },
    logOf,
  };
}

/** Where PAM alone asks for codes, its place is the only one that counts. */
function placesOf(
  { config: named, secret }: EnrollOptions,
  { codes }: HostConfig,
): Pick<EnrollContext, "places" | "pamElsewhere"> {
  const path = absolutePath(named ?? DEFAULT_HOST_CONFIG);
  if (codes.secret !== undefined || !pamReads(path, DEFAULT_HOST_CONFIG)) {
    return { places: IN_HOME, pamElsewhere: false };
  }
  const atGate = gateReads(path, DEFAULT_HOST_CONFIG);
  return atGate
    ? { places: IN_HOME, pamElsewhere: secret === undefined }
    : { places: ROOTS_OWN, pamElsewhere: false };
}

function requireAccount(name: string | undefined): { account: Account; forOther: boolean } {
  const own = currentAccount();
  if (name === undefined || name === own?.name) {
    if (own !== undefined) return { account: own, forOther: false };
    throw new Failure(Exit.config, "this process's uid has no account", "check: getent passwd");
  }
  if (Deno.uid() !== 0) {
    throw new Failure(Exit.denied, "only root may act for another account", "leave out --user");
  }
  const account = accountByName(name);
  if (account !== undefined) return { account, forOther: true };
  throw new Failure(
    Exit.usage,
    `there is no account ${printable(name, 64)}`,
    "check: getent passwd",
  );
}

/** A machine without host.toml is one whose codes another program asks for: all defaults count. */
function readHostConfig(
  named: string | undefined,
  account: Account,
  words: ManageMessages,
): HostConfig {
  const path = named ?? DEFAULT_HOST_CONFIG;
  if (!isThere(path)) {
    if (named === undefined) return parseHostConfig("servers = []", path);
  } else if (Deno.uid() !== 0 && !isReadable(path)) {
    // As it may be where PAM alone asks for codes: then root enrols, too.
    throw new Failure(
      Exit.denied,
      words.rootsConfig(printable(path)),
      words.keptByRootHint(printable(account.name, 64)),
      "only root can read host.toml",
    );
  }
  return parseHostConfig(readTrusted(path, [0, Deno.uid() ?? 0]), path);
}

/** How the account is named to its person and to the app. */
export function subjectOf({ options, account, host }: EnrollContext): Subject {
  return {
    account: account.name,
    host,
    label: options.label ?? `${account.name}@${host}`,
    issuer: options.issuer ?? host,
  };
}

/** Where the account's codes are. @param account another one than the context's own */
export function placeOf(context: EnrollContext, account = context.account): StatePlace {
  const place = statePlace(context.config.codes, account, context.places);
  return { ...place, path: context.options.secret ?? place.path };
}

/** Runs what touches the account's files: what links there lead to must not be root's affair. */
export async function atFiles<T>(
  account: Account,
  path: string,
  work: () => T | Promise<T>,
): Promise<T> {
  using _ = actingAt(path, account);
  return await work();
}
