import assert from "node:assert/strict";
import fc from "fast-check";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { countTry, rememberLogin, withinGrace } from "../../lib/core/state_tries.ts";
import { T0 } from "../support/logins.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const S = 1_000;
const SECOND = T0 / S;

function stateFile(...lines: string[]): StateFile {
  const read = parseStateFile([RFC_BASE32, ...lines, ""].join("\n"));
  if (!read.ok) assert.fail(read.fault);
  return read.value;
}

Deno.test("a limit always ends when it said it would", () => {
  const times = fc.array(fc.integer({ min: SECOND - 90, max: SECOND + 90 }), { maxLength: 8 });
  const limit = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 60 }));
  fc.assert(fc.property(times, limit, (times, [attempts, interval]) => {
    const file = stateFile(`" RATE_LIMIT ${attempts} ${interval} ${times.join(" ")}`);
    const { retryAt, file: after } = countTry(file, T0);
    if (retryAt === undefined) return;
    assert.ok(retryAt > T0 && retryAt <= T0 + (interval + 1) * S);
    assert.equal(countTry(after, retryAt).retryAt, undefined);
  }));
});

Deno.test("tries that stand in any order are kept in theirs", () => {
  const [a, b, c] = [SECOND - 20, SECOND - 10, SECOND - 5];
  for (const times of [[a, b, c], [c, a, b], [b, c, a]]) {
    const { file, retryAt } = countTry(stateFile(`" RATE_LIMIT 3 30 ${times.join(" ")}`), T0);
    assert.deepEqual(file.rateLimit?.times, [b, c, SECOND], times.join(" "));
    assert.equal(retryAt, (b + 31) * S);
  }
});

Deno.test("tries count for the whole interval, and those of the future do not", () => {
  const times = [SECOND - 31, SECOND - 30, SECOND + 1];
  const { file, retryAt } = countTry(stateFile(`" RATE_LIMIT 2 30 ${times.join(" ")}`), T0);
  assert.deepEqual(file.rateLimit?.times, [SECOND - 30, SECOND]);
  assert.equal(retryAt, undefined);
});

Deno.test("the grace period is for the address that gave a right code, and ends", () => {
  const file = rememberLogin(stateFile(), "192.0.2.7", T0);
  assert.ok(withinGrace(file, "192.0.2.7", 60, T0 + 59 * S));
  assert.ok(!withinGrace(file, "192.0.2.7", 60, T0 + 60 * S));
  assert.ok(!withinGrace(file, "192.0.2.70", 60, T0));
  assert.ok(!withinGrace(file, "192.0.2.7", 0, T0));
});

Deno.test("a login of the future, any host's, is a clock that was set back: no grace", () => {
  const file = rememberLogin(stateFile(), "192.0.2.7", T0);
  assert.ok(withinGrace(file, "192.0.2.7", 60, T0));
  assert.ok(!withinGrace(file, "192.0.2.7", 60, T0 - S));
  const other = rememberLogin(file, "198.51.100.1", T0 + 40 * S);
  assert.ok(!withinGrace(other, "192.0.2.7", 60, T0 + 39 * S));
  assert.ok(withinGrace(other, "192.0.2.7", 60, T0 + 40 * S));
});

Deno.test("ten addresses are remembered, the oldest gives way", () => {
  let file = stateFile();
  for (let i = 0; i < 11; i++) file = rememberLogin(file, `192.0.2.${i}`, T0 + i * S);
  assert.equal(file.logins.length, 10);
  assert.ok(!withinGrace(file, "192.0.2.0", 3600, T0 + 20 * S));
  assert.deepEqual(file.logins[0], { slot: 0, host: "192.0.2.10", at: SECOND + 10 });
  file = rememberLogin(file, "192.0.2.5", T0 + 30 * S);
  assert.deepEqual(file.logins[5], { slot: 5, host: "192.0.2.5", at: SECOND + 30 });
  // What could not be read back is not written.
  assert.equal(rememberLogin(file, "fe80::1%eth0 x\ny", T0).text, file.text);
});

Deno.test("a login goes into its host's own slot, else into the first free, else into the oldest", () => {
  const slotOf = (file: StateFile, host: string) =>
    rememberLogin(file, host, T0).logins.find((login) => login.host === host)?.slot;
  const some = stateFile(
    `" LAST0 192.0.2.0 ${SECOND - 90}`,
    `" LAST3 192.0.2.3 ${SECOND - 10}`,
  );
  assert.equal(slotOf(some, "192.0.2.3"), 3, "its own, though others are free");
  assert.equal(slotOf(some, "192.0.2.9"), 1, "free, though another is older");
  const ages = [50, 60, 20, 40, 90, 30, 80, 10, 70, 55];
  const all = stateFile(
    ...ages.map((age, slot) => `" LAST${slot} 192.0.2.${slot} ${SECOND - age}`),
  );
  assert.equal(slotOf(all, "192.0.2.99"), 4);
  assert.equal(slotOf(all, "192.0.2.8"), 8, "its own, though another is older");
});
