import assert from "node:assert/strict";
import fc from "fast-check";
import { readGoogleAuthenticator, readSsh2fa } from "../../lib/core/secret_file.ts";
import { anyText } from "../support/texts.ts";

const BASE32 = "JBSWY3DPEHPK3PXPJBSWY3DPEH";

/** As `google-authenticator -t` writes it. */
function stateFile(options: string[] = ['" TOTP_AUTH'], secret = BASE32): string {
  return [secret, ...options, "12345678", "87654321", ""].join("\n");
}

function fault(text: string): string {
  const read = readGoogleAuthenticator(text);
  return read.ok ? "none" : read.fault;
}

Deno.test("readGoogleAuthenticator() reads what google-authenticator writes", () => {
  const text = stateFile([
    '" RATE_LIMIT 3 30 1700000000',
    '" WINDOW_SIZE 17',
    '" STEP_SIZE 60',
    '" DISALLOW_REUSE 56666666',
    '" TOTP_AUTH',
  ]);
  assert.deepEqual(readGoogleAuthenticator(text), {
    ok: true,
    value: { base32: BASE32, step: 60, window: 17 },
  });
});

Deno.test("readGoogleAuthenticator() has its defaults: 30 s, a window of three", () => {
  assert.deepEqual(readGoogleAuthenticator(stateFile()), {
    ok: true,
    value: { base32: BASE32, step: 30, window: 3 },
  });
});

Deno.test("readGoogleAuthenticator() takes a secret as people copy it", () => {
  for (const secret of ["jbsw y3dp ehpk 3pxp", "JBSW-Y3DP-EHPK-3PXP==", "JBSWY3DPEHPK3PXP\r"]) {
    const read = readGoogleAuthenticator(stateFile(['" TOTP_AUTH'], secret));
    assert.equal(read.ok && read.value.base32, "JBSWY3DPEHPK3PXP", secret);
  }
});

Deno.test("readGoogleAuthenticator() names the line at fault", () => {
  assert.equal(fault(""), "line 1: no base32 secret");
  assert.equal(fault(stateFile(undefined, "TOOSHORT")), "line 1: no base32 secret");
  assert.equal(fault(stateFile(undefined, "JBSWY3DPEHPK3PX1")), "line 1: no base32 secret");
  for (const size of ["0", "61", "-1", "1e1", "abc", "", "30 60", "999999999999"]) {
    const text = stateFile(['" TOTP_AUTH', `" STEP_SIZE ${size}`]);
    assert.equal(fault(text), "line 3: STEP_SIZE is not 1 to 60", size);
  }
  for (const size of ["0", "101"]) {
    const text = stateFile([`" WINDOW_SIZE ${size}`, '" TOTP_AUTH']);
    assert.equal(fault(text), "line 2: WINDOW_SIZE is not 1 to 100", size);
  }
  assert.match(fault(stateFile(['" HOTP_COUNTER 1'])), /counter-based/);
  assert.match(fault(stateFile([])), /counter-based/);
  assert.equal(fault(stateFile() + "x".repeat(65_536)), "is larger than 64 KiB");
});

Deno.test("readSsh2fa() finds the user's own line", () => {
  const text =
    `# alice:AAAAAAAAAAAAAAAA\n\nbob:${BASE32}\n alice : jbsw y3dp ehpk 3pxp\nalice:bad\n`;
  const value = { base32: "JBSWY3DPEHPK3PXP", step: 30, window: 3 };
  assert.deepEqual(readSsh2fa(text, "alice"), { ok: true, value });
  for (const nobody of ["carol", "", "#", "# alice", "ali", "alice:jbsw", "BOB", "__proto__"]) {
    assert.deepEqual(readSsh2fa(text, nobody), { ok: true, value: undefined }, nobody);
  }
});

Deno.test("readSsh2fa() names the line at fault", () => {
  const read = readSsh2fa("\n\nalice:not a secret!\n", "alice");
  assert.deepEqual(read, { ok: false, fault: "line 3: no base32 secret" });
});

/** Lines that look like the real ones, with a mark where secrets stand. */
const MARK = "SECRET7MARK";
const line = fc.oneof(
  fc.constantFrom('" TOTP_AUTH', '" STEP_SIZE', '" WINDOW_SIZE 3', "alice:", ":", "#", "", "\r"),
  anyText(),
  fc.tuple(
    fc.constantFrom('" STEP_SIZE ', '" WINDOW_SIZE ', '" HOTP_COUNTER ', '" ', "alice:", ""),
    fc.string(),
  ).map(([start, end]) => start + MARK + end),
);
const anyFile = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));

Deno.test("neither reader throws, nor says what stands in a line", () => {
  fc.assert(fc.property(anyFile, (text) => {
    for (const read of [readGoogleAuthenticator(text), readSsh2fa(text, "alice")]) {
      if (!read.ok) assert.ok(!read.fault.includes(MARK), read.fault);
      else if (read.value !== undefined) {
        assert.match(read.value.base32, /^[A-Z2-7]{16,256}$/);
        assert.ok(read.value.step >= 1 && read.value.step <= 60);
        assert.ok(read.value.window >= 1 && read.value.window <= 100);
      }
    }
  }));
});
