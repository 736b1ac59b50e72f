/** Wires the login flow for the gate. Loaded only for logins that need the factor. */
import { hasServers, type HostConfig } from "../../config/host.ts";
import {
  type Admission,
  type Attempt,
  describeAttempt,
  describeRefusal,
} from "../../core/attempt.ts";
import { hostMessages } from "../../core/messages/host.ts";
import { chooseLanguage } from "../../core/messages/language.ts";
import { parseServerKey } from "../../core/verdict_key.ts";
import type { Account } from "../../io/accounts.ts";
import { systemClock } from "../../io/clock.ts";
import { codeFilesConfig } from "../../io/code_config.ts";
import { CodeFiles } from "../../io/code_files.ts";
import { systemRandom } from "../../io/random.ts";
import type { Session } from "../../io/session.ts";
import { syslog } from "../../io/syslog.ts";
import { hostName } from "../../io/surroundings.ts";
import { openTerminal, type Whereto } from "../../io/terminal.ts";
import type { Approvals, Codes } from "../../login/doors.ts";
import { passFactor } from "../../login/flow.ts";

/** @throws Failure when the login does not pass */
export async function requireFactor(
  config: HostConfig,
  account: Account,
  attempt: Attempt,
  session: Session,
): Promise<Admission> {
  const locale = ["LC_ALL", "LC_MESSAGES", "LANG"].map((name) => session.variable(name))
    .find((value) => value);
  const messages = hostMessages(config.language, locale);
  const { offline, unenrolled } = config.policy;
  const codes = new CodeFiles(codeFilesConfig(config.codes, account, attempt.source), systemClock);
  return await passFactor(attempt, { timeoutMs: config.timeout, offline, unenrolled }, {
    approvals: await approvals(config),
    codes: logged(codes, attempt),
    talk: openTerminal(messages, drawQrLater, () => whereto(config, account)),
    clock: systemClock,
    messages,
    enroll: async (signal) => {
      const { enrollHere } = await import("./enroll_here.ts");
      return await enrollHere(config, account, chooseLanguage(config.language, locale), signal);
    },
  });
}

/** A host without servers may have no name in its configuration. */
function whereto({ host }: HostConfig, { name }: Account): Whereto {
  return { account: name, host: host ?? hostName() };
}

/** What talks to servers is loaded only where there are some. */
async function approvals(config: HostConfig): Promise<Approvals> {
  if (!hasServers(config)) return { ask: () => Promise.resolve({ kind: "none" }) };
  const [{ ApprovalClient }, { trustSystemRoots }] = await Promise.all([
    import("../../io/approval_client.ts"),
    import("../../io/tls_roots.ts"),
  ]);
  trustSystemRoots();
  const client = {
    servers: config.servers,
    host: config.host,
    token: config.host_token,
    pinned: config.server_keys.map(parseServerKey).filter((key) => key !== undefined),
    timeoutMs: config.timeout,
    connectTimeoutMs: config.connect_timeout,
  };
  return new ApprovalClient(client, systemClock, systemRandom);
}

/** Refused codes are for the log too: whoever guesses them holds the key already. */
function logged(codes: Codes, attempt: Attempt): Codes {
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => codes.inGrace(),
    check: async (code) => {
      const answer = await codes.check(code);
      if (!answer.ok) {
        syslog("warning", `code refused ${describeAttempt(attempt)} ${describeRefusal(answer)}`);
      }
      return answer;
    },
  };
}

async function drawQrLater(text: string, border: number): Promise<string> {
  return (await import("../../io/qr.ts")).drawQr(text, border);
}
