/** What Feishu sends to us when somebody clicks or types in a card; and what only looks like it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { CallbackRequest } from "../../lib/core/chat.ts";
import type { Callback, CallbackRead } from "../../lib/notify/channel.ts";
import { feishu } from "../../lib/notify/feishu.ts";
import { decrypted, signatureOf } from "../../lib/notify/feishu_callback.ts";
import { aLetter, anEnded, TICKET } from "../support/letters.ts";
import { T0 } from "../support/logins.ts";
import { FakeFeishu } from "../support/vendors/feishu.ts";
import {
  challenged,
  type Click,
  clicked,
  event,
  posted,
  type Sender,
  signed,
} from "../support/vendors/feishu_events.ts";
import { readCard } from "../support/vendors/feishu_reader.ts";
import { cardFault } from "../support/vendors/feishu_rules.ts";
import { Trial } from "../support/vendors/trial.ts";

const AT = { now: T0, token: "", id: "0".repeat(32) };
const MESSAGE = "om_dc13264520392913993dd051dba21dcf";
const { dialect, vendor } = new Trial(feishu, (clock) => new FakeFeishu(clock));
const [alice = { open_id: "", user_id: "", email: "" }, bob = alice] = vendor.users;

const callback: Callback = (request, now) => {
  assert.ok(dialect.callback !== undefined);
  return dialect.callback(request, now);
};

function click(act: string, changes: Partial<Click> = {}): Click {
  return { by: alice, value: { act, by: "open_id" }, message: MESSAGE, ...changes };
}

function answered(read: CallbackRead) {
  assert.ok(read.kind === "answer", JSON.stringify(read));
  return read;
}

async function refused(request: CallbackRequest, now = T0) {
  const read = await callback(request, now);
  assert.ok(read.kind === "refused", JSON.stringify(read));
  return read;
}

// open.feishu.cn/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/
// encrypt-key-encryption-configuration-case, in the examples of each language.
Deno.test("feishu: the example of its documentation is decrypted", () => {
  const encrypted = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=";
  assert.equal(decrypted("test key", encrypted), "hello world");
  assert.equal(decrypted("other key", encrypted), undefined);
});

Deno.test("feishu: what cannot be decrypted is nothing, whatever it is", () => {
  for (
    const text of ["", "=", "AAAA", "A".repeat(22), "A".repeat(43) + "=", "ä", "A\nA=", "-_=="]
  ) {
    assert.equal(decrypted("test key", text), undefined, text);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.string(), (bytes, key) => {
    const text = decrypted(key, btoa(String.fromCharCode(...bytes)));
    assert.ok(text === undefined || bytes.length >= 32 && bytes.length % 16 === 0);
  }));
});

Deno.test("feishu: whether we are there it asks without a signature, and gets its word back", async () => {
  const read = await callback(challenged("ajls384kdjx98XX"), T0);
  assert.ok(read.kind === "reply");
  assert.deepEqual(read.reply, {
    status: 200,
    type: "application/json; charset=utf-8",
    text: '{"challenge":"ajls384kdjx98XX"}',
  });
  const others: Sender[] = [{ token: "other" }, { encryptKey: "other" }];
  for (const sender of others) {
    assert.equal((await refused(challenged("x", sender))).refused, 401);
  }
  // Whoever signs nothing has less of it decrypted than a message may have.
  assert.equal((await refused(challenged("x".repeat(4_096)))).refused, 401);
  const { body } = challenged("x".repeat(4_096));
  const signedOne = await callback(signed(body, String(T0 / 1000)), T0);
  assert.equal(signedOne.kind, "reply");
});

Deno.test("feishu: a click is an answer by who clicked, in that message", async () => {
  const acts = {
    [`a:${TICKET}:42`]: { kind: "approve", match: "42" },
    [`a:${TICKET}`]: { kind: "approve", match: null },
    [`d:${TICKET}`]: { kind: "deny" },
    [`n:${TICKET}`]: { kind: "not_me" },
  };
  for (const [value, act] of Object.entries(acts)) {
    const { answer } = answered(await callback(clicked(click(value), T0), T0));
    assert.deepEqual(answer, { from: alice.open_id, ticket: TICKET, handle: MESSAGE, act });
  }
});

Deno.test("feishu: who clicked is told by the kind of id that they are a contact by", async () => {
  const value = { act: `d:${TICKET}`, by: "user_id" };
  const read = answered(await callback(clicked(click("", { by: bob, value }), T0), T0));
  assert.equal(read.answer.from, bob.user_id);
  const odd: readonly Partial<Click>[] = [
    // Without the permission it is not told.
    { by: { open_id: alice.open_id }, value },
    { by: { open_id: alice.open_id, user_id: "" }, value },
    // An id that looks like one of the other kind.
    { by: { ...alice, user_id: bob.open_id }, value },
    { by: { ...alice, open_id: bob.user_id } },
    { by: { user_id: alice.user_id } },
  ];
  for (const changes of odd) {
    assert.equal((await refused(clicked(click(`d:${TICKET}`, changes), T0))).refused, 403);
  }
});

Deno.test("feishu: a typed number is an answer, if it is two digits", async () => {
  const typed = (text: string, act = `a:${TICKET}`) =>
    callback(clicked(click(act, { typed: text }), T0), T0);
  for (const text of ["42", " 42 "]) {
    const act = { kind: "approve", match: "42" } as const;
    assert.deepEqual(answered(await typed(text)).answer.act, act);
  }
  for (const text of ["", "4", "4x", "042", "４２"]) {
    assert.equal((await typed(text)).kind, "reply", text);
  }
  assert.equal((await typed("42", `d:${TICKET}`)).kind, "reply");
});

Deno.test("feishu: who clicked is shown what became of it, and the card says how it ended", async () => {
  const read = answered(await callback(clicked(click(`d:${TICKET}`), T0), T0));
  const toast = { type: "info", content: "It was decided before." };
  const still = await read.reply({ text: toast.content, letter: null }, AT);
  assert.deepEqual(JSON.parse(still.text), { toast });
  const ended = await read.reply({ text: toast.content, letter: aLetter(anEnded()) }, AT);
  assert.deepEqual([ended.status, ended.type], [200, "application/json; charset=utf-8"]);
  const { card, ...rest } = JSON.parse(ended.text);
  assert.deepEqual(rest, { toast });
  assert.equal(card.type, "raw");
  assert.equal(cardFault(card.data, true), undefined);
  const { buttons, links, text } = readCard(card.data);
  assert.match(text, /^Approved: alice at web1․example․com\n/);
  assert.deepEqual([buttons, links], [[], []]);
});

Deno.test("feishu: what is forged, changed or for somebody else is refused", async () => {
  const right = clicked(click(`d:${TICKET}`), T0);
  const { headers } = right;
  const { "x-lark-signature": signature = "", ...unsigned } = headers;
  const changed = (changes: Record<string, string>) => ({
    ...right,
    headers: { ...headers, ...changes },
  });
  const forged: readonly CallbackRequest[] = [
    { ...right, headers: unsigned },
    changed({ "x-lark-signature": "" }),
    changed({ "x-lark-signature": signature.toUpperCase() }),
    changed({ "x-lark-signature": signature.slice(0, -1) }),
    changed({ "x-lark-request-timestamp": String(T0 / 1000 + 1) }),
    changed({ "x-lark-request-nonce": "x" }),
    { ...right, body: `${right.body} ` },
    { ...right, body: clicked(click(`a:${TICKET}:42`), T0).body },
    clicked(click(`d:${TICKET}`), T0, { encryptKey: "other" }),
  ];
  for (const request of forged) {
    const { refused: status, why } = await refused(request);
    assert.equal(status, 401, JSON.stringify(request));
    // For a log, so without what came.
    assert.doesNotMatch(why, new RegExp(`${TICKET}|ou_`));
  }
  const others: readonly Sender[] = [{ token: "other" }, { appId: "cli_other" }];
  for (const sender of others) {
    assert.equal((await refused(clicked(click(`d:${TICKET}`), T0, sender))).refused, 403);
  }
  assert.equal((await refused({ ...right, method: "GET" })).refused, 400);
  assert.equal((await refused({ ...right, body: " ".repeat(65_537) })).refused, 400);
  // Signed by who knows the key, and not encrypted.
  const open = JSON.stringify(event({}, T0));
  assert.equal((await refused(signed(open, String(T0 / 1000)))).refused, 400);
});

Deno.test("feishu: nobody is told more of what was not signed, whatever is in it", async () => {
  const { body } = clicked(click(`d:${TICKET}`), T0);
  const bodies = [
    "",
    "{}",
    '{"encrypt":""}',
    '{"encrypt":1}',
    body,
    challenged("x", { token: "no" }).body,
  ];
  const unsigned = (text: string): CallbackRequest => ({ ...challenged("x"), body: text });
  const whys = await Promise.all(bodies.map(async (text) => (await refused(unsigned(text))).why));
  assert.equal(new Set(whys).size, 1);
});

Deno.test("feishu: what is not of now is refused, by the clock of the header or of the event", async () => {
  const right = clicked(click(`d:${TICKET}`), T0);
  for (const now of [T0 - 300_001, T0 + 300_001]) {
    assert.equal((await refused(right, now)).refused, 401);
  }
  for (const now of [T0 - 300_000, T0 + 300_000]) answered(await callback(right, now));
  // As the header has been in some callbacks.
  const words = "Thursday, 01-Jan-26 08:00:00 CST";
  const { body } = right;
  answered(await callback(signed(body, words), T0 + 300_000));
  assert.equal((await refused(signed(body, words), T0 + 300_001)).refused, 401);
  answered(await callback(signed(body, String(T0)), T0));
});

Deno.test("feishu: what else the app is told of is taken, and answers nothing", async () => {
  const told: readonly CallbackRequest[] = [
    posted(event({ message: {} }, T0, { type: "im.message.receive_v1" }), T0),
    clicked(click("", { value: { other: "card" } }), T0),
    clicked(click("", { value: "text" }), T0),
    clicked(click(`d:${TICKET}`), T0, { type: "url.preview.get" }),
  ];
  for (const request of told) {
    const read = await callback(request, T0);
    assert.ok(read.kind === "reply" && read.reply.text === "{}", JSON.stringify(read));
  }
  for (const act of ["", "d:x", `a:${TICKET}:4`, `x:${TICKET}`]) {
    assert.equal((await refused(clicked(click(act), T0))).refused, 400, act);
  }
  // The callback that came before this one.
  assert.equal((await refused(posted({ open_id: alice.open_id, action: {} }, T0))).refused, 400);
});

Deno.test("feishu: whatever is signed and encrypted, it throws nothing and answers nothing", async () => {
  await fc.assert(fc.asyncProperty(fc.jsonValue(), async (value) => {
    assert.notEqual((await callback(posted(value, T0), T0)).kind, "answer");
    assert.notEqual((await callback(posted(event(value, T0), T0), T0)).kind, "answer");
    assert.notEqual((await callback(clicked(click("", { value }), T0), T0)).kind, "answer");
  }));
});

Deno.test("feishu: the signature is of time, nonce, key and body in that order", () => {
  const request = signed("{}", "1700000000", { encryptKey: "key" });
  assert.equal(signatureOf("key", request), request.headers["x-lark-signature"]);
});
