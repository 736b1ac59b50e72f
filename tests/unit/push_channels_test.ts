/** What ntfy, Bark, Pushover and Gotify are asked to show, what phones make of it, what answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { writtenLines } from "../../lib/core/letter.ts";
import { isPrintable } from "../../lib/core/text.ts";
import type { Refusal, VendorAnswer } from "../../lib/notify/channel.ts";
import { bark } from "../../lib/notify/bark.ts";
import { gotify } from "../../lib/notify/gotify.ts";
import { ntfy } from "../../lib/notify/ntfy.ts";
import { pushover } from "../../lib/notify/pushover.ts";
import {
  aLetter,
  anEnded,
  aPin,
  aRequest,
  hostileNotifications,
  languages,
  LINK,
  TICKET,
} from "../support/letters.ts";
import { FakeBark } from "../support/vendors/bark.ts";
import { VENDOR_URL } from "../support/vendors/direct.ts";
import { CLIENT, FakeGotify } from "../support/vendors/gotify.ts";
import { foundLinks } from "../support/vendors/links.ts";
import { FakeNtfy } from "../support/vendors/ntfy.ts";
import { FakePushover } from "../support/vendors/pushover.ts";
import { Trial } from "../support/vendors/trial.ts";
import type { FakeVendor, Settings } from "../support/vendors/vendor.ts";

const TRIALS = {
  ntfy: (changes: Settings = {}) => new Trial(ntfy, () => new FakeNtfy(), changes),
  bark: (changes: Settings = {}) => new Trial(bark, () => new FakeBark(), changes),
  pushover: (changes: Settings = {}) => new Trial(pushover, () => new FakePushover(), changes),
  gotify: (changes: Settings = {}) => new Trial(gotify, () => new FakeGotify(), changes),
};
const CHANNELS: readonly { open: (changes?: Settings) => Trial<FakeVendor>; update: boolean }[] = [
  { open: TRIALS.ntfy, update: true },
  { open: TRIALS.bark, update: true },
  { open: TRIALS.pushover, update: false },
  { open: TRIALS.gotify, update: false },
];

for (const { open, update } of CHANNELS) {
  const { type } = open();
  const name = type.type;

  Deno.test(`${name}: a request says all, leads to the page and carries nothing to approve with`, async () => {
    const trial = open();
    const letter = aLetter();
    const arrived = await trial.read(letter);
    const plain = { own: (text: string) => text, foreign: (text: string) => text };
    for (const line of writtenLines(letter, plain)) {
      assert.ok(arrived.text.includes(line), `${line} is not in ${arrived.text}`);
    }
    assert.deepEqual([...new Set(arrived.links)], [LINK]);
    assert.equal(arrived.to, trial.vendor.to);
    assert.doesNotMatch(arrived.text, /\b(17|42|85)\b/);
  });

  Deno.test(`${name}: whatever the names are, they are no links and no markup, and it is not too long`, async () => {
    await fc.assert(
      fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
        const arrived = await open().read(aLetter(notification, language));
        assert.deepEqual(
          [...new Set(arrived.links)],
          notification.kind === "request" ? [LINK] : [],
        );
        const lines = arrived.text.split("\n");
        assert.ok(lines.length > 1 && lines.every(isPrintable));
      }),
    );
  });

  Deno.test(`${name}: wrong credentials are the settings' fault, and none of them is said`, async () => {
    const settings = open().vendor.wrongCredentials(VENDOR_URL);
    const { why, detail, hint, mayArrive, retryAfterMs } = await open(settings).refused(aLetter());
    assert.deepEqual([why, mayArrive, retryAfterMs], ["settings", false, undefined]);
    assert.match(detail, new RegExp(`^${name} answers `));
    assert.match(hint, /server\.toml/);
    for (const secret of type.secrets.map((key) => String(settings[key]))) {
      assert.ok(!`${detail} ${hint}`.includes(secret));
    }
  });

  Deno.test(`${name}: too much is said to be too much, busy to be busy, and it works again`, async () => {
    const trial = open();
    const { vendor } = trial;
    vendor.limitNext();
    assert.equal((await trial.refused(aLetter())).why, "rate_limited");
    vendor.busyNext?.();
    const busy = await trial.refused(aLetter());
    assert.equal(busy.why, "unavailable");
    assert.notEqual(busy.retryAfterMs, undefined);
    assert.equal((await trial.send(aLetter())).ok, true);
    assert.equal(vendor.arrived.length, 1);
  });

  Deno.test(`${name}: whom it cannot reach it says so`, async () => {
    const trial = open();
    const { vendor } = trial;
    if (vendor.nobody === null) {
      assert.equal(type.isContact("anybody"), false);
      return;
    }
    const { why, detail } = await trial.refused(aLetter(), vendor.nobody);
    assert.equal(why, "recipient");
    assert.ok(!detail.includes(vendor.nobody));
    for (const contact of [vendor.to, vendor.nobody]) assert.ok(type.isContact(contact));
    for (const none of ["", "a b", `${vendor.to}\n`, `${vendor.to}/x`, "a".repeat(65)]) {
      assert.ok(!type.isContact(none), none);
    }
  });

  Deno.test(`${name}: what is none of its answers is not taken for one`, () => {
    const { sent } = open().dialect;
    const pages: readonly [number, unknown, Refusal["why"]][] = [
      [200, undefined, "unusable"],
      [200, { weather: "rain" }, "unusable"],
      [200, [], "unusable"],
      [302, undefined, "unusable"],
      [502, undefined, "unavailable"],
    ];
    for (const [status, json, why] of pages) {
      const answer: VendorAnswer = { status, headers: {}, json, text: "" };
      const read = sent(answer);
      assert.ok(!read.ok);
      assert.deepEqual([read.why, read.mayArrive], [why, true], `${status}`);
    }
  });

  Deno.test(`${name}: ${update ? "what ended takes the place of" : "nothing takes the place of"} the request`, async () => {
    const trial = open();
    assert.equal(trial.dialect.update !== undefined, update);
    const answered = await trial.send(aLetter());
    assert.ok(answered.ok);
    if (!update) {
      assert.equal(answered.handle, null);
      return;
    }
    const { handle } = answered;
    assert.ok(handle !== null);
    const { vendor } = trial;
    const request = await trial.change(aLetter(anEnded()), handle);
    assert.equal((await trial.answered(request)).ok, true);
    assert.deepEqual(vendor.arrived.map(({ replaces }) => replaces), [null, handle]);
    assert.match(vendor.arrived[1]?.text ?? "", /^Approved: alice at web1\.example\.com\n/);
  });
}

Deno.test("ntfy: the message as JSON, with the token in its header alone", async () => {
  const request = await TRIALS.ntfy().request(aLetter(aPin()), "topic");
  assert.equal(request.url, `${VENDOR_URL}/`);
  assert.deepEqual(request.headers, { authorization: "Bearer tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2" });
  assert.deepEqual(JSON.parse(request.body?.text ?? ""), {
    topic: "topic",
    title: "012345 is your code to log in",
    message: [
      "Account: alice",
      "Host: web1․example․com",
      "Service: sshd",
      "From: 192․0․2․7",
      "Time: 2026-01-01 00:00:00 UTC",
      "Valid for 1 min, for this login only.",
      "If this is not you: somebody has your password or key. Give the code to nobody, change " +
      "the password or key, and tell your administrator.",
    ].join("\n"),
    priority: 4,
    tags: ["key"],
  });
});

Deno.test("ntfy: a user's password, or nobody's at all", async () => {
  const account = { token: undefined, user: "alice", password: "s3cret" };
  assert.equal((await TRIALS.ntfy(account).send(aLetter())).ok, true);
  const nobody = await TRIALS.ntfy({ token: undefined }).refused(aLetter());
  assert.deepEqual([nobody.why, nobody.detail], ["recipient", "ntfy answers code 40301"]);
  assert.deepEqual(ntfy.faults?.({ token: "t", user: "u" }), {
    password: "missing, for there is a user",
    token: "must not be set together with user",
  });
  assert.deepEqual(ntfy.faults?.({ token: "t" }), {});
  assert.deepEqual(ntfy.faults?.({ user: "u", password: "p" }), {});
});

Deno.test("ntfy: its codes, of which few are worth another try", () => {
  const { sent } = TRIALS.ntfy().dialect;
  const cases: readonly [number, Refusal["why"], number | null | undefined][] = [
    [40010, "recipient", undefined],
    [40101, "settings", undefined],
    [40401, "settings", undefined],
    [41303, "rejected", undefined],
    [42901, "rate_limited", 7_000],
    [42908, "rate_limited", undefined],
    [42999, "rate_limited", undefined],
    [50701, "unavailable", null],
  ];
  for (const [code, why, retryAfterMs] of cases) {
    const read = sent({
      status: Math.trunc(code / 100),
      headers: { "retry-after": "7" },
      json: { code, http: Math.trunc(code / 100), error: "SECRET words" },
      text: "",
    });
    assert.ok(!read.ok);
    assert.deepEqual([read.why, read.retryAfterMs], [why, retryAfterMs], `${code}`);
    assert.equal(read.detail, `ntfy answers code ${code}`);
  }
});

Deno.test("bark: a request breaks through, an ended one is quiet; both go by the ticket", async () => {
  const trial = TRIALS.bark();
  const { vendor } = trial;
  await trial.send(aLetter());
  await trial.send(aLetter(anEnded()));
  const shown = vendor.messages.map(({ id, level, group, url }) => ({ id, level, group, url }));
  assert.deepEqual(shown, [
    { id: TICKET, level: "timeSensitive", group: "gatehouse", url: LINK },
    { id: TICKET, level: "passive", group: "gatehouse", url: "" },
  ]);
});

Deno.test("bark: a phone without the app is the person's matter, a payload too large is ours", async () => {
  const trial = TRIALS.bark();
  trial.vendor.uninstall();
  const gone = await trial.refused(aLetter());
  assert.deepEqual([gone.why, gone.detail], ["recipient", "bark answers code 500, Unregistered"]);
  const { sent } = trial.dialect;
  const message = "push failed: APNS push failed: PayloadTooLarge";
  const read = sent({ status: 500, headers: {}, json: { code: 500, message }, text: "" });
  assert.ok(!read.ok && read.why === "rejected");
});

Deno.test("pushover: the fields as documented; what is of use for minutes goes away by itself", async () => {
  const trial = TRIALS.pushover();
  const { vendor } = trial;
  await trial.send(aLetter());
  await trial.send(aLetter(anEnded(), "zh-CN"));
  const [request, ended] = vendor.messages;
  const { message: _message, token, user, ...fields } = request ?? {};
  assert.deepEqual(fields, {
    title: "Log in to web1․example․com as alice?",
    priority: "1",
    ttl: "600",
    url: LINK,
    url_title: "Open the page",
  });
  assert.ok(token !== undefined && user === vendor.to);
  assert.deepEqual([ended?.priority, ended?.ttl, ended?.url], ["0", undefined, undefined]);
});

Deno.test("pushover: nothing is tried again at once, and after a month's limit not at all", async () => {
  const trial = TRIALS.pushover();
  trial.vendor.busyNext();
  assert.equal((await trial.refused(aLetter())).retryAfterMs, 5_000);
  trial.vendor.limitNext();
  assert.equal((await trial.refused(aLetter())).retryAfterMs, undefined);
});

Deno.test("gotify: plain text with the link in it, for browsers know no click", async () => {
  const trial = TRIALS.gotify();
  await trial.send(aLetter());
  const [message] = trial.vendor.messages;
  assert.equal(message?.message.split("\n").at(-1), LINK);
  assert.deepEqual(foundLinks(message?.message ?? ""), [LINK]);
  assert.deepEqual(message?.extras, {
    "client::display": { contentType: "text/plain" },
    "client::notification": { click: { url: LINK } },
  });
  assert.equal(message?.priority, 8);
});

Deno.test("gotify: the token of a client is the mistake that is made most", async () => {
  const { detail, hint, why } = await TRIALS.gotify({ token: CLIENT }).refused(aLetter());
  assert.deepEqual([why, detail], ["settings", "gotify answers errorCode 403"]);
  assert.match(hint, /application, not of a client/);
});

Deno.test("what is longest still fits, and keeps its link and our words", async () => {
  const wide = "\u{1F511}".repeat(300);
  const request = aRequest({
    user: wide,
    host: wide,
    service: wide,
    source: wide,
    requester: wide,
    command: wide,
    connections: 100,
    twoPersons: true,
  });
  for (const { open } of CHANNELS) {
    const { links, text } = await open().read(aLetter(request));
    assert.ok(links.includes(LINK));
    assert.match(text, /If you are not logging in right now: deny it\./);
  }
});
