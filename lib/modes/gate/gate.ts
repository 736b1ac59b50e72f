/** What sshd's ForceCommand runs: ask for the second factor, then become the user's session. */
import { DEFAULT_HOST_CONFIG, parseHostConfig } from "../../config/host.ts";
import {
  type Admission,
  type Attempt,
  describeAdmission,
  describeAttempt,
  describeWhy,
  failedOpen,
} from "../../core/attempt.ts";
import { sha256Hex } from "../../core/encoding.ts";
import { describeError, Exit, Failure } from "../../core/errors.ts";
import {
  clientAddress,
  CODE_VARIABLE,
  keyFingerprint,
  planLaunch,
} from "../../core/ssh_session.ts";
import { printable } from "../../core/text.ts";
import { type Account, currentAccount, memberOf } from "../../io/accounts.ts";
import { readTrusted } from "../../io/secure_file.ts";
import { Session } from "../../io/session.ts";
import { syslog } from "../../io/syslog.ts";
import { exempt } from "../../wiring/exempt.ts";
import { tellTrial } from "../../wiring/trial.ts";

const JOIN_FIRST = "a host gets this file by: gatehouse join URL; see also gate --config";

/** Never resolves: either the process becomes the session, or this throws. */
export async function runGate(options: { config: string | undefined }): Promise<void> {
  const session = new Session();
  let who = `uid=${Deno.uid()}`;
  try {
    const account = requireAccount();
    who = `user=${printable(account.name)}`;
    const path = options.config ?? DEFAULT_HOST_CONFIG;
    const config = parseHostConfig(readTrusted(path, [0, account.uid], JOIN_FIRST), path);
    const command = session.command();
    const attempt = await describe(session, account, command);
    who = describeAttempt(attempt);

    const admission = await exempt(config, attempt, memberOf) ??
      await factor(config, account, { ...attempt, key: await usedKey(session) }, session);
    syslog("info", `accepted ${who} ${describeAdmission(admission)}`);
    tellTrial(admission, () => ({
      uid: account.uid,
      service: attempt.service,
      sshConnection: session.variable("SSH_CONNECTION"),
    }));
    if (failedOpen(admission)) {
      const { keepFailOpen } = await import("../../wiring/untold_alerts.ts");
      await keepFailOpen(config, attempt, admission);
    }

    const launch = planLaunch(account.shell, command, () => session.sftpServer());
    if (launch === undefined) {
      throw new Failure(Exit.config, "no sftp-server was found", "install openssh-sftp-server");
    }
    session.become(launch, admission);
    throw new Failure(Exit.software, `cannot start ${printable(launch.path)}`);
  } catch (error) {
    const why = error instanceof Failure ? error.reason : describeError(error);
    syslog("warning", `refused ${who} ${describeWhy(why)}`);
    throw error;
  }
}

function requireAccount(): Account {
  const account = currentAccount();
  if (account !== undefined) return account;
  throw new Failure(Exit.config, "this process's uid has no account", "check: getent passwd");
}

async function factor(...login: Parameters<RequireFactor>): Promise<Admission> {
  return await (await import("./factor.ts")).requireFactor(...login);
}
type RequireFactor = typeof import("./factor.ts").requireFactor;

async function usedKey(session: Session): Promise<string | null> {
  const authInfo = session.authInfo();
  return authInfo === undefined ? null : await keyFingerprint(authInfo);
}

/** Without the key, which only those who are asked for the factor wait for. */
async function describe(
  session: Session,
  account: Account,
  command: Uint8Array | undefined,
): Promise<Attempt> {
  return {
    user: account.name,
    service: "sshd",
    source: requireSource(session.variable("SSH_CONNECTION")),
    requester: null,
    tty: Deno.stdin.isTerminal(),
    command: command === undefined ? null : decode(command),
    commandHash: command === undefined ? "" : await sha256Hex(command),
    key: null,
    code: session.variable(CODE_VARIABLE),
  };
}

/** With a byte order mark, if there is one: it runs too. */
function decode(command: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(command);
}

function requireSource(sshConnection: string | undefined): string {
  const source = sshConnection === undefined ? undefined : clientAddress(sshConnection);
  if (source !== undefined) return source;
  throw new Failure(
    Exit.config,
    "the gate was not started by sshd (SSH_CONNECTION is missing or malformed)",
    "it belongs into sshd_config: ForceCommand exec /usr/local/bin/gatehouse gate",
  );
}
