import { deepEqual, doesNotThrow, equal, match, notEqual, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import * as v from "valibot";
import { BY_TICKET } from "../../lib/core/delivery.ts";
import { isPrintable } from "../../lib/core/text.ts";
import type { HttpDialect, VendorRequest } from "../../lib/notify/channel.ts";
import { webhook } from "../../lib/notify/webhook.ts";
import { FixedClock } from "../support/fakes.ts";
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
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { opened } from "../support/vendors/opened.ts";
import { FakeReceiver, WEBHOOK_SECRET } from "../support/vendors/webhook.ts";

const MOMENT = { now: T0, token: "", id: "0123456789abcdef0123456789abcdef" };

function started(secret = WEBHOOK_SECRET) {
  const clock = new FixedClock();
  const receiver = new FakeReceiver(clock);
  const dialect = opened(webhook, { ...receiver.settings(VENDOR_URL), secret });
  return { clock, receiver, dialect };
}

async function requestOf(
  dialect: HttpDialect,
  letter = aLetter(),
  at: Partial<typeof MOMENT> = {},
): Promise<VendorRequest> {
  return await sendable(dialect.send(letter, "", { ...MOMENT, ...at }));
}

async function sendable(made: ReturnType<HttpDialect["send"]>): Promise<VendorRequest> {
  const request = await made;
  ok(!("ok" in request), "nothing is sent");
  return request;
}

Deno.test("webhook: a program learns what happened without reading prose", async () => {
  const { receiver, dialect } = started();
  const letter = aLetter(aRequest({ command: "rm -rf /\nid", requester: "bob" }));
  const answer = await ask(receiver, await requestOf(dialect, letter));
  deepEqual(dialect.sent(answer), { ok: true, handle: BY_TICKET });
  const [event] = receiver.events;
  ok(event !== undefined);
  equal(event.type, "login.request");
  equal(event.timestamp, new Date(T0).toISOString());
  const { message, ...data } = event.data;
  deepEqual(data, {
    kind: "request",
    user: "alice",
    host: "web1.example.com",
    service: "sshd",
    source: "192.0.2.7",
    requester: "bob",
    at: new Date(T0).toISOString(),
    command: "rm -rf /\\u{a}id",
    ticket: TICKET,
    url: LINK,
    connections: 1,
    expires_at: new Date(T0 + 60_000).toISOString(),
    to: "",
  });
  equal(message.language, "en");
  match(message.title, /alice/);
  ok(message.lines.some((line) => /192\.0\.2\.7/.test(line)));
});

Deno.test("webhook: what is signed passes the library's own check, and nothing else does", async () => {
  const { dialect } = started();
  const now = Date.now();
  const { headers = {}, body } = await requestOf(dialect, aLetter(), { now });
  const library = new Webhook(WEBHOOK_SECRET);
  doesNotThrow(() => library.verify(body?.text ?? "", { ...headers }));
  throws(() => library.verify(`${body?.text} `, { ...headers }), /No matching signature/);
  const renamed = { ...headers, "webhook-id": "msg_other" };
  throws(() => library.verify(body?.text ?? "", renamed), /No matching signature/);
  const old = await requestOf(dialect, aLetter(), { now: now - 301_000 });
  throws(() => library.verify(old.body?.text ?? "", { ...old.headers }), /too old/);
});

Deno.test("webhook: the same message again has the same id and arrives once", async () => {
  const { receiver, dialect } = started();
  const [first, second] = [
    await requestOf(dialect),
    await requestOf(dialect, aLetter(), { now: T0 + 2_000 }),
  ];
  equal(first.headers?.["webhook-id"], second.headers?.["webhook-id"]);
  notEqual(first.headers?.["webhook-timestamp"], second.headers?.["webhook-timestamp"]);
  for (const request of [first, second]) ok(dialect.sent(await ask(receiver, request)).ok);
  equal(receiver.arrived.length, 1);
});

Deno.test("webhook: that a request waits no more is an event of its own, by its ticket", async () => {
  const { receiver, dialect } = started();
  await ask(receiver, await requestOf(dialect));
  const at = { ...MOMENT, id: "f".repeat(32) };
  const ended = dialect.update?.(aLetter(anEnded()), "", "event", at);
  ok(ended !== undefined);
  await ask(receiver, await sendable(ended));
  const [, event] = receiver.events;
  equal(event?.type, "login.ended");
  equal(event?.data.ticket, TICKET);
  equal(event?.data["outcome"], "approved");
  equal(receiver.arrived[1]?.replaces, "event");
});

Deno.test("webhook: a PIN is there by itself, and in no other event", async () => {
  const { receiver, dialect } = started();
  await ask(receiver, await requestOf(dialect, aLetter(aPin())));
  await ask(receiver, await requestOf(dialect, aLetter(), { id: "e".repeat(32) }));
  const [pin, request] = receiver.events;
  equal(pin?.type, "login.pin");
  equal(pin?.data["pin"], "012345");
  ok(request !== undefined && !("pin" in request.data));
});

Deno.test("webhook: whatever others have chosen, it is data, one printable line each", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      const { receiver, dialect } = started();
      const letter = aLetter(notification, language);
      ok(dialect.sent(await ask(receiver, await requestOf(dialect, letter))).ok);
      const [[event], [arrived]] = [receiver.events, receiver.arrived];
      ok(event !== undefined && arrived !== undefined);
      const { message, ...data } = event.data;
      for (const text of [...Object.values(data), message.title, ...message.lines]) {
        if (typeof text === "string") ok(isPrintable(text), JSON.stringify(text));
      }
      deepEqual(arrived.links, notification.kind === "request" ? [LINK] : []);
    }),
  );
});

for (
  const [status, why, hint, again] of [
    [301, "settings", /redirects to/, false],
    [400, "rejected", /receiver's log/, false],
    [401, "settings", /url and secret/, false],
    [404, "settings", /url and secret/, false],
    [410, "settings", /wants nothing more/, false],
    [429, "rate_limited", /take more/, true],
    [500, "unavailable", /receiver runs/, true],
    [503, "unavailable", /receiver runs/, true],
  ] as const
) {
  Deno.test(`webhook: HTTP ${status} is ${why}${again ? ", and tried again" : ""}`, () => {
    const { dialect } = started();
    const headers = { "retry-after": "7" };
    const answer = dialect.sent({ status, headers, json: undefined, text: "whatever it says" });
    ok(!answer.ok);
    equal(answer.why, why);
    equal(answer.detail, `webhook receiver answers HTTP ${status}`);
    match(answer.hint, hint);
    equal(answer.retryAfterMs, again ? 7_000 : undefined);
  });
}

Deno.test("webhook: a secret of the wrong form is none", () => {
  const { secret } = webhook.settings;
  ok(secret !== undefined);
  const schema = v.object({ secret });
  const key = (bytes: number) => `whsec_${btoa("k".repeat(bytes))}`;
  for (const good of [WEBHOOK_SECRET, key(24), key(25), key(26), key(64)]) {
    ok(v.is(schema, { secret: good }), good);
  }
  for (
    const bad of [
      "",
      "whsec_",
      key(23),
      key(65),
      WEBHOOK_SECRET.slice(6),
      WEBHOOK_SECRET.slice(0, -1),
      `${WEBHOOK_SECRET} `,
      key(32).replaceAll("a", "-"),
    ]
  ) {
    ok(!v.is(schema, { secret: bad }), bad);
  }
});
