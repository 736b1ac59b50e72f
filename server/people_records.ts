/** What happened to people, devices, grants and accounts, for the audit log and the log. */
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Deps, LogFields } from "./deps.ts";

/** Somebody should look at these. */
const WARNINGS: ReadonlySet<string> = new Set([
  "person.sign_in_refused",
  "recovery.used",
  "account.frozen",
  "account.quiet",
]);

export class PeopleRecords {
  constructor(private readonly deps: Pick<Deps, "audit" | "log">) {}

  /**
   * Resolves when the audit lines are durable; only then it is logged as a fact.
   * @param events as core/people_events.ts makes them, in this order
   */
  async write(...events: readonly AuditEvent[]): Promise<void> {
    await Promise.all(events.map((event) => this.deps.audit.append(event)));
    for (const event of events) {
      const level = WARNINGS.has(event.event) ? "warning" : "info";
      this.deps.log(level, event.event.replaceAll(/[._]/g, " "), fields(event));
    }
  }
}

function fields({ event: _, ...rest }: AuditEvent): LogFields {
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
}
