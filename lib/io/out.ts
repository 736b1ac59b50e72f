/** Where commands print: results on stdout, what is only for people's eyes on stderr. */
import { Exit, Failure } from "../core/errors.ts";
import { errnoIn, writeAllSync } from "./files.ts";

export interface Out {
  /**
   * One line without its newline. A reader that has seen enough (`gatehouse audit show | head`) is no
   * fault; the rest is dropped. @throws Failure
   */
  line(text: string): void;
  /** As line(), for what is shown only once. @throws Failure when the reader is gone, too */
  result(text: string): void;
  error(text: string): void;
  /** Whether results go to a terminal, where somebody sees a picture. */
  readonly toTerminal: boolean;
}

type Stream = { writeSync(bytes: Uint8Array): number };

function writer(stream: Stream): (text: string) => void {
  let closed = false;
  return (text) => {
    if (closed) return;
    try {
      writeAllSync(stream, encoded(text));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw unwritten(error);
      closed = true;
    }
  };
}

function writeResult(text: string): void {
  try {
    writeAllSync(Deno.stdout, encoded(text));
  } catch (error) {
    throw unwritten(error);
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\n`);
}

function unwritten(error: unknown): Failure {
  return new Failure(
    Exit.denied,
    `cannot write the output${errnoIn(error)}`,
    "check where it goes, and the free space there",
  );
}

export const terminalOut: Out = {
  line: writer(Deno.stdout),
  result: writeResult,
  error: writer(Deno.stderr),
  get toTerminal() {
    return Deno.stdout.isTerminal();
  },
};
