import { equal } from "node:assert/strict";
import fc from "fast-check";
import { base32, canonicalSecret } from "../../lib/core/base32.ts";

Deno.test("base32() gives RFC 4648's vectors, without their padding", () => {
  const vectors = { "": "", f: "MY", fo: "MZXQ", foo: "MZXW6", foob: "MZXW6YQ", fooba: "MZXW6YTB" };
  for (const [text, encoded] of Object.entries({ ...vectors, foobar: "MZXW6YTBOI" })) {
    equal(base32(new TextEncoder().encode(text)), encoded);
  }
});

Deno.test("base32() makes what canonicalSecret() takes as it is", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 10, maxLength: 64 }), (bytes) => {
    const text = base32(bytes);
    equal(canonicalSecret(text), text);
    equal(text.length, Math.ceil(bytes.length * 8 / 5));
  }));
});
