/** Modules whose results are in their names or their arguments (modules/ of Linux-PAM). */
import type { PamPass } from "./calls.ts";
import { PAM_RESULTS, type PamEntry, type PamResult } from "./stack.ts";

const DENIED: Readonly<Record<PamPass, PamResult>> = {
  authenticate: "auth_err",
  setcred: "cred_err",
  acct_mgmt: "auth_err",
  prechauthtok: "authtok_err",
  chauthtok: "authtok_err",
  open_session: "session_err",
  close_session: "session_err",
};

/** pam_debug's arguments that differ from libpam's names. */
const EVENTS: Partial<Record<PamPass, string>> = {
  authenticate: "auth",
  setcred: "cred",
  acct_mgmt: "acct",
};

/** @returns undefined when it depends on the machine or the person */
export function knownResult(entry: PamEntry, pass: PamPass): PamResult | undefined {
  switch (entry.module.slice(entry.module.lastIndexOf("/") + 1)) {
    case "pam_permit.so":
      return "success";
    case "pam_deny.so":
      return DENIED[pass];
    case "pam_debug.so":
      return debugResult(entry.args, EVENTS[pass] ?? pass);
  }
  return undefined;
}

/** The first that names the event counts, and is success when its value is no result's name. */
function debugResult(args: readonly string[], event: string): PamResult {
  const value = args.find((arg) => arg.startsWith(`${event}=`))?.slice(event.length + 1);
  return PAM_RESULTS.find((result) => result === value) ?? "success";
}
