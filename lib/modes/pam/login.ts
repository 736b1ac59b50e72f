/** Who logs in, from where, and whether that needs a second factor at all. */
import { DEFAULT_HOST_CONFIG, type HostConfig, parseHostConfig } from "../../config/host.ts";
import { type Admission, type Attempt, describeAttempt } from "../../core/attempt.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { hasTerminal, loginSource, type PamItems, requesterOf } from "../../core/pam_items.ts";
import { type PamOptions, readPamOptions } from "../../core/pam_options.ts";
import { keyFingerprint } from "../../core/ssh_session.ts";
import { printable } from "../../core/text.ts";
import { type Account, accountByName, groupsOf, isLocal } from "../../io/accounts.ts";
import { readTrusted } from "../../io/secure_file.ts";
import { exempt } from "../../wiring/exempt.ts";
import type { Front } from "./front.ts";

export interface PamLogin {
  readonly config: HostConfig;
  readonly options: PamOptions;
  readonly items: PamItems;
  readonly attempt: Attempt;
  /** Undefined for a name that nobody has. */
  readonly account: Account | undefined;
  /** Why it cannot pass, whatever is answered; only the log may tell. */
  readonly inVain: string | undefined;
  readonly front: Front;
}

const JOIN_FIRST = "a host gets this file by: gatehouse join URL; see also the option config=";

/**
 * @param known is told as soon as it is clear who that is, for the log
 * @throws Failure when the login does not pass
 */
export async function passLogin(
  args: readonly string[],
  items: PamItems,
  front: Front,
  known: (who: string) => void,
): Promise<Admission> {
  const account = items.user === undefined ? undefined : accountByName(items.user);
  const attempt = await describe(items, account);
  known(describeAttempt(attempt));
  const options = readPamOptions(args);
  if (items.type !== "auth") {
    throw new Failure(Exit.config, `nothing to do for ${printable(items.type ?? "", 32)}`, AUTH);
  }
  const path = options.config ?? DEFAULT_HOST_CONFIG;
  const config = parseHostConfig(readTrusted(path, [0], JOIN_FIRST), path);
  const inVain = whyInVain(items, options, account);
  if (account !== undefined && inVain === undefined) {
    const exempted = await exempt(config, attempt, (names) => groupsOf(account, names));
    if (exempted !== undefined) return exempted;
  }
  const { requireFactor } = await import("./factor.ts");
  return await requireFactor({ config, options, items, attempt, account, inVain, front });
}

const AUTH = "it belongs into lines that begin with auth";

async function describe(items: PamItems, account: Account | undefined): Promise<Attempt> {
  const { sshAuthInfo, service } = items;
  const user = account?.name ?? items.user;
  if (user === undefined || service === undefined) {
    throw new Failure(Exit.config, "PAM does not say who logs in, or where to", STARTED_BY);
  }
  return {
    user,
    service,
    source: loginSource(items),
    tty: hasTerminal(items),
    command: undefined,
    commandHash: "",
    key: sshAuthInfo === undefined ? null : await keyFingerprint(sshAuthInfo),
    code: undefined,
    requester: requesterOf(items),
  };
}

const STARTED_BY = "pam_gatehouse.so or pam_exec.so starts this";

/**
 * Somebody without the password must not make a stranger's phone ring, and must not see by what
 * follows that the password was wrong.
 */
export function whyInVain(
  { unixDenied }: PamItems,
  { anyPassword }: PamOptions,
  account: Account | undefined,
  local: (name: string) => boolean = isLocal,
): string | undefined {
  if (account === undefined) return "no such account";
  // pam_unix also refuses whom another module, such as pam_sss, knows alone.
  return unixDenied && !anyPassword && local(account.name) ? "wrong password" : undefined;
}
