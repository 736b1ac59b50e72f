/** What a DingTalk application and a robot in a group say, and what DingTalk's answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { writtenLines } from "../../lib/core/letter.ts";
import { isPrintable } from "../../lib/core/text.ts";
import type { Refusal, VendorAnswer } from "../../lib/notify/channel.ts";
import { dingtalk } from "../../lib/notify/dingtalk.ts";
import { dingtalkRobot } from "../../lib/notify/dingtalk_robot.ts";
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
import { FakeDingtalk } from "../support/vendors/dingtalk.ts";
import { FakeDingtalkRobot } from "../support/vendors/dingtalk_robot.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { Trial } from "../support/vendors/trial.ts";

const application = () => new Trial(dingtalk, (clock) => new FakeDingtalk(clock));
const robot = (changes = {}) =>
  new Trial(dingtalkRobot, (clock) => new FakeDingtalkRobot(clock), changes);
/** To one person, and to a group without a mention. */
const BOTH = [
  { start: application, to: "manager4220" },
  { start: robot, to: "" },
];

const REQUEST_ZH = `以 alice 登录 web1․example․com，是否批准？
账号：alice
主机：web1․example․com
服务：sshd
来源：192․0․2․7
时间：2026-01-01 00:00:00 UTC
有效至：2026-01-01 00:01:00 UTC
请选择终端上显示的数字。
如果您此刻没有在登录：请拒绝。
打开页面`;

Deno.test("dingtalk: a request is a card of facts with the page behind it", async () => {
  for (const { start, to } of BOTH) {
    const arrived = await start().read(aLetter(aRequest(), "zh-CN"), to);
    assert.equal(arrived.text, REQUEST_ZH);
    assert.deepEqual(arrived.links, [LINK]);
    assert.doesNotMatch(arrived.text, /\b(17|42|85)\b/);
  }
});

Deno.test("dingtalk: a notice as documented", async () => {
  const trial = application();
  const at = await trial.moment();
  const { body, method, url } = await trial.request(aLetter(), "zhangsan", at);
  assert.equal(method, "POST");
  const query = new URLSearchParams({ access_token: at.token });
  assert.equal(url, `${VENDOR_URL}/topapi/message/corpconversation/asyncsend_v2?${query}`);
  const { agent_id, msg, userid_list } = JSON.parse(body?.text ?? "");
  assert.deepEqual([agent_id, userid_list], [1_234_567_890, "zhangsan"]);
  const { action_card: { markdown, ...card }, msgtype } = msg;
  assert.equal(msgtype, "action_card");
  assert.deepEqual(card, {
    title: "Log in to web1․example․com as alice?",
    single_title: "Open the page",
    single_url: LINK,
  });
  assert.match(
    markdown,
    /^### Log in to web1․example․com as alice\?\n\nAccount: alice {2}\nHost: web1․example․com {2}\n/,
  );
});

Deno.test("dingtalk: a token is asked for as documented", () => {
  const { dialect } = new Trial(dingtalk, (clock) => new FakeDingtalk(clock), {
    appsecret: "s3cret&=",
  });
  assert.deepEqual(dialect.token?.request(T0), {
    method: "GET",
    url: `${VENDOR_URL}/gettoken?appkey=dingoaxxxxxxxxxxxx0s&appsecret=s3cret%26%3D`,
  });
});

Deno.test("dingtalk: what has no page is a text", async () => {
  for (const { start, to } of BOTH) {
    const { links, text } = await start().read(aLetter(aPin()), to);
    assert.match(text, /^012345 is your code to log in\nAccount: alice\n/);
    assert.deepEqual(links, []);
  }
});

Deno.test("dingtalk: an address that is too long for a card is not cut, it is in a text", async () => {
  const url = `https://auth.example.com/${"p".repeat(480)}/l/x`;
  for (const { start, to } of BOTH) {
    const { links, text } = await start().read(aLetter(aRequest({ url })), to);
    assert.deepEqual(links, [url]);
    assert.ok(text.endsWith(`\nOpen the page: ${url}`));
  }
});

Deno.test("dingtalk: whatever the names are, they are no links, no markup and no mentions", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      for (const { start, to } of BOTH) {
        const arrived = await start().read(aLetter(notification, language), to);
        assert.deepEqual(arrived.links, notification.kind === "request" ? [LINK] : []);
        assert.deepEqual(arrived.mentions, []);
        const lines = arrived.text.split("\n");
        assert.ok(lines.length > 1 && lines.every(isPrintable));
      }
    }),
  );
});

/** Signs that only look like one are read as that one, and spaces do not count. */
function alike(text: string): string {
  return text.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[․。｡]/g, ".").replace(/\s/g, "");
}

Deno.test("dingtalk: nothing of the names is lost to the markup of a card", async () => {
  const same = { own: (text: string) => text, foreign: (text: string) => text };
  await fc.assert(
    fc.asyncProperty(hostileNotifications, async (notification) => {
      fc.pre(notification.kind === "request");
      const letter = aLetter(notification);
      const { text } = await robot().read(letter, "");
      assert.equal(alike(text), alike([...writtenLines(letter, same), "Open the page"].join("\n")));
    }),
  );
});

Deno.test("dingtalk: a name at the beginning of a line makes no list, rule, quote or heading", async () => {
  for (const firstBy of ["- x", "+ x", "1. x", "12) x", "> x", "# x", "---", "===", "   - x"]) {
    const letter = aLetter(aRequest({ twoPersons: true, firstBy }));
    const { text } = await robot().read(letter, "");
    const line = alike(`${firstBy} has approved it. One more person has to.`);
    assert.ok(text.split("\n").some((one) => alike(one) === line), `${firstBy}: ${text}`);
  }
});

Deno.test("dingtalk: whom a message is for in a group is mentioned, by number or by userid", async () => {
  const cases = [
    ["13800138000", { atMobiles: ["13800138000"] }],
    ["+852-61234567", { atMobiles: ["+852-61234567"] }],
    ["manager4220", { atUserIds: ["manager4220"] }],
    ["0123456789", { atUserIds: ["0123456789"] }],
  ] as const;
  for (const [to, at] of cases) {
    assert.ok(dingtalkRobot.isContact(to));
    const trial = robot();
    const { body } = await trial.request(aLetter(), to);
    assert.deepEqual(JSON.parse(body?.text ?? "").at, at);
    const arrived = await trial.read(aLetter(), to);
    assert.deepEqual([arrived.to, arrived.mentions, arrived.links], [to, [to], [LINK]]);
  }
  for (const none of ["", "a,b", "a b", "all\n", "@all", "+852", "a".repeat(65)]) {
    assert.ok(!dingtalkRobot.isContact(none), none);
    assert.ok(!dingtalk.isContact(none), none);
  }
});

Deno.test("dingtalk: a robot's signature is good for an hour either way, and no longer", async () => {
  const trial = robot();
  for (const [apart, ok] of [[0, true], [3_599_000, true], [3_601_000, false]] as const) {
    for (const ms of [apart, -apart]) {
      const at = { ...await trial.moment(), now: T0 + ms };
      const answered = await trial.send(aLetter(), "", at);
      assert.equal(answered.ok, ok, String(ms));
    }
  }
});

Deno.test("dingtalk: a robot without a secret signs nothing", async () => {
  const trial = robot({ secret: undefined });
  const { url } = await trial.request(aLetter());
  assert.deepEqual([...new URL(url).searchParams.keys()], ["access_token"]);
});

Deno.test("dingtalk: a robot takes 20 messages a minute, and then none for ten", async () => {
  const trial = robot();
  for (let sent = 0; sent < 20; sent++) await trial.read(aLetter());
  const { retryAfterMs, why } = await trial.refused(aLetter());
  assert.deepEqual([why, retryAfterMs], ["rate_limited", 600_000]);
  trial.clock.at += 599_000;
  assert.equal((await trial.send(aLetter())).ok, false);
  trial.clock.at += 1_000;
  assert.equal((await trial.send(aLetter())).ok, true);
});

Deno.test("dingtalk: the same notice reaches a person once a day; a second later it is another one", async () => {
  const trial = application();
  assert.equal((await trial.send(aLetter(aPin()))).ok, true);
  const { detail, mayArrive, why } = await trial.refused(aLetter(aPin()));
  assert.deepEqual([why, mayArrive], ["rejected", true]);
  assert.equal(detail, "dingtalk answers errcode 143106");
  assert.equal((await trial.send(aLetter(aPin({ at: T0 + 1_000 })))).ok, true);
  assert.equal((await trial.send(aLetter(anEnded()))).ok, true);
  assert.equal(trial.vendor.arrived.length, 3);
});

Deno.test("dingtalk: wrong credentials are the settings' fault, and none of them is said", async () => {
  const app = application();
  const { appsecret } = app.vendor.wrongCredentials(VENDOR_URL);
  const source = app.with({ appsecret }).token;
  assert.ok(source !== undefined);
  const token = source.read(await ask(app.vendor, source.request(T0)));
  assert.ok(!token.ok);
  assert.deepEqual([token.why, token.detail], ["settings", "dingtalk answers errcode 40089"]);
  assert.match(token.hint, /appkey and appsecret in server\.toml/);

  const group = robot({ secret: "SECother" });
  const { detail, hint, mayArrive, why } = await group.refused(aLetter());
  assert.deepEqual([why, mayArrive], ["settings", false]);
  assert.equal(detail, "dingtalk_robot answers errcode 310000");
  assert.match(hint, /^compare secret in server\.toml/);
  const other = robot({ access_token: "0".repeat(64) });
  assert.match((await other.refused(aLetter())).hint, /^compare access_token in server\.toml/);
});

Deno.test("dingtalk: a token that ended early is told apart from keys that are wrong", async () => {
  const trial = application();
  const at = await trial.moment();
  trial.vendor.expireTokens();
  const answered = await trial.send(aLetter(), undefined, at);
  assert.ok(!answered.ok);
  assert.deepEqual([answered.staleToken, answered.detail], [
    true,
    "dingtalk answers errcode 40014",
  ]);
});

Deno.test("dingtalk: one code of a robot has several reasons, which only its text names", async () => {
  const { dialect } = robot();
  const cases: readonly [string, Refusal["why"], RegExp][] = [
    ["keywords not in content", "settings", /keywords/],
    ["description:关键词不匹配；solution:…", "settings", /keywords/],
    ["ip 203.0.113.9 not in whitelist", "address", /address/],
    ["invalid timestamp", "settings", /clock/],
    ["description:机器人发送签名不匹配；solution:…", "settings", /secret/],
    ["anything else", "settings", /^compare secret/],
  ];
  for (const [errmsg, why, hint] of cases) {
    const read = dialect.sent(answer({ errcode: 310000, errmsg }));
    assert.ok(!read.ok);
    assert.equal(read.why, why, errmsg);
    assert.match(read.hint, hint);
    assert.equal(read.detail, "dingtalk_robot answers errcode 310000");
  }
  const trial = robot();
  trial.vendor.keyword = "Alarm";
  assert.match((await trial.refused(aLetter())).hint, /in place of keywords/);
});

function answer(json: unknown, status = 200): VendorAnswer {
  return { status, headers: {}, json, text: "" };
}

Deno.test("dingtalk: its codes, of which few are worth another try", () => {
  const cases: readonly [unknown, Refusal["why"], number | null | undefined][] = [
    [{ errcode: -1 }, "unavailable", null],
    [{ errcode: 88, sub_code: "60020", sub_msg: "SECRET" }, "address", undefined],
    [{ errcode: 88, sub_code: 60011 }, "settings", undefined],
    [{ errcode: 88, sub_code: "90018" }, "rate_limited", undefined],
    [{ errcode: 88, sub_code: "isv.unknown" }, "settings", undefined],
    [{ errcode: 33012 }, "recipient", undefined],
    [{ errcode: 40035 }, "rejected", undefined],
    [{ errcode: 90002 }, "rate_limited", undefined],
    [{ errcode: 143103 }, "rate_limited", 60_000],
    [{ errcode: 143105 }, "rate_limited", undefined],
    [{ errcode: 999_999 }, "rejected", undefined],
  ];
  const { dialect } = application();
  for (const [json, why, retryAfterMs] of cases) {
    const read = dialect.sent(answer(json));
    assert.ok(!read.ok);
    assert.deepEqual([read.why, read.retryAfterMs], [why, retryAfterMs], JSON.stringify(json));
    assert.match(read.detail, /^dingtalk answers errcode -?[0-9]+$/);
  }
});

Deno.test("dingtalk: what is none of its answers is not taken for one", () => {
  for (const { start } of BOTH) {
    const { dialect } = start();
    for (
      const [status, json] of [[200, undefined], [200, { weather: 1 }], [302, undefined]] as const
    ) {
      const read = dialect.sent(answer(json, status));
      assert.ok(!read.ok);
      assert.deepEqual([read.why, read.mayArrive], ["unusable", true]);
    }
  }
  const { dialect } = application();
  const read = dialect.sent(answer({ errcode: 0 }));
  assert.ok(!read.ok && read.why === "unusable");
  for (const token of ["", "a b", 1, undefined]) {
    const got = dialect.token?.read(answer({ errcode: 0, access_token: token, expires_in: 7200 }));
    assert.ok(got !== undefined && !got.ok && got.why === "unusable");
  }
});
