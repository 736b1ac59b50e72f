/** Names of what the server keeps: a letter that says what it is, and 96 random bits. */
import { base64url } from "./encoding.ts";

/** How many random bytes an id takes. */
export const RECORD_ID_BYTES = 12;

/** Person, device, invitation, session, grant, freeze, message. */
export type RecordLetter = "p" | "d" | "i" | "s" | "g" | "f" | "m";

/** `p_` and 16 base64url characters. @param bytes RECORD_ID_BYTES random ones */
export function recordId(letter: RecordLetter, bytes: Uint8Array): string {
  if (bytes.length !== RECORD_ID_BYTES) throw new RangeError("wrong number of random bytes");
  return `${letter}_${base64url(bytes)}`;
}
