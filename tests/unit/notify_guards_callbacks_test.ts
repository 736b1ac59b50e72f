/** What vendors send to us, signed as it should be and wrong in one thing each: every guard by itself. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createCipheriv, createHash } from "node:crypto";
import type { CallbackRequest } from "../../lib/core/chat.ts";
import { writeAct } from "../../lib/core/chat_act.ts";
import type { CallbackRead, HttpDialect } from "../../lib/notify/channel.ts";
import { feishu } from "../../lib/notify/feishu.ts";
import { decrypted } from "../../lib/notify/feishu_callback.ts";
import { slack } from "../../lib/notify/slack.ts";
import { slackSignature } from "../../lib/notify/slack_callback.ts";
import { telegram } from "../../lib/notify/telegram.ts";
import { wecomCallback } from "../../lib/notify/wecom_callback.ts";
import { T0 } from "../support/logins.ts";
import { VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeFeishu } from "../support/vendors/feishu.ts";
import {
  clicked as feishuClicked,
  event,
  posted as toFeishu,
} from "../support/vendors/feishu_events.ts";
import { FakeSlack } from "../support/vendors/slack.ts";
import { FakeTelegram } from "../support/vendors/telegram.ts";
import { Trial } from "../support/vendors/trial.ts";
import { AES_KEY, TOKEN } from "../support/vendors/wecom.ts";
import { AGENTID, CORPID } from "../support/vendors/wecom_cloud.ts";
import { clicked, posted } from "../support/vendors/wecom_events.ts";

const TICKET = "abcdefgh-_012345";
const DENY = writeAct(TICKET, { kind: "deny" });
const APPROVE = writeAct(TICKET, { kind: "approve", match: null });

const wecom = wecomCallback({
  ...{ token: TOKEN, aesKey: AES_KEY, corpid: CORPID, agentid: AGENTID },
  after: () => ({ method: "POST", url: "https://vendor.test/" }),
});

const outcome = (read: CallbackRead) => read.kind === "refused" ? read.refused : read.kind;

function wecomSigned(encrypted: string, more = ""): CallbackRequest {
  const [timestamp, nonce] = [String(T0 / 1000), "1"];
  const msg_signature = createHash("sha1")
    .update([TOKEN, timestamp, nonce, encrypted].toSorted().join("")).digest("hex");
  const body = `<xml><ToUserName>${CORPID}</ToUserName><AgentID>${AGENTID}</AgentID>` +
    `<Encrypt>${encrypted}</Encrypt></xml>${more}`;
  const query = new URLSearchParams({ msg_signature, timestamp, nonce });
  return { method: "POST", query, headers: {}, body };
}

/** @param plain with its padding, whatever that is */
function wecomSealed(plain: Uint8Array): string {
  const key = Buffer.from(`${AES_KEY}=`, "base64");
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString("base64");
}

function wecomPlain(message: Uint8Array, padding: (length: number) => readonly number[]) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  const plain = Buffer.concat([Buffer.alloc(16, 7), length, message, Buffer.from(CORPID)]);
  return Buffer.concat([plain, Buffer.from(padding(plain.length))]);
}

const EVENT = Buffer.from(
  `<xml><ToUserName>${CORPID}</ToUserName><FromUserName>zhangsan</FromUserName>` +
    `<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>${DENY}</EventKey>` +
    `<ResponseCode>c</ResponseCode><AgentID>${AGENTID}</AgentID></xml>`,
);

Deno.test("wecom: padding is 1 to 32 bytes that all say how many they are", async () => {
  const of = async (padding: (left: number) => readonly number[]) => {
    const made = wecomPlain(EVENT, (length) => padding(32 - length % 32));
    return outcome(await wecom(wecomSigned(wecomSealed(made)), T0));
  };
  assert.equal(await of((left) => Array(left).fill(left)), "answer");
  const wrong: ((left: number) => readonly number[])[] = [
    (left) => [...Array(left - 1).fill(left + 1), left],
    (left) => Array(left + 32).fill(left + 32),
    (left) => Array(left).fill(0),
    (left) => Array(left).fill(255),
  ];
  for (const padding of wrong) assert.equal(await of(padding), 403, String(padding));
});

Deno.test("wecom: whatever was encrypted, too short, too long or no text, it is refused and throws nothing", async () => {
  const whole = wecomPlain(EVENT, (length) => Array(32 - length % 32).fill(32 - length % 32));
  const sealed = wecomSealed(whole);
  const lying = Buffer.from(whole);
  lying.writeUInt32BE(0xffff_ffff, 16);
  const noText = wecomPlain(
    Buffer.from([0xff, 0xfe, 0xff]),
    (n) => Array(32 - n % 32).fill(32 - n % 32),
  );
  const encrypted = [
    ...["AAAA", "A", "====", "-_-_", "ä", sealed.slice(0, -4), `${sealed}AAAA`],
    ...[Buffer.alloc(16, 16), Buffer.alloc(32, 32), Buffer.alloc(32, 13), lying, noText].map(
      wecomSealed,
    ),
  ];
  for (const one of encrypted) {
    assert.equal(outcome(await wecom(wecomSigned(one), T0)), 403, one.slice(0, 30));
  }
});

Deno.test("wecom: an envelope with something behind it is no XML", async () => {
  const sealed = wecomSealed(wecomPlain(EVENT, (n) => Array(32 - n % 32).fill(32 - n % 32)));
  assert.equal(outcome(await wecom(wecomSigned(sealed), T0)), "answer");
  for (const more of ["<a>", "</xml>", "<xml><Encrypt>x</xml>"]) {
    assert.equal(outcome(await wecom(wecomSigned(sealed, more), T0)), 400, more);
  }
});

Deno.test("wecom: only a click on a card is an answer, and only with a usable code", async () => {
  const inner = (from: string, to: string) => posted(EVENT.toString().replace(from, to), T0);
  assert.equal(outcome(await wecom(inner("x", "x"), T0)), "answer");
  const others: [string, string][] = [
    [">event<", ">text<"],
    [">template_card_event<", ">template_card_menu_event<"],
    [">template_card_event<", ">enter_agent<"],
    [">c</Resp", ">c d</Resp"],
    [">c</Resp", "></Resp"],
    [">c</Resp", `>${"c".repeat(1_025)}</Resp`],
    ["zhangsan", "zhang&amp;san"],
    ["zhangsan", "zhang|san"],
    ["zhangsan", "@all"],
  ];
  for (const [from, to] of others) {
    assert.equal(outcome(await wecom(inner(from, to), T0)), "reply", to.slice(0, 40));
  }
  // Of an event it is the key that says what was clicked, however it is written.
  const key = clicked({ from: "zhangsan", key: DENY.replace(":", "&#58;"), code: "c" }, T0);
  assert.equal(outcome(await wecom(key, T0)), 400);
});

const SLACK = new FakeSlack({ now: () => T0 }).settings(VENDOR_URL);
const SLACK_SECRET = String(SLACK["signing_secret"]);
const PRESSED = {
  type: "block_actions",
  user: { id: "U0ABC" },
  container: { message_ts: "1.2", channel_id: "D1" },
  actions: [{ type: "button", value: DENY }],
};

async function fromSlack(payload: unknown, at = String(T0 / 1000), more = "") {
  const dialect = slack.open(SLACK, { buttons: true });
  assert.ok(dialect.via === "http" && dialect.callback !== undefined);
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const headers = {
    "x-slack-request-timestamp": at,
    "x-slack-signature": slackSignature(SLACK_SECRET, at, body) + more,
  };
  const request = { method: "POST", query: new URLSearchParams(), headers, body } as const;
  return outcome(await dialect.callback(request, T0));
}

Deno.test("slack: a time that is no number is none, and a signature is as long as it is", async () => {
  const now = String(T0 / 1000);
  assert.equal(await fromSlack(PRESSED), "answer");
  for (const at of ["", "x", "NaN", `${now}x`, `-${now}`, "1e9", `${now}.5`]) {
    assert.equal(await fromSlack(PRESSED, at), 401, at);
  }
  assert.equal(await fromSlack(PRESSED, now, "0"), 401);
});

Deno.test("slack: one action of one message, and a number for an approval alone", async () => {
  const [button] = PRESSED.actions;
  const typed = (block_id: string) => ({ type: "plain_text_input", block_id, value: "42" });
  assert.equal(await fromSlack({ ...PRESSED, actions: [typed(APPROVE)] }), "answer");
  const others = [
    { actions: [] },
    { actions: [button, button] },
    { actions: [typed(DENY)] },
    { type: "view_submission" },
    { type: "message_action" },
    { user: {} },
    { container: { message_ts: "1" } },
  ];
  for (const other of others) {
    assert.equal(await fromSlack({ ...PRESSED, ...other }), "reply", JSON.stringify(other));
  }
});

const { dialect, vendor } = new Trial(feishu, (clock) => new FakeFeishu(clock));

function toCallback(dialect: HttpDialect, request: CallbackRequest) {
  assert.ok(dialect.callback !== undefined);
  return dialect.callback(request, T0);
}

Deno.test("feishu: without a time, or of another version, nothing is of now", async () => {
  const [by = {}] = vendor.users;
  const value = { act: DENY, by: "open_id" };
  const right = feishuClicked({ by, value, message: "om_1" }, T0);
  assert.equal(outcome(await toCallback(dialect, right)), "answer");
  const body = {
    operator: by,
    action: { tag: "button", value },
    context: { open_message_id: "om_1" },
  };
  const told = event(body, T0);
  assert.ok(typeof told === "object" && told !== null && "header" in told);
  const header = { ...Object(told.header), create_time: "" };
  for (const schema of ["1.0", "", 2]) {
    const read = await toCallback(dialect, toFeishu({ ...told, schema }, T0));
    assert.equal(outcome(read), 400, String(schema));
  }
  const untimed = toFeishu({ ...told, header }, Number.NaN);
  assert.equal(outcome(await toCallback(dialect, untimed)), 401);
});

Deno.test("feishu: what is decrypted is text, or nothing", () => {
  const key = createHash("sha256").update("key").digest();
  const sealed = (plain: Uint8Array) => {
    const cipher = createCipheriv("aes-256-cbc", key, Buffer.alloc(16, 1));
    const bytes = Buffer.concat([Buffer.alloc(16, 1), cipher.update(plain), cipher.final()]);
    return bytes.toString("base64");
  };
  assert.equal(decrypted("key", sealed(Buffer.from("安全"))), "安全");
  assert.equal(decrypted("key", sealed(Buffer.from([0xe5, 0xae, 0xff]))), undefined);
});

function telegramItems(update: Record<string, unknown>) {
  const settings = new FakeTelegram({ now: () => T0 }).settings(VENDOR_URL);
  const dialect = telegram.open(settings, { buttons: true });
  assert.ok(dialect.via === "http" && dialect.inbox !== undefined);
  const json = { ok: true, result: [{ update_id: 1, ...update }] };
  const read = dialect.inbox.read({ status: 200, headers: {}, text: "", json });
  assert.ok(read.ok);
  return read.items;
}

const CHAT = { id: 5, type: "private" };

/** As a reply to a message of the bot's. */
function written(text: string) {
  const { token } = new FakeTelegram({ now: () => T0 }).settings(VENDOR_URL);
  const bot = { id: Number(String(token).split(":")[0]) };
  const reply_to_message = { message_id: 9, from: bot };
  const message = { message_id: 10, from: { id: 5 }, chat: CHAT, date: T0 / 1000 };
  return telegramItems({ message: { ...message, text, reply_to_message } });
}

Deno.test("telegram: a number has two digits, in ASCII", () => {
  assert.deepEqual(written("42")[0]?.answer?.act, { kind: "approve", match: "42" });
  for (const text of ["4", "042", "4200", "４２", "4 2", "a42", "42\n42"]) {
    assert.deepEqual(written(text)[0]?.answer?.act, { kind: "words" }, text);
  }
});

Deno.test("telegram: what it says leads nowhere, is one line, and short where there is little room", () => {
  const hostile = { text: "see evil.example/\u202e\n".repeat(40), letter: null };
  const said = [...written("42"), ...written("x")].flatMap((item) =>
    item.reply(item.answer === null ? null : hostile)
  );
  assert.equal(said.length, 2);
  for (const { body } of said) {
    assert.equal(JSON.parse(body?.text ?? "").link_preview_options.is_disabled, true);
  }
  const message = { message_id: 9, chat: CHAT };
  const [press] = telegramItems({
    callback_query: { id: "q", from: { id: 5 }, message, data: DENY },
  });
  const [toast] = press?.reply(hostile) ?? [];
  const { text } = JSON.parse(toast?.body?.text ?? "{}");
  assert.ok([...text].length <= 200 && !/[\n\u202e]/.test(text), text);
});
