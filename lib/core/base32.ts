/** Secrets as people copy them: RFC 4648 section 6, in groups, in small letters, with slips. */

const SECRET = /^[A-Z2-7]{16,256}$/;
/** What google-authenticator takes digits for that base32 does not have. */
const SLIPS: Readonly<Record<string, string>> = { "0": "O", "1": "L", "8": "B" };

/** Capital letters, no blanks, no padding; undefined when it is no secret of 80 bits or more. */
export function canonicalSecret(text: string): string | undefined {
  const base32 = text.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase()
    .replace(/[018]/g, (digit) => SLIPS[digit] ?? digit);
  return SECRET.test(base32) ? base32 : undefined;
}
