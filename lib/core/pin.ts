/**
 * A PIN that reaches the person by chat and is typed at the login (DESIGN.md 5, code). The server
 * keeps a keyed hash of it alone: of six digits a plain hash would be no secret.
 */
import { hex } from "./encoding.ts";
import { isOpen, type Login, step } from "./login.ts";
import type { Rate } from "./rate_limit.ts";

export interface PinState {
  /** HMAC-SHA-256 (hex) of login and PIN; of the latest PIN, the only one that counts. */
  readonly hash: string;
  /** To whom it goes. */
  readonly contacts: readonly string[];
  /** Those whom the channel took it for. */
  readonly sentTo: readonly string[];
  readonly madeAt: number;
  readonly expiresAt: number;
  /** Of the whole login: a new PIN brings no new tries. */
  readonly triesLeft: number;
  /** Which PIN of this login it is, from 1. */
  readonly count: number;
}

export type LoginByPin = Login & { readonly pin: PinState };

/** Between two PINs of one login. */
export const RESEND_AFTER_MS = 20_000;
export const MAX_RESENDS = 3;
/** PINs of one account that may have reached somebody. */
export const PINS_PER_ACCOUNT = { count: 5, withinMs: 600_000 } as const;
/**
 * The same of one contact, whichever hosts and accounts name it. WeCom drops what is more than 30 a
 * minute to one member, and says nothing: a single host must not use that up.
 */
export const PINS_PER_CONTACT = { count: 10, withinMs: 600_000 } as const;
/**
 * PINs that a host sends to people whom the server does not know, by channels that reach anybody: whoever
 * has its token must not send messages at our cost.
 */
export const PINS_TO_STRANGERS = { count: 10, withinMs: 3_600_000 } as const;
/** PINs of one account that reached nobody. Of the vendor's patience each takes as much as the others. */
export const UNSENT_PER_ACCOUNT: Rate = { burst: 5, perMinute: 1 };
/** The same of one host whose contacts are wrong, or of all when it is the channel. */
export const UNSENT_TOGETHER: Rate = { burst: 30, perMinute: 30 };

/** Enough random bytes for `makePin`: a word is thrown away once in 4,000 times. */
export const PIN_BYTES = 32;

const PINS = 1_000_000;
const WORDS = 2 ** 32;

/** Six digits, all equally likely. @throws RangeError when the bytes do not suffice */
export function makePin(bytes: Uint8Array): string {
  const usable = WORDS - (WORDS % PINS);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at);
    if (word < usable) return String(word % PINS).padStart(6, "0");
  }
  throw new RangeError("too few random bytes");
}

/** @param key 32 bytes of the server's alone */
export async function pinHash(key: Uint8Array, loginId: string, pin: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const hmacKey = await crypto.subtle.importKey("raw", key.slice(), algorithm, false, ["sign"]);
  const text = new TextEncoder().encode(`${loginId} ${pin}`);
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", hmacKey, text)));
}

export function isByPin(login: Login): login is LoginByPin {
  return login.pin !== null;
}

interface Tried {
  /** "late": that PIN had expired, and so has the login now. "over": it had ended before. */
  readonly outcome: "right" | "wrong" | "used_up" | "late" | "over";
  /** As it is now. */
  readonly login: Login;
}

/**
 * One try; whatever it says, a login that has ended stays as it is.
 * @param shown a contact as the host may have it
 */
export function tryPin(
  login: LoginByPin,
  hash: string,
  now: number,
  shown: (contact: string) => string = (contact) => contact,
): Tried {
  const { pin } = login;
  if (!isOpen(login, now)) {
    return { outcome: "over", login: step(login, { type: "expire" }, now).login };
  }
  if (now >= pin.expiresAt) {
    return { outcome: "late", login: step(login, { type: "fail", reason: "timeout" }, now).login };
  }
  if (sameText(hash, pin.hash)) {
    const contacts = pin.sentTo.length > 0 ? pin.sentTo : pin.contacts;
    const by = [...new Set(contacts.map(shown))].join("|");
    const event = { type: "approve", match: login.match, by, via: "pin" } as const;
    return { outcome: "right", login: step(login, event, now).login };
  }
  const tried = { ...login, pin: { ...pin, triesLeft: Math.max(0, pin.triesLeft - 1) } };
  if (tried.pin.triesLeft > 0) return { outcome: "wrong", login: tried };
  const event = { type: "fail", reason: "too_many_codes" } as const;
  return { outcome: "used_up", login: step(tried, event, now).login };
}

/** When the next PIN of this login may be made; undefined when there will be none. */
export function resendAt({ pin }: LoginByPin): number | undefined {
  return pin.count > MAX_RESENDS ? undefined : pin.madeAt + RESEND_AFTER_MS;
}

/** Takes the same time wherever the texts differ; their lengths are no secret. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
