import assert from "node:assert/strict";
import { encode } from "uqr";
import { QR_MODES, type QrMode } from "../../lib/core/terminal_look.ts";
import { drawQr, paintQr } from "../../lib/io/qr.ts";

const LINK = "https://auth.example.com/l/0123456789abcdef";

/** What a camera sees: true where the character is drawn, two rows of modules a line. */
function modules(picture: string): boolean[][] {
  return picture.split("\n").flatMap((line) => [
    [...line].map((char) => "█▀".includes(char)),
    [...line].map((char) => "█▄".includes(char)),
  ]);
}

Deno.test("drawQr() draws the dark modules, with a quiet zone all around", () => {
  const border = 2;
  const seen = modules(drawQr(LINK, border));
  const { data, size } = encode(LINK, { border: 0, ecc: "L", maskPattern: 2 });
  for (const [y, row] of seen.entries()) {
    for (const [x, dark] of row.entries()) {
      assert.equal(dark, data[y - border]?.[x - border] ?? false, `module ${x}, ${y}`);
    }
  }
  assert.equal(seen[0]?.length, size + 2 * border);
  assert.ok(seen.length >= size + 2 * border);
});

Deno.test("drawQr() begins with the finder pattern of ISO/IEC 18004, dark on light", () => {
  const finder = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
  const seen = modules(drawQr(LINK, 2)).slice(2, 9).map((row) =>
    row.slice(2, 9).map((dark) => dark ? "#" : ".").join("")
  );
  assert.deepEqual(seen, finder);
});

Deno.test("drawQr() draws nothing but half blocks and spaces, in lines of one length", () => {
  const lines = drawQr(`${LINK}?${"x".repeat(400)}`, 2).split("\n");
  for (const line of lines) {
    assert.match(line, /^[█▀▄ ]+$/);
    assert.equal(line.length, lines[0]?.length);
  }
});

Deno.test("paintQr() without colours draws the light modules, for a dark ground", () => {
  const border = 2;
  const { lines, width } = paintQr(LINK, "PLAIN", border);
  const { data, size } = encode(LINK, { border: 0, ecc: "L", maskPattern: 2 });
  const seen = modules(lines.join("\n"));
  for (const [y, row] of seen.entries()) {
    assert.equal(row.length, width);
    for (const [x, light] of row.entries()) {
      assert.equal(light, !(data[y - border]?.[x - border] ?? false), `module ${x}, ${y}`);
    }
  }
  assert.ok(seen.length >= size + 2 * border);
  assert.match(lines.join(""), /^[█▀▄ ]+$/);
});

const BLACK = "black";
const WHITE = "white";
/** What the sequences mean that are used here: ink 3x, ground 4x or 10x; 38 and 48 of 256. */
const COLOURS: Readonly<Record<string, { ink?: string; ground?: string }>> = {
  "0": {},
  "30;47": { ink: BLACK, ground: WHITE },
  "38;5;16;48;5;231": { ink: BLACK, ground: WHITE },
  "38;5;231;48;5;16": { ink: WHITE, ground: BLACK },
  "40": { ground: BLACK },
  "47": { ground: WHITE },
  "47;107": { ground: WHITE },
};

const SEQUENCE_OR_CHARACTER = new RegExp("\x1b\\[([0-9;]*)m|(.)", "gu");

/** The colours of what is drawn, each character the upper and the lower half; none is left open. */
function seenColours(lines: readonly string[]): string[][] {
  return lines.flatMap((line) => {
    const upper: string[] = [];
    const lower: string[] = [];
    let colours: { ink?: string; ground?: string } = {};
    for (const [, codes, char = ""] of line.matchAll(SEQUENCE_OR_CHARACTER)) {
      if (codes !== undefined) {
        colours = COLOURS[codes] ?? assert.fail(`unknown colour ${codes}`);
        continue;
      }
      const colour = (drawn: boolean) => (drawn ? colours.ink : colours.ground) ?? "the terminal's";
      upper.push(colour("█▀".includes(char)));
      lower.push(colour("█▄".includes(char)));
    }
    assert.deepEqual(colours, {}, "the colours end with the line");
    return [upper, lower];
  });
}

for (const mode of QR_MODES.filter((mode) => mode !== "NONE")) {
  for (const border of [1, 2]) {
    Deno.test(`paintQr() paints each module, ${mode} with a border of ${border}`, () => {
      const { lines, width } = paintQr(LINK, mode, border);
      const { data, size } = encode(LINK, { border: 0, ecc: "L", maskPattern: 2 });
      const [dark, light] = mode.endsWith("_INVERSE") ? [WHITE, BLACK] : [BLACK, WHITE];
      const blocks = mode.startsWith("UTF8");
      // Spaces of a colour: a module is two wide, and a line, like a block, two halves high.
      const seen = seenColours(lines).filter((_, half) => blocks || half % 2 === 0)
        .map((row) => row.filter((_, column) => blocks || column % 2 === 0));
      assert.equal(width, (size + 2 * border) * (blocks ? 1 : 2));
      assert.ok(seenColours(lines).every((row) => row.length === width));
      assert.ok(seen.length - (size + 2 * border) === (blocks ? 1 : 0));
      for (const [y, row] of seen.entries()) {
        for (const [x, colour] of row.entries()) {
          const expected = data[y - border]?.[x - border] ? dark : light;
          assert.equal(colour, expected, `module ${x}, ${y}`);
        }
      }
    });
  }
}

Deno.test("paintQr() uses two spaces a module, of one colour, where there are no blocks", () => {
  for (const mode of ["ANSI", "ANSI_INVERSE", "ANSI_GREY"] satisfies QrMode[]) {
    for (const row of seenColours(paintQr(LINK, mode, 2).lines)) {
      for (let x = 0; x < row.length; x += 2) assert.equal(row[x], row[x + 1]);
    }
    assert.doesNotMatch(paintQr(LINK, mode, 2).lines.join(""), /[█▀▄]/);
  }
});

Deno.test("paintQr() draws nothing where nothing is to be drawn", () => {
  assert.deepEqual(paintQr(LINK, "NONE", 2), { lines: [], width: 0 });
});
