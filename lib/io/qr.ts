/** A QR code as half-block characters: two modules a character, dark ones drawn. */
import { renderUnicodeCompact } from "uqr";

/**
 * One of the eight masks (ISO/IEC 18004, 7.8): any can be read. Trying all of them for the prettiest
 * takes 3 MB and 7 ms of every waiting gate.
 */
const MASK = 2;

/**
 * uqr draws the light modules, for terminals whose ground is dark: inverted, it draws the dark ones.
 * @param border quiet zone in modules (ISO/IEC 18004 asks for 4; phones are content with 2)
 */
export function drawQr(text: string, border: number): string {
  return renderUnicodeCompact(text, { border, ecc: "L", invert: true, maskPattern: MASK });
}
