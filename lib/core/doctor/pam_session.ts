/** Findings of what comes after authentication: `account`, `session`, and pam_setcred(3). */
import { moduleName } from "../pam_stack/assumptions.ts";
import type { PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { lineToBlame } from "./pam_blame.ts";
import { hasModule, whereOf } from "./pam_factor.ts";
import { type Case, lineText, namesOf, witness } from "./pam_login.ts";
import { explore } from "./pam_paths.ts";
import { credentialsSucceed } from "./pam_setcred.ts";

/** A stack of `account` or `session` that lets nobody in. */
export function alwaysFails(stack: PamStack, cases: readonly Case[]): Finding | undefined {
  const explored = cases.map((one) => explore(stack, one.outcomes));
  // Then a new password is asked for, and the login goes on.
  const goesOn = stack.type === "account" ? ["success", "new_authtok_reqd"] : ["success"];
  const passes = explored.some(({ ways, complete }) =>
    !complete || ways.some(({ result }) => goesOn.includes(result))
  );
  const [first] = cases;
  if (passes || first === undefined) return undefined;
  const way = explored[0]?.ways[0];
  const line = lineToBlame(stack, first.outcomes, way);
  return {
    id: stack.type === "account" ? "pam.account-always-fails" : "pam.session-always-fails",
    severity: "critical",
    ...whereOf(stack),
    ...(line === undefined ? {} : { where: line.where }),
    what: `the ${stack.type} stack of ${stack.service} fails for everybody`,
    means: `Who logs in is asked for everything, and sent away: ${
      namesOf(cases.flatMap(({ accounts }) => accounts))
    }.`,
    mend: line === undefined
      ? "a stack needs a line that succeeds, such as pam_permit.so at its end"
      : `look at this line: ${lineText(line, stack.type)}`,
    ...(way === undefined ? {} : { witness: witness(first.accounts, way) }),
  };
}

export function nologinMissing(auth: PamStack, account: PamStack): Finding | undefined {
  if (hasModule(auth, "pam_nologin") || hasModule(account, "pam_nologin")) return undefined;
  return {
    id: "pam.nologin-missing",
    severity: "warning",
    ...whereOf(account),
    what: `no pam_nologin in ${account.service}`,
    means:
      "With UsePAM yes sshd leaves /etc/nologin to PAM: people get in while the machine goes down.",
    mend: `write \`account required pam_nologin.so\` into /etc/pam.d/${account.service}`,
    witness: "any account, with /etc/nologin there: the account stack does not look at it",
  };
}

/** sshd ends the connection of whom PAM has let in, when this fails (auth-pam.c, do_pam_setcred). */
export function credentialsFail(auth: PamStack, cases: readonly Case[]): Finding | undefined {
  const fails = cases.filter(({ outcomes, credentials }) =>
    !credentialsSucceed(auth, outcomes, credentials)
  );
  if (fails.length === 0) return undefined;
  return {
    id: "pam.setcred-fails",
    severity: "critical",
    ...whereOf(auth),
    what: `pam_setcred fails after every login by ${auth.service}`,
    means: `${
      namesOf(fails.flatMap(({ accounts }) => accounts))
    } pass, and sshd closes the connection.`,
    mend: "put `auth required pam_permit.so` at the end of the stack",
    witness: "no line that was asked answers pam_setcred with success",
  };
}

/** FACTS of the gate: what ~/.pam_environment sets is in its surroundings. */
export function userEnvironment(session: PamStack, harmless: boolean): Finding[] {
  const lines = session.entries.filter(({ kind, module, args }) =>
    kind === "module" && moduleName(module) === "pam_env" &&
    args.findLast((arg) => arg.startsWith("user_readenv="))?.endsWith("=1")
  );
  return lines.map((entry): Finding => ({
    id: "pam.user-readenv",
    severity: harmless ? "info" : "warning",
    where: entry.where,
    what: `${session.service} takes variables from ~/.pam_environment, and the gate is used`,
    means: harmless
      ? "SetEnv in sshd's configuration empties those that could get past the gate."
      : "Who gets in once can have LD_PRELOAD or BASH_ENV set there, and the gate is run with it.",
    mend: "take user_readenv=1 out of the line",
  }));
}
