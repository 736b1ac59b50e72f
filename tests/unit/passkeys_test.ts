/** The adapter: published vectors, and every way in which an answer can be wrong. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type Passkey,
  type PasskeyChecked,
  type PasskeyFault,
  passkeySite,
} from "../../lib/core/passkey.ts";
import { parseNewPasskey, parsePasskeyAnswer } from "../../lib/core/passkey_answer.ts";
import { makeChallenge, NONCE_BYTES } from "../../lib/core/passkey_challenge.ts";
import { WebauthnPasskeys } from "../../lib/io/passkeys.ts";
import { type Said, SoftPasskey } from "../support/soft_passkey.ts";
import { webauthnVectors } from "../support/webauthn_vectors.ts";

const HERE = "https://auth.example.com";
const ALICE = "p_alice";
const CHALLENGE = makeChallenge({ purpose: "sign_in" }, new Uint8Array(NONCE_BYTES), 0).challenge;
const OTHER = makeChallenge({ purpose: "sign_in" }, new Uint8Array(NONCE_BYTES).fill(1), 0);

function at(url: string): WebauthnPasskeys {
  const site = passkeySite(url);
  if (!site.usable) throw new Error(site.why);
  return new WebauthnPasskeys(site);
}

async function checkNew(answer: string, challenge = CHALLENGE, passkeys = at(HERE)) {
  const parsed = parseNewPasskey(answer);
  if (parsed === undefined) throw new Error("no answer of a browser");
  return await passkeys.checkNew(parsed, challenge);
}

async function check(
  answer: string,
  kept: Passkey,
  { challenge = CHALLENGE, owner = ALICE, passkeys = at(HERE) } = {},
) {
  const parsed = parsePasskeyAnswer(answer);
  if (parsed === undefined) throw new Error("no answer of a browser");
  return await passkeys.check(parsed, challenge, kept, owner);
}

function faultOf(checked: PasskeyChecked<unknown>): PasskeyFault | "none" {
  return checked.ok ? "none" : checked.fault;
}

const base64 = { alphabet: "base64url", omitPadding: true } as const;

/** That field with its bytes changed. */
function altered(answer: string, field: string, change: (bytes: Uint8Array) => Uint8Array) {
  const read = JSON.parse(answer);
  const bytes = change(Uint8Array.fromBase64(read.response[field], base64));
  return JSON.stringify({
    ...read,
    response: { ...read.response, [field]: bytes.toBase64(base64) },
  });
}

/** What we make of the vectors: some have no user verification, which is seen after the signature. */
const JUDGED: Readonly<Record<string, readonly [PasskeyFault | "none", PasskeyFault | "none"]>> = {
  "16.2 ES256, no attestation": ["unverified", "unverified"],
  "16.3 ES256, self attestation": ["none", "unverified"],
  "16.4 ES256, crossOrigin": ["wrong_site", "wrong_site"],
  "16.5 ES256, topOrigin": ["wrong_site", "wrong_site"],
  "16.6 ES256, very long credential id": ["unverified", "none"],
  "16.7 ES256, packed attestation": ["none", "none"],
  "16.10 RS256": ["none", "unverified"],
  "16.11 Ed25519": ["unverified", "unverified"],
};

for (const vector of await webauthnVectors()) {
  const { section, registration, assertion } = vector;
  const passkeys = at("https://example.org");
  const [registered, signed] = JUDGED[section] ?? ["malformed", "malformed"];
  // Those with a frame around them, and two others, were not made by devices that can copy.
  const backupEligible = !/16\.(4|5|11)/.test(section);
  const kept = { ...vector.kept, counter: 0, backupEligible, backedUp: false, transports: [] };

  Deno.test(`WebauthnPasskeys judges WebAuthn's test vector ${section}`, async () => {
    const created = await checkNew(registration.answer, registration.challenge, passkeys);
    equal(faultOf(created), registered);
    if (created.ok) {
      const { id, publicKey, aaguid } = created.value;
      deepEqual({ id, publicKey, aaguid }, vector.kept);
    }
    const { challenge, answer } = assertion;
    equal(faultOf(await check(answer, kept, { challenge, passkeys })), signed);
  });

  Deno.test(`WebauthnPasskeys sees when a bit of the signature differs in ${section}`, async () => {
    const { challenge } = assertion;
    const answer = altered(
      assertion.answer,
      "signature",
      (bytes) => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1),
    );
    const checked = await check(answer, kept, { challenge, passkeys });
    equal(faultOf(checked), signed === "wrong_site" ? "wrong_site" : "bad_signature");
  });
}

Deno.test("Passkeys.checkNew() keeps what later uses are compared with", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const flags = ["UP", "UV", "BE", "BS"] as const;
  deepEqual(await checkNew(await soft.created({ challenge: CHALLENGE, flags, counter: 7 })), {
    ok: true,
    value: { ...soft.kept, counter: 7, backupEligible: true, backedUp: true },
  });
});

Deno.test("Passkeys.check() says what is to be noted down", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const answer = await soft.signed({ challenge: CHALLENGE, counter: 3 });
  deepEqual(await check(answer, { ...soft.kept, counter: 2 }), {
    ok: true,
    value: { counter: 3, verified: true, backupEligible: false, backedUp: false },
  });
});

Deno.test("Passkeys.check() takes a device that does not count, and one that names nobody", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const answer = await soft.signed({ challenge: CHALLENGE, counter: 0, person: null });
  equal(faultOf(await check(answer, soft.kept)), "none");
});

Deno.test("Passkeys.checkNew() does not read what a device says of its maker", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const none = Uint8Array.fromHex("a363666d74646e6f6e656761747453746d74a0");
  // {"fmt": "apple", "attStmt": {"x5c": [h'00']}, …}
  const apple = Uint8Array.fromHex("a363666d74656170706c656761747453746d74a163783563814100");
  const claim = (bytes: Uint8Array) => Uint8Array.of(...apple, ...bytes.subarray(none.length));
  const answer = altered(await soft.created({ challenge: CHALLENGE }), "attestationObject", claim);
  deepEqual(await checkNew(answer), { ok: true, value: { ...soft.kept, counter: 0 } });
});

const WRONG: readonly (readonly [string, Partial<Said>, PasskeyFault])[] = [
  ["signed another challenge", { challenge: OTHER.challenge }, "wrong_challenge"],
  ["was made for the other ceremony", { type: "payment.get" }, "wrong_challenge"],
  ["was made on another page", { origin: "https://auth.example.com.evil.example" }, "wrong_site"],
  ["was made over plain http", { origin: "http://auth.example.com" }, "wrong_site"],
  ["was made at another port", { origin: `${HERE}:8443` }, "wrong_site"],
  ["was made in a frame", { crossOrigin: true }, "wrong_site"],
  ["was made in a frame that only says whose", { topOrigin: "https://evil.example" }, "wrong_site"],
  ["is of a device that nobody unlocked", { flags: ["UP"] }, "unverified"],
  ["is of a device that nobody touched", { flags: ["UV"] }, "malformed"],
  ["is of a device that was copied and cannot be", { flags: ["UP", "UV", "BS"] }, "malformed"],
];

for (const [what, said, fault] of WRONG) {
  Deno.test(`Passkeys.checkNew() refuses an answer that ${what}`, async () => {
    const soft = await SoftPasskey.make(HERE, ALICE);
    const answer = await soft.created({ challenge: CHALLENGE, ...said });
    equal(faultOf(await checkNew(answer)), fault);
  });

  Deno.test(`Passkeys.check() refuses an answer that ${what}`, async () => {
    const soft = await SoftPasskey.make(HERE, ALICE);
    const answer = await soft.signed({ challenge: CHALLENGE, ...said });
    equal(faultOf(await check(answer, soft.kept)), fault);
  });
}

Deno.test("Passkeys.checkNew() refuses an answer for another site's name", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const answer = await soft.created({ challenge: CHALLENGE, rpId: "example.com" });
  equal(faultOf(await checkNew(answer)), "malformed");
});

Deno.test("Passkeys.checkNew() refuses an id that is not the device's", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const answer = JSON.parse(await soft.created({ challenge: CHALLENGE }));
  const renamed = JSON.stringify({ ...answer, id: "AAAA", rawId: "AAAA" });
  equal(faultOf(await checkNew(renamed)), "malformed");
});

const WRONG_USE: readonly (readonly [string, Partial<Said>, PasskeyFault])[] = [
  ["was made for another site's name", { rpId: "example.com" }, "wrong_site"],
  ["names another person", { person: "p_mallory" }, "wrong_person"],
  ["has another's signature", { forged: true }, "bad_signature"],
  ["has a counter that stands still", { counter: 5 }, "cloned"],
  ["has a counter that fell", { counter: 4 }, "cloned"],
  ["has a counter that is gone", { counter: 0 }, "cloned"],
  ["is of a device that can be copied now", { flags: ["UP", "UV", "BE"] }, "changed"],
];

for (const [what, said, fault] of WRONG_USE) {
  Deno.test(`Passkeys.check() refuses an answer that ${what}`, async () => {
    const soft = await SoftPasskey.make(HERE, ALICE);
    const answer = await soft.signed({ challenge: CHALLENGE, counter: 6, ...said });
    equal(faultOf(await check(answer, { ...soft.kept, counter: 5 })), fault);
  });
}

Deno.test("Passkeys.check() calls nothing cloned, unverified or changed without the key", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  for (const said of [{ counter: 0 }, { flags: ["UP"] }, { flags: ["UP", "UV", "BE"] }] as const) {
    const answer = await soft.signed({ challenge: CHALLENGE, forged: true, ...said });
    equal(faultOf(await check(answer, { ...soft.kept, counter: 5 })), "bad_signature");
  }
});

Deno.test("Passkeys.check() takes no other passkey of the same person", async () => {
  const [one, other] = [await SoftPasskey.make(HERE, ALICE), await SoftPasskey.make(HERE, ALICE)];
  const answer = await one.signed({ challenge: CHALLENGE });
  equal(faultOf(await check(answer, other.kept)), "wrong_passkey");
  const renamed = JSON.stringify({ ...JSON.parse(answer), id: other.id, rawId: other.id });
  equal(faultOf(await check(renamed, other.kept)), "bad_signature");
});

Deno.test("WebauthnPasskeys never throws on damaged bytes", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const created = await soft.created({ challenge: CHALLENGE });
  const signed = await soft.signed({ challenge: CHALLENGE });
  const passkeys = at(HERE);
  const field = fc.constantFrom("attestationObject", "authenticatorData", "signature");
  const [place, bytes] = [fc.nat({ max: 200 }), fc.uint8Array({ minLength: 1, maxLength: 200 })];
  await fc.assert(fc.asyncProperty(field, place, bytes, async (field, at, bytes) => {
    const insert = (whole: Uint8Array) =>
      Uint8Array.of(...whole.subarray(0, at), ...bytes, ...whole.subarray(at));
    if (field === "attestationObject") {
      await checkNew(altered(created, field, insert), CHALLENGE, passkeys);
    } else {
      await check(altered(signed, field, insert), soft.kept, { passkeys });
    }
  }));
});

Deno.test("Passkeys.check() takes no signature with another bit in it, nor of other bytes", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const signed = await soft.signed({ challenge: CHALLENGE });
  const passkeys = at(HERE);
  const field = fc.constantFrom("authenticatorData", "signature");
  await fc.assert(fc.asyncProperty(field, fc.nat(), fc.nat(7), async (field, place, bit) => {
    const flip = (bytes: Uint8Array) => {
      // The first two bytes of a signature only say how long it is.
      const at = 2 + place % (bytes.length - 2);
      return bytes.map((byte, index) => index === at ? byte ^ (1 << bit) : byte);
    };
    const checked = await check(altered(signed, field, flip), soft.kept, { passkeys });
    notEqual(faultOf(checked), "none");
  }));
});

Deno.test("creationOptions() asks for a discoverable passkey of an unlocked device", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const person = { id: ALICE, name: "Alice" };
  const options = await at(`${HERE}/prefix`).creationOptions(person, [soft.kept], CHALLENGE);
  deepEqual(JSON.parse(JSON.stringify(options)), {
    challenge: CHALLENGE,
    rp: { name: "gatehouse", id: "auth.example.com" },
    user: { id: "cF9hbGljZQ", name: "Alice", displayName: "Alice" },
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ alg, type: "public-key" })),
    timeout: 120_000,
    attestation: "none",
    excludeCredentials: [{ id: soft.id, transports: ["internal"], type: "public-key" }],
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    extensions: { credProps: true },
    hints: [],
  });
});

Deno.test("requestOptions() names no passkey unless it is told to", async () => {
  const soft = await SoftPasskey.make(HERE, ALICE);
  const passkeys = at(HERE);
  const anybody = await passkeys.requestOptions([], CHALLENGE);
  deepEqual(JSON.parse(JSON.stringify(anybody)), {
    rpId: "auth.example.com",
    challenge: CHALLENGE,
    allowCredentials: [],
    timeout: 120_000,
    userVerification: "required",
  });
  const { allowCredentials } = await passkeys.requestOptions([soft.kept], CHALLENGE);
  deepEqual(allowCredentials, [{ id: soft.id, transports: ["internal"], type: "public-key" }]);
  ok(!JSON.stringify(anybody).includes(soft.id));
});
