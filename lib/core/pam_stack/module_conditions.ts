/**
 * Modules whose answer follows from the account and from files of the machine, as their sources of
 * Linux-PAM 1.5.2 have it. What hangs on the client, the terminal or the caller can be either.
 */
import type { Account } from "../unix_account.ts";
import { accessResults } from "./access_table.ts";
import { execSkips } from "./gatehouse_line.ts";
import type { Circumstances } from "./module_results.ts";
import type { PamResult, PamType } from "./stack.ts";
import { succeedIf } from "./succeed_if.ts";

type Results = readonly PamResult[];
type Judge = (args: readonly string[], login: Circumstances, type: PamType) => Results | undefined;

const YES: Results = ["success"];
const NO: Results = ["auth_err"];
const EITHER: Results = ["success", "auth_err"];

/**
 * Programs that a caller starts with root's rights and that stay in the caller's name: there pam_rootok
 * succeeds when root calls. All others run as root themselves, so there it succeeds for everybody; sudo
 * too, which takes on root's uid before it asks PAM.
 */
const CALLERS = new Set([
  ...["su", "su-l", "runuser", "runuser-l", "chsh", "chfn", "passwd", "chpasswd", "newusers"],
  ...["chage", "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "groupmems"],
]);

const JUDGES: Readonly<Record<string, Judge>> = {
  pam_succeed_if: succeedIf,
  pam_access: accessResults,
  pam_listfile: listfile,
  pam_usertype: usertype,
  pam_wheel: wheel,
  // Root has every right already.
  pam_rootok: (_, { service }) => CALLERS.has(service) ? NO : EITHER,
  pam_nologin: (args, { account }) => {
    const open: PamResult = args.includes("successok") ? "success" : "ignore";
    return account.uid === 0 ? [open] : [open, "auth_err"];
  },
  pam_securetty: (_, { account }) => account.uid === 0 ? [...EITHER, "service_err"] : YES,
  pam_localuser: (args, { account, files, isLocal }) => {
    const other = valueOf(args, "file");
    const local = other === undefined ? isLocal : hasLine(files.text(other), account.name);
    return local === undefined ? undefined : [local ? "success" : "perm_denied"];
  },
  pam_shells: (_, { account, files }) => {
    const shells = files.text("/etc/shells");
    return shells === undefined ? undefined : [...lines(shells)].includes(account.shell) ? YES : NO;
  },
  pam_exec: (args, _, type) => execSkips({ args }, type) ? ["ignore"] : undefined,
};

/** @returns undefined when nothing is known of it but what the module can return at all */
export function condition(
  module: string,
  args: readonly string[],
  type: PamType,
  login: Circumstances,
): Results | undefined {
  return Object.hasOwn(JUDGES, module) ? JUDGES[module]?.(args, login, type) : undefined;
}

/** pam_wheel(8) looks at who calls, which can be anybody. */
function wheel(args: readonly string[], { account }: Circumstances): Results {
  if (args.includes("root_only") && account.uid !== 0) return ["ignore"];
  const passed: PamResult = args.includes("trust") ? "success" : "ignore";
  return args.includes("deny") ? [passed, "perm_denied"] : [passed, "perm_denied", "service_err"];
}

/** pam_usertype(8); /etc/login.defs has the limits. */
function usertype(args: readonly string[], { account, files }: Circumstances): Results | undefined {
  const op = args.filter((arg) => arg === "isregular" || arg === "issystem").at(-1);
  if (op === undefined || args.includes("use_uid")) return undefined;
  const defs = files.text("/etc/login.defs") ?? "";
  const limit = (key: string, otherwise: number) =>
    Number(new RegExp(`^\\s*${key}\\s+(\\d+)`, "m").exec(defs)?.[1] ?? otherwise);
  const from = limit("SYS_UID_MIN", 101);
  const to = limit("SYS_UID_MAX", limit("UID_MIN", 1000) - 1);
  const { uid } = account;
  const system = uid <= 99 || uid === 65534 || (uid >= from && uid <= to);
  return system === (op === "issystem") ? YES : NO;
}

/** pam_listfile(8). */
function listfile(args: readonly string[], { account, files }: Circumstances): Results {
  const onError: Results = valueOf(args, "onerr") === "succeed" ? YES : ["service_err"];
  const [item, file, sense, apply] = ["item", "file", "sense", "apply"].map((key) =>
    valueOf(args, key)
  );
  const known = /^(user|group|shell|tty|rhost|ruser)$/.test(item ?? "");
  if (!known || file === undefined || !/^(allow|deny)$/.test(sense ?? "")) return onError;
  // Of the account itself there is nothing to restrict it to.
  const restricted = apply !== undefined && /^(tty|rhost)$/.test(item ?? "");
  if (restricted && !applies(apply, account)) return ["ignore"];
  if (/^(tty|rhost|ruser)$/.test(item ?? "")) return [...new Set([...EITHER, ...onError])];
  const list = files.text(file);
  if (list === undefined) return onError;
  const wanted = item === "user"
    ? [account.name]
    : item === "shell"
    ? [account.shell]
    : account.groups;
  const listed = [...lines(list)].some((line) => wanted.includes(line.replace(/\r$/, "")));
  return listed === (sense === "allow") ? YES : NO;
}

function applies(to: string, account: Account): boolean {
  return to.startsWith("@") ? account.groups.includes(to.slice(1)) : account.name === to;
}

/** The last `key=value` counts. */
function valueOf(args: readonly string[], key: string): string | undefined {
  return args.findLast((arg) => arg.startsWith(`${key}=`))?.slice(key.length + 1);
}

function hasLine(text: string | undefined, account: string): boolean | undefined {
  return text === undefined ? undefined : `\n${text}`.includes(`\n${account}:`);
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
