/** Phone numbers as ITU-T's E.164 has them, with the country's code: "+8613800138000". */

/** As part of a regular expression. */
export const PHONE = String.raw`\+[1-9][0-9]{6,14}`;

const WHOLE = new RegExp(`^${PHONE}$`);

export function isPhone(text: string): boolean {
  return WHOLE.test(text);
}
