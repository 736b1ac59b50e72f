/**
 * The emergency code of a host: it lets an administrator in to any account when phone, server and
 * authenticator are gone. How it is typed, and the one line that is kept of it, in the form of
 * password hashes (github.com/P-H-C/phc-string-format).
 */
import { base64 } from "@hexagon/base64";
import type { Read } from "./result.ts";

/** 24 characters of five bits each. */
export const EMERGENCY_CODE_BYTES = 15;
/** Fits what is typed at every prompt, PAM's included. */
export const LONGEST_EMERGENCY_CODE = 128;

/** Without I, L, O and U: Crockford's base32, which is read the same from any handwriting. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LIKENESSES: Readonly<Record<string, string>> = { I: "1", L: "1", O: "0" };
const GROUP = 4;

/** @param bytes EMERGENCY_CODE_BYTES random ones @returns six groups of four: 120 bits */
export function makeEmergencyCode(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const letters = bits.match(/.{5}/g) ?? [];
  const text = letters.map((five) => ALPHABET[parseInt(five, 2)]).join("");
  return text.match(new RegExp(`.{${GROUP}}`, "g"))?.join("-") ?? "";
}

/**
 * What is compared of a typed line; undefined where it can be no emergency code. Blanks and dashes do
 * not count, full-width characters are plain ones. Case counts, but for what has the shape of a
 * generated code: there it holds nothing, and I, L and O are what they look like.
 */
export function normalizeEmergencyCode(typed: string): string | undefined {
  if (typed.length > 2 * LONGEST_EMERGENCY_CODE) return undefined;
  const text = typed.normalize("NFKC").replace(/[\s\p{Pd}]/gu, "");
  if (text === "" || text.length > LONGEST_EMERGENCY_CODE) return undefined;
  if (!/^[\x21-\x7e]+$/.test(text)) return undefined;
  const folded = text.toUpperCase().replace(/[ILO]/g, (c) => LIKENESSES[c] ?? c);
  const isGenerated = folded.length === Math.floor(EMERGENCY_CODE_BYTES * 8 / 5) &&
    [...folded].every((c) => ALPHABET.includes(c));
  return isGenerated ? folded : text;
}

/** scrypt of the code (RFC 7914), with r = 8 and p = 1. */
export interface EmergencyHash {
  /** log2 of N: memory and time double with each. */
  readonly ln: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** 32 MiB, and some 100 ms. */
export const EMERGENCY_LN = 15;
export const SALT_BYTES = 16;
export const HASH_BYTES = 32;
/** Less is soon guessed; more would let the file's author stop the machine. */
const LN_RANGE = { min: 14, max: 17 };

export function formatEmergencyHash({ ln, salt, hash }: EmergencyHash): string {
  return `$scrypt$ln=${ln},r=8,p=1$${toBase64(salt)}$${toBase64(hash)}\n`;
}

/** @returns the fault to be read behind the file's name */
export function parseEmergencyHash(text: string): Read<EmergencyHash> {
  const [, parameters = "", salt = "", hash = ""] =
    /^\$scrypt\$([a-z0-9=,]{1,64})\$([A-Za-z0-9+/]{1,64})\$([A-Za-z0-9+/]{1,64})\n?$/.exec(text) ??
      [];
  if (parameters === "") return fault("is damaged: it holds no line that begins with $scrypt$");
  const ln = Number(/^ln=([1-9][0-9]),r=8,p=1$/.exec(parameters)?.[1]);
  if (!(ln >= LN_RANGE.min && ln <= LN_RANGE.max)) {
    const { min, max } = LN_RANGE;
    return fault(`asks for ${parameters}, not for ln=${min} to ln=${max} with r=8,p=1`);
  }
  const saltBytes = fromBase64(salt);
  const hashBytes = fromBase64(hash);
  if (saltBytes?.length !== SALT_BYTES || hashBytes?.length !== HASH_BYTES) {
    return fault("is damaged: salt or hash is not as long as it must be");
  }
  return { ok: true, value: { ln, salt: saltBytes, hash: hashBytes } };
}

function fault(fault: string): { ok: false; fault: string } {
  return { ok: false, fault };
}

/** As the format has it: RFC 4648, section 4, without padding. */
function toBase64(bytes: Uint8Array): string {
  return base64.fromArrayBuffer(bytes.slice().buffer).replace(/=+$/, "");
}

/** Undefined where other bytes, or none, would be written so. */
function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(base64.toArrayBuffer(text));
  return toBase64(bytes) === text ? bytes : undefined;
}
