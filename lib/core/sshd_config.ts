/**
 * How long sshd lets a login take, and what it shows meanwhile: as much of sshd(8), sshd_config(5) and
 * of sshd's own process titles as that needs.
 */
import { readLine, seconds } from "./sshd/words.ts";

/** `Include` takes names from here; so sshd is compiled everywhere but by hand. */
const FOLDER = "/etc/ssh/";
const DEFAULT_FILE = "/etc/ssh/sshd_config";
const DEFAULT_GRACE_S = 120;

export interface SshdFiles {
  /** Undefined when it cannot be read. */
  text(path: string): string | undefined;
  /** glob(3) */
  matching(pattern: string): readonly string[];
}

/** Since 9.8 a connection has a program of its own, since 10.0 its unprivileged half has one too. */
export function isSshd(program: string): boolean {
  // "(deleted)": replaced by an update, and still running.
  return /(^|\/)sshd(-session|-auth)?( \(deleted\))?$/.test(program);
}

/**
 * Whether the process waits for connections; the others, each for one connection, have a title such
 * as "sshd: alice [priv]".
 * @param commandLine words of /proc/PID/cmdline, with blanks between them
 */
export function isListener(commandLine: string): boolean {
  return commandLine.includes(LISTENER) || !/^[^ /]+: /.test(commandLine);
}
const LISTENER = " [listener] ";

/**
 * Seconds from the connection to the end of a login that takes too long; 0 when there is no limit.
 * Newer sshds add up to four seconds of chance.
 * @param listener command line of the sshd that waits for connections: its arguments, or the title
 *   that repeats them ("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
 */
export function loginGraceTime(listener: string, files: SshdFiles): number {
  const { file, graceTime } = readArguments(listener);
  return graceTime ?? graceTimeIn(file, files, []) ?? DEFAULT_GRACE_S;
}

/** sshd's options that take a value (sshd(8)). */
const WITH_VALUE = /[CEbcfghkopu]/;

/** A title holds no word boundaries; but what begins with a dash is an option, as sshd has no else. */
function readArguments(commandLine: string) {
  const [words = ""] = commandLine.split(LISTENER);
  let file = DEFAULT_FILE;
  let byOption: number | undefined;
  let byLine: number | undefined;
  for (const option of words.split(/ +-/).slice(1)) {
    const at = option.search(WITH_VALUE);
    const flags = option.search(/ |$/);
    if (at === -1 || at > flags) continue;
    const value = option.slice(at + 1).trim();
    if (option[at] === "f") file = value;
    if (option[at] === "g") byOption = seconds(value);
    if (option[at] === "o") byLine ??= graceTimeOn(value);
  }
  return { file, graceTime: byOption ?? byLine };
}

/** The first value counts. What sshd could not have read is passed over: it runs, with something else. */
function graceTimeIn(
  path: string,
  files: SshdFiles,
  above: readonly string[],
): number | undefined {
  // No `Match` but `Match all` may hold it.
  let counts = true;
  for (const line of files.text(path)?.split("\n") ?? []) {
    const { keyword, values } = readLine(line);
    if (keyword === "match") counts = values.join().toLowerCase() === "all";
    if (!counts) continue;
    const graceTime = keyword === "include"
      ? graceTimeOfFirst(values, files, [...above, path])
      : graceTimeOn(line);
    if (graceTime !== undefined) return graceTime;
  }
  return undefined;
}

function graceTimeOfFirst(
  patterns: readonly string[],
  files: SshdFiles,
  above: readonly string[],
): number | undefined {
  for (const pattern of patterns) {
    for (const path of files.matching(/^[/~]/.test(pattern) ? pattern : FOLDER + pattern)) {
      // Somebody is about to make a mistake: sshd would not start with that.
      if (above.includes(path)) continue;
      const graceTime = graceTimeIn(path, files, above);
      if (graceTime !== undefined) return graceTime;
    }
  }
  return undefined;
}

function graceTimeOn(line: string): number | undefined {
  const { keyword, values: [value = ""] } = readLine(line);
  return keyword === "logingracetime" ? seconds(value) : undefined;
}

/** Since then sshd shows what PAM says when it is said, not with the next prompt (its bug 2876). */
const STREAMS_SINCE = [10, 3] as const;

/**
 * Whether the sshd whose version that is shows PAM's texts at once.
 * @param text of its program; undefined when it names no version
 */
export function showsAtOnce(text: string): boolean | undefined {
  // Its lists of other versions with faults hold "OpenSSH_7.4*" and "OpenSSH_2.*".
  const [, major, minor] = /OpenSSH_(\d{1,3})\.(\d{1,3})[^\d.*]/.exec(text) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [since, sinceMinor] = STREAMS_SINCE;
  return Number(major) > since || (Number(major) === since && Number(minor) >= sinceMinor);
}
