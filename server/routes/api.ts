/** API version 1 for hosts (DESIGN.md 5). */
import * as v from "valibot";
import {
  DEFAULT_TIMEOUT_S,
  JOIN_PATH,
  JoinRequest,
  LoginRequest,
  LOGINS_PATH,
  MAX_WAIT_S,
  PREAUTH_SERVICE,
} from "../../lib/core/api.ts";
import { givesCodesTo } from "../../lib/core/central_code.ts";
import { hex } from "../../lib/core/encoding.ts";
import { sha256 } from "../../lib/core/hash.ts";
import type { Login } from "../../lib/core/login.ts";
import { takesTwo } from "../../lib/core/person.ts";
import { isByPin } from "../../lib/core/pin.ts";
import { signJoin } from "../../lib/core/signing.ts";
import { formatServerKey } from "../../lib/core/verdict_key.ts";
import { check, readBody } from "../body.ts";
import { tooMany } from "../faults.ts";
import { hostOf, markJoined, markSeen } from "../hosts.ts";
import { type App, bearer, countingFailures, type Ctx, type Parts, resource } from "../http.ts";
import { type NewLogin, randomName } from "../logins.ts";
import { refusalOf } from "../refusals.ts";
import { linkOf, offerOf, verdictOf } from "../signing.ts";
import { sendFirst } from "./code.ts";

const SECRET_BYTES = 32;
const ID_BYTES = 16;
const TICKET_BYTES = 12;
/** Of a command, in characters. Our hosts send fewer; a day's flood must not fill the disk. */
const MAX_COMMAND_KEPT = 4_000;

const NewRequest = v.pipe(
  LoginRequest,
  v.forward(
    v.check(
      (request) => request.command_sha256 === undefined || typeof request.command === "string",
      "needs command, of which it is the hash",
    ),
    ["command_sha256"],
  ),
  v.forward(
    v.check(
      ({ service, preauth }) => (service === PREAUTH_SERVICE) === (preauth !== undefined),
      `must be "${PREAUTH_SERVICE}" with preauth, and only then`,
    ),
    ["service"],
  ),
  v.forward(
    v.check(
      ({ pin, preauth }) => pin === undefined || preauth === undefined,
      "must not come together with pin",
    ),
    ["preauth"],
  ),
);
const Wait = v.pipe(
  v.string(),
  v.regex(/^[0-9]{1,4}$/, "must be a whole number of seconds"),
  v.transform(Number),
  v.maxValue(MAX_WAIT_S),
);
const CancelQuery = v.object({ reason: v.picklist(["hung_up", "code_used"]) });
const WaitQuery = v.object({ wait: v.optional(Wait, "0") });

export function apiRoutes(app: App, parts: Parts): void {
  resource(app, LOGINS_PATH, { POST: (c) => create(c, parts) });
  resource(app, `${LOGINS_PATH}/:id`, {
    GET: (c) => collect(c, parts),
    DELETE: (c) => cancel(c, parts),
  });
  resource(app, JOIN_PATH, { POST: (c) => join(c, parts) });
}

async function create(c: Ctx, parts: Parts): Promise<Response> {
  const { deps, config, logins, pins, starts } = parts;
  const host = await hostOf(c, parts);
  const body = await readBody(c.req.raw, ["json"], deps.after);
  const request = check(NewRequest, body.value);
  const refusal = refusalOf(request, host.name, config.approval);
  if (refusal !== undefined) throw refusal;
  // After the check: what is refused anyway must not use up what logins need.
  const retryAfterMs = starts.take(`host ${host.name}`);
  const two = takesTwo({ user: request.user, host: host.name }, config.approval);
  if (retryAfterMs !== undefined) {
    throw tooMany("this host starts too many logins", retryAfterMs, undefined, two);
  }
  const secret = randomName(deps, SECRET_BYTES);
  // Hexadecimal, because administrators type it: base64url may begin with a dash.
  const id = hex(deps.random.bytes(ID_BYTES));
  const made = request.pin === undefined
    ? undefined
    : await pins.make({ id, host: host.name, user: request.user }, request.pin.contacts);
  const wanted: NewLogin = {
    asked: {
      host: host.name,
      user: request.user,
      service: request.service,
      source: request.source,
      requester: request.requester ?? null,
      tty: request.tty,
      ...commandOf(request),
      key: request.key ?? null,
      nonce: request.nonce,
    },
    id,
    secret,
    ticket: randomName(deps, TICKET_BYTES),
    timeoutMs: (request.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
    numbered: made === undefined,
    pin: made?.state ?? null,
    preauth: request.preauth === undefined
      ? null
      : { forMs: request.preauth.for * 1000, commands: request.preauth.commands },
  };
  const creating = logins.create(wanted).catch(async (error) => {
    if (made !== undefined) await pins.discard(wanted.asked, made);
    throw error;
  });
  const [login] = await Promise.all([creating, markSeen(c, host, parts)]);
  const created = {
    id,
    secret,
    expires_at: new Date(login.expiresAt).toISOString(),
    offer: await offerOf(login, deps, config),
    ...(made !== undefined && isByPin(login)
      ? await sendFirst(login, made, parts)
      : await byLink(login, parts)),
  };
  return c.json(created, 201, { location: `${LOGINS_PATH}/${id}` });
}

/** Of a login whose link is shown, or one that a grant has approved. */
async function byLink(login: Login, { deps, config, central }: Parts) {
  const answer = { url: linkOf(login, config), match: login.match, state: login.state };
  if (login.state === "approved") {
    return { ...answer, verdict: await verdictOf(login, deps, config) };
  }
  if (takesTwo(login, config.approval)) return { ...answer, two_persons: true };
  // Who asks for a grant does so on the page, with a proof that is more than a code at a host.
  const codes = login.preauth === null && await central.available(login);
  return { ...answer, ...(codes ? { codes: true } : {}) };
}

function commandOf(
  { command, command_sha256 }: LoginRequest,
): Pick<Login, "command" | "commandHash" | "commandWhole"> {
  if (typeof command !== "string") {
    return { command: null, commandHash: "", commandWhole: command === undefined };
  }
  const kept = command.slice(0, MAX_COMMAND_KEPT).toWellFormed();
  const commandHash = command_sha256 ?? sha256(command);
  return { command: kept, commandHash, commandWhole: commandHash === sha256(kept) };
}

async function collect(c: Ctx, parts: Parts): Promise<Response> {
  const secret = bearer(c);
  const { wait } = check(WaitQuery, { wait: c.req.query("wait") });
  const id = c.req.param("id") ?? "";
  return await countingFailures(c, parts, async () => {
    return c.json(await parts.collector.collect(id, secret, wait * 1000, c.req.raw.signal));
  });
}

async function cancel(c: Ctx, parts: Parts): Promise<Response> {
  const secret = bearer(c);
  const { reason } = check(CancelQuery, { reason: c.req.query("reason") ?? "hung_up" });
  const id = c.req.param("id") ?? "";
  return await countingFailures(c, parts, async () => {
    await parts.collector.owned(id, secret);
    await parts.logins.change(id, { type: "cancel", reason });
    return c.body(null, 204);
  });
}

async function join(c: Ctx, parts: Parts): Promise<Response> {
  const { config, deps, hostKeys } = parts;
  const host = await hostOf(c, parts);
  const body = await readBody(c.req.raw, ["json"], deps.after);
  const { codes_key: sent, nonce, report_key } = check(JoinRequest, body.value);
  hostKeys.admit(host);
  const codes_key = await hostKeys.keep(host, sent, c.get("source"));
  await hostKeys.keepReportKey(host, report_key, c.get("source"));
  if (host.joinedAt === null) await markJoined(c, host, parts);
  else await markSeen(c, host, parts);
  const server_keys = [formatServerKey(deps.publicKey)];
  const signed = await signJoin({ aud: host.name, nonce, codes_key, offers: true }, deps.signer);
  const codes = codes_key !== null && givesCodesTo(host.name, config.codes.accounts);
  return c.json({ host: host.name, server_keys, signed, codes });
}
