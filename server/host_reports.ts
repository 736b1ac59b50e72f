/** The last word of each host's doctor. */
import { type HostReport, readReport, type ReportRequest } from "../lib/core/host_report.ts";
import { printable } from "../lib/core/text.ts";
import type { Host } from "../lib/ports.ts";
import type { Deps } from "./deps.ts";
import { Fault, tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";

/** Of one host: a person who mends one thing after the other; and who only wants to keep the server busy. */
const REPORTS = { burst: 10, perMinute: 2 };
/** Lines in the audit log about one host: whoever reads its token must not fill the disk. */
const RECORDED = { burst: 1, perMinute: 1 / 60 };

export class HostReports {
  readonly #reports: Limiter;
  readonly #recorded: Limiter;

  constructor(private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "store">) {
    this.#reports = new Limiter(REPORTS, deps.clock);
    this.#recorded = new Limiter(RECORDED, deps.clock);
  }

  /** @throws Fault 403, 409, 422 or 429 */
  async keep(host: Host, request: ReportRequest, source: string): Promise<void> {
    const { clock, store } = this.deps;
    const whose = { id: host.tokenHash, host: host.name };
    const report = await readReport(request, whose, clock.now());
    if (report === "forged") throw new Fault(403, "the report is not signed as it should be");
    if (report === "untimely") {
      throw new Fault(422, "the report is not of now: compare the clocks of host and server");
    }
    // Who has no more than the token must not use up what root may send, so the key comes first.
    const before = await this.of(host);
    const believed = host.reportKey ?? before?.key ?? report.key;
    if (believed !== report.key) return await this.#refuse(host, source);
    const retryAfterMs = this.#reports.take(host.name);
    if (retryAfterMs !== undefined) throw tooMany("this host reports too often", retryAfterMs);
    const kept = await store.change<Kept>({
      wants: { report: [{ id: host.tokenHash }] },
      make: ({ report: [before] }) => {
        // Another may have been the first meanwhile.
        if (host.reportKey === null && before !== undefined && before.key !== report.key) {
          return { answer: "other_key" };
        }
        // What was sent before is not to be told again, though it be signed.
        if (before !== undefined && before.madeAt > report.madeAt) return { answer: "older" };
        return { answer: "kept", put: { report: [report] } };
      },
    });
    if (kept === "older") throw new Fault(409, "there is a newer report of this host");
    if (kept === "other_key") await this.#refuse(host, source);
  }

  async #refuse(host: Host, source: string): Promise<never> {
    await this.#recordRefused(host, source);
    throw new Fault(
      409,
      "this host joined or reported before with another key; add it anew, and let it join again",
      { reason: "other_report_key" },
    );
  }

  /** Undefined: it has not reported yet. */
  async of({ tokenHash }: Host): Promise<HostReport | undefined> {
    const [report] = await this.deps.store.find("report", { id: tokenHash });
    return report;
  }

  /** By the hash of the token. */
  async all(): Promise<ReadonlyMap<string, HostReport>> {
    const reports = await this.deps.store.find("report", { all: true });
    return new Map(reports.map((report) => [report.id, report]));
  }

  async #recordRefused({ name }: Host, source: string): Promise<void> {
    const { audit, log } = this.deps;
    if (this.#recorded.take(name) !== undefined) return;
    const fields = { host: printable(name), source: printable(source) };
    await audit.append({ event: "host.report_refused", ...fields });
    log("warning", "a report with another key was refused", fields);
  }
}

type Kept = "kept" | "older" | "other_key";
