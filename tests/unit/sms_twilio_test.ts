/** Short messages by Twilio: what they say, what they cost, what phones find in them; and the answers. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Letter } from "../../lib/core/letter.ts";
import type { AlertKind, Notification } from "../../lib/core/notification.ts";
import type { VendorAnswer } from "../../lib/notify/channel.ts";
import { segments, smsOf } from "../../lib/notify/sms_text.ts";
import { smsTwilio } from "../../lib/notify/sms_twilio.ts";
import {
  aLetter,
  anEnded,
  aPin,
  aRequest,
  hostileNotifications,
  languages,
  LINK,
} from "../support/letters.ts";
import { T0 } from "../support/logins.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeTwilio } from "../support/vendors/sms_twilio.ts";

const AT = { now: T0, token: "", id: "0".repeat(32) };

function open(changes: Record<string, unknown> = {}) {
  const vendor = new FakeTwilio({ now: () => T0 });
  const settings = { ...vendor.settings(VENDOR_URL), ...changes };
  const dialect = smsTwilio.open(settings, { buttons: false });
  assert.ok(dialect.via === "http");
  return { vendor, dialect };
}

async function send(letter: Letter, changes: Record<string, unknown> = {}) {
  const { dialect, vendor } = open(changes);
  const made = await dialect.send(letter, vendor.to, AT);
  assert.ok("url" in made);
  const answered = dialect.sent(await ask(vendor, made));
  assert.deepEqual(answered, { ok: true, handle: null });
  const [arrived] = vendor.arrived;
  assert.ok(arrived !== undefined);
  return { arrived, form: new URLSearchParams(made.body?.text), made };
}

Deno.test("sms_twilio: the request is as documented", async () => {
  const { form, made } = await send(aLetter(aPin()));
  const account = `AC${"0123456789abcdef".repeat(2)}`;
  assert.equal(made.url, `${VENDOR_URL}/2010-04-01/Accounts/${account}/Messages.json`);
  const credentials = btoa(`${account}:f0e1d2c3b4a5968778695a4b3c2d1e0f`);
  assert.equal(made.headers?.["authorization"], `Basic ${credentials}`);
  const { Body, ...rest } = Object.fromEntries(form);
  assert.deepEqual(rest, { To: "+4915112345678", From: "+15017122661", ValidityPeriod: "300" });
  assert.match(Body ?? "", /^012345 is your code to log in\n/);
  // An alert may come later.
  assert.equal((await send(aLetter(anEnded()))).form.has("ValidityPeriod"), false);
});

Deno.test("sms_twilio: a Messaging Service can send in place of a number", async () => {
  const service = `MG${"9".repeat(32)}`;
  const { form } = await send(aLetter(), { from: undefined, messaging_service_sid: service });
  assert.equal(form.get("MessagingServiceSid"), service);
  assert.equal(form.has("From"), false);
});

Deno.test("sms_twilio: a PIN in English says all, in two segments of 7 bits", () => {
  const text = smsOf(aLetter(aPin()));
  assert.equal(
    text,
    `012345 is your code to log in
Account: alice
Host: web1,example,com
Service: sshd
From: 192,0,2,7
Time: 2026-01-01 00:00:00 UTC
Valid for 1 min, for this login only.
If this is not you: somebody has your password or key. Give the code to nobody, change the ` +
      "password or key, and tell your administrator.",
  );
  assert.equal(segments(text), 2);
});

Deno.test("sms_twilio: a request has title, notes and link whole, and of the facts what there is room for", () => {
  assert.equal(
    smsOf(aLetter(aRequest({ answer: { by: "link" }, command: "x".repeat(160) }), "zh-CN")),
    `以 alice 登录 web1,example,com，是否批准？
账号：alice
主机：web1,example,com
服务：sshd
来源：192,0,2,7
时间：2026-01-01 00:00:00 UTC
请打开页面批准或拒绝。
如果您此刻没有在登录：请拒绝。
${LINK}`,
  );
});

/** 3GPP TS 23.038 section 6.2.1, 23.040 section 9.2.3.24.1. */
const COSTS: readonly (readonly [string, number])[] = [
  ["", 1],
  ["a".repeat(160), 1],
  ["a".repeat(161), 2],
  ["a".repeat(306), 2],
  ["a".repeat(307), 3],
  // Two places each, and none is torn in two.
  ["€".repeat(80), 1],
  ["€".repeat(81), 2],
  ["€".repeat(152), 2],
  ["€".repeat(153), 3],
  ["验".repeat(70), 1],
  ["验".repeat(71), 2],
  ["验".repeat(134), 2],
  ["验".repeat(135), 3],
  ["🔑".repeat(35), 1],
  ["🔑".repeat(36), 2],
  ["🔑".repeat(66), 2],
  ["🔑".repeat(67), 3],
  [`${"a".repeat(70)}ě`, 2],
];

Deno.test("segments() counts what a message costs", () => {
  for (const [text, count] of COSTS) assert.equal(segments(text), count, text);
});

const ALERTS: readonly AlertKind[] = [
  "denied",
  "fail_open",
  "emergency_code",
  "frozen",
  "quiet",
  "not_me_unproven",
  "new_device",
  "recovery_used",
  "passkey_cloned",
  "person_frozen",
  "host_key_disputed",
];

Deno.test("sms_twilio: our own words fit, but for one long advice", () => {
  const summaries = ALERTS.map((of): Notification => {
    const audience = "administrators" as const;
    return { kind: "summary", of, audience, host: "web1.example.com", count: 12, since: T0 };
  });
  for (const language of ["en", "zh-CN"] as const) {
    for (const notification of [aRequest(), aPin(), anEnded(), ...summaries]) {
      const count = segments(smsOf(aLetter(notification, language)));
      const long = notification.kind === "summary" && notification.of === "host_key_disputed";
      assert.ok(count <= (long ? 4 : 3), `${JSON.stringify(notification)} takes ${count}`);
    }
  }
});

Deno.test("sms_twilio: whatever others chose, it is no link or number, and costs no more", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      const letter = aLetter(notification, language);
      const { arrived } = await send(letter);
      assert.deepEqual(arrived.links, letter.link === null ? [] : [letter.link.url]);
      assert.ok(segments(arrived.text) <= 4, arrived.text);
      // Only our own words can need the larger alphabet.
      if (language === "en") {
        assert.match(arrived.text, /^[\n -~£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€]*$/);
      }
      for (const note of letter.notes) {
        if (note.every((piece) => typeof piece === "string")) {
          assert.ok(arrived.text.includes(note.join("")));
        }
      }
    }),
  );
});

Deno.test("sms_twilio: what phones look for is taken apart, and can still be read", () => {
  const cases = {
    "evil.example/x": "evil,example/x",
    "https://evil.example": "https: / /evil,example",
    "tel:+4915112345678": "tel: +491511'234567'8",
    "1-900-555-0199": "1-900-55'5-0199",
    "2001:db8::7": "2001:db8::7",
    "203.0.113.77": "203,0,113,77",
    "ls -l /etc": "ls -l /etc",
    "done.": "done.",
    "Jürgen Novák 🔑": "Jürgen Novak ?",
  };
  for (const [user, written] of Object.entries(cases)) {
    assert.ok(smsOf(aLetter(aRequest({ user }))).includes(` as ${written}?`), user);
  }
});

Deno.test("sms_twilio: contacts are numbers with a country; either a number or a service sends", () => {
  assert.ok(smsTwilio.isContact("+4915112345678"));
  for (
    const text of ["", "015112345678", "+0151", "+49 151", "4915112345678", "+1234567890123456"]
  ) {
    assert.equal(smsTwilio.isContact(text), false, text);
  }
  const faults = (settings: Record<string, unknown>) =>
    Object.keys(smsTwilio.faults?.(settings) ?? {});
  assert.deepEqual(faults({ from: "+15017122661" }), []);
  assert.deepEqual(faults({ messaging_service_sid: "MG" }), []);
  assert.deepEqual(faults({}), ["from"]);
  assert.deepEqual(faults({ from: "+15017122661", messaging_service_sid: "MG" }), ["from"]);
});

Deno.test("sms_twilio: who has answered STOP is not reached", async () => {
  const { dialect, vendor } = open();
  vendor.stopped.add(vendor.to);
  const made = await dialect.send(aLetter(), vendor.to, AT);
  assert.ok("url" in made);
  const refused = dialect.sent(await ask(vendor, made));
  assert.ok(!refused.ok && refused.why === "recipient");
  assert.match(refused.hint, /START/);
});

const MEANINGS = {
  settings: [20003, 20404, 21408, 21606, 21659, 21701, 30002, 30034],
  recipient: [21211, 21604, 21608, 21610, 21614, 21635, 30003],
  rate_limited: [20429, 14107, 21611, 63038],
  unavailable: [20500, 20503],
  rejected: [21617, 30007, 99_999],
};

for (const [why, codes] of Object.entries(MEANINGS)) {
  Deno.test(`sms_twilio: ${codes.join(", ")} is ${why}`, () => {
    for (const code of codes) {
      const json = { code, message: "not to be shown", status: 400 };
      const read = open().dialect.sent({ status: 400, headers: {}, json, text: "" });
      assert.ok(!read.ok);
      assert.deepEqual([read.why, read.detail], [why, `sms_twilio answers code ${code}`]);
      assert.ok(read.hint.length > 10);
      assert.equal(read.retryAfterMs, code === 20429 || code === 20503 ? null : undefined);
      assert.equal(read.mayArrive, code === 20500);
    }
  });
}

Deno.test("sms_twilio: what failed at once is no delivery, and what is none of Twilio's neither", () => {
  const sid = `SM${"0".repeat(32)}`;
  const odd: readonly (readonly [string, VendorAnswer])[] = [
    ["rejected", { status: 201, headers: {}, json: { sid, error_code: 30007 }, text: "" }],
    ["unusable", { status: 201, headers: {}, json: { sid: "x" }, text: "" }],
    ["unusable", { status: 200, headers: {}, json: undefined, text: "<html>" }],
    ["unavailable", { status: 502, headers: {}, json: undefined, text: "" }],
  ];
  for (const [why, answer] of odd) {
    const read = open().dialect.sent(answer);
    assert.equal(!read.ok && read.why, why);
  }
});
