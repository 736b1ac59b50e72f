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
    const [, unknown] = /^Bad configuration option: (\S+)/.exec(why) ?? [];
    return { where: { file, line: Number(number) }, why, unknown };
  }
  return { where: undefined, why: lines.at(-1) ?? "it says nothing", unknown: undefined };
}

/** Options of some builds and versions: an sshd that does not have them is no proof of a fault. */
const OF_OTHERS =
  /^(gssapi\w*|kerberos\w*|debianbanner|requiredrsasize|rsaminsize|channeltimeout|unusedconnectiontimeout|refuseconnection|persourcepenalt\w+|persource\w+|sshdsessionpath|sshdauthpath|use(blacklist|blocklist)|permitblacklistedkeys|pubkeyauthoptions|logverbose|showpatchlevel|authorizedkeyscommandrunas|ldap\w*|tcprcvbufpoll|hpn\w*|nonesenabled|moduli?file|casignaturealgorithms|include|match|disableforwarding|setenv|exposeauthinfo|permitlisten|rdomain|ipqos|fingerprinthash|securitykeyprovider)$/;

export function isOfOthers(keyword: string): boolean {
  return OF_OTHERS.test(keyword.toLowerCase());
}
