/** What modules return as far as that can be said beforehand (modules/ of Linux-PAM 1.5.2). */
import type { PamPass } from "./calls.ts";
import { KNOWN_MODULES } from "./module_table.ts";
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

/** See knownResult(). */
const OWN_RESULTS = ["pam_permit.so", "pam_deny.so", "pam_debug.so"];

/** @returns undefined when it depends on the machine or the person */
export function knownResult(entry: PamEntry, pass: PamPass): PamResult | undefined {
  switch (fileName(entry)) {
    case "pam_env.so":
      // It does all in pam_setcred, and in sessions.
      return pass === "authenticate" ? "ignore" : undefined;
    case "pam_permit.so":
      return "success";
    case "pam_deny.so":
      return DENIED[pass];
    case "pam_debug.so":
      return debugResult(entry.args, EVENTS[pass] ?? pass);
  }
  return undefined;
}

/** Whether it is ours, or one that systems are known to have. */
export function isKnown(entry: PamEntry): boolean {
  return [...OWN_RESULTS, "pam_gatehouse.so"].includes(fileName(entry)) ||
    tableOf(entry) !== undefined;
}

function tableOf(entry: PamEntry) {
  const name = fileName(entry).replace(/\.so$/, "");
  return Object.hasOwn(KNOWN_MODULES, name) ? KNOWN_MODULES[name] : undefined;
}

/** They judge the account or its place, and who is meant may be on either side. */
const CONDITIONS = [
  "pam_succeed_if",
  "pam_usertype",
  "pam_localuser",
  "pam_listfile",
  "pam_access",
];

const TYPES = {
  authenticate: "auth",
  setcred: "setcred",
  acct_mgmt: "account",
  prechauthtok: "password",
  chauthtok: "password",
  open_session: "session",
  close_session: "session",
} as const;

/**
 * What a module returns mostly, for whom all goes well. A condition has two; that comes first by which the
 * lines below are asked.
 */
export function usualResults(entry: PamEntry, pass: PamPass): readonly PamResult[] {
  const name = fileName(entry).replace(/\.so$/, "");
  const results = tableOf(entry)?.[TYPES[pass]] ?? [];
  if (CONDITIONS.includes(name)) {
    return typeof entry.actions.success === "number" ? results.toReversed() : results;
  }
  return results.length > 0 ? results.slice(0, 1) : ["success"];
}

function fileName({ module }: PamEntry): string {
  return module.slice(module.lastIndexOf("/") + 1);
}

/** The first that names the event counts, and is success when its value is no result's name. */
function debugResult(args: readonly string[], event: string): PamResult {
  const value = args.find((arg) => arg.startsWith(`${event}=`))?.slice(event.length + 1);
  return PAM_RESULTS.find((result) => result === value) ?? "success";
}
