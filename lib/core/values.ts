/** Kinds of values that both configuration files use, as schemas. */
import * as v from "valibot";
import { isNetwork } from "./address.ts";
import { isPrintable } from "./text.ts";

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** "500ms", "60s", "2m", "8h" → milliseconds. */
export function duration(minMs: number, maxMs: number) {
  return v.pipe(
    v.string('must be a duration in quotes, such as "60s"'),
    v.regex(/^[0-9]{1,6}(ms|s|m|h)$/, 'must be a number with ms, s, m or h, such as "60s"'),
    // Negated: what is no duration at all has one fault, not three.
    v.check((text) => !(milliseconds(text) < minMs), `must be at least ${minMs} ms`),
    v.check((text) => !(milliseconds(text) > maxMs), `must be at most ${maxMs / 1000} s`),
    v.transform(milliseconds),
  );
}

/** NaN when the text is no duration. */
function milliseconds(text: string): number {
  const [, count = "", unit = ""] = /^([0-9]+)([a-z]+)$/.exec(text) ?? [];
  return Number(count) * (UNIT_MS[unit] ?? Number.NaN);
}

/** "0600" or "600" → 0o600. */
export const fileMode = v.pipe(
  v.string('must be a file mode in quotes, such as "0600"'),
  v.regex(/^[0-7]{3,4}$/, 'must be three or four octal digits, such as "0600"'),
  v.check((text) => !/^0+$/.test(text), "must not be zero"),
  v.transform((text) => Number.parseInt(text, 8)),
);

/** An origin such as `https://auth.example.com`, a path prefix allowed, without a final slash. */
export const webAddress = v.pipe(
  v.string("must be a web address in quotes"),
  v.check(
    // Written out: the parser of addresses drops spaces, newlines and an empty query without a word.
    (text) =>
      /^https?:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/i.test(text) && isPrintable(text) &&
      URL.canParse(text),
    'must be a web address such as "https://auth.example.com", without user, query or fragment',
  ),
  v.transform((text) => text.replace(/\/+$/, "")),
);

export const network = v.pipe(
  v.string("must be a network in quotes"),
  v.check(isNetwork, 'must be a network or address such as "10.0.0.0/8" or "2001:db8::/32"'),
);
