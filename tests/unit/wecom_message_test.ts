/** What a WeCom message says, and what the answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PinNotification } from "../../lib/core/notification.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { localTime } from "../../lib/core/time.ts";
import {
  isStale,
  messageRequest,
  readSent,
  readToken,
  tokenRequest,
  type WecomApp,
} from "../../lib/core/wecom.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";

const app: WecomApp = {
  url: "https://qyapi.weixin.qq.com",
  corpid: "ww1",
  secret: "s3cret&=",
  agentid: 7,
  language: "en",
  timeZone: "Asia/Shanghai",
};

const message: PinNotification = {
  kind: "pin",
  pin: "012345",
  user: "alice",
  host: "web1.example.com",
  service: "sshd",
  source: "2001:db8::7",
  requester: null,
  at: T0,
  validMs: 60_000,
};

function content(notification: PinNotification, changes: Partial<WecomApp> = {}): string {
  const { body } = messageRequest({ ...app, ...changes }, "t", notification, "zhangsan");
  const { text } = body as { text: { content: string } };
  return text.content;
}

Deno.test("the requests are as documented", () => {
  assert.deepEqual(tokenRequest(app), {
    method: "GET",
    url: "https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=ww1&corpsecret=s3cret%26%3D",
  });
  const { method, url, body } = messageRequest(app, "t+1", message, "zhangsan");
  assert.equal(method, "POST");
  assert.equal(url, "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=t%2B1");
  assert.deepEqual(body, {
    touser: "zhangsan",
    msgtype: "text",
    agentid: 7,
    text: { content: content(message) },
  });
});

Deno.test("the message says in English what is asked, by whom, from where and for how long", () => {
  assert.equal(
    content(message),
    `012345 is your code to log in
Account: alice
Host: web1.example.com
Service: sshd
From: 2001:db8::7
Time: 2026-01-01 08:00:00 UTC+08:00
Valid for 1 min, for this login only.
If this is not you: somebody has your password or key. Give the code to nobody, change the ` +
      "password or key, and tell your administrator.",
  );
});

Deno.test("the message says so in Chinese", () => {
  assert.equal(
    content({ ...message, validMs: 90_000 }, { language: "zh-CN", timeZone: "UTC" }),
    `012345 是您的登录验证码
账号：alice
主机：web1.example.com
服务：sshd
来源：2001:db8::7
时间：2026-01-01 00:00:00 UTC
90 秒内有效，仅限本次登录。
如果不是您本人：有人掌握了您的密码或密钥。请勿将验证码告诉任何人，立即更换密码或密钥，并通知管理员。`,
  );
});

Deno.test("the message says who asks, where that is somebody else", () => {
  const lines = (language: "en" | "zh-CN") =>
    content({ ...message, user: "root", service: "su", requester: "mallory" }, { language })
      .split("\n");
  assert.deepEqual(lines("en").slice(4, 6), ["From: 2001:db8::7", "Asked by: mallory"]);
  assert.equal(lines("zh-CN")[5], "请求者：mallory");
});

Deno.test("no name brings markup, links, lines or escapes into the message", () => {
  const hostile = '<a href="https://evil.example/x">\\u0041\nTime\u202e&lt;';
  const text = content({ ...message, user: hostile });
  assert.equal(
    text.split("\n")[1],
    'Account: ＜a href="https:／／evil.example／x"＞＼u0041＼u{a}Time＼u{202e}＆lt;',
  );
});

Deno.test("whatever the names are, the message stays one of nine harmless lines, short enough", () => {
  const languages = fc.constantFrom("en" as const, "zh-CN" as const);
  const fields = fc.record({
    user: anyText(),
    host: anyText(),
    service: anyText(),
    source: anyText(),
    requester: anyText(),
  });
  const wide = fc.constant("\u{1F511}".repeat(300));
  const all = fc.oneof(
    fields,
    fc.record({ user: wide, host: wide, service: wide, source: wide, requester: wide }),
  );
  fc.assert(fc.property(all, languages, (names, language) => {
    const text = content({ ...message, ...names }, { language });
    const lines = text.split("\n");
    assert.equal(lines.length, 9);
    assert.ok(text.startsWith("012345 "));
    for (const line of lines) assert.ok(isPrintable(line) && !/[<>\\]/.test(line), line);
    for (const line of lines.slice(1, 6)) assert.ok(!line.includes("/"), line);
    assert.ok(new TextEncoder().encode(text).length <= 2_048);
  }));
});

Deno.test("localTime() is a wall clock's, with its distance from UTC", () => {
  assert.equal(localTime(T0, "UTC"), "2026-01-01 00:00:00 UTC");
  assert.equal(localTime(T0, "Asia/Shanghai"), "2026-01-01 08:00:00 UTC+08:00");
  assert.equal(localTime(T0, "America/St_Johns"), "2025-12-31 20:30:00 UTC-03:30");
  assert.equal(localTime(Date.UTC(2026, 6, 1), "Europe/Berlin"), "2026-07-01 02:00:00 UTC+02:00");
});

const answer = (json: unknown, status = 200) => ({ status, json });

const MEANINGS = {
  recipient: [40003, 40031, 46004, 50002, 60011, 60111, 81013, 82001],
  rate_limited: [45009, 45033],
  settings: [40001, 40013, 40056, 41001, 41011, 48002, 50003, 301002],
  address: [60020],
  unavailable: [-1],
  rejected: [44004, 45002, 99_999],
};

for (const [why, codes] of Object.entries(MEANINGS)) {
  Deno.test(`${why}: errcode ${codes.join(", ")}`, () => {
    for (const errcode of codes) {
      const json = { errcode, errmsg: "not to be shown", access_token: "t", expires_in: 7200 };
      for (const read of [readSent(answer(json)), readToken(answer(json))]) {
        assert.ok(!read.ok);
        assert.deepEqual([read.why, read.detail], [why, `wecom answers errcode ${errcode}`]);
        assert.ok(read.hint.length > 10);
      }
      assert.equal(isStale(answer(json)), false);
    }
  });
}

Deno.test("a token that is invalid or expired is stale, and with a fresh one a wrong setting", () => {
  for (const errcode of [40014, 42001]) {
    assert.ok(isStale(answer({ errcode })));
    const read = readSent(answer({ errcode }));
    assert.equal(!read.ok && read.why, "settings");
  }
  assert.equal(isStale(answer({ errcode: 0 })), false);
});

Deno.test("errcode 0 is a delivery only if nobody is named as not reached", () => {
  assert.deepEqual(readSent(answer({ errcode: 0, errmsg: "ok" })), { ok: true });
  const names = {
    invaliduser: "",
    invalidparty: "",
    invalidtag: "",
    unlicenseduser: "",
    msgid: "1",
  };
  assert.deepEqual(readSent(answer({ errcode: 0, ...names })), { ok: true });
  for (const field of ["invaliduser", "unlicenseduser"]) {
    const read = readSent(answer({ errcode: 0, ...names, [field]: "zhangsan" }));
    assert.ok(!read.ok && read.why === "recipient" && read.detail.includes(field));
    assert.ok(!read.detail.includes("zhangsan"));
  }
});

Deno.test("what is none of WeCom's answers delivers nothing", () => {
  const odd = [undefined, null, 0, "ok", [], {}, { errcode: "0" }, { errmsg: "ok" }];
  for (const json of odd) {
    for (const read of [readSent(answer(json)), readToken(answer(json))]) {
      assert.ok(!read.ok && read.why === "unusable", JSON.stringify(json));
    }
    const down = readSent(answer(json, 502));
    assert.ok(!down.ok && down.why === "unavailable", JSON.stringify(json));
  }
  assert.ok(!readSent(answer({ errcode: 0, invaliduser: ["zhangsan"] })).ok);
});

Deno.test("a token must be one", () => {
  const good = { errcode: 0, access_token: "t".repeat(512), expires_in: 7_200 };
  assert.deepEqual(readToken(answer(good)), {
    ok: true,
    token: good.access_token,
    validMs: 7_200_000,
  });
  const odd = [
    { access_token: "" },
    { access_token: "t".repeat(513) },
    { access_token: "t\r\nx" },
    { access_token: undefined },
    { expires_in: 0 },
    { expires_in: "7200" },
    { expires_in: 1e9 },
  ];
  for (const change of odd) {
    const read = readToken(answer({ ...good, ...change }));
    assert.ok(!read.ok && read.why === "unusable", JSON.stringify(change));
  }
});
