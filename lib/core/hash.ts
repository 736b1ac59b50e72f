/**
 * SHA-256 at once: WebCrypto's crosses threads for each hash, and cannot be asked synchronously. The
 * gate takes encoding.ts's instead, for node:crypto costs it time to load.
 */
import { hash } from "node:crypto";

/** Lower-case hex. @param data text is hashed as UTF-8 */
export function sha256(data: string | Uint8Array): string {
  return hash("sha256", data);
}
