/** What a command did to people, grants and accounts, in the audit log. */
import type { AuditEvent } from "../../core/audit.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { grantEnded } from "../../core/people_events.ts";
import type { Grant } from "../../core/grant.ts";
import type { Audit } from "../../ports.ts";

/** @throws Failure (70): what was done stays, and nothing that it made is shown */
export async function record(audit: Audit, ...events: readonly AuditEvent[]): Promise<void> {
  try {
    await Promise.all(events.map((event) => audit.append(event)));
  } catch {
    throw new Failure(
      Exit.software,
      "it is done, but the audit log does not say so",
      "check the free space, and audit.jsonl in the data directory",
    );
  }
}

export function endedGrants(grants: readonly Grant[]): AuditEvent[] {
  return grants.map(grantEnded);
}

/** "1 session", "3 sessions" */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** "ended: 2 sessions and 1 grant"; undefined when it is nothing. */
export function whatEnded(
  counts: readonly (readonly [number: number, what: string])[],
): string | undefined {
  const parts = counts.filter(([number]) => number > 0)
    .map(([number, what]) => count(number, what));
  const last = parts.pop();
  if (last === undefined) return undefined;
  const all = parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
  return `ended: ${all}`;
}
