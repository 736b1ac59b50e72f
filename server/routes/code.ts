/** Codes for logins: a PIN that is sent, tried, and sent anew; or one of an authenticator for hosts. */
import { CodeTry, LOGINS_PATH, type LoginStatus, type PinResent } from "../../lib/core/api.ts";
import type { Login } from "../../lib/core/login.ts";
import type { LoginByPin } from "../../lib/core/pin.ts";
import { check, readBody } from "../body.ts";
import { type App, bearer, countingFailures, type Ctx, type Parts, resource } from "../http.ts";
import type { Outgoing, Sent } from "../pin_delivery.ts";
import { refusal } from "./sync.ts";

export function codeRoutes(app: App, parts: Parts): void {
  resource(app, `${LOGINS_PATH}/:id/code`, { POST: (c) => tryCode(c, parts) });
  resource(app, `${LOGINS_PATH}/:id/resend`, { POST: (c) => resend(c, parts) });
}

/** What the answer that creates such a login says in the place of a link: it has no page. */
export async function sendFirst(created: LoginByPin, message: Outgoing, parts: Parts) {
  const { login, sent } = await parts.pins.delivery.send(created, message);
  return { url: null, match: null, ...asAnswer(login, sent, parts) };
}

async function tryCode(c: Ctx, parts: Parts): Promise<Response> {
  const secret = bearer(c);
  const { code } = check(CodeTry, (await readBody(c.req.raw, ["json"], parts.deps.after)).value);
  const id = c.req.param("id") ?? "";
  return await countingFailures(c, parts, async () => {
    const login = await parts.collector.owned(id, secret);
    if (login.pin === null) return c.json(await tryCentral(login, code, parts));
    await parts.pins.try(login, code);
    // It has ended, one way or another: the same answer as for a host that has waited.
    return c.json(await parts.collector.collect(id, secret, 0, c.req.raw.signal));
  });
}

/**
 * By an authenticator for hosts. The verdict is not in the answer: the host waits for it already, and it
 * is handed out once.
 */
async function tryCentral(login: Login, code: string, parts: Parts): Promise<LoginStatus> {
  const judged = await parts.central.try(login, code);
  if (judged.ok) return { state: "approved" };
  if (judged.why !== "ended") throw refusal(judged, parts);
  const { state, reason } = await parts.deps.store.login(login.id) ?? login;
  return { state, ...(reason === null ? {} : { reason }) };
}

async function resend(c: Ctx, parts: Parts): Promise<Response> {
  const secret = bearer(c);
  const id = c.req.param("id") ?? "";
  return await countingFailures(c, parts, async () => {
    const { login, sent } = await parts.pins.resend(await parts.collector.owned(id, secret));
    return c.json(asAnswer(login, sent, parts));
  });
}

function asAnswer(login: Login, sent: Sent, { pins }: Parts): PinResent {
  const { state, reason } = login;
  return { state, ...(reason === null ? {} : { reason }), pin: pins.status(login, sent) };
}
