/** A new authenticator: its state file as google-authenticator writes it, and what apps read of it. */
import { type CodeRules, judgeCode, normalizeCode } from "./code.ts";
import { parseStateFile, type StateFile } from "./state_file.ts";
import { setOption } from "./state_file_change.ts";
import { keyValue } from "./text.ts";

/** What its user may choose; undefined leaves out the line and so means the reader's default. */
export interface CodeSettings {
  readonly kind: "totp" | "hotp";
  /** Of time-based codes only: a counter is never used twice. */
  readonly disallowReuse: boolean;
  readonly rateLimit: { readonly attempts: number; readonly interval: number } | undefined;
  readonly window: number | undefined;
  /** Seconds. */
  readonly step: number | undefined;
}

export const DEFAULT_STEP = 30;
/** The answers that a question's Enter stands for. */
export const SAFE_RATE_LIMIT = { attempts: 3, interval: 30 } as const;
/** For phones whose clock is off by up to four minutes; what google-authenticator offers. */
export const WIDE_WINDOW = 17;
export const SCRATCH_CODES = 5;

/** Options in the order of google-authenticator's own files. */
export function newStateFile(
  base32: string,
  settings: CodeSettings,
  scratchCodes: readonly string[],
): StateFile {
  const { kind, disallowReuse, rateLimit, window, step } = settings;
  const options = [
    rateLimit === undefined ? "" : `RATE_LIMIT ${rateLimit.attempts} ${rateLimit.interval}`,
    window === undefined ? "" : `WINDOW_SIZE ${window}`,
    step === undefined || kind === "hotp" ? "" : `STEP_SIZE ${step}`,
    disallowReuse && kind === "totp" ? "DISALLOW_REUSE" : "",
    kind === "totp" ? "TOTP_AUTH" : "HOTP_COUNTER 1",
  ].filter((option) => option !== "").map((option) => `" ${option}`);
  const read = parseStateFile(`${[base32, ...options, ...scratchCodes].join("\n")}\n`);
  if (read.ok) return read.value;
  throw new TypeError(`a new state file ${read.fault}`);
}

/** A time step: its beginning since the epoch, and its length, in seconds. */
export interface UsedStep {
  readonly usedStep: number;
  readonly step: number;
}

/** What a first code says of the app that it came from. */
export type FirstCode =
  /** `used`: its time step; `counter`: its own. */
  | { ok: true; used: UsedStep | undefined; counter: number | undefined }
  | { ok: false; why: "malformed" | "foreign" }
  /** Of this secret, but of another time: so many seconds ahead of this machine's clock. */
  | { ok: false; why: "off"; seconds: number };

/** Nothing is learned of a code whose person is there and can mend the clock. */
const STRICT: CodeRules = { noskewadj: true, noIncrementHotp: true };

/** Whether the app shows what it should. @param now milliseconds since the epoch */
export function judgeFirstCode(
  base32: string,
  settings: CodeSettings,
  typed: string,
  now: number,
): FirstCode {
  const code = normalizeCode(typed);
  if (code === undefined || code.length !== 6) return { ok: false, why: "malformed" };
  const draft = newStateFile(base32, { ...settings, rateLimit: undefined }, []);
  const { answer, usedStep, file } = judgeCode(draft, code, STRICT, now);
  if (answer.ok) {
    return {
      ok: true,
      used: usedStep === undefined ? undefined : { usedStep, step: draft.step },
      counter: file.kind === "hotp" ? file.counter - 1 : undefined,
    };
  }
  const seconds = answer.why === "wrong" ? answer.clockOff : undefined;
  return seconds === undefined ? { ok: false, why: "foreign" } : { ok: false, why: "off", seconds };
}

/**
 * The code that proved the app counts as used, as far as the file can say so: where it allows reuse,
 * the code memory has to.
 */
export function spendFirstCode(file: StateFile, first: FirstCode | undefined): StateFile {
  if (first?.ok !== true) return file;
  if (first.counter !== undefined) {
    return setOption(file, "HOTP_COUNTER", String(first.counter + 1));
  }
  if (file.usedSteps === undefined || first.used === undefined) return file;
  const { usedStep, step } = first.used;
  return setOption(file, "DISALLOW_REUSE", String(usedStep / step));
}

/** What an app needs to know. */
export interface AppKey {
  /** Base32. */
  readonly secret: string;
  readonly kind: "totp" | "hotp";
  /** Seconds. */
  readonly step: number;
  /** Of the next code, with HOTP; 1 when not said. */
  readonly counter?: number;
  /** How the app lists it. */
  readonly label: string;
  /** "" for none. */
  readonly issuer: string;
}

/**
 * The address in the QR code (the Key URI Format of Google Authenticator's wiki). `counter` is
 * required there for HOTP; `period` is 30 where it is not said.
 */
export function otpauthUri({ secret, kind, step, counter = 1, label, issuer }: AppKey): string {
  const parts = [
    `secret=${secret}`,
    ...(issuer === "" ? [] : [`issuer=${encodeURIComponent(issuer)}`]),
    ...(kind === "totp" && step !== DEFAULT_STEP ? [`period=${step}`] : []),
    ...(kind === "hotp" ? [`counter=${counter}`] : []),
  ];
  // Both may stand in a path as they are (RFC 3986, 3.3), and people read this.
  const name = encodeURIComponent(label).replaceAll("%40", "@").replaceAll("%3A", ":");
  return `otpauth://${kind}/${name}?${parts.join("&")}`;
}

/** For typing: groups of four, so many groups a line. */
export function inGroups(base32: string, perLine: number): string[] {
  const groups = base32.match(/.{1,4}/g) ?? [];
  const lines: string[] = [];
  for (let at = 0; at < groups.length; at += perLine) {
    lines.push(groups.slice(at, at + perLine).join(" "));
  }
  return lines;
}

/** A line of the administrator's log. @param event harmless text @param by who did it */
export function describeEnrollment(event: string, user: string, by: string): string {
  return `enroll ${event} ${keyValue("user", user, 64)} ${keyValue("by", by, 64)}`;
}
