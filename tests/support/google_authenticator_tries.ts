/** Which code is tried on a state file, and what that is in digits. */
import { codeOf } from "./totp.ts";

export interface Try {
  /** How long after the one before; a clock may be set back. */
  readonly wait: { readonly steps: number; readonly seconds: number };
  readonly pick: Choice;
}

/** Which code is typed, said in terms of what the state file holds by then. */
export type Choice =
  /** Of a time step: counted from an edge of the window, or from now wherever the window is. */
  | { readonly of: "earliest" | "middle" | "latest" | "now"; readonly steps: number }
  /** Of an HOTP counter: counted from the next, or from the last of the look-ahead. */
  | { readonly of: "next" | "last"; readonly steps: number }
  /** One of the scratch codes that the file had in the beginning. */
  | { readonly of: "scratch"; readonly nth: number }
  | { readonly of: "again" }
  | { readonly of: "chance"; readonly code: string };

export const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * What is typed. The file is read here in the simplest way, by none of the product's code.
 * @param first the file in the beginning @param text the file by now @param at seconds
 */
export function typedFor(
  pick: Choice,
  first: string,
  text: string,
  at: number,
  last: string,
): string {
  const key = keyOf(text);
  const window = numberIn(text, "WINDOW_SIZE", 3);
  const now = Math.floor(at / numberIn(text, "STEP_SIZE", 30));
  const middle = now + numberIn(text, "TIME_SKEW", 0);
  const next = numberIn(text, "HOTP_COUNTER", 1);
  const code = (counter: number) => codeOf(Math.max(0, counter), key);
  switch (pick.of) {
    case "now":
      return code(now + pick.steps);
    case "middle":
      return code(middle + pick.steps);
    case "earliest":
      return code(middle - Math.floor((window - 1) / 2) + pick.steps);
    case "latest":
      return code(middle + Math.floor(window / 2) + pick.steps);
    case "next":
      return code(next + pick.steps);
    case "last":
      return code(next + window - 1 + pick.steps);
    case "scratch":
      return first.match(/^[1-9][0-9]{7}$/gm)?.at(pick.nth) ?? "87654321";
    case "again":
      return last;
    case "chance":
      return pick.code;
  }
}

/** An option's first line counts. */
function numberIn(text: string, name: string, otherwise: number): number {
  return Number(new RegExp(`^" ${name}[ \t]+(-?[0-9]+)`, "m").exec(text)?.[1] ?? otherwise);
}

/** The secret of line 1. */
export function keyOf(text: string): Uint8Array {
  const [line = ""] = text.split("\n");
  const base32 = line.toUpperCase().replace(/[\s-]/g, "")
    .replaceAll("0", "O").replaceAll("1", "L").replaceAll("8", "B");
  const bits = [...base32].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0"));
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => parseInt(byte, 2));
}
