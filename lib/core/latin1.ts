/**
 * Binary text: one character (0 to 255) a byte, so that a file of any bytes can be edited as lines
 * and printed unchanged. (`TextDecoder("latin1")` is windows-1252 and does not give bytes back.)
 */

export function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function toLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
