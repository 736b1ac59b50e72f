/** QR codes drawn with characters. */
import { encode, renderUnicodeCompact } from "uqr";
import type { QrMode } from "../core/terminal_look.ts";

/**
 * One of the eight masks (ISO/IEC 18004, 7.8): any can be read. Trying all of them for the prettiest
 * takes 3 MB and 7 ms of every waiting gate.
 */
const MASK = 2;

/**
 * Half-block characters without colours: two modules a character, dark ones drawn. uqr draws the
 * light modules, for terminals whose ground is dark: inverted, it draws the dark ones.
 * @param border quiet zone in modules (ISO/IEC 18004 asks for 4; phones are content with 2)
 */
export function drawQr(text: string, border: number): string {
  return renderUnicodeCompact(text, { border, ecc: "L", invert: true, maskPattern: MASK });
}

/**
 * For half blocks: ink and ground, whatever the terminal's own colours. The first two are black and
 * white of the 256 colours, which no theme changes.
 */
const INK_AND_GROUND = {
  UTF8: "38;5;16;48;5;231",
  UTF8_INVERSE: "38;5;231;48;5;16",
  UTF8_GREY: "30;47",
};

/**
 * For spaces of a colour: dark and light modules. Bright white (107) is not known everywhere: there
 * the white before it (47) counts.
 */
const DARK_AND_LIGHT = {
  ANSI: ["40", "47;107"],
  ANSI_INVERSE: ["47;107", "40"],
  ANSI_GREY: ["40", "47"],
} as const;

/** Lines with their colours, and how many columns they take. @param border as drawQr()'s */
export function paintQr(
  text: string,
  mode: QrMode,
  border: number,
): { lines: string[]; width: number } {
  if (mode === "NONE") return { lines: [], width: 0 };
  const { data, size } = encode(text, { border: 0, ecc: "L", maskPattern: MASK });
  const whole = size + 2 * border;
  const dark = (x: number, y: number) => data[y - border]?.[x - border] ?? false;
  const places = Array.from({ length: whole }, (_, at) => at);
  switch (mode) {
    case "PLAIN": {
      const lines = places.filter((y) => y % 2 === 0).map((y) =>
        places.map((x) => halfBlock(!dark(x, y), !dark(x, y + 1))).join("")
      );
      return { lines, width: whole };
    }
    case "UTF8":
    case "UTF8_INVERSE":
    case "UTF8_GREY": {
      const lines = places.filter((y) => y % 2 === 0).map((y) => {
        const blocks = places.map((x) => halfBlock(dark(x, y), dark(x, y + 1))).join("");
        return `${sgr(INK_AND_GROUND[mode])}${blocks}${sgr("0")}`;
      });
      return { lines, width: whole };
    }
    case "ANSI":
    case "ANSI_INVERSE":
    case "ANSI_GREY": {
      const [ink, ground] = DARK_AND_LIGHT[mode];
      const lines = places.map((y) => {
        const row = places.map((x) => dark(x, y));
        const cells = row.map((one, x) =>
          one === row[x - 1] ? "  " : `${sgr(one ? ink : ground)}  `
        );
        return `${cells.join("")}${sgr("0")}`;
      });
      return { lines, width: 2 * whole };
    }
  }
}

function halfBlock(upper: boolean, lower: boolean): string {
  return upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
}

function sgr(codes: string): string {
  return `\x1b[${codes}m`;
}
