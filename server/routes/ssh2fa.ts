/**
 * SSH2FA's four routes, so that its unmodified client keeps working during a migration. Its links
 * show the page, where a POST decides; its client shows no number, so there is none to match. It
 * does not prove which host it is either: such logins run under the host name "ssh2fa".
 */
import * as v from "valibot";
import { DEFAULT_TIMEOUT_S } from "../../lib/core/api.ts";
import { hex } from "../../lib/core/encoding.ts";
import { sha256 } from "../../lib/core/hash.ts";
import { step } from "../../lib/core/login.ts";
import { check, readBody } from "../body.ts";
import { Fault, tooMany } from "../faults.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";
import type { Deps } from "../deps.ts";
import { networkOf } from "../../lib/core/cidr.ts";
import { showRequest } from "./page.ts";

const HOST = "ssh2fa";

/** useradd(8)'s names, and those of directory services. */
const Start = v.strictObject({
  username: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?$/, "must be a Unix user name"),
  ),
});
const Status = v.strictObject({ token: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) });

export function ssh2faRoutes(app: App, parts: Parts): void {
  resource(app, "/start_login", { POST: (c) => startLogin(c, parts) });
  resource(app, "/check_status", { POST: (c) => checkStatus(c, parts) });
  const show = (c: Ctx) => showRequest(c, c.req.query("token") ?? "", parts);
  resource(app, "/approve", { GET: show }, { head: true });
  resource(app, "/reject", { GET: show }, { head: true });
}

async function startLogin(c: Ctx, { deps, logins, starts }: Parts): Promise<Response> {
  const source = c.get("source");
  const retryAfterMs = starts.take(`source ${networkOf(source)}`);
  if (retryAfterMs !== undefined) throw tooMany("too many logins from here", retryAfterMs);
  const body = await readBody(c.req.raw, ["json"], deps.after);
  const { username } = check(Start, body.value);
  const session = uuid(deps);
  const display = uuid(deps);
  await logins.create({
    asked: {
      host: HOST,
      user: username,
      service: HOST,
      source,
      requester: null,
      tty: true,
      command: null,
      commandHash: "",
      commandWhole: true,
      key: null,
      nonce: "",
    },
    id: loginId(session),
    secret: session,
    ticket: display,
    timeoutMs: DEFAULT_TIMEOUT_S * 1000,
    numbered: false,
    pin: null,
    preauth: null,
  });
  return c.json({ success: true, session_token: session, display_token: display });
}

async function checkStatus(c: Ctx, parts: Parts): Promise<Response> {
  const { deps, logins } = parts;
  const body = await readBody(c.req.raw, ["json"], deps.after);
  const { token } = check(Status, body.value);
  const id = loginId(token);
  const login = await deps.store.login(id);
  // An unknown token means what it means to SSH2FA: it is over.
  if (login === undefined || login.secretHash !== sha256(token)) {
    const fault = parts.failures.of(c.get("source"), new Fault(404, "unknown session token"));
    if (fault.status === 429) throw fault;
    return c.json({ status: "expired" });
  }
  const due = step(login, { type: "collect" }, deps.clock.now());
  const now = due.changed ? await logins.change(id, { type: "collect" }) : login;
  switch (now?.state) {
    case "pending":
      return c.json({ status: "pending" });
    case "approved":
      // "approved" is said once, like a verdict: to whoever's asking made the change.
      return c.json({ status: due.changed ? "approved" : "expired" });
    case "denied":
      return c.json({ status: "rejected" });
    default:
      return c.json({ status: "expired" });
  }
}

/** The client knows its session token alone, so that must lead to the login. */
function loginId(session: string): string {
  return sha256(`ssh2fa ${session}`).slice(0, 32);
}

/** RFC 9562, version 4 */
function uuid({ random }: Pick<Deps, "random">): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6] ?? 0) & 0x0f | 0x40;
  bytes[8] = (bytes[8] ?? 0) & 0x3f | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
