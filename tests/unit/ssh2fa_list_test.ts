import assert from "node:assert/strict";
import fc from "fast-check";
import { listSsh2fa, readSsh2fa } from "../../lib/core/ssh2fa_list.ts";
import { anyText } from "../support/texts.ts";

const BASE32 = "JBSWY3DPEHPK3PXPJBSWY3DPEH";

Deno.test("readSsh2fa() finds the user's own line, the first of several", () => {
  const text =
    `# alice:AAAAAAAAAAAAAAAA\n\nbob:${BASE32}\n alice : jbsw y3dp ehpk 3pxp\nalice:bad\n`;
  assert.deepEqual(readSsh2fa(text, "alice"), { ok: true, value: "JBSWY3DPEHPK3PXP" });
  for (const nobody of ["carol", "", "#", "# alice", "ali", "alice:jbsw", "BOB", "__proto__"]) {
    assert.deepEqual(readSsh2fa(text, nobody), { ok: true, value: undefined }, nobody);
  }
});

Deno.test("readSsh2fa() names the line at fault", () => {
  const read = readSsh2fa("\n\nalice:not a secret!\n", "alice");
  assert.deepEqual(read, { ok: false, fault: "line 3: no base32 secret" });
});

Deno.test("listSsh2fa() lists every entry with its line", () => {
  assert.deepEqual(listSsh2fa(`# list\r\nalice:${BASE32}\r\nno entry\nbob:short`), [
    { line: 2, user: "alice", secret: { ok: true, value: BASE32 } },
    { line: 4, user: "bob", secret: { ok: false, fault: "line 4: no base32 secret" } },
  ]);
});

Deno.test("listSsh2fa() never throws, nor says what stands in a line", () => {
  const mark = "SECRET7MARK";
  const line = fc.oneof(
    anyText(),
    fc.tuple(fc.constantFrom("alice:", "#", ":", ""), fc.string()).map(([a, b]) => a + mark + b),
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    for (const { secret } of listSsh2fa(lines.join("\n"))) {
      if (secret.ok) assert.match(secret.value, /^[A-Z2-7]{16,256}$/);
      else assert.ok(!secret.fault.includes(mark), secret.fault);
    }
  }));
});
