/** A box with scratch codes, made to be printed: on a terminal, or on paper by way of a file. */
import { displayWidth, padToWidth } from "./display_width.ts";
import { printable } from "./text.ts";

interface ScratchSheet {
  readonly title: string;
  /** What the codes are of, in the order given: account, host, date. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly codes: readonly string[];
  /** What they are for; one line each, and short: nothing is wrapped. */
  readonly notes: readonly string[];
}

const UNICODE = { top: "┌─┐", middle: "├─┤", bottom: "└─┘", side: "│" };
const ASCII = { top: "+-+", middle: "+-+", bottom: "+-+", side: "|" };

/** Longer names are cut: the box is to fit a terminal of 80 columns. */
const LONGEST_VALUE = 56;

/**
 * The lines of the box, all equally wide. Codes are numbered down two columns.
 * @param frame "ascii" where the locale knows no box characters
 */
export function drawSheet(sheet: ScratchSheet, frame: "unicode" | "ascii"): string[] {
  const parts = [
    [sheet.title, ...factLines(sheet.facts)],
    codeLines(sheet.codes),
    sheet.notes,
  ].filter((lines) => lines.length > 0);
  const width = Math.max(...parts.flat().map(displayWidth));
  const { top, middle, bottom, side } = frame === "unicode" ? UNICODE : ASCII;
  const rule = (ends: string) => {
    const [left = "", line = "", right = ""] = ends;
    return `${left}${line.repeat(width + 2)}${right}`;
  };
  const boxed = parts.map((lines) =>
    lines.map((line) => `${side} ${padToWidth(line, width)} ${side}`)
  );
  return [
    rule(top),
    ...boxed.flatMap((lines, index) => index === 0 ? lines : [rule(middle), ...lines]),
    rule(bottom),
  ];
}

function factLines(facts: ScratchSheet["facts"]): string[] {
  const widest = Math.max(0, ...facts.map(({ label }) => displayWidth(label)));
  return facts.map(({ label, value }) =>
    `${padToWidth(label, widest)}  ${printable(value, LONGEST_VALUE)}`
  );
}

function codeLines(codes: readonly string[]): string[] {
  const numbered = codes.map((code, index) => `${String(index + 1).padStart(4)}.  ${code}`);
  const rows = Math.ceil(numbered.length / 2);
  return numbered.slice(0, rows).map((left, row) => {
    const right = numbered[rows + row];
    return right === undefined ? left : `${left}    ${right}`;
  });
}
