import assert from "node:assert/strict";
import fc from "fast-check";
import { parseServerConfig } from "../../lib/config/server.ts";
import type { Admission } from "../../lib/core/attempt.ts";
import { EMPTY_MEMORY } from "../../lib/core/code_memory.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { MAX_RESENDS, RESEND_AFTER_MS } from "../../lib/core/pin.ts";
import { passByPin, type PinDoors } from "../../lib/login/by_pin.ts";
import { decoyDoors, type DecoyOptions, passInVain } from "../../lib/login/decoy.ts";
import type { Codes } from "../../lib/login/doors.ts";
import { emergencyCode } from "../../lib/login/emergency.ts";
import { passFactor } from "../../lib/login/flow.ts";
import type { FlowRules } from "../../lib/login/no_server.ts";
import type { PinOffer } from "../../lib/login/pin_request.ts";
import { failureOf } from "../support/failure.ts";
import {
  anAttempt,
  answering,
  FakeCodes,
  FakeRequest,
  FixedClock,
  RIGHT_CODE,
  seededRandom,
} from "../support/fakes.ts";
import { FakePin, FakePinTalk, LeavingTalk, OFFER, RIGHT_PIN } from "../support/pin_login.ts";
import { PinServer } from "../support/pins.ts";
import { PUBLIC_URL, TestServer } from "../support/server_app.ts";

const messages = hostMessages("en", undefined);
const RULES: FlowRules = { timeoutMs: 60_000, offline: "code", unenrolled: "deny" };
const REFUSED = new Failure(Exit.denied, "not for the person", undefined, "wrong password");
const EMERGENCY = "7F3K-9QRX-2MTD-ZB58-W4HN-6CJP";
const SERVERS = [PUBLIC_URL, "https://b.example"];

function options(changes: Partial<DecoyOptions> = {}): DecoyOptions {
  const wait = () => Promise.resolve();
  return { random: seededRandom(1), servers: SERVERS, refused: REFUSED, wait, ...changes };
}

/** Codes of which only what does not judge may be asked. */
class Untouched extends FakeCodes {
  override inGrace(): Promise<boolean> {
    return assert.fail("asked for grace");
  }
  override check(): Promise<never> {
    return assert.fail("a code was judged");
  }
  readonly emergency = { check: (): Promise<never> => assert.fail("a code was judged") };
}

/** Doors behind which nobody may be asked anything. */
function untouched(talk: FakePinTalk, codes: Codes = new Untouched("enrolled")): PinDoors {
  return {
    approvals: { ask: () => assert.fail("a server was asked") },
    pins: { ask: () => assert.fail("a PIN was sent") },
    contacts: () => ["zhangsan"],
    codes,
    talk,
    clock: new FixedClock(),
    messages,
    lastWords: messages,
    lookedFor: "/codes/alice",
    enroll: () => assert.fail("somebody was enrolled"),
  };
}

type Flow = (doors: PinDoors, rules: FlowRules) => Promise<Admission>;
const factor: Flow = (doors, rules) => passFactor(anAttempt({ code: RIGHT_CODE }), rules, doors);
const pin: Flow = (doors, rules) => passByPin(anAttempt(), rules, doors);

Deno.test("nobody passes in vain, whatever the policy, the account and the person say", async () => {
  const lines = fc.array(
    fc.oneof(fc.constantFrom("", RIGHT_CODE, RIGHT_PIN, "open sesame"), fc.string()),
    { maxLength: 4 },
  );
  const any = fc.record({
    flow: fc.constantFrom(factor, pin),
    offline: fc.constantFrom("code", "deny", "allow"),
    unenrolled: fc.constantFrom("deny", "enroll", "allow"),
    codes: fc.constantFrom("enrolled", "unenrolled", "broken"),
    interactive: fc.boolean(),
    servers: fc.constantFrom([], SERVERS),
    lines,
  });
  await fc.assert(
    fc.asyncProperty(any, async (given) => {
      const { flow, codes, interactive, servers, offline, unenrolled } = given;
      const talk = new FakePinTalk(interactive).type(...given.lines);
      const doors = untouched(talk, new Untouched(codes));
      const rules: FlowRules = { timeoutMs: 20, offline, unenrolled };
      const failure = await failureOf(() =>
        passInVain(doors, options({ servers }), (decoys) => flow(decoys, rules))
      );
      assert.equal(failure.reason, "wrong password");
      assert.notEqual(failure.exit, Exit.unreachable);
      assert.ok(!failure.message.includes("not for the person") || unenrolled === "enroll");
    }),
    { numRuns: 60 },
  );
});

Deno.test("what a flow lets in for lack of an authenticator is refused in vain", async () => {
  const doors = untouched(new FakePinTalk(true), new Untouched("unenrolled"));
  const rules: FlowRules = { ...RULES, unenrolled: "allow" };
  const seen: Admission[] = [];
  const failure = await failureOf(() =>
    passInVain(doors, options({ servers: [] }), async (decoys) => {
      const admission = await factor(decoys, rules);
      seen.push(admission);
      return admission;
    })
  );
  assert.deepEqual(seen.map(({ via }) => via), ["unenrolled-allow"]);
  assert.deepEqual([failure.exit, failure.message, failure.reason], [
    Exit.denied,
    "the login was denied",
    "wrong password",
  ]);
});

Deno.test("an error that is no refusal stays what it is", async () => {
  const broken = () => Promise.reject(new TypeError("a fault of ours"));
  const run = () => passInVain(untouched(new FakePinTalk(true)), options(), broken);
  await assert.rejects(run, TypeError);
});

/** What a person sees of a login until its end. */
async function seen(run: Promise<unknown>, talk: FakePinTalk) {
  const { message, hint, exit } = await failureOf(() => run);
  const { told, asked, offers, pinOffers, reads } = talk;
  return { message, hint, exit, told, asked, offers, pinOffers, reads };
}

/** An account's codes, none of which is ever right, and its host's, judged as at any login. */
function judging(state: "enrolled" | "unenrolled" | "broken"): Codes {
  const codes = new FakeCodes(state);
  const tries = {
    value: EMPTY_MEMORY,
    write: () => Promise.resolve(),
    [Symbol.dispose]() {},
  };
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => Promise.resolve(false),
    check: () => Promise.resolve({ ok: false, why: "wrong" }),
    emergency: emergencyCode(anAttempt(), {
      matches: () => Promise.resolve(false),
      openTries: () => Promise.resolve(tries),
      names: ["web1", "alice"],
      clock: new FixedClock(),
      tell: () => assert.fail("a use was told"),
    }),
  };
}

Deno.test("a decoy's link and number look like a server's", async () => {
  const server = await TestServer.start();
  const { url, match } = await server.create();
  const request = new FakeRequest();
  for (const codes of ["enrolled", "unenrolled", "broken"] as const) {
    for (const interactive of [true, false]) {
      // Without a terminal only the time ends it.
      const rules = { ...RULES, timeoutMs: interactive ? 60_000 : 20 };
      const lines = ["000000", EMERGENCY, "hunter2", ""];
      const decoyTalk = new LeavingTalk(interactive).type(...lines);
      const decoys = decoyDoors(untouched(decoyTalk, new Untouched(codes)), options());
      const decoy = await seen(passFactor(anAttempt(), rules, decoys), decoyTalk);
      const talk = new LeavingTalk(interactive).type(...lines);
      const doors: PinDoors = {
        ...untouched(talk),
        approvals: answering({ kind: "open", request }),
        codes: judging(codes),
      };
      const real = await seen(passFactor(anAttempt(), rules, doors), talk);
      const [offer] = decoy.offers;
      assert.ok(offer !== undefined);
      assert.match(offer.url, /^https:\/\/auth\.example\.com\/l\/[A-Za-z0-9_-]+$/);
      assert.equal(offer.url.length, url.length);
      assert.match(offer.match ?? "", /^[1-9][0-9]$/);
      assert.equal(match.length, 2);
      const likeReal = { ...offer, url: request.url, match: request.match };
      assert.deepEqual({ ...decoy, offers: [likeReal] }, real);
    }
  }
});

Deno.test("no two decoys have the same link", async () => {
  const random = seededRandom(3);
  const urls = await Promise.all(Array.from({ length: 20 }, async () => {
    const asked = await decoyDoors(untouched(new FakePinTalk(true)), options({ random }))
      .approvals.ask(anAttempt());
    return asked.kind === "open" ? asked.request.url : "";
  }));
  assert.equal(new Set(urls).size, 20);
});

Deno.test("a decoy asks for codes where the host asks no server", async () => {
  const talk = new LeavingTalk(true).type(RIGHT_CODE, "");
  const decoys = decoyDoors(untouched(talk), options({ servers: [] }));
  const failure = await failureOf(() => passFactor(anAttempt(), RULES, decoys));
  assert.equal(failure.message, messages.interrupted);
  assert.deepEqual([talk.offers, talk.asked, talk.told], [[], [60_000], [messages.wrongCode]]);
});

Deno.test("a decoy's PIN is that of a server with nothing else in its configuration", async () => {
  const { pin: defaults } = parseServerConfig("", "server.toml");
  const talk = new FakePinTalk(true).type("000000", "111111", "222222");
  const run = passByPin(anAttempt(), RULES, decoyDoors(untouched(talk), options()));
  const decoy = await seen(run, talk);
  assert.deepEqual(talk.pinOffers, [{ offer: OFFER, timeoutMs: 60_000 }]);
  assert.deepEqual([OFFER.validForS, OFFER.resendAfterS, OFFER.triesLeft], [
    defaults.ttl / 1_000,
    RESEND_AFTER_MS / 1_000,
    defaults.tries,
  ]);

  const request = new FakePin();
  let left = defaults.tries;
  request.answer = () =>
    Promise.resolve(
      --left > 0
        ? { kind: "wrong", triesLeft: left }
        : { kind: "ended", ending: { state: "denied", reason: "too_many_codes" } },
    );
  const realTalk = new FakePinTalk(true).type("000000", "111111", "222222");
  const pins = { ask: () => Promise.resolve({ kind: "open", request } as const) };
  const real = passByPin(anAttempt(), RULES, { ...untouched(realTalk), pins });
  assert.deepEqual(decoy, await seen(real, realTalk));
});

Deno.test("a decoy sends as many PINs as a server, and no tries come with them", async () => {
  const chat = await PinServer.start();
  const login = await chat.create();
  const { pins } = decoyDoors(untouched(new FakePinTalk(true)), options());
  const asked = await pins?.ask(anAttempt(), []);
  if (asked?.kind !== "open") return assert.fail("no PIN");
  assert.deepEqual(await asked.request.try("000000"), { kind: "wrong", triesLeft: 2 });
  await chat.try(login, chat.notifier.wrong);
  const shown: PinOffer[] = [];
  const real: PinOffer[] = [];
  for (let resends = 0; resends < MAX_RESENDS; resends++) {
    const resent = await asked.request.resend();
    if (resent.kind === "sent") shown.push(resent.offer);
    chat.server.time.advance(RESEND_AFTER_MS);
    const { pin } = await (await chat.resend(login)).json();
    real.push({
      delivery: pin.delivery,
      validForS: pin.valid_for,
      resendAfterS: pin.resend_after,
      triesLeft: pin.tries_left,
    });
  }
  assert.deepEqual(shown, real);
  assert.deepEqual(shown.map(({ resendAfterS }) => resendAfterS), [20, 20, null]);
});

Deno.test("a decoy takes about as long as what it stands for", async () => {
  const waits: number[] = [];
  const wait = (ms: number) => Promise.resolve(void waits.push(ms));
  const doors = untouched(new FakePinTalk(true));
  for (let seed = 0; seed < 50; seed++) {
    const { approvals, codes } = decoyDoors(doors, options({ random: seededRandom(seed), wait }));
    await approvals.ask(anAttempt());
    await codes.check(RIGHT_CODE);
    await codes.emergency?.check(EMERGENCY);
    // What can be no code is seen at once, as with a real one.
    await codes.check("open sesame");
    await codes.emergency?.check("hunter2");
    await codes.emergency?.check("\u0001");
  }
  const of = (index: number) => waits.filter((_, at) => at % 3 === index);
  for (const [index, least, most] of [[0, 10, 50], [1, 5, 15], [2, 120, 240]] as const) {
    assert.equal(of(index).length, 50);
    assert.ok(of(index).every((ms) => ms >= least && ms < most));
    assert.ok(new Set(of(index)).size > 40);
  }
});

Deno.test("a decoy leaves everything else as it is", () => {
  const doors = untouched(new FakePinTalk(true));
  const { talk, clock, messages, contacts } = decoyDoors(doors, options());
  assert.deepEqual({ talk, clock, messages, contacts }, {
    talk: doors.talk,
    clock: doors.clock,
    messages: doors.messages,
    contacts: doors.contacts,
  });
  const none = decoyDoors({ ...doors, pins: undefined }, options());
  assert.equal(none.pins, undefined);
});
