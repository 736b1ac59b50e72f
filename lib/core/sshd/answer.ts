/** What `sshd -T` prints: the configuration that is in force, one `keyword value` a line. */

export class SshdAnswer {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(text: string) {
    const values = new Map<string, string[]>();
    for (const line of text.split("\n")) {
      const [, keyword, value = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      if (keyword === undefined) continue;
      const all = values.get(keyword.toLowerCase()) ?? [];
      values.set(keyword.toLowerCase(), [...all, value]);
    }
    this.#values = values;
  }

  /** Lines of that keyword, in their order. */
  all(keyword: string): readonly string[] {
    return this.#values.get(keyword) ?? [];
  }

  /** Undefined where this sshd does not know it, or has nothing to say. */
  one(keyword: string): string | undefined {
    return this.all(keyword)[0];
  }

  /** Its words; none for "none". */
  words(keyword: string): readonly string[] {
    const text = this.all(keyword).join(" ");
    return text === "none" ? [] : text.split(/\s+/).filter((word) => word !== "");
  }

  is(keyword: string, value: string): boolean {
    return this.one(keyword)?.toLowerCase() === value;
  }
}
