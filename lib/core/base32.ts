/** Base32 (RFC 4648 section 6): of bytes, and as people copy it: in groups, in small letters, with slips. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Without padding: what is left of the last five bits counts as zeros. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = (bits << 8 | byte) & 0xfff;
    for (held += 8; held >= 5; held -= 5) text += ALPHABET[bits >> held - 5 & 31];
  }
  return held === 0 ? text : `${text}${ALPHABET[bits << 5 - held & 31]}`;
}

const SECRET = /^[A-Z2-7]{16,256}$/;
/** What google-authenticator takes digits for that base32 does not have. */
const SLIPS: Readonly<Record<string, string>> = { "0": "O", "1": "L", "8": "B" };

/** Capital letters, no blanks, no padding; undefined when it is no secret of 80 bits or more. */
export function canonicalSecret(text: string): string | undefined {
  const base32 = text.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase()
    .replace(/[018]/g, (digit) => SLIPS[digit] ?? digit);
  return SECRET.test(base32) ? base32 : undefined;
}
