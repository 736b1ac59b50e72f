/** What an alert says of people and their accounts, before any channel's dialect. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { writtenLines } from "../../lib/core/letter.ts";
import type { Language } from "../../lib/core/messages/language.ts";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type { Alert, AlertKind, LoginFacts } from "../../lib/core/notification.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";

const AS_IT_IS = { own: (text: string) => text, foreign: (text: string) => text };

function content(alert: Alert, language: Language = "en"): string {
  return writtenLines(letterOf(alert, language, "Asia/Shanghai"), AS_IT_IS).join("\n");
}

const login: LoginFacts = {
  user: "alice",
  host: "web1",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
};

const LOGIN_EN = `Account: alice
Host: web1
Service: sshd
From: 192.0.2.7
Time: 2026-01-01 08:00:00 UTC+08:00`;
const LOGIN_ZH = `账号：alice
主机：web1
服务：sshd
来源：192.0.2.7
时间：2026-01-01 08:00:00 UTC+08:00`;

const frozen = { kind: "frozen", user: "alice", by: "person:alice", login, at: T0 } as const;
const device = {
  kind: "new_device",
  person: "alice",
  device: "phone",
  source: "192.0.2.9",
} as const;

const MESSAGES: readonly (readonly [Alert, en: string, zh: string])[] = [
  [
    { kind: "denied", ...login, by: "person:alice", reason: "wrong_number", own: true },
    `You chose a wrong number, so the login to web1 as alice was denied
Reason: the number was wrong
${LOGIN_EN}
If it was you who logged in: begin anew, and look at your terminal first.
If it was not you who logged in: somebody has`,
    `您选择的数字不正确，以 alice 登录 web1 的请求已被拒绝
原因：数字错误
${LOGIN_ZH}
如果是您本人在登录：请重新登录，并先查看您的终端。
如果不是您本人在登录：有人`,
  ],
  [
    { kind: "denied", ...login, by: "person:bob", reason: "denied", own: false },
    `A login to web1 as alice was denied
By: bob
Reason: somebody denied it
${LOGIN_EN}
If it was you who logged in`,
    `以 alice 登录 web1 的请求已被拒绝
操作者：bob
原因：有人拒绝了该登录
${LOGIN_ZH}
如果是您本人在登录`,
  ],
  [
    { kind: "fail_open", ...login, why: "offline" },
    `alice logged in to web1 without a second factor
Reason: no server answered, and offline = "allow" is set there
${LOGIN_EN}
If that is not meant to be`,
    `alice 未经第二因素登录了 web1
原因：服务器均无应答，且该主机设置了 offline = "allow"
${LOGIN_ZH}
如果这不是有意的设置`,
  ],
  [
    { ...frozen, host: null },
    `The account alice is frozen on all hosts
By: alice
Reason: this login was reported as suspicious
${LOGIN_EN}
Nobody gets in to it by approval`,
    `账号 alice 已在所有主机上冻结
操作者：alice
原因：该登录被报告为可疑
${LOGIN_ZH}
解冻之前`,
  ],
  [
    { ...frozen, host: "web1", by: "admin:root", login: null },
    `The account alice is frozen on web1
By: admin:root
Time: 2026-01-01 08:00:00 UTC+08:00
Nobody gets in to it by approval`,
    `账号 alice 已在 web1 上冻结
操作者：admin:root
时间：2026-01-01 08:00:00 UTC+08:00
解冻之前`,
  ],
  [
    { kind: "quiet", ...login, refusals: 5, until: T0 + 900_000 },
    `5 requests to log in to web1 as alice were not approved
Nobody is asked until: 2026-01-01 08:15:00 UTC+08:00
${LOGIN_EN}
If it is not you who asks`,
    `以 alice 登录 web1 的请求已有 5 次未获批准
在此之前不再发起审批：2026-01-01 08:15:00 UTC+08:00
${LOGIN_ZH}
如果不是您本人在请求`,
  ],
  [
    { kind: "not_me_unproven", ...login },
    `Somebody who has the link says that the login to web1 as alice was not them
${LOGIN_EN}
It was denied, nothing is frozen.`,
    `持有链接的人报告：以 alice 登录 web1 的不是本人
${LOGIN_ZH}
该登录已被拒绝，账号未被冻结。`,
  ],
  [
    { ...device, type: "passkey", invitation: true, at: T0 },
    `alice has a new device
Device: phone (passkey)
Added by: an invitation
From: 192.0.2.9
Time: 2026-01-01 08:00:00 UTC+08:00
If it was not you`,
    `alice 新增了一台设备
设备：phone（通行密钥）
添加方式：邀请链接
来源：192.0.2.9
时间：2026-01-01 08:00:00 UTC+08:00
如果不是您本人所为`,
  ],
  [
    { ...device, type: "host_codes", invitation: false, at: T0 },
    `alice has a new device
Device: phone (authenticator for codes at hosts)
Added by: a signed-in device
From: 192.0.2.9`,
    `alice 新增了一台设备
设备：phone（用于主机登录的验证器）
添加方式：已登录的设备
来源：192.0.2.9`,
  ],
  [
    { kind: "recovery_used", person: "alice", left: 9, source: "192.0.2.9", at: T0 },
    `A recovery code of alice was used, 9 more are left
From: 192.0.2.9
Time: 2026-01-01 08:00:00 UTC+08:00
If it was not you`,
    `alice 的一个恢复码已被使用，剩余 9 个
来源：192.0.2.9
时间：2026-01-01 08:00:00 UTC+08:00
如果不是您本人所为`,
  ],
  [
    { kind: "passkey_cloned", person: "alice", device: "phone", source: "192.0.2.9", at: T0 },
    `A passkey of alice was refused: it may have been copied
Device: phone (passkey)
From: 192.0.2.9
Time: 2026-01-01 08:00:00 UTC+08:00
Two devices seem to hold it.`,
    `alice 的一个通行密钥被拒绝：它可能已被复制
设备：phone（通行密钥）
来源：192.0.2.9
时间：2026-01-01 08:00:00 UTC+08:00
可能有两台设备持有该通行密钥。`,
  ],
  [
    { kind: "person_frozen", person: "alice", by: "person:boss", at: T0 },
    `alice is frozen: nobody can sign in or approve by that name
By: boss
Time: 2026-01-01 08:00:00 UTC+08:00
The devices are kept`,
    `用户 alice 已被冻结，无法登录或审批
操作者：boss
时间：2026-01-01 08:00:00 UTC+08:00
其设备会保留`,
  ],
  [
    { kind: "host_key_disputed", host: "web1", source: "192.0.2.9", at: T0 },
    `The token of web1 was used to join with a second key
From: 192.0.2.9
Time: 2026-01-01 08:00:00 UTC+08:00
It gets no codes from now on.`,
    `有人以另一个密钥使用了 web1 的加入令牌
来源：192.0.2.9
时间：2026-01-01 08:00:00 UTC+08:00
该主机不再获得验证码数据。`,
  ],
];

for (const [alert, en, zh] of MESSAGES) {
  Deno.test(`${alert.kind} says in both languages what happened: ${en.split("\n")[0]}`, () => {
    assert.equal(content(alert).slice(0, en.length), en);
    assert.equal(content(alert, "zh-CN").slice(0, zh.length), zh);
  });
}

const SUMMARIES: Readonly<Record<AlertKind, readonly [en: string, zh: string]>> = {
  denied: ["2 more logins at web1 were denied since", "web1 上又有 2 次登录被拒绝"],
  fail_open: ["2 more logins at web1 without a second factor", "web1 上又有 2 次登录未经"],
  emergency_code: ["2 more uses of the emergency code at web1 since", "web1 的应急码又被使用 2 次"],
  frozen: ["2 more accounts were frozen since", "又有 2 个账号被冻结"],
  quiet: ["2 more times since", "web1 上又有 2 次"],
  not_me_unproven: ['2 more logins at web1 were reported as "not me"', "web1 上又有 2 次登录"],
  new_device: ["2 more devices were added since", "又新增了 2 台设备"],
  recovery_used: ["2 more recovery codes were used since", "又有 2 个恢复码被使用"],
  passkey_cloned: ["a passkey was refused that may have been copied", "又有 2 次因通行密钥"],
  host_key_disputed: ["2 more times since", "web1 上又有 2 次令牌"],
  person_frozen: ["2 more persons were frozen since", "又有 2 个用户被冻结"],
};

for (const [of, [en, zh]] of Object.entries(SUMMARIES) as [AlertKind, [string, string]][]) {
  Deno.test(`a summary of ${of}: administrators are told where the rest is, others are not`, () => {
    const all = { kind: "summary", of, host: "web1", count: 2, since: T0 } as const;
    const forAll = { ...all, audience: "administrators" } as const;
    for (const [language, head] of [["en", en], ["zh-CN", zh]] as const) {
      const [first = "", record = "", advice = "", ...more] = content(forAll, language).split("\n");
      assert.ok(first.includes(head), first);
      assert.match(first, /2026-01-01 08:00:00 UTC\+08:00/);
      assert.match(record, /gatehouse audit show/);
      assert.ok(advice.length > 20);
      assert.deepEqual(more, []);
      const theirs = content({ ...all, host: null, audience: "person" }, language).split("\n");
      assert.deepEqual([theirs.length, theirs[1]], [2, advice]);
      assert.ok(!/null|undefined/.test(theirs.join()));
    }
  });
}

Deno.test("of one it is said in the singular", () => {
  const one = { kind: "summary", audience: "administrators", host: null, count: 1 } as const;
  const first = (of: AlertKind) => content({ ...one, of, since: T0 }).split("\n")[0];
  assert.match(first("frozen") ?? "", /^1 more account was frozen since/);
  assert.match(first("not_me_unproven") ?? "", /^1 more login was reported/);
});

Deno.test("whatever the names are, each line stays one, and harmless", () => {
  const text = fc.oneof(
    anyText(),
    fc.constant("\u{1F511}".repeat(300)),
    fc.constant('<a href="https://evil.example/x">\\u0041\n&lt;'),
  );
  const names = fc.record({
    user: text,
    host: text,
    service: text,
    source: text,
    requester: fc.option(text),
  }).map((all) => ({ ...all, at: T0 }));
  const alerts: fc.Arbitrary<Alert> = fc.oneof(
    names.map((all) => ({ kind: "emergency_code", ...all }) as const),
    names.map((all) => ({ kind: "not_me_unproven", ...all }) as const),
    names.map((all) => ({ kind: "quiet", ...all, refusals: 5, until: T0 }) as const),
    fc.record({ user: text, host: fc.option(text), by: text, login: fc.option(names) })
      .map((all) => ({ kind: "frozen", ...all, at: T0 }) as const),
    fc.record({
      person: text,
      device: text,
      type: fc.constantFrom("passkey" as const, "host_codes" as const),
      invitation: fc.boolean(),
      source: text,
    }).map((all) => ({ kind: "new_device", ...all, at: T0 }) as const),
    fc.record({ person: text, left: fc.nat(10), source: text })
      .map((all) => ({ kind: "recovery_used", ...all, at: T0 }) as const),
    fc.record({ person: text, device: text, source: text })
      .map((all) => ({ kind: "passkey_cloned", ...all, at: T0 }) as const),
    fc.record({ person: text, by: text })
      .map((all) => ({ kind: "person_frozen", ...all, at: T0 }) as const),
    fc.record({ host: text, source: text })
      .map((all) => ({ kind: "host_key_disputed", ...all, at: T0 }) as const),
    fc.record({
      of: fc.constantFrom(...Object.keys(SUMMARIES) as AlertKind[]),
      audience: fc.constantFrom("administrators" as const, "person" as const),
      host: fc.option(text),
      count: fc.nat(),
    }).map((all) => ({ kind: "summary", ...all, since: T0 }) as const),
  );
  fc.assert(
    fc.property(alerts, fc.constantFrom("en" as const, "zh-CN" as const), (alert, tongue) => {
      const said = content(alert, tongue);
      const lines = said.split("\n");
      assert.ok(lines.length >= 2 && lines.length <= 10);
      for (const line of lines) assert.ok(isPrintable(line), line);
      assert.ok(new TextEncoder().encode(said).length <= 2_560, String(said.length));
    }),
  );
});
