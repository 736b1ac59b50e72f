/** What a host's doctor found. */
import { REPORT_PATH, ReportRequest } from "../../lib/core/host_report.ts";
import { check, readBody } from "../body.ts";
import { hostOf, markSeen } from "../hosts.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";

export function reportRoutes(app: App, parts: Parts): void {
  resource(app, REPORT_PATH, { POST: (c) => keep(c, parts) });
}

async function keep(c: Ctx, parts: Parts): Promise<Response> {
  const host = await hostOf(c, parts);
  const body = await readBody(c.req.raw, ["json"], parts.deps.after);
  await parts.reports.keep(host, check(ReportRequest, body.value), c.get("source"));
  await markSeen(c, host, parts);
  return c.body(null, 204);
}
