/** Bytes put together and taken apart. */

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Lines without their newlines, and the rest, which has none. All are views of `bytes`. */
export function splitLines(bytes: Uint8Array): { lines: Uint8Array[]; rest: Uint8Array } {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end; (end = bytes.indexOf(10, start)) !== -1; start = end + 1) {
    lines.push(bytes.subarray(start, end));
  }
  return { lines, rest: bytes.subarray(start) };
}
