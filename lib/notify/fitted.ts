/** Letters made to fit a vendor's limits: what others chose gets shorter, and nothing else. */
import type { Letter, Line } from "../core/letter.ts";

/** In characters. The longest that a letter has is a command. */
const SHORTER = [96, 64, 48, 32, 24, 16, 12, 8, 4, 1];

/**
 * What `write` makes of the letter, with names and commands as long as `fits` allows; shorter than one
 * character each they cannot be, so our own words have to leave room for that.
 */
export function fitted<T>(
  letter: Letter,
  write: (letter: Letter) => T,
  fits: (written: T) => boolean,
): T {
  let written = write(letter);
  for (const max of SHORTER) {
    if (fits(written)) break;
    written = write(shortened(letter, max));
  }
  return written;
}

function shortened(letter: Letter, max: number): Letter {
  const line = (pieces: Line): Line =>
    pieces.map((piece) => typeof piece === "string" ? piece : { foreign: cut(piece.foreign, max) });
  return {
    ...letter,
    title: line(letter.title),
    facts: letter.facts.map(({ label, value }) => ({ label, value: line(value) })),
    notes: letter.notes.map(line),
  };
}

/** @param max in characters, which are never cut in two */
function cut(text: string, max: number): string {
  const points = [...text];
  return points.length <= max ? text : `${points.slice(0, max - 1).join("")}…`;
}

export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
