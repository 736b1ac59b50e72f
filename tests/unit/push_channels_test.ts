/** What ntfy, Bark, Pushover and Gotify are asked to show, what phones make of it, what answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Letter, writtenLines } from "../../lib/core/letter.ts";
import { isPrintable } from "../../lib/core/text.ts";
import type { Answered, ChannelType, Refusal, VendorAnswer } from "../../lib/notify/channel.ts";
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
import { T0 } from "../support/logins.ts";
import { FakeBark } from "../support/vendors/bark.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { CLIENT, FakeGotify } from "../support/vendors/gotify.ts";
import { foundLinks } from "../support/vendors/links.ts";
import { FakeNtfy } from "../support/vendors/ntfy.ts";
import { opened } from "../support/vendors/opened.ts";
import { FakePushover } from "../support/vendors/pushover.ts";
import type { FakeVendor, Settings } from "../support/vendors/vendor.ts";

const AT = { now: T0, token: "", id: "0".repeat(32) };
const CHANNELS: readonly { type: ChannelType; start: () => FakeVendor; update: boolean }[] = [
  { type: ntfy, start: () => new FakeNtfy(), update: true },
  { type: bark, start: () => new FakeBark(), update: true },
  { type: pushover, start: () => new FakePushover(), update: false },
  { type: gotify, start: () => new FakeGotify(), update: false },
];

async function send(
  type: ChannelType,
  vendor: FakeVendor,
  letter: Letter = aLetter(),
  { settings = vendor.settings(VENDOR_URL), to = vendor.to }: { settings?: Settings; to?: string } =
    {},
): Promise<Answered> {
  const dialect = opened(type, settings);
  const request = await dialect.send(letter, to, AT);
  assert.ok("url" in request);
  return dialect.sent(await ask(vendor, request));
}

async function refused(...asked: Parameters<typeof send>): Promise<Refusal> {
  const answered = await send(...asked);
  assert.ok(!answered.ok);
  return answered;
}

for (const { type, start, update } of CHANNELS) {
  const name = type.type;

  Deno.test(`${name}: a request says all, leads to the page and carries nothing to approve with`, async () => {
    const vendor = start();
    const letter = aLetter();
    assert.equal((await send(type, vendor, letter)).ok, true);
    const [arrived] = vendor.arrived;
    assert.ok(arrived !== undefined);
    const plain = { own: (text: string) => text, foreign: (text: string) => text };
    for (const line of writtenLines(letter, plain)) {
      assert.ok(arrived.text.includes(line), `${line} is not in ${arrived.text}`);
    }
    assert.deepEqual([...new Set(arrived.links)], [LINK]);
    assert.equal(arrived.to, vendor.to);
    assert.doesNotMatch(arrived.text, /\b(17|42|85)\b/);
  });

  Deno.test(`${name}: whatever the names are, they are no links and no markup, and it is not too long`, async () => {
    await fc.assert(
      fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
        const vendor = start();
        const answered = await send(type, vendor, aLetter(notification, language));
        assert.ok(answered.ok, JSON.stringify(answered));
        const [arrived] = vendor.arrived;
        assert.deepEqual(
          [...new Set(arrived?.links)],
          notification.kind === "request" ? [LINK] : [],
        );
        const lines = arrived?.text.split("\n") ?? [];
        assert.ok(lines.length > 1 && lines.every(isPrintable));
      }),
    );
  });

  Deno.test(`${name}: wrong credentials are the settings' fault, and none of them is said`, async () => {
    const vendor = start();
    const settings = vendor.wrongCredentials(VENDOR_URL);
    const { why, detail, hint, mayArrive, retryAfterMs } = await refused(type, vendor, aLetter(), {
      settings,
    });
    assert.deepEqual([why, mayArrive, retryAfterMs], ["settings", false, undefined]);
    assert.match(detail, new RegExp(`^${name} answers `));
    assert.match(hint, /server\.toml/);
    for (const secret of type.secrets.map((key) => String(settings[key]))) {
      assert.ok(!`${detail} ${hint}`.includes(secret));
    }
  });

  Deno.test(`${name}: too much is said to be too much, busy to be busy, and it works again`, async () => {
    const vendor = start();
    vendor.limitNext();
    assert.equal((await refused(type, vendor)).why, "rate_limited");
    vendor.busyNext?.();
    const busy = await refused(type, vendor);
    assert.equal(busy.why, "unavailable");
    assert.notEqual(busy.retryAfterMs, undefined);
    assert.equal((await send(type, vendor)).ok, true);
    assert.equal(vendor.arrived.length, 1);
  });

  Deno.test(`${name}: whom it cannot reach it says so`, async () => {
    const vendor = start();
    if (vendor.nobody === null) {
      assert.equal(type.isContact("anybody"), false);
      return;
    }
    const { why, detail } = await refused(type, vendor, aLetter(), { to: vendor.nobody });
    assert.equal(why, "recipient");
    assert.ok(!detail.includes(vendor.nobody));
    for (const contact of [vendor.to, vendor.nobody]) assert.ok(type.isContact(contact));
    for (const none of ["", "a b", `${vendor.to}\n`, `${vendor.to}/x`, "a".repeat(65)]) {
      assert.ok(!type.isContact(none), none);
    }
  });

  Deno.test(`${name}: what is none of its answers is not taken for one`, () => {
    const { sent } = opened(type, start().settings(VENDOR_URL));
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
    const vendor = start();
    const dialect = opened(type, vendor.settings(VENDOR_URL));
    assert.equal(dialect.update !== undefined, update);
    const answered = await send(type, vendor);
    assert.ok(answered.ok);
    if (dialect.update === undefined) {
      assert.equal(answered.handle, null);
      return;
    }
    const { handle } = answered;
    assert.ok(handle !== null);
    const request = await dialect.update(aLetter(anEnded()), vendor.to, handle, AT);
    assert.equal(dialect.sent(await ask(vendor, request)).ok, true);
    assert.deepEqual(vendor.arrived.map(({ replaces }) => replaces), [null, handle]);
    assert.match(vendor.arrived[1]?.text ?? "", /^Approved: alice at web1\.example\.com\n/);
  });
}

Deno.test("ntfy: the message as JSON, with the token in its header alone", async () => {
  const vendor = new FakeNtfy();
  const request = await opened(ntfy, vendor.settings(VENDOR_URL)).send(
    aLetter(aPin()),
    "topic",
    AT,
  );
  assert.ok("url" in request);
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
  const vendor = new FakeNtfy();
  const account = { url: VENDOR_URL, user: "alice", password: "s3cret" };
  assert.equal((await send(ntfy, vendor, aLetter(), { settings: account })).ok, true);
  const nobody = await refused(ntfy, vendor, aLetter(), { settings: { url: VENDOR_URL } });
  assert.deepEqual([nobody.why, nobody.detail], ["recipient", "ntfy answers code 40301"]);
  assert.deepEqual(ntfy.faults?.({ token: "t", user: "u" }), {
    password: "missing, for there is a user",
    token: "must not be set together with user",
  });
  assert.deepEqual(ntfy.faults?.({ token: "t" }), {});
  assert.deepEqual(ntfy.faults?.({ user: "u", password: "p" }), {});
});

Deno.test("ntfy: its codes, of which few are worth another try", () => {
  const { sent } = opened(ntfy, { url: VENDOR_URL });
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
  const vendor = new FakeBark();
  await send(bark, vendor);
  await send(bark, vendor, aLetter(anEnded()));
  const shown = vendor.messages.map(({ id, level, group, url }) => ({ id, level, group, url }));
  assert.deepEqual(shown, [
    { id: TICKET, level: "timeSensitive", group: "gatehouse", url: LINK },
    { id: TICKET, level: "passive", group: "gatehouse", url: "" },
  ]);
});

Deno.test("bark: a phone without the app is the person's matter, a payload too large is ours", async () => {
  const vendor = new FakeBark();
  vendor.uninstall();
  const gone = await refused(bark, vendor);
  assert.deepEqual([gone.why, gone.detail], ["recipient", "bark answers code 500, Unregistered"]);
  const { sent } = opened(bark, vendor.settings(VENDOR_URL));
  const message = "push failed: APNS push failed: PayloadTooLarge";
  const read = sent({ status: 500, headers: {}, json: { code: 500, message }, text: "" });
  assert.ok(!read.ok && read.why === "rejected");
});

Deno.test("pushover: the fields as documented; what is of use for minutes goes away by itself", async () => {
  const vendor = new FakePushover();
  await send(pushover, vendor);
  await send(pushover, vendor, aLetter(anEnded(), "zh-CN"));
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
  const vendor = new FakePushover();
  vendor.busyNext();
  assert.equal((await refused(pushover, vendor)).retryAfterMs, 5_000);
  vendor.limitNext();
  assert.equal((await refused(pushover, vendor)).retryAfterMs, undefined);
});

Deno.test("gotify: plain text with the link in it, for browsers know no click", async () => {
  const vendor = new FakeGotify();
  await send(gotify, vendor);
  const [message] = vendor.messages;
  assert.equal(message?.message.split("\n").at(-1), LINK);
  assert.deepEqual(foundLinks(message?.message ?? ""), [LINK]);
  assert.deepEqual(message?.extras, {
    "client::display": { contentType: "text/plain" },
    "client::notification": { click: { url: LINK } },
  });
  assert.equal(message?.priority, 8);
});

Deno.test("gotify: the token of a client is the mistake that is made most", async () => {
  const settings = { url: VENDOR_URL, token: CLIENT };
  const { detail, hint, why } = await refused(gotify, new FakeGotify(), aLetter(), { settings });
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
  for (const { type, start } of CHANNELS) {
    const vendor = start();
    assert.equal((await send(type, vendor, aLetter(request))).ok, true);
    const [arrived] = vendor.arrived;
    assert.ok(arrived?.links.includes(LINK));
    assert.match(arrived?.text ?? "", /If you are not logging in right now: deny it\./);
  }
});
