import assert from "node:assert/strict";
import { describeAttempt, describeRefusal } from "../../lib/core/attempt.ts";
import { anAttempt } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";

Deno.test("describeAttempt() is one line, whatever the client sent", () => {
  assert.equal(
    describeAttempt(anAttempt({ command: "a\nb\x1b[1m" })),
    "user=alice source=192.0.2.7 service=sshd what=command " +
      String.raw`command="a\\u{a}b\\u{1b}[1m"`,
  );
  assert.match(describeAttempt(anAttempt()), /what=shell$/);
});

Deno.test("describeRefusal() tells the log by how much a clock is off, and until when a limit lasts", () => {
  const cases = [
    [{ ok: false, why: "malformed" }, "why=malformed"],
    [{ ok: false, why: "spent" }, "why=spent"],
    [{ ok: false, why: "wrong" }, "why=wrong"],
    [{ ok: false, why: "wrong", clockOff: -270 }, "why=wrong clock_off=-270s"],
    [{ ok: false, why: "wrong", clockOff: 90 }, "why=wrong clock_off=+90s"],
    [
      { ok: false, why: "limited", retryAt: T0 + 31_000 },
      "why=limited retry_at=2026-01-01T00:00:31.000Z",
    ],
  ] as const;
  for (const [answer, text] of cases) assert.equal(describeRefusal(answer), text);
});
