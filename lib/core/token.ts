/**
 * A host's token: `ghh_` + 32 random bytes + `_` + the first 16 bytes of SHA-256 of the server's
 * public key, both in base64url. The fingerprint lets `join` refuse a server that is not the one
 * that made the token, so the key it pins cannot be swapped on the way.
 */
import { base64url } from "./encoding.ts";

const FORM = /^ghh_[A-Za-z0-9_-]{43}_([A-Za-z0-9_-]{22})$/;

/** @param random 32 bytes @param publicKey 32 raw bytes */
export async function makeHostToken(random: Uint8Array, publicKey: Uint8Array): Promise<string> {
  return `ghh_${base64url(random)}_${await fingerprint(publicKey)}`;
}

/** The key fingerprint in a token, or undefined when the text is not a host token. */
export function tokenFingerprint(token: string): string | undefined {
  return FORM.exec(token)?.[1];
}

export async function fingerprint(publicKey: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", publicKey.slice());
  return base64url(new Uint8Array(digest).subarray(0, 16));
}
