import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth } from "../../lib/core/display_width.ts";
import { Drawing, rowsOf } from "../../lib/core/drawing.ts";

const BOLD = "\x1b[1m";
const PLAIN = "\x1b[0m";

Deno.test("rowsOf() counts what a terminal needs for a line, colours and wide characters included", () => {
  const cases: [line: string, columns: number, rows: number][] = [
    ["", 10, 1],
    ["0123456789", 10, 1],
    ["0123456789a", 10, 2],
    [`${BOLD}0123456789${PLAIN}`, 10, 1],
    ["验证码", 6, 1],
    ["验证码", 5, 2], // the third does not fit into the last column
    ["验证码验", 3, 4],
    [`${BOLD}a验${PLAIN}b`, 2, 3],
  ];
  for (const [line, columns, rows] of cases) {
    assert.equal(rowsOf(line, columns), rows, `${line} at ${columns}`);
  }
  assert.equal(displayWidth(`${BOLD}a验${PLAIN}`), 3);
});

/** Cursor up, clear what follows, or one character. */
const TOKEN = new RegExp(String.raw`${"\x1b"}\[(?:([0-9]+)A|(J))|([^])`, "g");

/** As much of a terminal of endless height as the drawing uses. */
class Paper {
  rows: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(readonly columns: number) {}

  write(text: string): void {
    for (const [, up, clear, char] of text.matchAll(TOKEN)) {
      if (up !== undefined) {
        this.#row -= Number(up);
        assert.ok(this.#row >= 0, "above the first row");
      } else if (clear !== undefined) {
        this.rows.length = this.#row + 1;
        this.rows[this.#row] = (this.rows[this.#row] ?? "").slice(0, this.#column);
      } else if (char === "\r") this.#column = 0;
      else if (char === "\n") this.#next();
      else this.#put(char ?? "");
    }
  }

  #put(char: string): void {
    if (this.#column === this.columns) this.#next();
    const row = this.rows[this.#row] ?? "";
    this.rows[this.#row] = row.slice(0, this.#column) + char + row.slice(this.#column + 1);
    this.#column++;
  }

  #next(): void {
    this.#row++;
    this.#column = 0;
    this.rows[this.#row] ??= "";
  }
}

Deno.test("whatever is drawn, only the last of it is there, and nothing after erase()", () => {
  const line = fc.stringMatching(/^[a-z ]{0,30}$/);
  const step = fc.oneof(
    fc.record({ print: fc.array(line, { minLength: 1, maxLength: 3 }) }),
    fc.record({ redraw: fc.array(line, { minLength: 1, maxLength: 3 }) }),
  );
  const wrapped = (lines: readonly string[], columns: number) =>
    lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, columns) => {
        const drawing = new Drawing();
        const paper = new Paper(columns);
        const above: string[] = [];
        let below: string[] = [];
        for (const step of steps) {
          if ("print" in step) {
            paper.write(drawing.print(step.print, columns));
            above.push(...wrapped(step.print, columns));
            below = [];
          } else {
            paper.write(drawing.redraw(step.redraw, columns));
            below = wrapped(step.redraw, columns);
          }
          assert.deepEqual(paper.rows, [...above, ...below.length === 0 ? [""] : below]);
          assert.deepEqual([drawing.rowsAbove, drawing.rowsBelow], [above.length, below.length]);
        }
        paper.write(drawing.erase());
        assert.deepEqual(paper.rows, [""]);
        assert.equal(drawing.erase(), "");
      },
    ),
  );
});
