/**
 * Commands that move files and do nothing else: what clients of rsync, scp, sftp and git ask sshd to
 * run. They go through the account's shell, so anything that a shell would read otherwise than as one
 * plain word refuses the whole command.
 */
import type { Login } from "./login.ts";
import { SFTP_SERVERS } from "./ssh_session.ts";

/** Only where the host knows the whole command, which PAM never does. */
export function isTransfer(login: Pick<Login, "command" | "commandWhole">): boolean {
  if (login.command === null || !login.commandWhole) return false;
  const words = plainWords(login.command);
  if (words === undefined) return false;
  const [program = "", ...args] = words;
  if (program === "internal-sftp" || SFTP_SERVERS.includes(program)) return true;
  switch (program) {
    case "scp":
      return isScp(args);
    case "rsync":
      return isRsync(args);
    case "git-upload-pack":
    case "git-receive-pack":
    case "git-upload-archive":
      return isGit(args);
    default:
      return false;
  }
}

/** As a source (-f) or sink (-t) of files; no option of those takes a value. */
function isScp(args: readonly string[]): boolean {
  const end = args.findIndex((arg) => !/^-[rpvdqtf]+$/.test(arg));
  const options = args.slice(0, end).join("");
  const paths = args[end] === "--" ? args.slice(end + 1) : args.slice(end);
  return end > 0 && /[tf]/.test(options) && paths.length === 1 && !paths[0]?.startsWith("-");
}

/** The other end of a transfer. A daemon would run what its configuration says (rsyncd.conf(5)). */
function isRsync([first, ...args]: readonly string[]): boolean {
  return first === "--server" && !args.some((arg) => /^--(daemon|config|dparam)/.test(arg));
}

/** One repository. */
function isGit(args: readonly string[]): boolean {
  return args.length === 1 && !args[0]?.startsWith("-");
}

/**
 * Letters and what no shell makes anything of; other characters escaped or in single quotes, but never
 * a backslash within these, where fish takes it for an escape and sh does not.
 */
const WORD = /(?:[\p{L}\p{N}_@%+=:,./-]|~(?=\/)|\\[^\p{L}\p{N}\n\0]|'[^'\\\n\0]*')+/uy;

/** Undefined where a shell would do more than part words. */
function plainWords(command: string): string[] | undefined {
  const words: string[] = [];
  const text = command.replace(/^ +| +$/g, "");
  for (let at = 0; at < text.length;) {
    WORD.lastIndex = at;
    const raw = WORD.exec(text)?.[0];
    if (raw === undefined) return undefined;
    words.push(raw.replace(/\\(.)|'([^']*)'/gu, (_, one, quoted) => one ?? quoted));
    at += raw.length;
    while (text[at] === " ") at++;
  }
  return words;
}
