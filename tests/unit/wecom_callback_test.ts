/** What WeCom sends to us: who may say what, and what is answered. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { CallbackRequest } from "../../lib/core/chat.ts";
import { writeAct } from "../../lib/core/chat_act.ts";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type { CallbackRead, Moment } from "../../lib/notify/channel.ts";
import { wecom } from "../../lib/notify/wecom.ts";
import { type CallbackApp, wecomCallback } from "../../lib/notify/wecom_callback.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { VENDOR_URL } from "../support/vendors/direct.ts";
import { opened } from "../support/vendors/opened.ts";
import { AES_KEY, TOKEN, wecomVendor } from "../support/vendors/wecom.ts";
import { AGENTID, CORPID } from "../support/vendors/wecom_cloud.ts";
import { asked, clicked, posted, type Sender } from "../support/vendors/wecom_events.ts";

const TICKET = "abcdefgh-_012345";
const at: Moment = { now: T0, token: "t", id: "0".repeat(32) };

function app(changes: Partial<CallbackApp> = {}): CallbackApp {
  const after = () => ({ method: "POST", url: "https://vendor.test/" }) as const;
  const right = { token: TOKEN, aesKey: AES_KEY, corpid: CORPID, agentid: AGENTID };
  return { ...right, after, ...changes };
}

const read = wecomCallback(app());
const click = { from: "ZhangSan", key: writeAct(TICKET, { kind: "deny" }), code: "code-1" };

async function refusal(request: CallbackRequest, now = T0): Promise<number | string> {
  const one = await read(request, now);
  return one.kind === "refused" ? one.refused : one.kind;
}

// The example in WeCom's own libraries (developer.work.weixin.qq.com/document/path/90307, "Sample").
const EXAMPLE = wecomCallback(app({
  token: "QDG6eK",
  aesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
  corpid: "wx5823bf96d3bd56c7",
  agentid: 218,
}));

Deno.test("WeCom's own example of an address that is checked", async () => {
  const query = new URLSearchParams({
    msg_signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
    timestamp: "1409659589",
    nonce: "263014780",
    echostr:
      "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
  });
  const request = { method: "GET", query, headers: {}, body: "" } as const;
  const one = await EXAMPLE(request, 1_409_659_589_000);
  assert.equal(one.kind === "reply" && one.reply.text, "1616140317555161061");
  const late = await EXAMPLE(request, 1_409_659_589_000 + 300_001);
  assert.equal(late.kind === "refused" && late.refused, 401);
});

const ENCRYPTED =
  "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==";

Deno.test("WeCom's own example of a message, which is none that we answer", async () => {
  const query = new URLSearchParams({
    msg_signature: "477715d11cdb4164915debcba66cb864d751f3e6",
    timestamp: "1409659813",
    nonce: "1372623149",
  });
  const body = `<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName><Encrypt><![CDATA[` +
    `${ENCRYPTED}]]></Encrypt><AgentID><![CDATA[218]]></AgentID></xml>`;
  const one = await EXAMPLE({ method: "POST", query, headers: {}, body }, 1_409_659_813_000);
  assert.deepEqual(one.kind === "reply" && [one.reply.status, one.reply.text], [200, ""]);
});

Deno.test("an address is checked by what only its owner can decrypt", async () => {
  const one = await read(asked("1616140317555161061", T0), T0);
  assert.equal(one.kind === "reply" && one.reply.text, "1616140317555161061");
});

Deno.test("a click is an answer of the member, about the request on the button", async () => {
  const one = await read(clicked(click, T0), T0);
  assert.ok(one.kind === "answer");
  assert.deepEqual(one.answer, {
    from: "ZhangSan",
    ticket: TICKET,
    handle: null,
    act: { kind: "deny" },
  });
  const reply = await one.reply({ text: "ok", letter: null }, at);
  assert.deepEqual([reply.status, reply.text], [200, ""]);
  const chosen = { ...click, key: writeAct(TICKET, { kind: "approve", match: "42" }) };
  const other = await read(clicked(chosen, T0), T0);
  assert.ok(other.kind === "answer");
  assert.deepEqual(other.answer.act, { kind: "approve", match: "42" });
});

Deno.test("the same again reads the same: that a request ends once is not for us to know", async () => {
  const request = clicked(click, T0);
  const [one, two] = [await read(request, T0), await read(request, T0 + 5_000)];
  const what = (read: CallbackRead) => read.kind === "answer" ? read.answer : read.kind;
  assert.deepEqual(what(one), what(two));
});

const FORGED: readonly (readonly [name: string, status: number, sender: Sender])[] = [
  ["another token", 401, { token: "AnotherToken" }],
  ["another key", 403, { aesKey: "x".repeat(43) }],
  ["another receiver", 403, { receiver: "ww0000000000000000" }],
  ["no receiver", 403, { receiver: "" }],
  ["a longer receiver", 403, { receiver: `${CORPID}x` }],
  ["another enterprise", 400, { corpid: "ww0000000000000000" }],
  ["another application", 400, { agentid: "7" }],
];
for (const [name, status, sender] of FORGED) {
  Deno.test(`${name}: refused, ${status}`, async () => {
    assert.equal(await refusal(clicked(click, T0, sender)), status);
  });
}

Deno.test("an application's own message does not count for another one", async () => {
  const inner = (agentid: number, corpid: string) =>
    `<xml><ToUserName>${corpid}</ToUserName><FromUserName>zhangsan</FromUserName>` +
    `<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>${click.key}</EventKey>` +
    `<ResponseCode>c</ResponseCode><AgentID>${agentid}</AgentID></xml>`;
  assert.equal(await refusal(posted(inner(AGENTID, CORPID), T0)), "answer");
  assert.equal(await refusal(posted(inner(7, CORPID), T0)), 403);
  assert.equal(await refusal(posted(inner(AGENTID, "ww0000000000000000"), T0)), 403);
});

Deno.test("a message is of now, by five minutes either way", async () => {
  for (
    const [now, wanted] of [[300_000, "answer"], [300_001, 401], [-300_000, "answer"]] as const
  ) {
    assert.equal(await refusal(clicked(click, T0), T0 + now), wanted);
  }
  assert.equal(await refusal(clicked(click, T0), T0 - 300_001), 401);
});

Deno.test("what was changed on the way is refused", async () => {
  const change = (alter: (request: CallbackRequest) => CallbackRequest) =>
    refusal(alter(clicked(click, T0)));
  const query = (name: string, value: string) => (request: CallbackRequest) => {
    const query = new URLSearchParams(request.query);
    query.set(name, value);
    return { ...request, query };
  };
  assert.equal(await change(query("nonce", "1")), 401);
  assert.equal(await change(query("timestamp", String(T0 / 1000 + 1))), 401);
  assert.equal(await change(query("timestamp", "")), 401);
  assert.equal(await change(query("msg_signature", "")), 401);
  assert.equal(await change((request) => ({ ...request, query: new URLSearchParams() })), 401);
  const flip = (text: string) =>
    text.replace(/(Encrypt><!\[CDATA\[)(.)/, (_, tag, c) => tag + (c === "A" ? "B" : "A"));
  assert.equal(await change((request) => ({ ...request, body: flip(request.body) })), 401);
});

Deno.test("what is no XML, has a DTD or is too long is refused before anything else", async () => {
  const whole = clicked(click, T0);
  const bodies = [
    "",
    "{}",
    "<xml>",
    "<xml/>",
    whole.body.replace("<xml>", '<!DOCTYPE xml [<!ENTITY a "b">]><xml>'),
    `${whole.body}${" ".repeat(8_193 - whole.body.length)}`,
    "<xml>".repeat(1_000),
    whole.body.replace(
      "</xml>",
      `${[..."abcdef"].map((name) => `<${name}>1</${name}>`).join("")}</xml>`,
    ),
    whole.body.replace("<Encrypt>", "<Encrypt>x</Encrypt><Encrypt>"),
    whole.body.replace("<Encrypt>", '<Encrypt a="b">'),
    whole.body.replace("<Encrypt>", "<a><Encrypt>").replace("</Encrypt>", "</Encrypt></a>"),
    whole.body.replace("<Encrypt>", "<!-- --><Encrypt>"),
    whole.body.replace("</xml>", "x</xml>"),
    `x${whole.body}`,
  ];
  for (const body of bodies) {
    assert.equal(await refusal({ ...whole, body }), 400, body.slice(0, 40));
  }
});

Deno.test("an envelope may be as WeCom writes it: in lines, in any order, with something else", async () => {
  const whole = clicked(click, T0);
  const { body } = whole;
  const [agent = ""] = /<AgentID>.*<\/AgentID>/.exec(body) ?? [];
  for (
    const other of [
      ` ${
        body.replaceAll("><T", ">\n<T").replaceAll("><A", ">\r\n  <A").replaceAll("><E", "> <E")
      }\n`,
      body.replace(agent, "").replace("<xml>", `<xml>${agent}`),
      body.replace(agent, agent.replace(/<!\[CDATA\[|\]\]>/g, "")),
      body.replace("</xml>", "<MsgType><![CDATA[<event>]]></MsgType></xml>"),
      `${body}${" ".repeat(8_192 - body.length)}`,
    ]
  ) {
    assert.equal(await refusal({ ...whole, body: other }), "answer", other);
  }
});

Deno.test("entities stay what they are", async () => {
  const inner =
    `<xml><ToUserName>${CORPID}</ToUserName><FromUserName>zhang&#115;an</FromUserName>` +
    `<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>${click.key}</EventKey>` +
    `<ResponseCode>c</ResponseCode><AgentID>${AGENTID}</AgentID></xml>`;
  assert.equal(await refusal(posted(inner, T0)), "reply");
});

Deno.test("other events are taken and change nothing; other buttons are refused", async () => {
  const entered = `<xml><ToUserName>${CORPID}</ToUserName><FromUserName>zhangsan</FromUserName>` +
    `<MsgType>event</MsgType><Event>enter_agent</Event><AgentID>${AGENTID}</AgentID></xml>`;
  assert.equal(await refusal(posted(entered, T0)), "reply");
  assert.equal(await refusal(clicked({ ...click, key: "x" }, T0)), 400);
});

Deno.test("whatever is signed and encrypted, reading it never fails", async () => {
  await fc.assert(fc.asyncProperty(anyText(), anyText(), async (text, key) => {
    const kinds = [
      await refusal(posted(text, T0)),
      await refusal(clicked({ ...click, key }, T0)),
      await refusal({ ...clicked(click, T0), body: text }),
    ];
    for (const kind of kinds) assert.ok(kind !== "answer", String(kind));
  }));
});

Deno.test("the card, or where it stays as it is a message, says what became of a click", async () => {
  const vendor = wecomVendor.start(new FixedClock());
  const dialect = opened(wecom, vendor.settings(VENDOR_URL));
  const one = await dialect.callback?.(clicked(click, T0), T0);
  assert.ok(one?.kind === "answer");
  const login = {
    user: "alice",
    host: "web1",
    service: "sshd",
    source: "::1",
    requester: null,
    at: T0,
  };
  const ended = {
    kind: "request_ended",
    ...login,
    ticket: TICKET,
    outcome: "denied",
    by: null,
    via: null,
    decidedAt: null,
  } as const;
  const letter = letterOf(ended, "zh-CN", "UTC");
  const changed = one.after?.({ text: "ok", letter }, at);
  assert.match(changed?.url ?? "", /update_template_card\?access_token=t$/);
  assert.deepEqual(JSON.parse(changed?.body?.text ?? ""), {
    userids: ["ZhangSan"],
    agentid: AGENTID,
    response_code: "code-1",
    button: { replace_name: "已拒绝：alice，主机 web1" },
  });
  const told = one.after?.({ text: "<a href='https://evil.example'>no</a>", letter: null }, at);
  assert.match(told?.url ?? "", /message\/send\?/);
  const { touser, text } = JSON.parse(told?.body?.text ?? "");
  assert.deepEqual([touser, text.content.includes("<")], ["ZhangSan", false]);
});

Deno.test("without the secrets of callbacks, or without buttons, nothing is taken", () => {
  const { settings } = wecomVendor.start(new FixedClock());
  const all = settings(VENDOR_URL);
  assert.ok(opened(wecom, all).callback !== undefined);
  assert.equal(opened(wecom, { ...all, buttons: false }).callback, undefined);
  assert.equal(opened(wecom, { ...all, token: undefined, aes_key: undefined }).callback, undefined);
});
