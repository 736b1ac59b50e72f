/**
 * google-authenticator's state file: line 1 the secret, then options (`" NAME value`) and scratch
 * codes. The text itself is the model, as binary text (latin1.ts), so that whatever is not understood
 * stays as it is, where it is.
 *
 * Format: FILEFORMAT of google-authenticator-libpam, and what its module does beyond that.
 */
import { canonicalSecret } from "./base32.ts";
import type { Read } from "./result.ts";
import { codeIn, linesOf, type Option, optionsOf, scratchLines } from "./state_lines.ts";

export const MAX_STATE_BYTES = 65_536;

/** The secret that takes over when its first code is used. google-authenticator passes over it. */
export const NEXT_SECRET = "GATEHOUSE_NEXT_SECRET";

/**
 * `AT UNTIL`, seconds since the epoch: `gatehouse sync` wrote the file, when, and how long it counts
 * without another one. google-authenticator passes over this and the next one, too.
 */
export const SYNCED = "GATEHOUSE_SYNCED";
/** Secrets that count beside the first, of a person with several phones. */
export const OTHER_SECRETS = "GATEHOUSE_OTHER_SECRETS";

/** Addresses and names that a LAST line can hold, as a pattern. */
export const LOGIN_HOST = "[0-9a-zA-Z:.-]{1,255}";

export interface StateFile {
  /** All of it; printing is this. */
  readonly text: string;
  /** Base32, canonical. */
  readonly secret: string;
  /** `none`: only its scratch codes work. */
  readonly kind: "totp" | "hotp" | "none";
  /** The next HOTP code's counter; 0 when none. */
  readonly counter: number;
  /** Seconds that a TOTP code lives. */
  readonly step: number;
  /** How many codes are tried. */
  readonly window: number;
  /** TIME_SKEW, in steps. */
  readonly skew: number;
  /** Steps whose codes were used; undefined where reuse is allowed. */
  readonly usedSteps: readonly number[] | undefined;
  /** At most `attempts` tries in `interval` seconds; when they were, in seconds since the epoch. */
  readonly rateLimit: RateLimit | undefined;
  /** Right codes of another time, oldest first: what time it was, how far off they were, in steps. */
  readonly resetting: readonly { readonly step: number; readonly skew: number }[];
  /** Where and when (seconds) right codes were last given, for the grace period. */
  readonly logins: readonly { readonly slot: number; readonly host: string; readonly at: number }[];
  readonly nextSecret: string | undefined;
  /** Undefined: the account's own file, which no server knows of. */
  readonly synced: { readonly at: number; readonly until: number } | undefined;
  /** Base32, canonical. */
  readonly otherSecrets: readonly string[];
  /** With a counter: the first that the waiting secret's code may be of. */
  readonly nextCounter: number;
  readonly scratchCodes: readonly string[];
}

interface RateLimit {
  readonly attempts: number;
  readonly interval: number;
  readonly times: readonly number[];
}

/** A fault names the line, never what stands in it. */
export function parseStateFile(text: string): Read<StateFile> {
  try {
    return { ok: true, value: parse(text) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.message };
    throw error;
  }
}

class Fault extends Error {}

function parse(text: string): StateFile {
  if (text.length > MAX_STATE_BYTES) throw new Fault("is larger than 64 KiB");
  const lines = linesOf(text);
  const zero = lines.findIndex((line) => line.content.includes("\0"));
  if (zero >= 0) throw new Fault(`line ${zero + 1}: a NUL byte`);
  const secret = canonicalSecret(lines[0]?.content ?? "");
  if (secret === undefined) throw new Fault("line 1: no base32 secret");

  const options = optionsOf(lines);
  const number = (name: string, otherwise: number, min: number, max: number) => {
    const option = options.get(name);
    return option === undefined ? otherwise : wholeNumber(option, option.value, min, max);
  };
  const counter = number("HOTP_COUNTER", 0, -1e15, 1e15);
  const timeBased = text.includes('" TOTP_AUTH');
  return {
    text,
    secret,
    kind: counter >= 1 ? "hotp" : timeBased ? "totp" : "none",
    counter,
    step: number("STEP_SIZE", 30, 1, 60),
    window: number("WINDOW_SIZE", 3, 1, 100),
    skew: number("TIME_SKEW", 0, -1e8, 1e8),
    usedSteps: usedSteps(options.get("DISALLOW_REUSE")),
    rateLimit: rateLimit(options.get("RATE_LIMIT")),
    resetting: resetting(options.get("RESETTING_TIME_SKEW")?.value ?? ""),
    logins: logins(options),
    ...waiting(options.get(NEXT_SECRET)),
    synced: synced(options.get(SYNCED)),
    otherSecrets: otherSecrets(options.get(OTHER_SECRETS)),
    scratchCodes: scratchLines(lines).map(codeIn),
  };
}

function wholeNumber(option: Option, text: string, min: number, max: number): number {
  const number = /^-?[0-9]{1,16}[ \t]*$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  const range = max > 1e6 ? "a whole number" : `${min} to ${max}`;
  throw new Fault(`line ${option.line}: ${option.name} is not ${range}`);
}

function usedSteps(option: Option | undefined): number[] | undefined {
  if (option === undefined) return undefined;
  return words(option.value).map((word) => wholeNumber(option, word, 0, 1e15));
}

function rateLimit(option: Option | undefined): RateLimit | undefined {
  if (option === undefined) return undefined;
  const [attempts = "", interval = "", ...times] = words(option.value);
  return {
    attempts: wholeNumber(option, attempts, 1, 100),
    interval: wholeNumber(option, interval, 1, 3_600),
    times: times.map((word) => wholeNumber(option, word, 0, 1e15)),
  };
}

/** `BASE32 [COUNTER]`. */
function waiting(option: Option | undefined): Pick<StateFile, "nextSecret" | "nextCounter"> {
  if (option === undefined) return { nextSecret: undefined, nextCounter: 1 };
  const [base32 = "", counter = "1", ...more] = words(option.value);
  const nextSecret = more.length === 0 ? canonicalSecret(base32) : undefined;
  if (nextSecret === undefined) {
    throw new Fault(`line ${option.line}: ${option.name} is no base32 secret`);
  }
  return { nextSecret, nextCounter: wholeNumber(option, counter, 1, 1e15) };
}

function synced(option: Option | undefined): StateFile["synced"] {
  if (option === undefined) return undefined;
  const [at = "", until = ""] = words(option.value);
  return { at: wholeNumber(option, at, 0, 1e15), until: wholeNumber(option, until, 0, 1e15) };
}

function otherSecrets(option: Option | undefined): string[] {
  if (option === undefined) return [];
  return words(option.value).map((word) => {
    const base32 = canonicalSecret(word);
    if (base32 !== undefined) return base32;
    throw new Fault(`line ${option.line}: ${option.name} has what is no base32 secret`);
  });
}

/** What follows a malformed pair is passed over, as google-authenticator does: it lets nobody in. */
function resetting(value: string): { step: number; skew: number }[] {
  const pairs: { step: number; skew: number }[] = [];
  for (const word of words(value)) {
    const [, step, skew] = /^([0-9]{1,12})([+-][0-9]{1,6})$/.exec(word) ?? [];
    if (step === undefined || skew === undefined) break;
    pairs.push({ step: Number(step), skew: Number(skew) });
  }
  return pairs.slice(-3);
}

/** A malformed one is passed over: it grants no grace. */
function logins(options: ReadonlyMap<string, Option>): StateFile["logins"] {
  const login = new RegExp(`^(${LOGIN_HOST})[ \\t]+([0-9]{1,15})[ \\t]*$`);
  return Array.from({ length: 10 }, (_, slot) => slot).flatMap((slot) => {
    const [, host, at] = login.exec(options.get(`LAST${slot}`)?.value ?? "") ?? [];
    return host === undefined ? [] : [{ slot, host, at: Number(at) }];
  });
}

const words = (value: string): string[] => value.split(/[ \t]+/).filter((word) => word !== "");
