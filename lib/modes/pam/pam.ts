/**
 * What pam_gatehouse.so runs as root for each authentication (DESIGN.md 7), and pam_exec where there
 * is no such module. PAM hears one result, the log gets one line.
 */
import { type Admission, describeAdmission, describeWhy } from "../../core/attempt.ts";
import { describeError, Exit, Failure } from "../../core/errors.ts";
import type { PamItems } from "../../core/pam_items.ts";
import type { PamResult } from "../../core/pam_protocol.ts";
import { keyValue } from "../../core/text.ts";
import type { Passed } from "../../core/trial.ts";
import { accountByName } from "../../io/accounts.ts";
import { forgetSteering } from "../../io/surroundings.ts";
import { syslog } from "../../io/syslog.ts";
import { INTERRUPTED } from "../../login/races.ts";
import { tellTrial } from "../../wiring/trial.ts";
import { openFront, type Passing } from "./front.ts";
import { pamItems } from "./items.ts";
import { passLogin } from "./login.ts";

/** A person does. In a line of pam_exec's, help that was shown would be taken for a success. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") && pamItems().type === undefined;
}

/** @returns the exit status; for the module it is 0, and the verdict is what it was told */
export async function runPam(args: readonly string[]): Promise<number> {
  forgetSteering();
  const items = pamItems();
  const front = await openFront();
  let who = keyValue("user", items.user ?? "", 256);
  try {
    if (front.channel === undefined) await leaveCaller();
    const admission = await passLogin(args, items, front, (known) => who = known);
    syslog("info", `accepted ${who} ${describeAdmission(admission)}`);
    tellTrial(admission, () => passed(items));
    return front.pass(resultOf(admission));
  } catch (error) {
    const why = error instanceof Failure ? error.reason : describeError(error);
    syslog("warning", `refused ${who} ${describeWhy(why)}`);
    const { message, hint } = forThePerson(error);
    front.tell(message, hint);
    const status = error instanceof Failure ? error.exit : Exit.software;
    return front.deny(denialOf(error), status);
  }
}

function passed({ user = "", service = "", sshConnection }: PamItems): Passed | undefined {
  const account = accountByName(user);
  return account && { uid: account.uid, service, sshConnection };
}

/**
 * As the module does for its helper. Under su the real uid and the limits are the caller's, who could
 * end us when a wrong code is judged and not yet counted.
 */
async function leaveCaller(): Promise<void> {
  const [{ userIds }, { liftLimits }] = await Promise.all([
    import("../../io/acting_as.ts"),
    import("../../io/limits.ts"),
  ]);
  const { real, effective } = userIds();
  if (real !== effective) throw new Failure(Exit.config, SETEUID);
  if (!liftLimits()) throw new Failure(Exit.config, "limits of file size or time cannot be lifted");
}

const SETEUID = "pam_exec needs seteuid: write that word into its line, in front of the program";

/**
 * Who was let in without having proved anything is none of our business: were that a success, a line
 * that says `sufficient` would let an exempt account in without its password.
 */
export function resultOf({ via }: Admission): Passing {
  switch (via) {
    case "exempt":
    case "offline-allow":
    case "unenrolled-allow":
      return "ignore";
    default:
      return "success";
  }
}

export function denialOf(error: unknown): Exclude<PamResult, Passing> {
  if (!(error instanceof Failure)) return "auth_err";
  // Or sudo would ask again whoever has just pressed Ctrl-C.
  if (error.reason === INTERRUPTED) return "conv_err";
  return error.exit === Exit.unreachable ? "authinfo_unavail" : "auth_err";
}

/** Who is not in yet learns nothing of how this machine is set up. */
function forThePerson(error: unknown): { message: string; hint: string | undefined } {
  if (error instanceof Failure && [Exit.denied, Exit.unreachable].some((e) => e === error.exit)) {
    return { message: error.message, hint: error.hint };
  }
  return {
    message: "the second factor does not work here",
    hint: "tell the administrator, who finds the reason in the log",
  };
}
