/** Requests for a login that nobody is to be asked about, whatever is known of the account. */
import type { LoginRequest } from "../lib/core/api.ts";
import { grantNetwork, isRecognizable, mayLast } from "../lib/core/grant.ts";
import { takesTwo } from "../lib/core/person.ts";
import type { AppConfig } from "./deps.ts";
import { Fault } from "./faults.ts";

export function refusalOf(
  { user, source, service, key, preauth, pin }: LoginRequest,
  host: string,
  rules: AppConfig["approval"],
): Fault | undefined {
  const { grants } = rules;
  if (preauth === undefined && pin === undefined) return undefined;
  // One PIN is one person, and of two persons each login takes both anew.
  if (takesTwo({ user, host }, rules)) {
    const detail = "each login of this account takes two persons";
    return new Fault(422, detail, { reason: "two_persons" });
  }
  if (preauth === undefined) return undefined;
  if (grants.longestMs === 0) {
    return new Fault(422, "approvals are not remembered here", { reason: "no_grants" });
  }
  if (!mayLast(preauth.for * 1000, grants)) {
    const detail = `approvals are remembered for ${inWords(grants.longestMs)} at most`;
    return new Fault(422, detail, { reason: "too_long" });
  }
  if (grantNetwork(source, grants.ipv6Prefix) === undefined) {
    const detail = "approvals are not remembered for an address with a zone";
    return new Fault(422, detail, { reason: "no_network" });
  }
  if (!isRecognizable({ service, key: key ?? null })) {
    const detail = "approvals are not remembered for logins without an SSH key";
    return new Fault(422, detail, { reason: "no_key" });
  }
  return undefined;
}

/** "8 h", "90 min", "45 s": whole ones. */
function inWords(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.floor(ms / 1000)} s`;
}
