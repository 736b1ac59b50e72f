/** Logins that a PIN decides (DESIGN.md 5): it is sent, tried, and sent anew. */
import { CodeTry, LOGINS_PATH, type PinResent } from "../../lib/core/api.ts";
import type { Login } from "../../lib/core/login.ts";
import type { LoginByPin } from "../../lib/core/pin.ts";
import { check, readBody } from "../body.ts";
import { type App, bearer, countingFailures, type Ctx, type Parts, resource } from "../http.ts";
import type { Sent } from "../pin_delivery.ts";

export function codeRoutes(app: App, parts: Parts): void {
  resource(app, `${LOGINS_PATH}/:id/code`, { POST: (c) => tryCode(c, parts) });
  resource(app, `${LOGINS_PATH}/:id/resend`, { POST: (c) => resend(c, parts) });
}

/** What the answer that creates such a login says in the place of a link: it has no page. */
export async function sendFirst(created: LoginByPin, pin: string, parts: Parts) {
  const { login, sent } = await parts.pins.delivery.send(created, pin);
  return { url: null, match: null, ...asAnswer(login, sent, parts) };
}

async function tryCode(c: Ctx, parts: Parts): Promise<Response> {
  const secret = bearer(c);
  const { code } = check(CodeTry, (await readBody(c.req.raw, ["json"], parts.deps.after)).value);
  const id = c.req.param("id") ?? "";
  return await countingFailures(c, parts, async () => {
    await parts.pins.try(await parts.collector.owned(id, secret), code);
    // It has ended, one way or another: the same answer as for a host that has waited.
    return c.json(await parts.collector.collect(id, secret, 0, c.req.raw.signal));
  });
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
