/** Bytes as text. */
import { base64 } from "@hexagon/base64";

/** RFC 4648 section 5, without padding. */
export function base64url(bytes: Uint8Array): string {
  return base64.fromArrayBuffer(bytes.slice().buffer, true);
}

/** The caller has checked the alphabet. */
export function fromBase64url(text: string): Uint8Array {
  return new Uint8Array(base64.toArrayBuffer(text, true));
}

/** SHA-256 in lower-case hex, of UTF-8 text or of bytes. */
export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data.slice();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hex(digest);
}

/** Lower case, two digits a byte. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
