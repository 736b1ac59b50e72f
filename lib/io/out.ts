/** Where commands print: results on stdout, what is only for people's eyes on stderr. */
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
      let rest = new TextEncoder().encode(`${text}\n`);
      while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      closed = true;
    }
  };
}

export const terminalOut: Out = { line: writer(Deno.stdout), error: writer(Deno.stderr) };
