/** Codes of the account that logs in, and the emergency code of its host. */
import type { HostConfig } from "../../config/host.ts";
import { isFromAddress } from "../../core/pam_items.ts";
import { printable } from "../../core/text.ts";
import type { Account } from "../../io/accounts.ts";
import { actingAt } from "../../io/acting_as.ts";
import { systemClock } from "../../io/clock.ts";
import { codeFilesConfig, IN_HOME, ROOTS_OWN, statePlace } from "../../io/code_config.ts";
import { CodeFiles, type CodeFilesConfig } from "../../io/code_files.ts";
import type { Codes } from "../../login/doors.ts";
import { NOBODYS_CODES } from "../../login/decoy.ts";
import { agreedCodes } from "../../login/central_codes.ts";
import { withEmergency } from "../../login/typed_codes.ts";
import { spenderOf } from "../../wiring/approvals.ts";
import { loggedCodes } from "../../wiring/code_log.ts";
import { emergencyOf } from "../../wiring/emergency.ts";
import { lookedFor } from "../../wiring/looked_for.ts";
import type { PamLogin } from "./login.ts";

export function accountCodes(login: PamLogin): Codes {
  const { config, account, attempt, inVain } = login;
  const emergency = emergencyOf(config, attempt);
  // Whether the account has an authenticator is not for those without its password to see.
  if (account === undefined || inVain !== undefined) {
    return withEmergency(NOBODYS_CODES, emergency);
  }
  const files = new CodeFiles(
    { ...filesOf(login, account), at: (path) => actingAt(path, account) },
    systemClock,
  );
  const codes = agreedCodes(files, spenderOf(config, attempt));
  return loggedCodes(withEmergency(codes, emergency), attempt);
}

/** Doors.lookedFor; where `gatehouse enroll` may make another file, what makes this one. */
export function codesLookedFor(login: PamLogin): string {
  const { config, account } = login;
  if (account === undefined) return "account";
  const files = filesOf(login, account);
  const made = statePlace(config.codes, account, IN_HOME).path;
  if (made === files.secret) return lookedFor(files);
  const command = `gatehouse enroll --user ${account.name} -s ${files.secret}`;
  return `${lookedFor(files)} (for one, as root: ${printable(command)})`;
}

/** Whoever proved something at sudo or su has not proved it for the others on this machine. */
function filesOf(login: PamLogin, account: Account): CodeFilesConfig {
  const files = codeFilesConfig(codeSettings(login), account, login.attempt.source, ROOTS_OWN);
  return isFromAddress(login.items) ? files : { ...files, graceMs: 0 };
}

/** Loads what judges a code. While somebody types: sooner it holds up the prompt, later the verdict. */
export function loadJudge(): void {
  void Promise.all([import("../../core/code_check.ts"), import("../../io/code_memory_file.ts")]);
}

/** A line in pam.d may say where its secrets are. */
export function codeSettings({ config, options }: PamLogin): HostConfig["codes"] {
  const { secret } = options;
  return secret === undefined ? config.codes : { ...config.codes, secret };
}
