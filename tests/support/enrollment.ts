/** A person who enrols, without a terminal. */
import type { Look } from "../../lib/core/terminal_look.ts";
import type { Dialog, DrawQr, EnrollDoors } from "../../lib/enrollment/doors.ts";
import { FixedClock, seededRandom } from "./fakes.ts";

/** An answer, how it is found when the question comes, or undefined for Ctrl-D. */
export type Answer = string | undefined | ((dialog: FakeDialog) => string);

export class FakeDialog implements Dialog {
  readonly interactive = true;
  readonly toTerminal = true;
  /** Since the screen was last cleared. */
  printed = "";
  readonly asked: string[] = [];
  cleared = 0;
  closed = 0;
  readonly #answers: Answer[];

  constructor(
    answers: readonly Answer[],
    private readonly room: { columns: number; rows: number } = { columns: 80, rows: 24 },
  ) {
    this.#answers = [...answers];
  }

  print(text: string): void {
    this.printed += `${text}\n`;
  }

  /** What was not foreseen is answered like a closed terminal. */
  ask(prompt: string): Promise<string | undefined> {
    this.asked.push(prompt);
    this.printed += prompt;
    const answer = this.#answers.shift();
    this.printed += "\n";
    return Promise.resolve(typeof answer === "function" ? answer(this) : answer);
  }

  size(): { columns: number; rows: number } {
    return this.room;
  }

  clear(): void {
    this.cleared++;
    this.printed = "";
  }

  close(): void {
    this.closed++;
  }

  /** The secret in the address that is shown. */
  get secret(): string {
    return /[?&]secret=([A-Z2-7]+)/.exec(this.printed)?.[1] ?? "";
  }
}

export const PLAIN: Look = { qr: "UTF8", styled: false, frame: "ascii" };

/** A picture of as many modules as a QR code of version 4 has, by its size alone. */
const drawSquare: DrawQr = (_, mode, border) => {
  const size = 33 + 2 * border;
  const [width, height] = mode.startsWith("ANSI") ? [2 * size, size] : [size, Math.ceil(size / 2)];
  return { width, lines: Array.from({ length: height }, () => "#".repeat(width)) };
};

export function enrollDoors(
  dialog: FakeDialog,
  changes: Partial<EnrollDoors> = {},
): EnrollDoors {
  return {
    dialog,
    drawQr: drawSquare,
    look: PLAIN,
    clock: new FixedClock(),
    random: seededRandom(1),
    clockSynchronised: () => true,
    log: () => {},
    ...changes,
  };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The bytes of base32 (RFC 4648, section 6), independent of the product. */
export function keyOf(base32: string): Uint8Array {
  const bits = [...base32].map((char) => ALPHABET.indexOf(char).toString(2).padStart(5, "0"))
    .join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
