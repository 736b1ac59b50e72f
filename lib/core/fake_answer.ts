/**
 * What sshd hands to PAM in the place of what somebody types who may not log in: nobody has that name,
 * or it is root and PermitRootLogin is not `yes` (auth-pam.c, fake_password()). It is as long as what
 * was typed. pam_gatehouse.so has made its CR a question mark.
 */
const FAKE = "\b\n?\x7fINCORRECT";

export function isFakeAnswer(line: string): boolean {
  const repeated = FAKE.repeat(Math.ceil(line.length / FAKE.length));
  return line !== "" && line === repeated.slice(0, line.length);
}

/** A wrong code of that length: most people type six digits where they are asked for them. */
export function codeInItsPlace(line: string): string {
  return "0".repeat(line.length);
}
