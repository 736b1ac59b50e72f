/** What sshd's ForceCommand runs: ask for the second factor, then become the user's session. */
import { DEFAULT_HOST_CONFIG, type HostConfig, parseHostConfig } from "../../config/host.ts";
import { type Attempt, describeAttempt } from "../../core/attempt.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { exemption } from "../../core/policy.ts";
import {
  clientAddress,
  CODE_VARIABLE,
  keyFingerprint,
  planLaunch,
  SFTP_SERVERS,
} from "../../core/ssh_session.ts";
import { printable } from "../../core/text.ts";
import { currentAccount, memberOf } from "../../io/accounts.ts";
import { readTrusted } from "../../io/secure_file.ts";
import { Session } from "../../io/session.ts";
import { syslog } from "../../io/syslog.ts";

/** Never resolves: either the process becomes the session, or this throws. */
export async function runGate(options: { config: string | undefined }): Promise<void> {
  const session = new Session();
  const account = currentAccount();
  if (account === undefined) {
    throw new Failure(Exit.config, "this process's uid has no account", "check: getent passwd");
  }
  const path = options.config ?? DEFAULT_HOST_CONFIG;
  const config = parseHostConfig(readTrusted(path, [0, account.uid]), path);
  const command = session.command();
  const attempt: Attempt = {
    user: account.name,
    service: "sshd",
    source: requireSource(session.variable("SSH_CONNECTION")),
    tty: Deno.stdin.isTerminal(),
    command: command === undefined ? null : new TextDecoder().decode(command),
    key: await usedKey(session.variable("SSH_USER_AUTH")),
    code: session.variable(CODE_VARIABLE),
  };
  try {
    const via = await exemptBy(config, attempt) ??
      await (await import("./factor.ts")).requireFactor(config, account, attempt, session);
    syslog("info", `accepted ${describeAttempt(attempt)} via=${printable(via)}`);
  } catch (error) {
    const why = error instanceof Failure ? error.message : "internal error";
    syslog("warning", `refused ${describeAttempt(attempt)} why=${JSON.stringify(printable(why))}`);
    throw error;
  }
  const launch = planLaunch(account.shell, command, findSftpServer);
  if (launch === undefined) {
    throw new Failure(Exit.config, "no sftp-server was found", "install openssh-sftp-server");
  }
  session.become(launch);
  throw new Failure(Exit.software, `cannot start ${printable(launch.path)}`);
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

async function usedKey(authInfoFile: string | undefined): Promise<string | null> {
  if (authInfoFile === undefined) return null;
  try {
    return await keyFingerprint(await Deno.readTextFile(authInfoFile));
  } catch {
    return null;
  }
}

/** The rule that exempts this login from the factor, if any. */
async function exemptBy(config: HostConfig, attempt: Attempt): Promise<string | undefined> {
  const { policy } = config;
  // Only hosts with such a rule pay for the library that reads addresses.
  const inNetwork = policy.exempt_sources.length === 0
    ? undefined
    : (await import("../../core/cidr.ts")).inNetwork;
  const rule = exemption(policy, {
    user: attempt.user,
    tty: attempt.tty,
    hasCommand: attempt.command !== null,
    exemptGroup: () => memberOf(policy.exempt_groups)[0],
    exemptSource: () => policy.exempt_sources.find((net) => inNetwork?.(attempt.source, net)),
  });
  return rule === undefined ? undefined : `exempt (${rule})`;
}

function findSftpServer(): string | undefined {
  return SFTP_SERVERS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
