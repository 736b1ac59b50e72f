/** New secrets and scratch codes. */
import { base32 } from "../core/base32.ts";
import type { Random } from "../ports.ts";

/** 160 bits: what RFC 4226 (section 4, R6) recommends, and no padding in base32. */
const SECRET_BYTES = 20;

const LEAST = 10_000_000;
const COUNT = 90_000_000;
/** Above this the remainder would favour the lower codes. */
const FAIR = Math.floor(2 ** 32 / COUNT) * COUNT;

/** In base32 (RFC 4648, section 6). */
export function makeSecret(random: Random): string {
  return base32(random.bytes(SECRET_BYTES));
}

/** Eight digits, the first no zero, all equally likely; no two alike, nor like those of `taken`. */
export function makeScratchCodes(
  random: Random,
  count: number,
  taken: readonly string[] = [],
): string[] {
  const codes: string[] = [];
  while (codes.length < count) {
    const number = new DataView(random.bytes(4).slice().buffer).getUint32(0);
    const code = String(LEAST + number % COUNT);
    if (number < FAIR && !codes.includes(code) && !taken.includes(code)) codes.push(code);
  }
  return codes;
}
