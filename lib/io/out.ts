/** Where commands print: results on stdout, what is only for people's eyes on stderr. */
import { writeAllSync } from "./files.ts";

export interface Out {
  /** One line without its newline. */
  line(text: string): void;
  error(text: string): void;
}

/** A reader that has seen enough (`gatehouse audit show | head`) is no fault; the rest is dropped. */
function writer(stream: { writeSync(bytes: Uint8Array): number }): (text: string) => void {
  let closed = false;
  return (text) => {
    if (closed) return;
    try {
      writeAllSync(stream, new TextEncoder().encode(`${text}\n`));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      closed = true;
    }
  };
}

export const terminalOut: Out = { line: writer(Deno.stdout), error: writer(Deno.stderr) };
