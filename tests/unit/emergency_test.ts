/** The emergency code at a login: who may try it, how often, and what becomes of each try. */
import assert from "node:assert/strict";
import type { Attempt } from "../../lib/core/attempt.ts";
import type { CodeAnswer } from "../../lib/core/code.ts";
import {
  type CodeMemory,
  EMPTY_MEMORY,
  formatMemory,
  MOST_FAILURES,
  parseMemory,
} from "../../lib/core/code_memory.ts";
import { afterEmergency, EMERGENCY_NAME, tryEmergency } from "../../lib/core/emergency_tries.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { CodeMemoryFile } from "../../lib/io/code_memory_file.ts";
import { emergencyCode, type EmergencyDoors } from "../../lib/login/emergency.ts";
import { assertRefused } from "../support/failure.ts";
import { anAttempt, FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { scratch } from "../support/scratch.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const CODE = "x7Kq!vPz2Lm9";
const WRONG = "x7Kq!vPz2Lm8";
const LIMITED = (retryAt: number): CodeAnswer => ({ ok: false, why: "limited", retryAt });
const PASSED: CodeAnswer = { ok: true, kind: "emergency" };
const REFUSED: CodeAnswer = { ok: false, why: "wrong" };

/** A host whose code is CODE, with a memory that must be asked for and given back. */
class Host {
  memory: CodeMemory = EMPTY_MEMORY;
  readonly clock = new FixedClock();
  /** What happened, in its order. */
  readonly events: string[] = [];
  matches: (code: string) => Promise<boolean> = (code) => Promise.resolve(code === CODE);
  write: () => Promise<void> = () => Promise.resolve();
  #held = false;

  check(line: string, changes: Partial<Attempt> = {}): Promise<CodeAnswer> {
    const doors: EmergencyDoors = {
      matches: (code) => {
        assert.ok(!this.#held, "nobody waits for the lock while a code is compared");
        this.events.push("compare");
        return this.matches(code);
      },
      openTries: () => Promise.resolve(this.#open()),
      names: ["web1", "alice"],
      clock: this.clock,
      tell: () => {
        assert.ok(!this.#held, "nobody waits for the lock while administrators are told");
        this.events.push("tell");
        return Promise.resolve();
      },
    };
    return emergencyCode(anAttempt(changes), doors).check(line);
  }

  /** So many wrong codes. */
  async wrong(count: number, changes: Partial<Attempt> = {}): Promise<void> {
    for (let i = 0; i < count; i++) assert.deepEqual(await this.check(WRONG, changes), REFUSED);
  }

  #open() {
    assert.ok(!this.#held);
    this.#held = true;
    return {
      value: this.memory,
      write: async (value: CodeMemory) => {
        await this.write();
        this.events.push(value.failures.length > this.memory.failures.length ? "count" : "clear");
        this.memory = value;
      },
      [Symbol.dispose]: () => void (this.#held = false),
    };
  }
}

Deno.test("the right code is counted, compared, forgiven and told, in that order", async () => {
  const host = new Host();
  assert.deepEqual(await host.check(` ${CODE} `), PASSED);
  assert.deepEqual(host.events, ["count", "compare", "clear", "tell"]);
  assert.deepEqual(host.memory, { spent: [], failures: [], known: ["192.0.2.7"] });
});

Deno.test("a wrong code is counted before it is compared, and nobody is told", async () => {
  const host = new Host();
  assert.deepEqual(await host.check(WRONG), REFUSED);
  assert.deepEqual(host.events, ["count", "compare"]);
  assert.deepEqual(host.memory.failures, [{ at: T0, source: "192.0.2.7" }]);
});

Deno.test("what can be no emergency code is neither counted nor compared", async () => {
  const host = new Host();
  for (const line of ["", "密码密码密码密码密码密码", "x".repeat(1_000)]) {
    assert.deepEqual(await host.check(line), { ok: false, why: "malformed" });
  }
  assert.deepEqual(host.events, []);
});

Deno.test("a weak code never lets in, though the host's file may hold it, and the log learns why", async () => {
  const host = new Host();
  host.matches = () => Promise.resolve(true);
  const weak = [
    ["123456", ["common", "short", "digits"]],
    ["12345", ["common", "short", "digits"]],
    ["Gatehouse2026", ["common"]],
    ["web1-alice-xyz", ["name"]],
    ["abcabcabcabc", ["repeated"]],
  ] as const;
  for (const [line, why] of weak) {
    assert.deepEqual(await host.check(line), { ok: false, why: "malformed", weak: why });
  }
  assert.deepEqual(host.events, []);
});

Deno.test("a slow comparison keeps nobody out, and what is counted meanwhile stays counted", async () => {
  const host = new Host();
  const { promise: slow, resolve } = Promise.withResolvers<boolean>();
  const { promise: comparing, resolve: begun } = Promise.withResolvers<void>();
  host.matches = () => {
    begun();
    return slow;
  };
  const first = host.check(CODE);
  await comparing;
  host.matches = (code) => Promise.resolve(code === CODE);
  assert.deepEqual(await host.check(CODE, { source: "192.0.2.9" }), PASSED);
  await host.wrong(2, { source: "192.0.2.8" });
  resolve(true);
  assert.deepEqual(await first, PASSED);
  const failure = { at: T0, source: "192.0.2.8" };
  const known = ["192.0.2.9", "192.0.2.7"];
  assert.deepEqual(host.memory, { spent: [], failures: [failure, failure], known });
});

Deno.test("five wrong codes in an hour close that source for the rest of it, and no other", async () => {
  const host = new Host();
  for (let i = 0; i < 5; i++, host.clock.at += MIN) await host.wrong(1);
  host.events.length = 0;
  assert.deepEqual(await host.check(CODE), LIMITED(T0 + HOUR));
  assert.deepEqual(host.events, [], "not even the right one is compared, and no try is counted");
  assert.deepEqual(await host.check(CODE, { source: "192.0.2.8" }), PASSED);
  host.clock.at = T0 + HOUR;
  assert.deepEqual(await host.check(CODE), PASSED);
});

Deno.test("a network of one customer is one source", async () => {
  const host = new Host();
  for (let i = 0; i < 5; i++) await host.wrong(1, { source: `2001:db8::${i}` });
  assert.deepEqual(await host.check(CODE, { source: "2001:db8::ffff" }), LIMITED(T0 + HOUR));
  assert.deepEqual(await host.check(CODE, { source: "2001:db8:0:1::" }), PASSED);
});

Deno.test("the right code forgives its own source alone", async () => {
  const host = new Host();
  await host.wrong(4);
  await host.wrong(4, { source: "192.0.2.8" });
  assert.deepEqual(await host.check(CODE), PASSED);
  await host.wrong(4);
  await host.wrong(1, { source: "192.0.2.8" });
  assert.deepEqual(await host.check(CODE, { source: "192.0.2.8" }), LIMITED(T0 + HOUR));
});

/** Strangers at many addresses, as many tries as the host takes of them. */
async function flood(host: Host): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const answer = await host.check(WRONG, { source: `198.51.100.${tries}` });
    if (!answer.ok && answer.why === "limited") return tries;
  }
  throw new Error("no limit");
}

Deno.test("many addresses together get thirty tries in ten minutes", async () => {
  const host = new Host();
  assert.equal(await flood(host), 30);
  assert.deepEqual(await host.check(CODE, { source: "203.0.113.1" }), LIMITED(T0 + 10 * MIN));
  host.clock.at += 10 * MIN;
  assert.equal(await flood(host), 30);
});

Deno.test("a flood leaves the console and the addresses of administrators open", async () => {
  const host = new Host();
  await host.check(CODE, { source: "203.0.113.1" });
  await flood(host);
  assert.deepEqual(await host.check(CODE, { source: "203.0.113.1" }), PASSED);
  assert.deepEqual(await host.check(CODE, { source: "127.0.0.1", service: "login" }), PASSED);
  assert.deepEqual(await host.check(CODE, { source: "::1", service: "su" }), PASSED);
});

Deno.test("an hour's flood makes nobody's tries forgotten", async () => {
  const host = new Host();
  await host.wrong(5);
  for (let i = 0; i < 5; i++, host.clock.at += 10 * MIN) await flood(host);
  assert.deepEqual(await host.check(CODE), LIMITED(T0 + HOUR));
});

Deno.test("who fails at sudo closes neither the console nor anybody else's sudo", async () => {
  const host = new Host();
  const local = { source: "127.0.0.1", service: "sudo", requester: "mallory" };
  await host.wrong(5, local);
  assert.deepEqual(await host.check(CODE, local), LIMITED(T0 + HOUR));
  assert.deepEqual(await host.check(CODE, { ...local, requester: "alice" }), PASSED);
  assert.deepEqual(await host.check(CODE, { ...local, service: "su" }), PASSED);
  assert.deepEqual(await host.check(CODE, { source: "127.0.0.1", service: "login" }), PASSED);
});

Deno.test("a requester of any length and content stays within what can be kept", () => {
  for (const requester of ["x".repeat(1_000), `${"x".repeat(84)}\ud83d\ude00`, "\ud83d", "a\0\n"]) {
    const attempt = { source: "127.0.0.1", service: "sudo", requester };
    const one = tryEmergency(EMPTY_MEMORY, attempt, T0);
    assert.ok(one.allowed);
    for (const memory of [one.begun, afterEmergency(one.begun, attempt)]) {
      assert.deepEqual(parseMemory(formatMemory(memory)), memory);
    }
  }
});

Deno.test("as many tries as are remembered can be read again", () => {
  let memory = EMPTY_MEMORY;
  for (let i = 0; i < MOST_FAILURES + 10; i++) {
    const attempt = { source: `198.51.100.${i}`, service: "sshd", requester: null };
    const one = tryEmergency(memory, attempt, T0 + i * MIN);
    assert.ok(one.allowed);
    memory = one.begun;
  }
  assert.equal(memory.failures.length, MOST_FAILURES);
  assert.deepEqual(parseMemory(formatMemory(memory)), memory);
});

Deno.test("a clock that was set back locks nobody out for longer", async () => {
  const host = new Host();
  host.clock.at = T0 + 365 * 24 * HOUR;
  await host.wrong(5);
  host.clock.at = T0;
  assert.deepEqual(await host.check(CODE), LIMITED(T0 + HOUR));
});

Deno.test("a try that cannot be counted is not compared", async () => {
  const host = new Host();
  host.write = () => Promise.reject(new Failure(Exit.denied, "cannot remember spent codes"));
  await assertRefused(() => host.check(CODE), Exit.denied, /^cannot remember/);
  assert.deepEqual(host.events, []);
});

Deno.test("a right code whose use cannot be written down lets nobody in, and nobody is told", async () => {
  const host = new Host();
  host.matches = (code) => {
    host.write = () => Promise.reject(new Failure(Exit.denied, "cannot remember spent codes"));
    return Promise.resolve(code === CODE);
  };
  await assertRefused(() => host.check(CODE), Exit.denied, /^cannot remember/);
  assert.deepEqual(host.events, ["count", "compare"]);
});

Deno.test("a file that cannot be used any more refuses, the lock is given back, the try counted", async () => {
  const host = new Host();
  const broken = () => Promise.reject(new Failure(Exit.config, "emergency has mode 0644"));
  host.matches = broken;
  await assertRefused(() => host.check(CODE), Exit.config, /mode 0644/);
  host.matches = (code) => Promise.resolve(code === CODE);
  assert.equal(host.memory.failures.length, 1);
  assert.deepEqual(await host.check(CODE), PASSED);
});

Deno.test("many at once: each is counted on the disk before it is compared, none waits for another", async () => {
  await using folder = await scratch();
  const whose = { user: EMERGENCY_NAME, uid: Deno.uid() ?? 0 };
  const spent = `${folder.path}/spent`;
  let comparing = 0;
  const { promise: five, resolve: fiveCompare } = Promise.withResolvers<void>();
  const check = (source: string) =>
    emergencyCode(anAttempt({ source }), {
      matches: async () => {
        if (++comparing === 5) fiveCompare();
        await five;
        return false;
      },
      openTries: () => CodeMemoryFile.open(spent, whose),
      names: [],
      clock: new FixedClock(),
      tell: () => assert.fail("nobody is to be told"),
    }).check(WRONG);
  const sources = Array.from({ length: 12 }, () => "192.0.2.7");
  const answers = await Promise.all(sources.map(check));
  const count = (why: string) => answers.filter((one) => !one.ok && one.why === why).length;
  assert.deepEqual([count("wrong"), count("limited"), comparing], [5, 7, 5]);
  {
    using tries = await CodeMemoryFile.open(spent, whose);
    const failure = { at: T0, source: "192.0.2.7" };
    assert.deepEqual(tries.value.failures, Array.from({ length: 5 }, () => failure));
  }
  // Under a name that no account has.
  const names = await Array.fromAsync(Deno.readDir(spent), ({ name }) => name);
  assert.deepEqual(names.toSorted(), ["%20emergency.json", "%20emergency.json.lock"]);
});
