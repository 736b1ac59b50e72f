/** What hosts fetch and report of central codes (docs/codes.md). */
import {
  CODES_PATH,
  CodesRequest,
  parseHostKey,
  SPEND_PATH,
  SpendRequest,
} from "../../lib/core/central_api.ts";
import type { HostCodeJudged } from "../../lib/core/central_code.ts";
import { sealSet } from "../../lib/core/central_set.ts";
import { signRevocation } from "../../lib/core/revocation.ts";
import { VERSION } from "../../lib/core/version.ts";
import { check, readBody } from "../body.ts";
import { Fault, tooMany } from "../faults.ts";
import { hostOf, markSeen } from "../hosts.ts";
import { type App, bearer, type Ctx, type Parts, resource } from "../http.ts";

export function syncRoutes(app: App, parts: Parts): void {
  resource(app, CODES_PATH, { POST: (c) => send(c, parts) });
  resource(app, SPEND_PATH, { POST: (c) => spend(c, parts) });
}

async function send(c: Ctx, parts: Parts): Promise<Response> {
  const { deps, config, central, syncs } = parts;
  const host = await hostOf(c, parts).catch((fault) => signed(c, fault, parts));
  const { accounts: names, nonce } = await requestOf(c, parts);
  const retryAfterMs = syncs.take(`host ${host.name}`);
  if (retryAfterMs !== undefined) throw tooMany("this host asks too often", retryAfterMs);
  const key = host.codesKey === null ? undefined : parseHostKey(host.codesKey);
  if (key === undefined) {
    const detail =
      "this host has no key for codes: it joined without one, or two came with its token; " +
      "add it anew to let it join again";
    throw new Fault(409, detail, { reason: "no_codes_key" });
  }
  const accounts = await central.of(host, names);
  const set = { valid_for: config.codes.validForMs / 1000, accounts };
  const sealed = await sealSet(set, { host: host.name, nonce }, key, deps.signer, deps.clock.now());
  await markSeen(c, host, parts);
  return c.json({ sealed, version: VERSION });
}

async function requestOf(c: Ctx, { deps }: Parts): Promise<CodesRequest> {
  const body = await readBody(c.req.raw, ["json"], deps.after);
  return check(CodesRequest, body.value);
}

/** The host gives up its codes for a 401, so it has to know who says so. */
async function signed(c: Ctx, fault: unknown, parts: Parts): Promise<never> {
  if (!(fault instanceof Fault) || fault.status !== 401) throw fault;
  const asked = await requestOf(c, parts).catch(() => undefined);
  if (asked === undefined) throw fault;
  const { signer, clock } = parts.deps;
  const about = { token: bearer(c), nonce: asked.nonce };
  const revoked = await signRevocation(about, signer, clock.now());
  throw new Fault(401, fault.detail, { headers: fault.headers, revoked });
}

async function spend(c: Ctx, parts: Parts): Promise<Response> {
  const host = await hostOf(c, parts);
  const body = await readBody(c.req.raw, ["json"], parts.deps.after);
  const asked = check(SpendRequest, body.value);
  const retryAfterMs = parts.starts.take(`host ${host.name}`);
  if (retryAfterMs !== undefined) throw tooMany("this host asks too often", retryAfterMs);
  const judged = await parts.central.spend({ ...asked, host: host.name, requester: null });
  if (!judged.ok) throw refusal(judged, parts);
  return c.body(null, 204);
}

/** Why a code lets nobody in. */
export function refusal(judged: Exclude<HostCodeJudged, { ok: true }>, { deps }: Parts): Fault {
  switch (judged.why) {
    case "limited":
      return tooMany(
        "too many codes were wrong",
        judged.retryAt - deps.clock.now(),
        "too_many_codes",
      );
    case "spent":
      return new Fault(403, "this code was used already", { reason: "spent_code" });
    case "wrong":
      return new Fault(403, "this is not the code", { reason: "wrong_code" });
    case "no_codes":
    case "ended":
      return new Fault(422, "no code decides this login", { reason: "no_codes" });
  }
}
