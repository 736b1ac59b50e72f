import assert from "node:assert/strict";
import fc from "fast-check";
import { readExposedAuthtok } from "../../lib/io/pam_exec_talk.ts";

/** A pipe that holds these, one read(2) each, and then ends. */
function pipe(chunks: readonly Uint8Array[]): { read(into: Uint8Array): Promise<number | null> } {
  const left = [...chunks];
  return {
    read(into) {
      const next = left.shift();
      if (next === undefined) return Promise.resolve(null);
      const size = Math.min(next.length, into.length);
      into.set(next.subarray(0, size));
      if (size < next.length) left.unshift(next.subarray(size));
      return Promise.resolve(size);
    },
  };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const authtok = (...chunks: string[]) => readExposedAuthtok(pipe(chunks.map(bytesOf)));

Deno.test("readExposedAuthtok() reads up to NUL, or to the end where there is none", async () => {
  assert.equal(await authtok("secret\0"), "secret");
  assert.equal(await authtok("secret"), "secret");
  assert.equal(await authtok("sec", "ret\0more"), "secret");
  assert.equal(await authtok(" pass word\n\0"), " pass word\n");
});

Deno.test("readExposedAuthtok() finds nothing in /dev/null, and in an empty password", async () => {
  assert.equal(await authtok(), undefined);
  assert.equal(await authtok("\0"), undefined);
  assert.equal(await authtok("\0after"), undefined);
});

Deno.test("readExposedAuthtok() does not wait for the end after NUL", async () => {
  let reads = 0;
  const stdin = {
    read(into: Uint8Array): Promise<number | null> {
      if (++reads > 1) return new Promise(() => {});
      into.set(bytesOf("secret\0"));
      return Promise.resolve(7);
    },
  };
  assert.equal(await readExposedAuthtok(stdin), "secret");
});

Deno.test("readExposedAuthtok() takes what fails for nothing", async () => {
  const stdin = { read: () => Promise.reject(new Deno.errors.BadResource()) };
  assert.equal(await readExposedAuthtok(stdin), undefined);
});

Deno.test("readExposedAuthtok() reads any bytes, and no more of them than PAM passes on", async () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 400 });
  await fc.assert(fc.asyncProperty(fc.array(chunk, { maxLength: 4 }), async (chunks) => {
    const text = await readExposedAuthtok(pipe(chunks));
    assert.ok(text === undefined || (text.length > 0 && text.length <= 513));
    assert.ok(!text?.includes("\0"));
  }));
});
