/** What the doctor says of the host's emergency code. */
import type { Finding } from "./finding.ts";
import { octal } from "../text.ts";
import type { FileFacts } from "./site.ts";

export type EmergencyLook =
  | { readonly state: "missing" }
  | { readonly state: "good" }
  /** `what` stands behind "it ". */
  | { readonly state: "unusable"; readonly why: string; readonly facts: FileFacts | undefined }
  /** One of the first that anybody tries. */
  | { readonly state: "weak" };

const SET = "gatehouse emergency set";
const OTHERS = 0o077;

/**
 * @param path host.toml's codes.emergency
 * @param byPam whether anything here takes such a code
 * @param lockedOut whether some account has no other way in while no server answers
 * @param hasServers whether one ever does
 */
export function emergencyFindings(
  look: EmergencyLook,
  { byPam, hasServers, lockedOut, path }: {
    readonly byPam: boolean;
    readonly hasServers: boolean;
    readonly lockedOut: boolean;
    readonly path: string;
  },
): Finding[] {
  const where = { file: path };
  if (look.state === "good" && byPam) return [];
  if (look.state === "good") {
    return [{
      id: "emergency.no-door",
      severity: "info",
      where,
      what: "the emergency code lets nobody in: only PAM takes it, and here the gate asks",
      means: "Whoever keeps it in an envelope relies on it in vain.",
      mend: "set up PAM for a way in, such as the console's login or su: docs/pam.md",
    }];
  }
  if (look.state === "missing") {
    if (!byPam) return [];
    return [{
      id: "emergency.missing",
      severity: lockedOut ? "warning" : "info",
      where,
      what: "this host has no emergency code",
      means: lockedOut
        ? `${
          hasServers ? "When no server answers, accounts" : "Accounts"
        } without an authenticator are locked out.`
        : `When ${
          hasServers ? "phone, server and authenticator are" : "an authenticator is"
        } gone, the console is the only way in.`,
      mend: `${SET}; print it, and lock it away`,
    }];
  }
  if (look.state === "weak") {
    return [{
      id: "emergency.weak",
      severity: "warning",
      where,
      what: "the emergency code is among the first that anybody tries",
      means: "It lets nobody in: a code that is so easily guessed is never accepted.",
      mend: SET,
    }];
  }
  const { facts, why } = look;
  const isOpen = facts?.kind === "file" && facts.uid === 0 && (facts.mode & OTHERS) !== 0 &&
    (facts.mode & 0o700) === 0o600;
  return [{
    id: "emergency.unusable",
    severity: "warning",
    where,
    what: `the emergency code cannot be used: ${why}`,
    means: "It lets nobody in on the day when it is needed.",
    mend: isOpen && facts !== undefined
      ? `if others may have read it (mode ${octal(facts.mode)}): ${SET}; else chmod 0600 ${path}`
      : SET,
    ...isOpen ? { fix: { kind: "mode", path, mode: 0o600 } } : {},
  }];
}
