/**
 * Recovery codes: ten on paper, each good once, for when the devices are gone. Of each the server keeps
 * a keyed hash, whose key is a secret of that sheet alone, sealed like a seed.
 */
import { triesId, tryCode } from "./device_tries.ts";
import { hex } from "./encoding.ts";
import { equalInConstantTime } from "./otp.ts";
import { answersTo, type Person } from "./person.ts";
import type { Change } from "./store_change.ts";

/** One sheet; a person has one at most. */
export interface RecoveryCodes {
  /** The person's. */
  readonly id: string;
  readonly createdAt: number;
  /** 32 bytes in base64url, sealed for the row that `recoveryRow` names. */
  readonly key: string;
  readonly codes: readonly {
    /** HMAC-SHA-256 (hex) under that key. */
    readonly hash: string;
    readonly usedAt: number | null;
  }[];
}

const CODES = 10;
const CHARACTERS = 10;
/** Enough random bytes for `makeRecoveryCodes`. */
export const RECOVERY_BYTES = CODES * CHARACTERS;
export const RECOVERY_KEY_BYTES = 32;

/** Without I, L, O and U: Crockford's base32, which is read the same from any handwriting. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LIKENESSES: Readonly<Record<string, string>> = { I: "1", L: "1", O: "0" };

/** What a sealed key is bound to. */
export function recoveryRow(personId: string): string {
  return `recovery ${personId} key`;
}

/** Ten codes of 50 bits: "7QK4M-X0ZPA". @param bytes RECOVERY_BYTES random ones */
export function makeRecoveryCodes(bytes: Uint8Array): string[] {
  if (bytes.length !== RECOVERY_BYTES) throw new RangeError("wrong number of random bytes");
  return Array.from({ length: CODES }, (_, code) => {
    const part = bytes.subarray(code * CHARACTERS, (code + 1) * CHARACTERS);
    // 256 is a multiple of 32, so all are equally likely.
    const text = [...part].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
    return `${text.slice(0, CHARACTERS / 2)}-${text.slice(CHARACTERS / 2)}`;
  });
}

/** Ten characters, whatever case, blanks, dashes and look-alikes were typed; else undefined. */
export function normalizeRecoveryCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const text = typed.normalize("NFKC").replace(/[\s\p{Pd}]/gu, "").toUpperCase()
    .replace(/[ILO]/g, (c) => LIKENESSES[c] ?? c);
  return text.length === CHARACTERS && [...text].every((c) => ALPHABET.includes(c))
    ? text
    : undefined;
}

/** @param key RECOVERY_KEY_BYTES bytes @param code normalized */
export async function recoveryHash(
  key: Uint8Array,
  personId: string,
  code: string,
): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const hmacKey = await crypto.subtle.importKey("raw", key.slice(), algorithm, false, ["sign"]);
  const text = new TextEncoder().encode(`${personId} ${code}`);
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", hmacKey, text)));
}

/** The sheet as it is kept. @param sealedKey the same key, sealed @param codes as made */
export async function newRecoveryCodes(
  personId: string,
  key: Uint8Array,
  sealedKey: string,
  codes: readonly string[],
  now: number,
): Promise<RecoveryCodes> {
  const hashes = await Promise.all(
    codes.map((code) => recoveryHash(key, personId, normalizeRecoveryCode(code) ?? "")),
  );
  return {
    id: personId,
    createdAt: now,
    key: sealedKey,
    codes: hashes.map((hash) => ({ hash, usedAt: null })),
  };
}

/** Puts a new sheet in the place of the one there is. False when the person is not active. */
export function replaceRecoveryCodes(sheet: RecoveryCodes): Change<boolean> {
  return {
    wants: { person: [{ id: sheet.id }], recovery: [{ id: sheet.id }] },
    make: ({ person: [person] }) =>
      person?.state === "active" ? { answer: true, put: { recovery: [sheet] } } : { answer: false },
  };
}

export function recoveryCodesLeft(sheet: RecoveryCodes | undefined): number {
  return sheet?.codes.filter(({ usedAt }) => usedAt === null).length ?? 0;
}

type RecoveryAccepted =
  | { readonly ok: true; readonly person: Person; readonly left: number }
  /** "wrong" also where there is no such person, or a frozen one, or the code is used. */
  | { readonly ok: false; readonly why: "wrong" }
  | { readonly ok: false; readonly why: "limited"; readonly retryAt: number };

/** One try to prove who one is by name and recovery code. */
interface RecoveryTyped {
  /** As it was typed. */
  readonly name: string;
  /** See `recoveryHash`; of any key where there is no sheet, so that it takes as long. */
  readonly hash: string;
  /** The address it comes from. */
  readonly source: string;
}

/**
 * Judges the code, counts the try, and spends the code, in one step. Tries count together with those of
 * the authenticators.
 * @param ownerId of the person whose name it was found to be; where it is nobody's, nobody's id
 */
export function acceptRecoveryCode(
  { name, hash, source }: RecoveryTyped,
  ownerId: string,
  now: number,
): Change<RecoveryAccepted> {
  return {
    wants: {
      tries: [{ id: triesId(name) }],
      person: [{ id: ownerId }],
      recovery: [{ id: ownerId }],
    },
    make: ({ tries: [before], person: [person], recovery: [sheet] }) => {
      const tried = tryCode(before, name, source, now);
      if (!tried.allowed) {
        return { answer: { ok: false, why: "limited", retryAt: tried.retryAt } };
      }
      const used = sheet === undefined ? undefined : spend(sheet, hash, now);
      if (used === undefined || person === undefined || !answersTo(person, name)) {
        return { answer: { ok: false, why: "wrong" }, put: { tries: [tried.wrong] } };
      }
      return {
        answer: { ok: true, person, left: recoveryCodesLeft(used) },
        put: { tries: [tried.right], recovery: [used] },
      };
    },
  };
}

/** Undefined when it is none of the unused ones. */
function spend(sheet: RecoveryCodes, hash: string, now: number): RecoveryCodes | undefined {
  const fits = sheet.codes.map((code) =>
    equalInConstantTime(code.hash, hash) && code.usedAt === null
  );
  if (!fits.includes(true)) return undefined;
  const codes = sheet.codes.map((code, at) => fits[at] ? { ...code, usedAt: now } : code);
  return { ...sheet, codes };
}
