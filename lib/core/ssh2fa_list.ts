/** SSH2FA's shared file: a line `user:SECRET` for each account, `#` for comments. */
import { canonicalSecret } from "./base32.ts";
import type { Read } from "./result.ts";

export interface ListedSecret {
  /** Counted from 1. */
  readonly line: number;
  readonly user: string;
  /** Base32, canonical. */
  readonly secret: Read<string>;
}

export function listSsh2fa(text: string): ListedSecret[] {
  return text.split("\n").flatMap((content, index) => {
    const colon = content.indexOf(":");
    if (content.startsWith("#") || colon < 0) return [];
    const base32 = canonicalSecret(content.slice(colon + 1));
    const secret: Read<string> = base32 === undefined
      ? { ok: false, fault: `line ${index + 1}: no base32 secret` }
      : { ok: true, value: base32 };
    return [{ line: index + 1, user: content.slice(0, colon).trim(), secret }];
  });
}

/** The user's first entry; `value` undefined when there is none. */
export function readSsh2fa(text: string, user: string): Read<string | undefined> {
  const entry = listSsh2fa(text).find((listed) => listed.user === user);
  return entry?.secret ?? { ok: true, value: undefined };
}
