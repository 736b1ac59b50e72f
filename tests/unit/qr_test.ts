import assert from "node:assert/strict";
import { encode } from "uqr";
import { drawQr } from "../../lib/io/qr.ts";

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
