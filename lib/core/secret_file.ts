/**
 * Where an account's authenticator secret is written: google-authenticator's state file, or
 * SSH2FA's list of `user:SECRET` lines. Faults name a line, never its content.
 */
import type { TotpSecret } from "./code.ts";

const MAX_BYTES = 65_536;
const BASE32 = /^[A-Z2-7]{16,256}$/;

export type Read<T> = { ok: true; value: T } | { ok: false; fault: string };

/** Line 1 is the secret; options follow as lines that begin with `" `. */
export function readGoogleAuthenticator(text: string): Read<TotpSecret> {
  if (text.length > MAX_BYTES) return { ok: false, fault: "is larger than 64 KiB" };
  const [first = "", ...rest] = text.split("\n");
  const base32 = canonical(first);
  if (base32 === undefined) return { ok: false, fault: "line 1: no base32 secret" };

  const options = new Map<string, { value: string; line: number }>();
  for (const [index, line] of rest.entries()) {
    const [, name, value = ""] = /^" ([A-Z_0-9]+)(?: (.*))?$/.exec(line) ?? [];
    if (name !== undefined) options.set(name, { value: value.trim(), line: index + 2 });
  }
  const counter = options.get("HOTP_COUNTER");
  if (counter !== undefined || !options.has("TOTP_AUTH")) {
    return { ok: false, fault: "is for counter-based codes, which are not supported yet" };
  }
  const number = (name: string, otherwise: number, max: number): number | string => {
    const option = options.get(name);
    if (option === undefined) return otherwise;
    const value = /^[0-9]{1,3}$/.test(option.value) ? Number(option.value) : 0;
    return value >= 1 && value <= max ? value : `line ${option.line}: ${name} is not 1 to ${max}`;
  };
  const step = number("STEP_SIZE", 30, 60);
  const window = number("WINDOW_SIZE", 3, 100);
  if (typeof step === "string") return { ok: false, fault: step };
  if (typeof window === "string") return { ok: false, fault: window };
  return { ok: true, value: { base32, step, window } };
}

/** The user's entry in SSH2FA's list; `value` undefined when there is none. */
export function readSsh2fa(text: string, user: string): Read<TotpSecret | undefined> {
  for (const [index, line] of text.split("\n").entries()) {
    const colon = line.indexOf(":");
    if (line.startsWith("#") || colon < 0 || line.slice(0, colon).trim() !== user) continue;
    const base32 = canonical(line.slice(colon + 1));
    if (base32 === undefined) return { ok: false, fault: `line ${index + 1}: no base32 secret` };
    return { ok: true, value: { base32, step: 30, window: 3 } };
  }
  return { ok: true, value: undefined };
}

function canonical(secret: string): string | undefined {
  const base32 = secret.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  return BASE32.test(base32) ? base32 : undefined;
}
