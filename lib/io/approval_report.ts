/** Tells an approval server what this host's doctor found. */
import { REPORT_PATH, type ReportRequest } from "../core/host_report.ts";
import { type ClientConfig, reproach, saying, send } from "./approval_wire.ts";

const WITHIN_MS = 10_000;

/** @returns the server that has taken it; else why none has, the last one's word. Never rejects. */
export async function sendReport(
  { servers, token }: Pick<ClientConfig, "servers" | "token">,
  report: ReportRequest,
): Promise<{ readonly taken: string } | { readonly why: string }> {
  let why = "no approval server is configured";
  const body = JSON.stringify(report);
  for (const server of servers) {
    try {
      const signal = AbortSignal.timeout(WITHIN_MS);
      const answer = await send(`${server}${REPORT_PATH}`, { method: "POST", token, body, signal });
      if (answer.status === 204) return { taken: server };
      const { problem } = answer;
      why = problem === undefined
        ? reproach(server, answer).detail
        : `${server}: ${saying(problem)}`;
    } catch {
      why = `${server} does not answer`;
    }
  }
  return { why };
}
