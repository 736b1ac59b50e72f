/** What the server signs for a host: that a login is approved, and what it offers for one that is not. */
import { signOffer, signVerdict } from "../lib/core/signing.ts";
import { sha256 } from "../lib/core/hash.ts";
import type { Login } from "../lib/core/login.ts";
import { takesTwo } from "../lib/core/person.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { PAGE_PATH } from "./paths.ts";

/** The page of a login; null where a PIN decides, for then there is none. */
export function linkOf({ ticket, pin }: Login, { publicUrl }: AppConfig): string | null {
  return pin === null ? `${publicUrl}${PAGE_PATH}/${ticket}` : null;
}

export function offerOf(
  login: Login,
  { signer }: Pick<Deps, "signer">,
  config: AppConfig,
): Promise<string> {
  const claims = {
    iss: config.publicUrl,
    aud: login.host,
    jti: login.id,
    nonce: login.nonce,
    url: linkOf(login, config),
    match: login.match,
    two_persons: takesTwo(login, config.approval),
    exp: Math.ceil(login.expiresAt / 1000),
  };
  return signOffer(claims, signer);
}

export function verdictOf(
  login: Login,
  { signer, clock }: Pick<Deps, "signer" | "clock">,
  { publicUrl }: AppConfig,
): Promise<string> {
  const claims = {
    iss: publicUrl,
    aud: login.host,
    sub: login.user,
    jti: login.id,
    svc: login.service,
    src: login.source,
    cmd: login.commandHash,
    nonce: login.nonce,
    by: login.by ?? "",
    via: login.via ?? "",
    cmd_shown: login.command === null ? "" : sha256(login.command),
    key: login.key ?? "",
    requester: login.requester ?? "",
    tty: login.tty,
  };
  return signVerdict(claims, signer, clock.now());
}
