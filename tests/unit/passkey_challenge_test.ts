import { equal, match, notEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  CHALLENGE_TTL_MS,
  challengeIsFor,
  type ChallengeUse,
  makeChallenge,
  NONCE_BYTES,
} from "../../lib/core/passkey_challenge.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";

const NONCE = new Uint8Array(NONCE_BYTES);
const APPROVE = {
  purpose: "approve",
  logins: ["one", "two"],
  decision: "approve",
  match: "42",
  remember: { forMs: 3_600_000, commands: "transfer", scope: "host" },
} as const;

/** SHA-256 of the JSON text, by sha256sum. */
const KNOWN: readonly (readonly [ChallengeUse, string])[] = [
  [{ purpose: "sign_in" }, "OHjdefJWWytTM3DspiTAdegVSK1ZaWpmRI5a9gq5ORI"],
  [{ purpose: "register", person: "p_alice" }, "yqtj33nAB1U0ZQErYEjWLHdKzTcFVRjmU1K9_Abgc30"],
  [
    { purpose: "unfreeze", person: "p_alice", freeze: "f_1" },
    "VtO5A_o1Pil4YGEQ6taxT8_sLr5oq01Y_rLzbwsPHis",
  ],
  [APPROVE, "9Rf350Qy9VJM85iihldD4I60pHuu_dGF4FehU3RO-Nc"],
];

for (const [use, challenge] of KNOWN) {
  Deno.test(`makeChallenge() makes what it always made to ${use.purpose}`, () => {
    equal(makeChallenge(use, NONCE, T0).challenge, challenge);
  });
}

const text = anyText(8);
const anyUse: fc.Arbitrary<ChallengeUse> = fc.oneof(
  fc.record({ purpose: fc.constant("register" as const), person: text }),
  fc.record({ purpose: fc.constant("sign_in" as const) }),
  fc.record({ purpose: fc.constant("unfreeze" as const), person: text, freeze: text }),
  fc.record({
    purpose: fc.constant("approve" as const),
    logins: fc.uniqueArray(text, { maxLength: 3 }).map((logins) => logins.sort()),
    decision: fc.constantFrom("approve", "deny", "not_me"),
    match: fc.option(text),
    remember: fc.option(
      fc.record({
        forMs: fc.nat(),
        commands: fc.constantFrom("any", "transfer"),
        scope: fc.constantFrom("host", "group:web", "group:host"),
      }),
    ),
  }),
);

Deno.test("challengeIsFor() says yes to what it was made for, in time, and to nothing else", () => {
  fc.assert(fc.property(anyUse, anyUse, (use, other) => {
    const challenge = makeChallenge(use, NONCE, T0);
    const same = JSON.stringify(use) === JSON.stringify(other);
    equal(challengeIsFor(challenge, use, T0), "yes");
    equal(challengeIsFor(challenge, other, T0), same ? "yes" : "other");
  }));
});

Deno.test("challengeIsFor() tells any other detail of an approval", () => {
  const challenge = makeChallenge(APPROVE, NONCE, T0);
  const others: readonly ChallengeUse[] = [
    { purpose: "sign_in" },
    { ...APPROVE, logins: ["one"] },
    { ...APPROVE, logins: ["one", "two", "three"] },
    { ...APPROVE, logins: ["one,two"] },
    { ...APPROVE, decision: "deny" },
    { ...APPROVE, match: "43" },
    { ...APPROVE, match: null },
    { ...APPROVE, remember: null },
    { ...APPROVE, remember: { ...APPROVE.remember, forMs: 28_800_000 } },
    { ...APPROVE, remember: { ...APPROVE.remember, commands: "any" } },
    { ...APPROVE, remember: { ...APPROVE.remember, scope: "group:web" } },
  ];
  for (const other of others) equal(challengeIsFor(challenge, other, T0), "other");
});

Deno.test("challengeIsFor() does not mind in which order the logins are named", () => {
  const challenge = makeChallenge(APPROVE, NONCE, T0);
  equal(challengeIsFor(challenge, { ...APPROVE, logins: ["two", "one", "two"] }, T0), "yes");
});

Deno.test("challengeIsFor() knows none after its time, and none that is gone", () => {
  const challenge = makeChallenge(APPROVE, NONCE, T0);
  equal(challengeIsFor(challenge, APPROVE, T0 + CHALLENGE_TTL_MS - 1), "yes");
  equal(challengeIsFor(challenge, APPROVE, T0 + CHALLENGE_TTL_MS), "expired");
  equal(challengeIsFor(undefined, APPROVE, T0), "unknown");
});

Deno.test("challengeIsFor() is not fooled by a kept challenge that says another use", () => {
  const challenge = { ...makeChallenge(APPROVE, NONCE, T0), use: { ...APPROVE, match: "43" } };
  equal(challengeIsFor(challenge, challenge.use, T0), "other");
});

Deno.test("makeChallenge() makes another one of each nonce", () => {
  const one = makeChallenge(APPROVE, NONCE, T0).challenge;
  match(one, /^[A-Za-z0-9_-]{43}$/);
  notEqual(makeChallenge(APPROVE, NONCE.with(31, 1), T0).challenge, one);
});
