/** A QR code as half-block characters: two modules a character, dark ones drawn. */
import { renderUnicodeCompact } from "uqr";

/** @param border quiet zone in modules (ISO/IEC 18004 asks for 4; phones are content with 2) */
export function drawQr(text: string, border: number): string {
  return renderUnicodeCompact(text, { border, ecc: "L" });
}
