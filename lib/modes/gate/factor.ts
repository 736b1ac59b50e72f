/** Wires the login flow for the gate. Loaded only for logins that need the factor. */
import type { HostConfig } from "../../config/host.ts";
import { type Admission, type Attempt, describeAttempt } from "../../core/attempt.ts";
import { hostMessages } from "../../core/messages/host.ts";
import { expandPath } from "../../core/path_template.ts";
import { parseServerKey } from "../../core/verdict_key.ts";
import type { Account } from "../../io/accounts.ts";
import { ApprovalClient } from "../../io/approval_client.ts";
import { systemClock } from "../../io/clock.ts";
import { CodeFiles } from "../../io/code_files.ts";
import { systemRandom } from "../../io/random.ts";
import type { Session } from "../../io/session.ts";
import { syslog } from "../../io/syslog.ts";
import { openTerminal } from "../../io/terminal.ts";
import { trustSystemRoots } from "../../io/tls_roots.ts";
import type { Codes } from "../../login/doors.ts";
import { passFactor } from "../../login/flow.ts";

/** @throws Failure when the login does not pass */
export async function requireFactor(
  config: HostConfig,
  account: Account,
  attempt: Attempt,
  session: Session,
): Promise<Admission> {
  const locale = ["LC_ALL", "LC_MESSAGES", "LANG"].map((name) => session.variable(name));
  const messages = hostMessages(config.language, locale.find((value) => value));
  const client = {
    servers: config.servers,
    host: config.host,
    token: config.host_token,
    pinned: config.server_keys.map(parseServerKey).filter((key) => key !== undefined),
    timeoutMs: config.timeout,
    connectTimeoutMs: config.connect_timeout,
  };
  const codes = {
    user: account.name,
    uid: account.uid,
    secret: expandPath(config.codes.secret, account),
    totpSecrets: expandPath(config.codes.totp_secrets, account),
    spent: expandPath(config.codes.spent, account),
    source: attempt.source,
  };
  trustSystemRoots();
  const { offline, unenrolled } = config.policy;
  return await passFactor(attempt, { timeoutMs: config.timeout, offline, unenrolled }, {
    approvals: new ApprovalClient(client, systemClock, systemRandom),
    codes: logged(new CodeFiles(codes, systemClock), attempt),
    talk: openTerminal(messages, drawQrLater),
    clock: systemClock,
    messages,
  });
}

/** Wrong codes are for the log too: whoever guesses them holds the key already. */
function logged(codes: Codes, attempt: Attempt): Codes {
  return {
    enrolled: () => codes.enrolled(),
    check: async (code) => {
      const answer = await codes.check(code);
      if (!answer.ok) {
        syslog("warning", `code refused ${describeAttempt(attempt)} why=${answer.why}`);
      }
      return answer;
    },
  };
}

async function drawQrLater(text: string, border: number): Promise<string> {
  return (await import("../../io/qr.ts")).drawQr(text, border);
}
