/** The lines that somebody at a terminal sees, with their colours. Where they are drawn: drawing.ts. */
import { displayWidth } from "./display_width.ts";
import type { HostMessages } from "./messages/host.ts";
import { printable } from "./text.ts";

const ESC = "\x1b[";
const BOLD = `${ESC}1m`;
const DIM = `${ESC}2m`;
const PLAIN = `${ESC}0m`;
/** Dark modules on a light ground whatever the terminal's colours: cameras want it that way. */
const QR_COLOURS = `${ESC}38;5;16;48;5;231m`;
/** More tell nobody anything, and the line must not wrap. */
export const MAX_DOTS = 16;

export function titled(text: string): string {
  return `${BOLD}gatehouse${PLAIN}  ${text}`;
}

export function indented(text: string): string {
  return `  ${text}`;
}

/** @param url printable */
export function offerLines(
  { title, open, number }: HostMessages,
  url: string,
  match: string | null,
): string[] {
  const lines = [titled(title), "", `  ${open}    ${url}`];
  return match === null
    ? lines
    : [...lines, `  ${number}  ${BOLD}${ESC}7m ${printable(match)} ${PLAIN}`];
}

/** With a blank line above it. */
export function qrLines(qr: string): string[] {
  return ["", ...qr.split("\n").map((line) => indented(`${QR_COLOURS}${line}${PLAIN}`))];
}

export function qrWidth(qr: string): number {
  return indented(qr.split("\n", 1).join()).length;
}

interface Status {
  /** There is something to approve; else a code is all that is asked for. */
  readonly offered: boolean;
  /** A code may be typed. */
  readonly codes: boolean;
  readonly secondsLeft: number;
  /** Characters of a code, MAX_DOTS at most. */
  readonly typed: number;
}

/** Time left, invitation, dots for what was typed. Where not all fits, the clock goes first. */
export function statusLine(
  { waiting, comma, orTypeCode, secondsLeft, stop, typeCode }: HostMessages,
  { offered, codes, secondsLeft: left, typed }: Status,
  columns: number,
): string {
  const clock = `${DIM}${offered ? waiting(left) : secondsLeft(left)}${PLAIN}`;
  if (!codes) return clock;
  const prompt = `${offered ? orTypeCode : typeCode}${"•".repeat(typed)}`;
  const both = `${clock}${offered ? comma : stop}${prompt}`;
  return displayWidth(both) + 3 <= columns ? both : prompt;
}
