/** Tells an approval server what this host's doctor found. */
import { REPORT_PATH, type ReportRequest } from "../core/host_report.ts";
import { tellOne } from "./approval_told.ts";
import type { ClientConfig } from "./approval_wire.ts";

const WITHIN_MS = 10_000;

/** @returns the server that has taken it; else why none has, the last one's word. Never rejects. */
export function sendReport(
  config: Pick<ClientConfig, "servers" | "token">,
  report: ReportRequest,
): Promise<{ readonly taken: string } | { readonly why: string }> {
  return tellOne(config, REPORT_PATH, report, WITHIN_MS);
}
