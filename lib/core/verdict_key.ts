/** The text form of a server's public key. Apart from verdict.ts so that reading it costs no JWS library. */
import { base64url, fromBase64url } from "./encoding.ts";

/** `ed25519:BASE64URL` of the 32 raw bytes, as in host.toml. */
export function formatServerKey(publicKey: Uint8Array): string {
  return `ed25519:${base64url(publicKey)}`;
}

/** The 32 raw bytes of `ed25519:BASE64URL`, or undefined when it is not one. */
export function parseServerKey(text: string): Uint8Array | undefined {
  const match = /^ed25519:([A-Za-z0-9_-]{43})$/.exec(text);
  return match?.[1] === undefined ? undefined : fromBase64url(match[1]);
}
