/** TOTP (RFC 6238) once more, independent of the library that the product uses. */
import { createHmac } from "node:crypto";

/** RFC 6238 Appendix B: the ASCII text 12345678901234567890, and that in base32. */
export const RFC_KEY = new TextEncoder().encode("12345678901234567890");
export const RFC_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/** The six digits of a time step or counter. */
export function codeOf(step: number, key: Uint8Array = RFC_KEY): string {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const digest = createHmac("sha1", key).update(new Uint8Array(counter.buffer)).digest();
  // RFC 4226, 5.3: the last four bits say where the number is taken from.
  const offset = (digest[19] ?? 0) & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}
