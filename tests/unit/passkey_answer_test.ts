import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { base64url } from "../../lib/core/encoding.ts";
import { parseNewPasskey, parsePasskeyAnswer } from "../../lib/core/passkey_answer.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import { anyText } from "../support/texts.ts";

const HERE = "https://auth.example.com";
const soft = await SoftPasskey.make(HERE, "p_alice");
const created = await soft.created({ challenge: "Y2hhbGxlbmdl" });
const signed = await soft.signed({ challenge: "Y2hhbGxlbmdl" });
const client = { challenge: "Y2hhbGxlbmdl", origin: HERE, framed: false };

const encoded = (text: string) => base64url(new TextEncoder().encode(text));

/** The answer with that put in the place of what it says there; undefined takes it out. */
function changed(answer: string, change: Record<string, unknown>): string {
  const { response, ...rest } = JSON.parse(answer);
  const top = Object.fromEntries(Object.entries(change).filter(([name]) => name in rest));
  return JSON.stringify({ ...rest, ...top, response: { ...response, ...change } });
}

Deno.test("parseNewPasskey() reads what a browser says", () => {
  const { response } = JSON.parse(created);
  deepEqual(parseNewPasskey(created), {
    id: soft.id,
    client: { ...client, type: "webauthn.create" },
    clientDataJson: response.clientDataJSON,
    attestationObject: response.attestationObject,
    transports: ["internal"],
  });
});

Deno.test("parsePasskeyAnswer() reads what a browser says", () => {
  const { response } = JSON.parse(signed);
  deepEqual(parsePasskeyAnswer(signed), {
    id: soft.id,
    client: { ...client, type: "webauthn.get" },
    clientDataJson: response.clientDataJSON,
    authenticatorData: response.authenticatorData,
    signature: response.signature,
    person: "p_alice",
  });
});

Deno.test("parsePasskeyAnswer() knows nobody where the device names nobody", () => {
  for (const userHandle of [undefined, null]) {
    equal(parsePasskeyAnswer(changed(signed, { userHandle }))?.person, undefined);
  }
});

Deno.test("parseNewPasskey() keeps only names of transports", () => {
  const transports = ["usb", "<script>", "", "x".repeat(30), ...Array(20).fill("hybrid")];
  const found = parseNewPasskey(changed(created, { transports }))?.transports;
  deepEqual(found, ["usb", ...Array(9).fill("hybrid")]);
});

for (const said of [`"crossOrigin":true`, `"topOrigin":"https://evil.example"`]) {
  Deno.test(`parsePasskeyAnswer() sees a frame in ${said}`, () => {
    const text = `{"type":"webauthn.get","challenge":"AAAA","origin":"${HERE}",${said}}`;
    const answer = changed(signed, { clientDataJSON: encoded(text) });
    equal(parsePasskeyAnswer(answer)?.client.framed, true);
  });
}

const BAD: readonly (readonly [string, Record<string, unknown>])[] = [
  ["no id", { id: undefined }],
  ["an id that is no text", { id: 7 }],
  ["an id in other letters", { id: "a b", rawId: "a b" }],
  ["an id that is too long", { id: "a".repeat(1365), rawId: "a".repeat(1365) }],
  ["two ids", { id: "AAAA" }],
  ["another type", { type: "password" }],
  ["no client data", { clientDataJSON: undefined }],
  ["client data that is no JSON", { clientDataJSON: encoded("{") }],
  ["client data that is a list", { clientDataJSON: encoded("[]") }],
  ["client data without a challenge", { clientDataJSON: encoded(`{"type":"","origin":""}`) }],
  ["client data that is not UTF-8", { clientDataJSON: "_w" }],
  ["more than a device sends", { clientDataJSON: "A".repeat(12_001) }],
];

for (const [what, change] of BAD) {
  Deno.test(`a passkey's answer with ${what} is none`, () => {
    equal(parseNewPasskey(changed(created, change)), undefined);
    equal(parsePasskeyAnswer(changed(signed, change)), undefined);
  });
}

Deno.test("a passkey's answer without what is signed is none", () => {
  equal(parseNewPasskey(changed(created, { attestationObject: undefined })), undefined);
  equal(parsePasskeyAnswer(changed(signed, { authenticatorData: undefined })), undefined);
  equal(parsePasskeyAnswer(changed(signed, { signature: "" })), undefined);
  equal(parsePasskeyAnswer(changed(signed, { userHandle: "_w" })), undefined);
});

Deno.test("parseNewPasskey() and parsePasskeyAnswer() never throw", () => {
  const value = fc.oneof(fc.json(), anyText(), fc.constant(created), fc.constant(signed));
  fc.assert(fc.property(value, fc.dictionary(fc.string(), fc.jsonValue()), (text, change) => {
    for (const each of [text, changed(created, change), changed(signed, change)]) {
      parseNewPasskey(each);
      parsePasskeyAnswer(each);
    }
  }));
});
