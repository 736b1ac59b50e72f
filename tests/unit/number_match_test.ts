import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { NUMBER_MATCH_BYTES, numberMatch } from "../../lib/core/number_match.ts";

Deno.test("numberMatch() offers three distinct two-digit numbers, the right one among them", () => {
  const bytes = fc.uint8Array({ minLength: NUMBER_MATCH_BYTES, maxLength: NUMBER_MATCH_BYTES })
    .filter((b) => new Set([...b].filter((x) => x < 180).map((x) => x % 90)).size > 4);
  fc.assert(fc.property(bytes, (random) => {
    const { match, choices } = numberMatch(random);
    equal(new Set(choices).size, 3);
    ok(choices.includes(match));
    for (const choice of choices) ok(/^[1-9][0-9]$/.test(choice));
  }));
});

Deno.test("numberMatch() makes every number equally likely", () => {
  const seen = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    // Where the byte is refused, the next ones give 20, 21 and 22.
    const [first = ""] = numberMatch(Uint8Array.of(byte, 10, 11, 12, 13, 0)).choices;
    if (byte < 180) seen.set(first, (seen.get(first) ?? 0) + 1);
    else equal(first, "20");
  }
  equal(seen.size, 90);
  deepEqual([...new Set(seen.values())], [2]);
});

Deno.test("numberMatch() makes every place equally likely", () => {
  const seen = [0, 0, 0];
  for (let byte = 0; byte < 255; byte++) {
    const { match, choices } = numberMatch(Uint8Array.of(1, 2, 3, byte));
    const place = choices.indexOf(match);
    seen[place] = (seen[place] ?? 0) + 1;
  }
  deepEqual(seen, [85, 85, 85]);
});

Deno.test("numberMatch() draws again what it has drawn already", () => {
  deepEqual(numberMatch(Uint8Array.of(5, 5, 95, 6, 7, 255, 1)), {
    match: "16",
    choices: ["15", "16", "17"],
  });
});

Deno.test("numberMatch() throws rather than run out of randomness", () => {
  throws(() => numberMatch(new Uint8Array(64).fill(200)), RangeError);
  throws(() => numberMatch(Uint8Array.of(1, 2, 3)), RangeError);
});
