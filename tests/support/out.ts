/** Collects what a command prints. */
import type { Out } from "../../lib/io/out.ts";

export class CollectedOut implements Out {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  constructor(readonly toTerminal = false) {}
  line(text: string): void {
    this.lines.push(text);
  }
  result(text: string): void {
    this.lines.push(text);
  }
  error(text: string): void {
    this.errors.push(text);
  }
  /** All result lines as one text. */
  get text(): string {
    return this.lines.join("\n");
  }
}
