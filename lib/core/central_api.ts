/**
 * What goes over the wire between host and server about central codes: those of authenticators that are
 * registered at the server, for hosts. As api.ts, for both sides.
 */
import * as v from "valibot";
import { isAddress } from "./address.ts";
import { fromBase64url } from "./encoding.ts";
import { isPrintable } from "./text.ts";

export const CODES_PATH = "/api/v1/codes";
export const SPEND_PATH = "/api/v1/codes/spend";

/** Accounts of one request. A host that has more asks again. */
export const MAX_NAMES = 500;

const name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(256),
  v.check(isPrintable, "must not contain control or invisible characters"),
);
/** Of a request, so that no older answer fits. */
export const Nonce = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{43}$/, "must be 32 random bytes in base64url without padding"),
);

/** `POST /api/v1/codes` */
export const CodesRequest = v.strictObject({
  /** The accounts that this host has. */
  accounts: v.pipe(v.array(name), v.maxLength(MAX_NAMES)),
  nonce: Nonce,
});
export type CodesRequest = v.InferOutput<typeof CodesRequest>;

/** `200` of `POST /api/v1/codes`; see central_set.ts. */
export const CodesAnswer = v.object({
  sealed: v.string(),
  /** The server's own; servers before this one do not say it. */
  version: v.optional(v.pipe(v.string(), v.maxLength(32))),
});

/** `401` of `POST /api/v1/codes`: a problem document that has more; see revocation.ts. */
export const CodesRevoked = v.object({ revoked: v.string() });

/**
 * `POST /api/v1/codes/spend`: a code that the host has found right, and that shall be good nowhere else.
 * 204 when it is right here too and was not used; 403 with a reason, or 429.
 */
export const SpendRequest = v.strictObject({
  user: name,
  source: v.pipe(v.string(), v.check(isAddress, "must be an IPv4 or IPv6 address")),
  code: v.pipe(v.string(), v.regex(/^[0-9]{6}$/, "must be six digits")),
});
export type SpendRequest = v.InferOutput<typeof SpendRequest>;

/** What a host's key for codes looks like: X25519 (RFC 7748), 32 bytes in base64url. */
const HOST_KEY = /^x25519:([A-Za-z0-9_-]{43})$/;
export const HostKey = v.pipe(
  v.string(),
  v.regex(HOST_KEY, 'must be "x25519:" and 43 characters'),
);

/** The 32 raw bytes of `x25519:BASE64URL`; undefined when it is not one. */
export function parseHostKey(text: string): Uint8Array | undefined {
  const [, key] = HOST_KEY.exec(text) ?? [];
  return key === undefined ? undefined : fromBase64url(key);
}
