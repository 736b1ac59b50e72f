/** Wires the login flow for the gate. Loaded only for logins that need the factor. */
import type { HostConfig } from "../../config/host.ts";
import type { Admission, Attempt } from "../../core/attempt.ts";
import { hostMessages } from "../../core/messages/host.ts";
import { chooseLanguage } from "../../core/messages/language.ts";
import type { Account } from "../../io/accounts.ts";
import { systemClock } from "../../io/clock.ts";
import { codeFilesConfig, IN_HOME } from "../../io/code_config.ts";
import { CodeFiles } from "../../io/code_files.ts";
import type { Session } from "../../io/session.ts";
import { hostName } from "../../io/surroundings.ts";
import { openTerminal, type Whereto } from "../../io/terminal.ts";
import { passFactor } from "../../login/flow.ts";
import { approvalsOf } from "../../wiring/approvals.ts";
import { loggedCodes } from "../../wiring/code_log.ts";
import { lookedFor } from "../../wiring/looked_for.ts";

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
  const files = codeFilesConfig(config.codes, account, attempt.source, IN_HOME);
  return await passFactor(attempt, { timeoutMs: config.timeout, offline, unenrolled }, {
    approvals: await approvalsOf(config, config.timeout),
    codes: loggedCodes(new CodeFiles(files, systemClock), attempt),
    lookedFor: lookedFor(files),
    talk: openTerminal(messages, drawQrLater, () => whereto(config, account)),
    clock: systemClock,
    messages,
    lastWords: messages,
    enroll: async (signal, withinMs) => {
      const { enrollAtTerminal } = await import("./enroll_at_terminal.ts");
      const language = chooseLanguage(config.language, locale);
      return await enrollAtTerminal(config, account, language, { signal, withinMs });
    },
  });
}

/** A host without servers may have no name in its configuration. */
function whereto({ host }: HostConfig, { name }: Account): Whereto {
  return { account: name, host: host ?? hostName() };
}

async function drawQrLater(text: string, border: number): Promise<string> {
  return (await import("../../io/qr.ts")).drawQr(text, border);
}
