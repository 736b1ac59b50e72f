/**
 * The lines between pam_gatehouse.so and its helper, version 1. The helper tells, asks and gives the
 * verdict; the module answers what was asked. Text is UTF-8 with a backslash before every backslash,
 * and `\n` for a newline.
 */
import { printable } from "./text.ts";

/** Of these lines; pam/conversation.c has it too. */
export const PAM_PROTOCOL = 1;

/** What PAM is told; the module takes whatever else for auth_err. */
export type PamResult = "success" | "ignore" | "auth_err" | "authinfo_unavail" | "conv_err";

/** What is for the person. */
export type ShownVerb = "ERROR" | "PROMPT_ECHO_OFF" | "PROMPT_ECHO_ON";

/** What the module takes of its helper before it denies: in all, and in a line with its newline. */
export const MODULE_TAKES = { lines: 200, bytes: 256 * 1024, lineBytes: 8 * 1024 } as const;

/** In one line. Addresses for approval are shorter. */
const SHOWN_CHARACTERS = 1_024;

const UTF8 = new TextEncoder();

/** Asks for the password that a module in front has got. */
export const GET_AUTHTOK = "GET_AUTHTOK\n";

/**
 * Each line of the text is made harmless: ssh shows control characters as octal numbers, other
 * programs obey them. Of what is too long the end is kept: there is the question.
 */
export function shownLine(verb: ShownVerb, text: string): string {
  const lines = text.split("\n").map((line) => printable(line, SHOWN_CHARACTERS));
  const escaped = [...lines.join("\n")].map(escape);
  const room = MODULE_TAKES.lineBytes - utf8Length(`${verb} …\n`);
  let from = escaped.length;
  for (let bytes = 0; from > 0; from--) {
    bytes += utf8Length(escaped[from - 1] ?? "");
    if (bytes > room) break;
  }
  return `${verb} ${from > 0 ? "…" : ""}${escaped.slice(from).join("")}\n`;
}

/** Hands a password on; undefined when it cannot be handed on as it is. */
export function authtokLine(password: string): string | undefined {
  if (/[\0\r]/.test(password) || !password.isWellFormed()) return undefined;
  const line = `SET_AUTHTOK ${[...password].map(escape).join("")}\n`;
  return utf8Length(line) > MODULE_TAKES.lineBytes ? undefined : line;
}

export function resultLine(name: PamResult): string {
  return `RESULT ${name}\n`;
}

/** "none": nobody could be asked, or nobody has a password. */
export type FromModule =
  | { readonly kind: "greeting" }
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "none" };

/** What the module says, from bytes as they come. */
export class FromModuleReader {
  #bytes: number[] = [];

  /** @returns the lines that are complete now; undefined for what no module says */
  take(bytes: Uint8Array): FromModule[] | undefined {
    const heard: FromModule[] = [];
    for (const byte of bytes) {
      if (byte !== 10) {
        if (this.#bytes.push(byte) >= MODULE_TAKES.lineBytes) return undefined;
        continue;
      }
      const line = parse(Uint8Array.from(this.#bytes));
      if (line === undefined) return undefined;
      heard.push(line);
      this.#bytes = [];
    }
    return heard;
  }
}

/** What is no UTF-8 becomes U+FFFD: whatever was typed is an answer. */
function parse(bytes: Uint8Array): FromModule | undefined {
  const line = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (line === `GATEHOUSE ${PAM_PROTOCOL}`) return { kind: "greeting" };
  if (line === "NO_ANSWER") return { kind: "none" };
  const escaped = /^ANSWER ((?:[^\\\0\r]|\\[\\n])*)$/.exec(line)?.[1];
  if (escaped === undefined) return undefined;
  const text = escaped.replace(/\\([\\n])/g, (_, what) => what === "n" ? "\n" : what);
  return { kind: "answer", text };
}

function escape(character: string): string {
  return character === "\\" ? "\\\\" : character === "\n" ? "\\n" : character;
}

function utf8Length(text: string): number {
  return UTF8.encode(text).length;
}
