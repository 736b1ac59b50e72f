/**
 * `gatehouse preauth`: asks once, in a session, for the logins that come next from the same place with
 * the same key. Only what sshd said of this session is sent; the person sees it and decides.
 */
import * as v from "valibot";
import {
  DEFAULT_HOST_CONFIG,
  hasServers,
  type HostConfig,
  parseHostConfig,
} from "../config/host.ts";
import { duration } from "../core/values.ts";
import { MAX_PREAUTH_S, MIN_PREAUTH_S, PREAUTH_SERVICE } from "../core/api.ts";
import { type Attempt, describeAttempt, describeWhy } from "../core/attempt.ts";
import { describeError, Exit, Failure } from "../core/errors.ts";
import { hostMessages } from "../core/messages/host.ts";
import { type PreauthMessages, preauthMessages } from "../core/messages/preauth.ts";
import { clientAddress, keyFingerprint } from "../core/ssh_session.ts";
import { printable } from "../core/text.ts";
import { localTime } from "../core/time.ts";
import { type Account, currentAccount } from "../io/accounts.ts";
import { systemClock } from "../io/clock.ts";
import { isThere } from "../io/files.ts";
import type { Out } from "../io/out.ts";
import { readTrusted } from "../io/secure_file.ts";
import { Session } from "../io/session.ts";
import { isReadable } from "../io/surroundings.ts";
import { syslog } from "../io/syslog.ts";
import { openTerminal } from "../io/terminal.ts";
import { askAhead, type Granted, type Preauth } from "../login/ahead.ts";
import { aheadOf } from "../wiring/approvals.ts";

export interface PreauthOptions {
  /** As in host.toml: "30m". */
  readonly for: string;
  readonly only?: "transfer";
  readonly config?: string;
}

/** @throws Failure (2, 75, 77, 78) when nothing is granted */
export async function preauth(options: PreauthOptions, out: Out): Promise<void> {
  const asked: Preauth = { for: secondsOf(options.for), commands: options.only ?? "any" };
  const session = new Session();
  const account = requireAccount();
  const path = options.config ?? DEFAULT_HOST_CONFIG;
  const config = readConfig(path, account);
  const locale = ["LC_ALL", "LC_MESSAGES", "LANG"].map((name) => session.variable(name))
    .find((value) => value);
  const words = preauthMessages(config.language, locale);
  if (!hasServers(config)) throw new Failure(Exit.config, words.noServer, words.noServerHint);
  const attempt = await describe(session, account, words);
  const messages = {
    ...hostMessages(config.language, locale),
    title: words.title(asked.for * 1000, asked.commands),
  };
  const client = await aheadOf(config, config.timeout);
  const granted = await logged(
    attempt,
    () =>
      askAhead(attempt, asked, config.timeout, {
        ask: (...question) => client.askAhead(...question),
        talk: openTerminal(messages, drawQr, () => ({ account: account.name, host: config.host })),
        messages,
        words,
      }),
  );
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const until = localTime(systemClock.now() + granted.forS * 1000, timeZone);
  const { source, key } = attempt;
  out.line(words.granted({ source, key, until, commands: asked.commands }));
}

/** Where PAM alone asks it may be root's alone. */
function readConfig(path: string, account: Account): HostConfig {
  if (isThere(path) && !isReadable(path)) {
    throw new Failure(
      Exit.config,
      `${printable(path)} is not for you to read, so nothing can be asked ahead here`,
      "an administrator can change that (docs/pam.md); or have a login remembered on its page",
    );
  }
  return parseHostConfig(readTrusted(path, [0, account.uid]), path);
}

function secondsOf(text: string): number {
  const given = v.safeParse(duration(MIN_PREAUTH_S * 1000, MAX_PREAUTH_S * 1000), text);
  if (given.success) return Math.ceil(given.output / 1000);
  const [{ message }] = given.issues;
  throw new Failure(Exit.usage, `--for ${message}`, "such as --for 30m");
}

function requireAccount(): Account {
  const account = currentAccount();
  if (account !== undefined) return account;
  throw new Failure(Exit.config, "this process's uid has no account", "check: getent passwd");
}

/** As the gate and PAM will see the logins that it is for. */
async function describe(
  session: Session,
  account: Account,
  words: PreauthMessages,
): Promise<Attempt & { readonly key: string }> {
  const source = clientAddress(session.variable("SSH_CONNECTION") ?? "");
  if (source === undefined) throw new Failure(Exit.usage, words.noSession, words.noSessionHint);
  const authInfo = session.authInfo();
  if (authInfo === undefined) {
    throw new Failure(Exit.config, words.keyUnknown, words.keyUnknownHint);
  }
  const key = await keyFingerprint(authInfo);
  if (key === null) throw new Failure(Exit.denied, words.noKey, words.noKeyHint);
  return {
    user: account.name,
    service: PREAUTH_SERVICE,
    source,
    requester: null,
    tty: Deno.stdin.isTerminal(),
    command: undefined,
    commandHash: "",
    key,
    code: undefined,
  };
}

/** Never as the log tells of logins: nobody is to be banned for it. */
async function logged(attempt: Attempt, ask: () => Promise<Granted>): Promise<Granted> {
  const who = describeAttempt(attempt);
  try {
    const granted = await ask();
    syslog("info", `preauth granted ${who} by=${printed(granted.by)} for=${granted.forS}s`);
    return granted;
  } catch (error) {
    const why = error instanceof Failure ? error.reason : describeError(error);
    syslog("notice", `preauth refused ${who} ${describeWhy(why)}`);
    throw error;
  }
}

const printed = (by: string) => JSON.stringify(printable(by));

async function drawQr(text: string, border: number): Promise<string> {
  return (await import("../io/qr.ts")).drawQr(text, border);
}
