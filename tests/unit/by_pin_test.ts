import assert from "node:assert/strict";
import type { Admission } from "../../lib/core/attempt.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { passByPin, type PinDoors } from "../../lib/login/by_pin.ts";
import type { Codes, Emergency, Ending } from "../../lib/login/doors.ts";
import type { FlowRules } from "../../lib/login/no_server.ts";
import { withEmergency } from "../../lib/login/typed_codes.ts";
import type { PinAsked, PinOffer, PinResent } from "../../lib/login/pin_request.ts";
import { assertRefused, failureOf } from "../support/failure.ts";
import { anAttempt, FakeCodes, FixedClock, RIGHT_CODE } from "../support/fakes.ts";
import {
  EndedTalk,
  FakePin,
  FakePins,
  FakePinTalk,
  OFFER,
  RIGHT_PIN,
} from "../support/pin_login.ts";

const messages = hostMessages("en", undefined);
const RULES: FlowRules = { timeoutMs: 60_000, offline: "code", unenrolled: "deny" };
const CONTACTS = ["zhangsan", "lisi"];

interface Case {
  readonly asked: PinAsked;
  readonly rules?: Partial<FlowRules>;
  readonly talk?: FakePinTalk;
  readonly doors?: Partial<PinDoors>;
}

const nobody = () => assert.fail("nobody is to be enrolled");

/** One login; whatever happens, the conversation must be closed. */
async function login({ asked, rules, talk, doors }: Case): Promise<Admission> {
  const person = talk ?? new FakePinTalk(true);
  const pins = new FakePins(asked);
  try {
    return await passByPin(anAttempt({ service: "sudo" }), { ...RULES, ...rules }, {
      approvals: { ask: () => assert.fail("nobody is to approve") },
      pins,
      contacts: () => CONTACTS,
      codes: new FakeCodes("unenrolled"),
      talk: person,
      clock: new FixedClock(),
      messages,
      lastWords: messages,
      lookedFor: "/codes/alice",
      enroll: nobody,
      ...doors,
    });
  } finally {
    assert.ok(person.closed > 0, "the conversation is closed");
  }
}

const open = (request: FakePin): PinAsked => ({ kind: "open", request });
const refused = (
  why: Extract<PinAsked, { kind: "refused" }>["why"],
  retryAfterS?: number,
): PinAsked => ({ kind: "refused", why, detail: `because ${why}`, retryAfterS });

const byPin = { via: "pin", by: "zhangsan" } as const;
const byCode = { via: "code", by: "alice" } as const;

/** What a request ends with, whatever is tried. */
function ending(end: Ending): FakePin {
  const request = new FakePin();
  request.answer = () => Promise.resolve({ kind: "ended", ending: end });
  return request;
}

/** A host's emergency code that says "open sesame" is right. */
class FakeEmergency implements Emergency {
  readonly checked: string[] = [];
  check(line: string) {
    this.checked.push(line);
    if (line === "open sesame") return Promise.resolve({ ok: true, kind: "emergency" } as const);
    const why = line === "" || line.length > 20 ? "malformed" : "wrong";
    return Promise.resolve({ ok: false, why } as const);
  }
}

function emergencyCodes(emergency: Emergency): Codes {
  const codes = new FakeCodes("unenrolled");
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => codes.inGrace(),
    check: (code) => codes.check(code),
    emergency,
  };
}

Deno.test("passByPin() lets in who types the PIN, by whom it was sent to", async () => {
  const request = new FakePin();
  const pins = new FakePins(open(request));
  const talk = new FakePinTalk(true).type(RIGHT_PIN);
  assert.deepEqual(await login({ asked: open(request), talk, doors: { pins } }), byPin);
  assert.deepEqual(pins.asked, [CONTACTS]);
  assert.deepEqual(talk.pinOffers, [{ offer: OFFER, timeoutMs: 60_000 }]);
  assert.deepEqual([request.tried, request.cancelled, talk.told], [[RIGHT_PIN], 0, []]);
  assert.deepEqual([talk.offers, talk.asked], [[], []]);
});

Deno.test("passByPin() takes a PIN as people copy it", async () => {
  for (const typed of ["804 217", " 804217 ", "804-217", "８０４２１７"]) {
    const request = new FakePin();
    const talk = new FakePinTalk(true).type(typed);
    assert.deepEqual(await login({ asked: open(request), talk }), byPin);
    assert.deepEqual(request.tried, [RIGHT_PIN]);
  }
});

Deno.test("passByPin() says after a wrong PIN how many tries are left", async () => {
  const request = new FakePin();
  let left = 3;
  request.answer = (code) =>
    Promise.resolve(
      code === RIGHT_PIN
        ? { kind: "ended", ending: { state: "approved", by: "zhangsan" } }
        : { kind: "wrong", triesLeft: --left },
    );
  const talk = new FakePinTalk(true).type("000000", "111111", RIGHT_PIN);
  assert.deepEqual(await login({ asked: open(request), talk }), byPin);
  assert.deepEqual(talk.told, ["wrong code, 2 tries left", "wrong code, 1 try left"]);
});

Deno.test("passByPin() leaves counting to the server, which may allow many tries", async () => {
  const request = new FakePin();
  const wrong = Array.from({ length: 9 }, (_, index) => String(100_000 + index));
  const talk = new FakePinTalk(true).type(...wrong, RIGHT_PIN);
  assert.deepEqual(await login({ asked: open(request), talk }), byPin);
  assert.equal(request.tried.length, 10);
});

Deno.test("passByPin() denies by every other ending and says why", async () => {
  const endings: [end: Ending, message: RegExp, reason: RegExp, cancelled: number][] = [
    [
      { state: "denied", reason: "too_many_codes" },
      /^Too many failures$/,
      /^too many wrong codes$/,
      0,
    ],
    [{ state: "denied", reason: "not_delivered" }, /could not be sent$/, /could not be sent$/, 0],
    [{ state: "denied", reason: undefined }, /^the login was denied$/, /^denied$/, 0],
    [{ state: "denied", reason: "not_me" }, /reported as suspicious/, /^not me$/, 0],
    [{ state: "expired", reason: "timeout" }, /^Time limit exceeded$/, /^no right PIN in time$/, 1],
    [{ state: "cancelled", reason: "hung_up" }, /cancelled/, /^cancelled$/, 1],
    [{ state: "failed", fault: "the verdict is forged" }, /forged/, /forged/, 1],
  ];
  for (const [end, message, reason, cancelled] of endings) {
    const request = ending(end);
    const talk = new FakePinTalk(true).type(RIGHT_PIN);
    const failure = await assertRefused(
      () => login({ asked: open(request), talk }),
      Exit.denied,
      message,
    );
    assert.match(failure.reason, reason);
    assert.equal(request.cancelled, cancelled, end.state);
  }
});

Deno.test("passByPin() ends with the PIN's time or the login's, whichever is over first", async () => {
  const cases: [validForS: number, timeoutMs: number, shown: number][] = [
    [60, 20, 1_000],
    [0, 60_000, 0],
  ];
  for (const [validForS, timeoutMs, shown] of cases) {
    const request = new FakePin({ ...OFFER, validForS });
    const talk = new FakePinTalk(true);
    const run = () => login({ asked: open(request), talk, rules: { timeoutMs } });
    await assertRefused(run, Exit.denied, /^Time limit exceeded$/);
    assert.deepEqual([request.cancelled, request.why], [1, "hung_up"]);
    assert.equal(talk.pinOffers[0]?.timeoutMs, shown);
  }
});

Deno.test("passByPin() sends no line to the server that comes when the time is up", async () => {
  const request = new FakePin();
  const talk = new FakePinTalk(true); // whose readCode() hears no signal
  const run = () => login({ asked: open(request), talk, rules: { timeoutMs: 20 } });
  await assertRefused(run, Exit.denied, /^Time limit exceeded$/);
  talk.type(RIGHT_PIN);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(request.tried, []);
});

Deno.test("passByPin() offers what the login's own time allows", async () => {
  const cases: [left: number, given: PinOffer, shown: PinOffer][] = [
    [60_000, OFFER, OFFER],
    [90_000, { ...OFFER, validForS: 120 }, { ...OFFER, validForS: 90 }],
    [20_000, OFFER, { ...OFFER, validForS: 20, resendAfterS: null }],
    [20_001, OFFER, { ...OFFER, validForS: 21 }],
    [60_000, { ...OFFER, resendAfterS: null }, { ...OFFER, resendAfterS: null }],
    // Here the login ends with the PIN, though the server would send another one.
    [60_000, { ...OFFER, validForS: 15 }, { ...OFFER, validForS: 15, resendAfterS: null }],
  ];
  for (const [timeoutMs, given, offer] of cases) {
    const talk = new FakePinTalk(true).type(RIGHT_PIN);
    await login({ asked: open(new FakePin(given)), talk, rules: { timeoutMs } });
    assert.deepEqual(talk.pinOffers, [{ offer, timeoutMs: offer.validForS * 1_000 }]);
  }
});

Deno.test("Enter brings another PIN, and the time that it is good for", async () => {
  const request = new FakePin({ ...OFFER, resendAfterS: 0 });
  const second = { ...OFFER, validForS: 35, triesLeft: 2 };
  request.again = () => ({ kind: "sent", offer: second });
  const talk = new FakePinTalk(true).type("", RIGHT_PIN);
  assert.deepEqual(await login({ asked: open(request), talk }), byPin);
  assert.equal(request.resends, 1);
  assert.deepEqual(talk.pinOffers.map(({ offer }) => offer), [request.offer, second]);
  assert.deepEqual(talk.told, []);
});

Deno.test("Enter asks no server for what cannot be had yet, or any more", async () => {
  const cases = [[20, "a new code can be sent in 20 s"], [
    null,
    "no other code will be sent for this login",
  ]] as const;
  for (const [resendAfterS, remark] of cases) {
    const request = new FakePin({ ...OFFER, resendAfterS });
    const talk = new FakePinTalk(true).type("", "", RIGHT_PIN);
    assert.deepEqual(await login({ asked: open(request), talk }), byPin);
    assert.deepEqual([request.resends, talk.told], [0, [remark, remark]]);
  }
});

Deno.test("Enter asks whether a PIN that was on its way has failed; else it can be had no sooner", async () => {
  for (const resendAfterS of [20, null]) {
    const request = new FakePin({ ...OFFER, delivery: "sending", resendAfterS });
    const answers: PinResent[] = [
      { kind: "refused", why: "too_early", retryAfterS: 17 },
      { kind: "ended", ending: { state: "denied", reason: "not_delivered" } },
    ];
    request.again = () => answers.shift() ?? assert.fail("it was over");
    const talk = new FakePinTalk(true).type("", "");
    const failure = await failureOf(() => login({ asked: open(request), talk }));
    assert.equal(failure.message, "the code could not be sent");
    assert.deepEqual([request.resends, talk.told], [2, ["a new code can be sent in 17 s"]]);
  }
});

Deno.test("Enter counts from when the PIN was sent", async () => {
  const clock = new FixedClock();
  const request = new FakePin();
  const talk = new FakePinTalk(true).type("", "000000", "", RIGHT_PIN);
  const answer = request.answer;
  request.answer = (code) => {
    clock.at += 20_000;
    return answer(code);
  };
  assert.deepEqual(await login({ asked: open(request), talk, doors: { clock } }), byPin);
  assert.equal(request.resends, 1);
  assert.deepEqual(talk.told, ["a new code can be sent in 20 s", "wrong code, 2 tries left"]);
  assert.deepEqual(talk.pinOffers.map(({ timeoutMs }) => timeoutMs), [60_000, 40_000]);
});

Deno.test("a refusal of another PIN is a remark, and the one that was sent still counts", async () => {
  const cases: [resent: PinResent, remark: string][] = [
    [{ kind: "refused", why: "too_early", retryAfterS: 7 }, "a new code can be sent in 7 s"],
    [{ kind: "refused", why: "too_many_pins", retryAfterS: 59 }, "a new code can be sent in 59 s"],
    [{ kind: "refused", why: "pins_unsent", retryAfterS: 12 }, "a new code can be sent in 12 s"],
    // By then the login is over.
    [{ kind: "refused", why: "too_many_pins", retryAfterS: 540 }, messages.noNewPin],
    [{ kind: "refused", why: "too_many_pins", retryAfterS: 60 }, messages.noNewPin],
    [{ kind: "refused", why: "too_early", retryAfterS: undefined }, messages.noNewPin],
    [{ kind: "refused", why: "no_more_pins", retryAfterS: 9 }, messages.noNewPin],
    [{ kind: "no_answer", detail: "" }, "the server does not answer, try that again"],
  ];
  for (const [resent, remark] of cases) {
    const request = new FakePin({ ...OFFER, resendAfterS: 0 });
    request.again = () => resent;
    const talk = new FakePinTalk(true).type("", RIGHT_PIN);
    assert.deepEqual(await login({ asked: open(request), talk }), byPin);
    assert.deepEqual([talk.told, talk.pinOffers.length], [[remark], 1]);
  }
});

Deno.test("what the server has said of another PIN is not asked again before its time", async () => {
  const cases = [[540, messages.noNewPin], [30, "a new code can be sent in 30 s"]] as const;
  for (const [retryAfterS, remark] of cases) {
    const request = new FakePin({ ...OFFER, resendAfterS: 0 });
    request.again = () => ({ kind: "refused", why: "too_many_pins", retryAfterS });
    const talk = new FakePinTalk(true).type("", "", RIGHT_PIN);
    assert.deepEqual(await login({ asked: open(request), talk }), byPin);
    assert.deepEqual([request.resends, talk.told], [1, [remark, remark]]);
  }
});

Deno.test("a login that has ended when another PIN is asked for is over", async () => {
  const request = new FakePin({ ...OFFER, resendAfterS: 0 });
  const end: Ending = { state: "denied", reason: "not_delivered" };
  request.again = () => ({ kind: "ended", ending: end });
  const talk = new FakePinTalk(true).type("");
  const failure = await failureOf(() => login({ asked: open(request), talk }));
  assert.deepEqual([failure.message, failure.hint], [
    "the code could not be sent",
    "ask your administrator",
  ]);
});

Deno.test("a server that does not answer a try can be asked again", async () => {
  const request = new FakePin();
  const answer = request.answer;
  request.answer = () => {
    request.answer = answer;
    return Promise.resolve({ kind: "no_answer", detail: "HTTP 502" });
  };
  const talk = new FakePinTalk(true).type(RIGHT_PIN, RIGHT_PIN);
  assert.deepEqual(await login({ asked: open(request), talk }), byPin);
  assert.deepEqual(talk.told, [messages.pinNotChecked]);
  assert.equal(request.tried.length, 2);
});

Deno.test("the host's emergency code lets in at the prompt for a PIN", async () => {
  const request = new FakePin();
  const emergency = new FakeEmergency();
  const talk = new FakePinTalk(true).type("000000", "something", "open sesame");
  const codes = emergencyCodes(emergency);
  const passed = await login({ asked: open(request), talk, doors: { codes } });
  assert.deepEqual(passed, { via: "emergency", by: "emergency_code" });
  assert.deepEqual([request.cancelled, request.why], [1, "code_used"]);
  // Six digits are the PIN, and nothing else goes to the server.
  assert.deepEqual([request.tried, emergency.checked], [["000000"], ["something", "open sesame"]]);
  assert.deepEqual(talk.told, ["wrong code, 2 tries left", messages.wrongCode]);
});

Deno.test("lines that can be no code come to an end", async () => {
  const stray = ["not a code", "12345", "12345678", "hunter2"];
  for (const emergency of [undefined, new FakeEmergency()]) {
    const request = new FakePin();
    const talk = new FakePinTalk(true).type(...stray, RIGHT_PIN);
    const codes = emergency === undefined ? new FakeCodes("enrolled") : emergencyCodes(emergency);
    const failure = await assertRefused(
      () => login({ asked: open(request), talk, doors: { codes } }),
      Exit.denied,
      /^Too many failures$/,
    );
    assert.equal(failure.reason, "too many lines that are no PIN");
    const remark = emergency === undefined ? messages.malformedPin : messages.wrongCode;
    assert.deepEqual([request.tried, talk.told], [[], [remark, remark]]);
    assert.equal(request.cancelled, 1);
  }
});

Deno.test("a code of the authenticator is none where a PIN is asked for", async () => {
  const request = new FakePin();
  const codes = new FakeCodes("enrolled");
  const talk = new FakePinTalk(true).type(RIGHT_CODE, "12345678", RIGHT_PIN);
  assert.deepEqual(await login({ asked: open(request), talk, doors: { codes } }), byPin);
  assert.deepEqual([codes.checked, request.tried], [[], [RIGHT_CODE, RIGHT_PIN]]);
});

Deno.test("an emergency code whose use cannot be told denies, and the request is cancelled", async () => {
  const request = new FakePin();
  const emergency = {
    check: () => Promise.reject(new Failure(Exit.denied, "cannot be written down")),
  };
  const talk = new FakePinTalk(true).type("open sesame");
  await assertRefused(
    () => login({ asked: open(request), talk, doors: { codes: emergencyCodes(emergency) } }),
    Exit.denied,
    /written down/,
  );
  assert.equal(request.cancelled, 1);
});

Deno.test("hanging up or the end of what can be typed ends the login, and the request with it", async () => {
  const gone = new FakePinTalk(true);
  gone.hangUp();
  for (const talk of [gone, new EndedTalk(true)]) {
    const request = new FakePin();
    await assertRefused(() => login({ asked: open(request), talk }), Exit.denied, /interrupted/);
    assert.deepEqual([request.cancelled, request.why], [1, "hung_up"]);
  }
});

Deno.test("no PIN is sent where none can be typed, or to nobody", async () => {
  const request = new FakePin();
  const pins = new FakePins(open(request));
  const silent = { asked: open(request), talk: new FakePinTalk(false), doors: { pins } };
  await assertRefused(() => login(silent), Exit.denied, /nothing can be typed here$/);
  const contacts = () => {
    throw new Failure(Exit.denied, "no code can be sent", "ask", "no contact");
  };
  const alone = { asked: open(request), doors: { pins, contacts } };
  await assertRefused(() => login(alone), Exit.denied, /^no code can be sent$/);
  assert.deepEqual(pins.asked, []);
});

Deno.test("a host without servers has no PINs", async () => {
  await assertRefused(
    () => login({ asked: open(new FakePin()), doors: { pins: undefined } }),
    Exit.config,
    /needs an approval server/,
  );
});

Deno.test("who cannot be sent to is told to ask, and the log says why", async () => {
  for (const why of ["no_contact", "no_channel"] as const) {
    const codes = new FakeCodes("enrolled");
    const talk = new FakePinTalk(true).type(RIGHT_CODE);
    const failure = await failureOf(() => login({ asked: refused(why), talk, doors: { codes } }));
    assert.deepEqual([failure.exit, failure.message, failure.hint, failure.reason], [
      Exit.denied,
      "no code can be sent to this account",
      "ask your administrator",
      `${why}: because ${why}`,
    ]);
    assert.deepEqual([codes.checked, talk.told], [[], []]);
  }
});

/** A PIN can go to nobody, as the host knows or the server says. */
const TO_NOBODY: readonly Partial<Case>[] = [
  { asked: refused("no_contact") },
  { asked: refused("no_channel") },
  {
    doors: {
      contacts: () => {
        throw new Failure(Exit.denied, messages.noCodeCanBeSent, messages.askAdministrator, "none");
      },
    },
  },
];

/** With the host's emergency code, for an account whose authenticator has every code right. */
function toNobody(talk: FakePinTalk, given: Partial<Case>, changes: Partial<Case> = {}) {
  const own = new FakeCodes("enrolled", () => ({ ok: true, kind: "totp" }));
  const emergency = new FakeEmergency();
  const codes = withEmergency(own, emergency);
  const asked = open(new FakePin());
  const doors = { codes, ...given.doors, ...changes.doors };
  return { run: () => login({ asked, ...given, ...changes, talk, doors }), own, emergency };
}

Deno.test("who cannot be sent to passes by the host's emergency code, and by no other", async () => {
  for (const given of TO_NOBODY) {
    const talk = new FakePinTalk(true).type("", RIGHT_CODE, "12345678", "open sesame");
    const { run, own, emergency } = toNobody(talk, given);
    const { noServer, ...passed } = await run();
    assert.deepEqual(passed, { via: "emergency", by: "emergency_code" });
    assert.match(noServer ?? "", /^(none|no_contact: .*|no_channel: .*)$/);
    assert.deepEqual([own.checked, emergency.checked], [[], ["open sesame"]]);
    const { noCodeCanBeSent, askAdministrator, wrongCode } = messages;
    assert.deepEqual(talk.told, [noCodeCanBeSent, askAdministrator, wrongCode, wrongCode]);
    assert.deepEqual([talk.asked, talk.pinOffers], [[60_000], []]);
  }
});

Deno.test("who cannot be sent to and types no emergency code is told to ask in the end", async () => {
  for (const given of TO_NOBODY) {
    const talk = new FakePinTalk(true).type(RIGHT_CODE);
    const { run } = toNobody(talk, given, { rules: { timeoutMs: 20 } });
    const { exit, message, hint, reason } = await failureOf(run);
    assert.deepEqual([exit, message, hint], [
      Exit.denied,
      "no code can be sent to this account",
      "ask your administrator",
    ]);
    assert.match(reason, /^(none|no_contact: .*|no_channel: .*)$/);
    // What can be no code has no shape of its own there.
    const stray = new FakePinTalk(true).type("x".repeat(21), "open sesame");
    await toNobody(stray, given).run();
    assert.equal(stray.told.at(-1), messages.wrongCode);
    const gone = new FakePinTalk(true);
    gone.hangUp();
    await assertRefused(toNobody(gone, given).run, Exit.denied, /^interrupted$/);
  }
});

Deno.test("an account that takes two persons passes by the emergency code alone", async () => {
  const given = { asked: refused("two_persons") };
  for (const offline of ["code", "allow"] as const) {
    const talk = new FakePinTalk(true).type(RIGHT_CODE);
    const doors = { codes: new FakeCodes("enrolled") };
    const failure = await failureOf(() => login({ ...given, talk, doors, rules: { offline } }));
    assert.deepEqual([failure.exit, failure.message, failure.hint, failure.reason], [
      Exit.denied,
      messages.takesTwoPersons,
      messages.askAdministrator,
      "two_persons: because two_persons",
    ]);
    assert.equal(talk.reads, 0);
  }
  const talk = new FakePinTalk(true).type(RIGHT_CODE, "open sesame");
  const { run, own } = toNobody(talk, given);
  assert.equal((await run()).via, "emergency");
  const { takesTwoPersons, askAdministrator, wrongCode } = messages;
  assert.deepEqual(talk.told, [takesTwoPersons, askAdministrator, wrongCode]);
  assert.deepEqual(own.checked, []);
});

Deno.test("a frozen account passes by nothing", async () => {
  const codes = new FakeCodes("enrolled");
  const talk = new FakePinTalk(true).type(RIGHT_CODE, RIGHT_PIN);
  const failure = await assertRefused(
    () => login({ asked: refused("frozen"), talk, doors: { codes } }),
    Exit.denied,
    /^this account is frozen$/,
  );
  assert.equal(failure.reason, "because frozen");
  assert.equal(talk.reads, 0);
});

Deno.test("who cannot be sent to just now passes by a code of the authenticator, if there is one", async () => {
  const cases = [
    [refused("busy", 431), messages.busy, "try again in 431 s"],
    [refused("busy"), messages.busy, "try again in a minute"],
    [refused("quiet", 841), messages.quiet(841), "ask your administrator"],
    [refused("too_many_pins", 540), messages.tooManyPins, "try again in 540 s"],
    [refused("pins_unsent", 12), messages.lastPinsNotDelivered, "try again in 12 s"],
    [refused("not_delivered"), "the code could not be sent", "ask your administrator"],
  ] as const;
  for (const [asked, remark, hint] of cases) {
    const talk = new FakePinTalk(true).type("000000", RIGHT_CODE);
    const doors = { codes: new FakeCodes("enrolled") };
    const noServer = asked.kind === "refused" ? `${asked.why}: because ${asked.why}` : "";
    assert.deepEqual(await login({ asked, talk, doors }), { ...byCode, noServer });
    assert.deepEqual([talk.told, talk.asked], [[remark, messages.wrongCode], [60_000]]);
    for (const unenrolled of ["deny", "enroll", "allow"] as const) {
      const failure = await failureOf(() => login({ asked, rules: { unenrolled } }));
      assert.deepEqual([failure.exit, failure.message, failure.hint], [
        Exit.denied,
        messages.nothingToFallBackTo(remark, remark),
        hint,
      ]);
      assert.match(failure.reason, /^because .*, and this account has no authenticator code/);
    }
  }
});

Deno.test("in Chinese no word of the server's is among ours", async () => {
  const chinese = hostMessages("zh-CN", undefined);
  const doors = { messages: chinese, lastWords: chinese };
  const all = [
    ...["frozen", "busy", "quiet", "too_many_pins", "pins_unsent", "not_delivered"] as const,
    "two_persons" as const,
  ];
  for (const why of all) {
    const asked = refused(why, 12);
    const { message, hint } = await failureOf(() => login({ asked, doors }));
    assert.doesNotMatch(`${message}${hint}`, /[a-z]/i, why);
  }
  const gone = { kind: "unreachable", detail: "gone", hint: "ask" } as const;
  const { message } = await failureOf(() => login({ asked: gone, doors }));
  assert.equal(message, "批准服务器无应答，且该账户没有可替代的验证码");
});

Deno.test("what comes with the verdict may be in other words than what comes before", async () => {
  const endings = ["too_many_codes", "not_delivered", "not_me", undefined].map((reason) =>
    open(ending({ state: "denied", reason }))
  );
  const cases: Partial<Case>[] = [
    ...endings.map((asked) => ({ asked })),
    ...(["frozen", "busy", "quiet", "too_many_pins", "pins_unsent", "not_delivered"] as const)
      .map((why) => ({ asked: refused(why, 12) })),
    { asked: refused("two_persons") },
    ...TO_NOBODY,
    ...TO_NOBODY.map((given) => ({ ...given, talk: new EndedTalk(true) })),
    { talk: new FakePinTalk(false) },
    { talk: new EndedTalk(true) },
    { talk: new FakePinTalk(true), rules: { timeoutMs: 20 } },
    { talk: new FakePinTalk(true).type("1", "2", "3") },
  ];
  for (const given of cases) {
    const talk = given.talk ?? new FakePinTalk(true).type("000000");
    const doors = { ...given.doors, messages: hostMessages("zh-CN", undefined) };
    const asked = open(new FakePin());
    const { message, hint } = await failureOf(() => login({ asked, ...given, talk, doors }));
    assert.match(`${message}${hint}`, /^[ -~]+$/);
    assert.doesNotMatch(talk.told.join(""), /[a-z]/i);
  }
});

Deno.test("without a server it goes as with an approval", async () => {
  const unreachable = { kind: "unreachable", detail: "gone", hint: "ask" } as const;
  const unusable = { kind: "unusable", detail: "nonsense", hint: "ask" } as const;
  const type = () => new FakePinTalk(true).type(RIGHT_CODE);
  const enrolled = { codes: new FakeCodes("enrolled") };
  for (const asked of [unreachable, unusable]) {
    const passed = await login({ asked, talk: type(), doors: enrolled });
    assert.deepEqual(passed, { ...byCode, noServer: `${asked.detail}: ask` });
    await assertRefused(() => login({ asked }), Exit.unreachable, /^(gone|nonsense), and this/);
    const deny = { asked, rules: { offline: "deny" }, talk: type(), doors: enrolled } as const;
    await assertRefused(() => login(deny), Exit.unreachable, /^(gone|nonsense)$/);
  }
  const allow = { offline: "allow" } as const;
  assert.equal((await login({ asked: unreachable, rules: allow })).via, "offline-allow");
  await assertRefused(() => login({ asked: unusable, rules: allow }), Exit.unreachable, /nonsense/);
});

Deno.test("who has no authenticator sets one up after the PIN, and only then", async () => {
  const rules = { unenrolled: "enroll" } as const;
  const talk = new FakePinTalk(true).type(RIGHT_PIN);
  let begun = 0;
  const enroll = () => Promise.resolve(++begun > 0);
  assert.deepEqual(
    await login({ asked: open(new FakePin()), rules, talk, doors: { enroll } }),
    byPin,
  );
  assert.equal(begun, 1);
  const denied = ending({ state: "denied", reason: undefined });
  const wrong = new FakePinTalk(true).type("000000");
  await failureOf(() => login({ asked: open(denied), rules, talk: wrong, doors: { enroll } }));
  assert.equal(begun, 1);
});
