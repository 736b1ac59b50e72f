/** One line as it is typed, byte by byte, where the terminal itself edits no lines. */

const BACKSPACE = 8;
const NEWLINE = 10;
const RETURN = 13;
const CTRL_D = 4;
const CTRL_U = 21;
const DELETE = 127;

export class TypedLine {
  readonly #bytes: number[] = [];
  #characters = 0;

  /** @param maxBytes what is typed beyond them is dropped */
  constructor(private readonly maxBytes: number) {}

  /** @returns whether the line is complete by that key, or nothing more will be typed */
  take(key: number): "more" | "complete" | "closed" {
    switch (key) {
      case NEWLINE:
      case RETURN:
        return "complete";
      case CTRL_D:
        return "closed";
      case BACKSPACE:
      case DELETE:
        this.#removeCharacter();
        return "more";
      case CTRL_U:
        this.#bytes.length = 0;
        this.#characters = 0;
        return "more";
      default:
        // Of the other control characters none belongs into a line.
        if (key >= 32 && !this.full) this.#add(key);
        return "more";
    }
  }

  get full(): boolean {
    return this.#bytes.length >= this.maxBytes;
  }

  /** How many characters there are; of malformed bytes not all count. */
  get characters(): number {
    return this.#characters;
  }

  /** What is not UTF-8 becomes U+FFFD. */
  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.#bytes));
  }

  #add(byte: number): void {
    this.#bytes.push(byte);
    if (!continues(byte)) this.#characters++;
  }

  #removeCharacter(): void {
    while (this.#bytes.length > 0) {
      const byte = this.#bytes.pop() ?? 0;
      if (continues(byte)) continue;
      this.#characters--;
      return;
    }
  }
}

/** The second and further bytes of a character (RFC 3629, 3). */
function continues(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
