/** How long sshd lets a login take: LoginGraceTime (sshd_config(5)), which options of sshd can set, too. */
import { type ConfigFiles, readConfig, readMainConfig } from "./config.ts";
import { globalDirectives } from "./globals.ts";
import { overriding, startedWith, valuesOf } from "./running.ts";
import { type Line, readLine, seconds } from "./words.ts";

const DEFAULT_GRACE_S = 120;

/**
 * Seconds from the connection to the end of a login that takes too long; 0 when there is no limit.
 * Newer sshds add up to four seconds of chance.
 * @param listener command line of the sshd that waits for connections: its arguments, or the title
 *   that repeats them
 */
export function loginGraceTime(listener: string, files: ConfigFiles): number {
  const options = overriding(startedWith(listener));
  const byOption = valuesOf("-g", options).map(seconds).findLast(isSet);
  const byLine = valuesOf("-o", options).map(readLine).map(graceTimeOn).find(isSet);
  const file = valuesOf("-f", options).at(-1);
  return byOption ?? byLine ?? graceTimeIn(file, files) ?? DEFAULT_GRACE_S;
}

/** The first value counts. What sshd could not have read is passed over: it runs, with something else. */
function graceTimeIn(path: string | undefined, files: ConfigFiles): number | undefined {
  const config = path === undefined ? readMainConfig(files) : readConfig(path, files);
  return config && globalDirectives(config).map(graceTimeOn).find(isSet);
}

function graceTimeOn({ keyword, values: [value = ""] }: Line): number | undefined {
  return keyword === "logingracetime" ? seconds(value) : undefined;
}

function isSet(seconds: number | undefined): boolean {
  return seconds !== undefined;
}
