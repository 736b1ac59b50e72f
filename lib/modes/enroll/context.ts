/** What every form of `gatehouse enroll` works with. */
import { DEFAULT_HOST_CONFIG, type HostConfig, parseHostConfig } from "../../config/host.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { type EnrollMessages, enrollMessages } from "../../core/messages/enroll.ts";
import { chooseLanguage, type Language } from "../../core/messages/language.ts";
import { expandPath } from "../../core/path_template.ts";
import { lookOf } from "../../core/terminal_look.ts";
import { printable } from "../../core/text.ts";
import type { EnrollDoors } from "../../enrollment/doors.ts";
import type { Subject } from "../../enrollment/enroll.ts";
import { type Account, accountByName, currentAccount } from "../../io/accounts.ts";
import { actingAs } from "../../io/acting_as.ts";
import { systemClock } from "../../io/clock.ts";
import { clockSynchronised } from "../../io/clock_sync.ts";
import { openDialog } from "../../io/dialog.ts";
import { isThere } from "../../io/files.ts";
import { type Out, terminalOut } from "../../io/out.ts";
import { paintQr } from "../../io/qr.ts";
import { systemRandom } from "../../io/random.ts";
import { readTrusted } from "../../io/secure_file.ts";
import type { StatePlace } from "../../io/state_files.ts";
import { absolutePath, hostName, variable } from "../../io/surroundings.ts";
import { type EnrollOptions, type GivenOptions, readOptions } from "./options.ts";

export interface EnrollContext {
  readonly options: EnrollOptions;
  /** host.toml, or its defaults for a host without servers when there is none. */
  readonly config: HostConfig;
  /** Whose codes: `--user`, else who runs this. */
  readonly account: Account;
  /** Root runs this for somebody else. */
  readonly forOther: boolean;
  /** This machine's name. */
  readonly host: string;
  readonly language: Language;
  readonly messages: EnrollMessages;
  /** For results that programs read; people are talked to through `doors.dialog`. */
  readonly out: Out;
  readonly doors: EnrollDoors;
}

/** @throws Failure when the command line makes no sense, or host.toml is wrong */
export function openContext(given: GivenOptions): EnrollContext {
  const options = readOptions(given);
  const { account, forOther } = requireAccount(options.user);
  const config = readHostConfig(options.config);
  const language = chooseLanguage(config.language, variable("LC_ALL", "LC_MESSAGES", "LANG"));
  // With --json stdout is for programs.
  const dialog = openDialog({ output: options.json ? "stderr" : "stdout", ownScreen: false });
  const surroundings = {
    terminal: dialog.toTerminal,
    locale: variable("LC_ALL", "LC_CTYPE", "LANG"),
    term: variable("TERM"),
  };
  return {
    options: options.secret === undefined
      ? options
      : { ...options, secret: absolutePath(options.secret) },
    config,
    account,
    forOther,
    host: hostName(),
    language,
    messages: enrollMessages(language),
    out: terminalOut,
    doors: {
      dialog,
      drawQr: paintQr,
      look: lookOf(surroundings, options.qrMode),
      clock: systemClock,
      random: systemRandom,
      clockSynchronised,
    },
  };
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
function readHostConfig(named: string | undefined): HostConfig {
  const path = named ?? DEFAULT_HOST_CONFIG;
  const absent = named === undefined && !isThere(path);
  return parseHostConfig(absent ? "servers = []" : readTrusted(path, [0, Deno.uid() ?? 0]), path);
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
  const { secret, no_strict_owner, allowed_perm } = context.config.codes;
  return {
    path: context.options.secret ?? expandPath(secret, account),
    owners: no_strict_owner ? undefined : [account.uid, 0],
    allowedPerm: allowed_perm,
  };
}

/**
 * Runs what touches the account's files. Below the account's home root acts as the account: what
 * links there lead to is the account's affair, and must not be root's.
 */
export async function atFiles<T>(
  account: Account,
  path: string,
  work: () => T | Promise<T>,
): Promise<T> {
  if (!isBelow(path, account.home)) return await work();
  using _ = actingAs(account);
  return await work();
}

export function isBelow(path: string, folder: string): boolean {
  const inner = segments(path);
  const outer = segments(folder);
  return inner.length > outer.length && outer.every((name, index) => name === inner[index]);
}

function segments(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}
