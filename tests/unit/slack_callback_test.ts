/** What Slack sends when somebody presses a button: that it is Slack's, who it was, and what they see. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { CallbackRequest } from "../../lib/core/chat.ts";
import type { CallbackRead, ChatResult } from "../../lib/notify/channel.ts";
import { slack } from "../../lib/notify/slack.ts";
import { slackSignature } from "../../lib/notify/slack_callback.ts";
import { aLetter, anEnded, aRequest, TICKET } from "../support/letters.ts";
import { T0 } from "../support/logins.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeSlack } from "../support/vendors/slack.ts";

const AT = { now: T0, token: "", id: "0".repeat(32) };
const REFUSED: ChatResult = { text: "Not yours, see <!channel> & @all", letter: null };
const DONE: ChatResult = { text: "Approved.", letter: aLetter(anEnded()) };
const TYPED = aRequest({ answer: { by: "chat", number: "typed" } });

async function world(notification = aRequest()) {
  const vendor = new FakeSlack({ now: () => T0 });
  vendor.url = VENDOR_URL;
  const dialect = slack.open(vendor.settings(VENDOR_URL), { buttons: true });
  assert.ok(dialect.via === "http" && dialect.callback !== undefined);
  const made = await dialect.send(aLetter(notification), vendor.to, AT);
  assert.ok("url" in made);
  const sent = dialect.sent(await ask(vendor, made));
  assert.ok(sent.ok && sent.handle !== null);
  return { vendor, dialect, callback: dialect.callback, handle: sent.handle };
}

function answered(read: CallbackRead) {
  assert.equal(read.kind, "answer", JSON.stringify(read));
  assert.ok(read.kind === "answer");
  return read;
}

Deno.test("slack: the signature is the one in Slack's documentation", () => {
  // docs.slack.dev/authentication/verifying-requests-from-slack
  const body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow" +
    "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner" +
    "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F" +
    "T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  assert.equal(
    slackSignature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body),
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
  );
});

Deno.test("slack: a press is an answer by who pressed, to that message", async () => {
  const acts = {
    [`a:${TICKET}:42`]: { kind: "approve", match: "42" },
    [`d:${TICKET}`]: { kind: "deny" },
    [`n:${TICKET}`]: { kind: "not_me" },
  };
  for (const [value, act] of Object.entries(acts)) {
    const { callback, handle, vendor } = await world();
    const read = answered(await callback(vendor.press(value, "U0SECOND0"), T0));
    assert.deepEqual(read.answer, { from: "U0SECOND0", ticket: TICKET, handle, act });
    assert.deepEqual(await read.reply(DONE, AT), {
      status: 200,
      type: "text/plain; charset=utf-8",
      text: "",
    });
  }
});

Deno.test("slack: a typed number is an answer, if it is two digits", async () => {
  const { callback, handle, vendor } = await world(TYPED);
  const read = answered(await callback(vendor.type("42"), T0));
  const act = { kind: "approve", match: "42" } as const;
  assert.deepEqual(read.answer, { from: vendor.to, ticket: TICKET, handle, act });
  for (const value of ["", "4", "4x", "042", "４２"]) {
    assert.equal((await callback(vendor.type(value), T0)).kind, "reply", value);
  }
});

Deno.test("slack: afterwards the message says how it ended, or that person alone is told why not", async () => {
  const { callback, dialect, handle, vendor } = await world();
  const read = answered(await callback(vendor.press(`d:${TICKET}`), T0));
  const tell = read.after?.(REFUSED, AT);
  assert.ok(tell !== undefined);
  assert.deepEqual(dialect.sent(await ask(vendor, tell)), { ok: true, handle: null });
  assert.deepEqual(vendor.told, [REFUSED.text]);
  assert.equal(vendor.arrived.length, 1);
  const change = read.after?.(DONE, AT);
  assert.ok(change !== undefined);
  assert.ok(dialect.sent(await ask(vendor, change)).ok);
  assert.equal(vendor.arrived.at(-1)?.replaces, handle);
});

Deno.test("slack: nobody but Slack is asked, whatever a response_url says", async () => {
  const { callback, vendor } = await world();
  const after = async (response_url: unknown) =>
    answered(await callback(vendor.press(`d:${TICKET}`, vendor.to, { response_url }), T0))
      .after?.(REFUSED, AT);
  const hostile = [
    "https://evil.example/x",
    "http://hooks.slack.com/actions/x",
    "https://hooks.slack.com.evil.example/x",
    "https://hooks.slack.com:8443/x",
    "https://hooks.slack.com@evil.example/x",
    "https://user:secret@hooks.slack.com/x",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "//hooks.slack.com/x",
    "",
    undefined,
  ];
  for (const url of hostile) assert.equal(await after(url), undefined, String(url));
  assert.equal(
    (await after("https://hooks.slack.com/actions/T/1/x"))?.url,
    "https://hooks.slack.com/actions/T/1/x",
  );
});

Deno.test("slack: what is forged, changed or of another time is refused", async () => {
  const { callback, vendor } = await world();
  const right = vendor.press(`d:${TICKET}`);
  const { headers } = right;
  const signature = headers["x-slack-signature"] ?? "";
  const changed = (changes: Record<string, string>) => ({ ...headers, ...changes });
  const { "x-slack-signature": _, ...unsigned } = headers;
  const { "x-slack-request-timestamp": __, ...timeless } = headers;
  const forged: readonly CallbackRequest[] = [
    { ...right, headers: unsigned },
    { ...right, headers: timeless },
    { ...right, headers: changed({ "x-slack-signature": "" }) },
    { ...right, headers: changed({ "x-slack-signature": signature.replace("v0=", "v1=") }) },
    { ...right, headers: changed({ "x-slack-signature": signature.slice(0, -1) }) },
    { ...right, headers: changed({ "x-slack-signature": signature.toUpperCase() }) },
    { ...right, headers: changed({ "x-slack-request-timestamp": String(T0 / 1000 + 1) }) },
    { ...right, body: right.body.replace(TICKET, "AAAABBBBCCCCDDDE") },
    { ...right, body: `${right.body} ` },
    { ...right, body: `${right.body}&payload=x` },
    { ...right, method: "GET" },
  ];
  for (const request of forged) {
    const read = await callback(request, T0);
    assert.ok(read.kind === "refused" && read.refused === 401, JSON.stringify(request));
    // For a log, so without what came.
    assert.doesNotMatch(read.why, new RegExp(TICKET));
  }
  for (const now of [T0 - 300_001, T0 + 300_001]) {
    assert.equal((await callback(right, now)).kind, "refused");
  }
  for (const now of [T0 - 300_000, T0, T0 + 300_000]) {
    assert.equal((await callback(right, now)).kind, "answer");
  }
});

Deno.test("slack: what is signed and not of a button of ours is taken, and answers nothing", async () => {
  const { callback, vendor } = await world();
  const at = String(T0 / 1000);
  const odd = [
    { type: "view_submission" },
    { type: "block_actions", actions: [] },
    null,
    "x",
  ];
  for (const payload of odd) {
    const read = await callback(vendor.signed(at, payload), T0);
    assert.ok(read.kind === "reply" && read.reply.status === 200);
  }
  const action = { type: "button", action_id: "x", block_id: `a:${TICKET}`, value: null };
  const other = vendor.press(`d:${TICKET}`, vendor.to, { actions: [action] });
  assert.equal((await callback(other, T0)).kind, "reply");
  const body = "ssl_check=1";
  const headers = {
    "x-slack-request-timestamp": at,
    "x-slack-signature": slackSignature(vendor.signingSecret, at, body),
  };
  for (const text of [body, "payload=%7B"]) {
    const signed = {
      ...headers,
      "x-slack-signature": slackSignature(vendor.signingSecret, at, text),
    };
    const request = {
      method: "POST" as const,
      query: new URLSearchParams(),
      headers: signed,
      body: text,
    };
    const read = await callback(request, T0);
    assert.ok(read.kind === "refused" && read.refused === 400);
  }
});

Deno.test("slack: whatever is signed, it throws nothing", async () => {
  const { callback, vendor } = await world();
  await fc.assert(fc.asyncProperty(fc.jsonValue(), fc.string(), async (payload, value) => {
    const read = await callback(vendor.signed(String(T0 / 1000), payload), T0);
    assert.notEqual(read.kind, "answer");
    const actions = [{ type: "button", value, block_id: value }];
    const pressed = await callback(vendor.press(`d:${TICKET}`, vendor.to, { actions }), T0);
    assert.equal(pressed.kind, "reply");
  }));
});

Deno.test("slack: without buttons nothing that comes is listened to", () => {
  const settings = new FakeSlack({ now: () => T0 }).settings(VENDOR_URL);
  const dialect = slack.open(settings, { buttons: false });
  assert.ok(dialect.via === "http" && dialect.callback === undefined);
});
