/**
 * Which accounts on which hosts: `USER@HOST`, where `*` stands for any text and `?` for one character.
 * A user's name may hold an @ itself (alice@corp of a directory), a host's cannot: the last one parts.
 */
import { isPrintable } from "./text.ts";

/** A Unix user on a host. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

/**
 * Whether a Unix user is likely to be called so: POSIX 3.437 (portable names), and the "@" and "\\" of
 * directories.
 */
export function isLikelyUser(name: string): boolean {
  return /^[A-Za-z0-9._][A-Za-z0-9._@\\-]*\$?$/.test(name);
}

const LONGEST = 256;

/** What is wrong with the pattern, to be read behind it; undefined: nothing. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (!isPrintable(pattern) || /\s/.test(pattern)) {
    return "must not contain spaces, control or invisible characters";
  }
  const { user, host } = splitAccount(pattern);
  if (user === "" || host === "") return 'must be USER@HOST, such as "deploy@web*"';
  if (!isHostPattern(host)) {
    return "has a host that is not made of letters, digits, dots, underscores, hyphens, * and ?";
  }
  return undefined;
}

/** Made of what names of hosts are made of, and of * and ?. */
export function isHostPattern(text: string): boolean {
  return text.length <= LONGEST && /^[A-Za-z0-9._*?-]+$/.test(text);
}

/** Upper and lower case are different, as they are for Unix users and in our list of hosts. */
export function matchesPattern(pattern: string, account: Account): boolean {
  const { user, host } = splitAccount(pattern);
  return matchesGlob(user, account.user) && matchesGlob(host, account.host);
}

/** One text for one account, and for no other. */
export function accountKey({ user, host }: Account): string {
  return JSON.stringify([user, host]);
}

/** A pattern's two sides; both empty where it has no @. */
export function splitAccount(pattern: string): Account {
  const at = pattern.lastIndexOf("@");
  return at < 0
    ? { user: "", host: "" }
    : { user: pattern.slice(0, at), host: pattern.slice(at + 1) };
}

/**
 * `*` stands for any text, `?` for one character. Goes back to the last star only, so it takes no longer than both lengths multiplied: a regular
 * expression of many stars can take for ever.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = [...pattern];
  const given = [...text];
  let star = -1;
  let resume = 0;
  let p = 0;
  let t = 0;
  while (t < given.length) {
    if (wanted[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < wanted.length && (wanted[p] === "?" || wanted[p] === given[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (wanted[p] === "*") p++;
  return p === wanted.length;
}
