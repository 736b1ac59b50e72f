/** What a host has administrators told of. */
import { AlertRequest, ALERTS_PATH } from "../../lib/core/api.ts";
import { check, readBody } from "../body.ts";
import { hostOf, markSeen } from "../hosts.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";

export function alertRoutes(app: App, parts: Parts): void {
  resource(app, ALERTS_PATH, { POST: (c) => raise(c, parts) });
}

async function raise(c: Ctx, parts: Parts): Promise<Response> {
  const host = await hostOf(c, parts);
  const body = await readBody(c.req.raw, ["json"], parts.deps.after);
  const { why, at, kind: _, requester = null, ...what } = check(AlertRequest, body.value);
  const facts = {
    ...what,
    requester,
    host: host.name,
    at: at === undefined ? null : Date.parse(at),
  };
  await parts.alerts.raise(
    why === undefined ? { kind: "emergency_code", ...facts } : { kind: "fail_open", why, ...facts },
  );
  await markSeen(c, host, parts);
  return c.body(null, 204);
}
