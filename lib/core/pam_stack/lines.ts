/** Lines of pam.d and pam.conf: _pam_assemble_line() of libpam/pam_handlers.c, byte for byte. */

/** BUF_SIZE; the last one is for the NUL at the end. */
const ROOM = 1024;
const BLANKS = " \n\t";

export interface Line {
  /** One character a byte; remarks and the backslashes of continuation lines are gone. */
  readonly bytes: string;
  /** Where it begins. */
  readonly number: number;
  /** Its beginning did not fit, and was taken as a line of its own. */
  readonly split: boolean;
}

/** "unfinished": the file ends in a continuation line. "endless": libpam reads nothing, for ever. */
interface Unreadable {
  readonly fault: "unfinished" | "endless";
  readonly number: number;
}

/** @yields each line with something in it; one that is unreadable is the last */
export function* linesOf(text: string): Generator<Line | Unreadable> {
  const file = new Chunks(bytesOf(text));
  for (;;) {
    const line = assemble(file);
    if (line === undefined) return;
    yield line;
    if ("fault" in line) return;
  }
}

/** One character a byte, as long as libpam counts it. */
export function bytesOf(text: string): string {
  if (isAscii(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** What was cut out of bytesOf(). */
export function textOf(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

export function isBlank(byte: string): boolean {
  return byte !== "" && BLANKS.includes(byte);
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** What fgets(3) reads. */
class Chunks {
  #at = 0;
  line = 1;
  /** The chunk before ended without a newline. */
  inside = false;

  constructor(readonly bytes: string) {}

  /** Up to `room - 1` bytes, up to a newline. */
  next(room: number): { text: string; number: number; split: boolean } | undefined {
    if (this.#at >= this.bytes.length) return undefined;
    const newline = this.bytes.indexOf("\n", this.#at);
    const lineEnd = newline === -1 ? this.bytes.length : newline + 1;
    const end = Math.min(lineEnd, this.#at + room - 1);
    const read = this.bytes.slice(this.#at, end);
    const chunk = { text: read.split("\0", 1)[0] ?? "", number: this.line, split: this.inside };
    this.#at = end;
    this.inside = !read.endsWith("\n");
    if (!this.inside) this.line++;
    return chunk;
  }
}

function assemble(file: Chunks): Line | Unreadable | undefined {
  let kept = "";
  let first: { number: number; split: boolean } | undefined;
  for (;;) {
    const room = ROOM - kept.length;
    if (room < 2) return { fault: "endless", number: first?.number ?? file.line };
    const chunk = file.next(room);
    if (chunk === undefined) {
      return first === undefined ? undefined : { fault: "unfinished", number: first.number };
    }
    const indent = /^[ \n\t]*/.exec(chunk.text)?.[0].length ?? 0;
    const start = chunk.text.charAt(indent);
    // Also between a backslash and what it goes on with.
    if (start === "" || start === "#") continue;
    first ??= { number: chunk.number, split: chunk.split };
    const remark = chunk.text.indexOf("#");
    if (remark !== -1) return { bytes: kept + chunk.text.slice(0, remark), ...first };
    let last = chunk.text.length - 1;
    while (last > indent && isBlank(chunk.text.charAt(last))) last--;
    if (chunk.text.charAt(last) !== "\\") return { bytes: kept + chunk.text, ...first };
    kept += `${chunk.text.slice(0, last)} `;
  }
}
