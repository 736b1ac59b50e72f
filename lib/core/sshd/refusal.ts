/** Why sshd does not take its configuration, from what it writes to stderr. */
import type { Place } from "./config.ts";

export interface Refusal {
  readonly where: Place | undefined;
  readonly why: string;
  /** A keyword that this sshd does not know. */
  readonly unknown: string | undefined;
}

/** What came of asking sshd. */
export type Asked =
  | { readonly answer: string; readonly refusal?: undefined }
  | { readonly answer?: undefined; readonly refusal: Refusal };

export function readRefusal(stderr: string): Refusal {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  for (const line of lines) {
    const [, file, number, why = ""] = /^(\/\S+?):? line (\d+): (.+)$/.exec(line) ?? [];
    if (file === undefined || /^Deprecated option/.test(why)) continue;
    const [, option = ""] = /^Bad configuration option: (\S+)/.exec(why) ?? [];
    const unknown = KEYWORD.test(option) ? option : undefined;
    return { where: { file, line: Number(number) }, why: withoutValues(why), unknown };
  }
  const last = lines.at(-1);
  return {
    where: undefined,
    why: last === undefined ? "it says nothing" : withoutValues(last),
    unknown: undefined,
  };
}

const KEYWORD = /^[A-Za-z][A-Za-z0-9]{0,39}$/;

/**
 * Without what the line says beside its keyword: sshd reads as root, and what is included may be no
 * configuration at all, but a secret (servconf.c has "unsupported option \"%s\"", "Bad number '%s'" and more).
 */
function withoutValues(why: string): string {
  return why
    .replace(/"[^"]*"?|'[^']*'?/g, (quoted, at: number) => {
      const isKeyword = /(?:Directive|keyword) $/i.test(why.slice(0, at)) &&
        KEYWORD.test(quoted.slice(1, -1));
      return isKeyword ? quoted : "(a value)";
    })
    .replace(
      /\b((?:argument|attribute|option|value|timeout|include|including|match for|pattern|number):? )(?!at end|must|\(a value\))(\S.*)$/i,
      (whole, before: string, rest: string) =>
        /option: $/.test(before) && KEYWORD.test(rest) ? whole : `${before}(a value)`,
    );
}

/**
 * Options of some builds and versions: an sshd that does not have them is no proof of a fault. None of them
 * is examined: without Include, Match or SetEnv the answer would be about something else.
 */
const OF_OTHERS =
  /^(gssapi\w*|kerberos\w*|debianbanner|requiredrsasize|rsaminsize|channeltimeout|unusedconnectiontimeout|refuseconnection|persourcepenalt\w+|persource\w+|sshdsessionpath|sshdauthpath|use(blacklist|blocklist)|permitblacklistedkeys|pubkeyauthoptions|logverbose|showpatchlevel|authorizedkeyscommandrunas|ldap\w*|tcprcvbufpoll|hpn\w*|nonesenabled|moduli?file|casignaturealgorithms|permitlisten|rdomain|ipqos|fingerprinthash|securitykeyprovider)$/;

export function isOfOthers(keyword: string): boolean {
  return OF_OTHERS.test(keyword.toLowerCase());
}
