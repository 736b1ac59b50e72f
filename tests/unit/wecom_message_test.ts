/** What a WeCom application and a robot in a group say, and what WeCom's answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readAct } from "../../lib/core/chat_act.ts";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type {
  Notification,
  PinNotification,
  RequestNotification,
} from "../../lib/core/notification.ts";
import { isPrintable } from "../../lib/core/text.ts";
import type { ChannelType, HttpDialect, VendorAnswer } from "../../lib/notify/channel.ts";
import { wecom } from "../../lib/notify/wecom.ts";
import { wecomRobot } from "../../lib/notify/wecom_robot.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { opened } from "../support/vendors/opened.ts";
import type { Arrived, FakeVendor, Settings, VendorCase } from "../support/vendors/vendor.ts";
import { wecomVendor } from "../support/vendors/wecom.ts";
import { wecomRobotVendor } from "../support/vendors/wecom_robot.ts";

const login = {
  user: "alice",
  host: "web1",
  service: "sshd",
  source: "2001:db8::7",
  requester: null,
  at: T0,
};
const pin: PinNotification = { kind: "pin", pin: "012345", ...login, validMs: 60_000 };
const TICKET = "abcdefgh-_012345";
const PAGE = `https://auth.example.com/a/${TICKET}`;
const request: RequestNotification = {
  kind: "request",
  ...login,
  ticket: TICKET,
  url: PAGE,
  command: "rsync --server -vlogDtpre.iLsfxC . /srv/backup",
  commandWhole: true,
  preauthMs: null,
  connections: 2,
  expiresAt: T0 + 60_000,
  twoPersons: true,
  ...{ reader: "self", shared: false, escalated: false },
  answer: { by: "chat", number: { choices: ["17", "42", "85"] } },
};

/** A channel, its vendor, and a token where it wants one. */
class Channel {
  readonly vendor: FakeVendor;
  readonly dialect: HttpDialect;
  readonly clock = new FixedClock();
  #messages = 0;

  constructor(type: ChannelType, vendor: VendorCase, changes: Settings = {}) {
    this.vendor = vendor.start(this.clock);
    this.dialect = opened(type, { ...this.vendor.settings(VENDOR_URL), ...changes });
  }

  async send(notification: Notification, to = this.vendor.to) {
    const { dialect, vendor } = this;
    const letter = letterOf(notification, notification.language ?? "en", "Asia/Shanghai");
    const made = await dialect.send(letter, to, await this.moment());
    assert.ok(!("ok" in made));
    return dialect.sent(await ask(vendor, made));
  }

  async moment() {
    const { clock, dialect, vendor } = this;
    const now = clock.now();
    const id = String(++this.#messages).padStart(32, "0");
    if (dialect.token === undefined) return { now, token: "", id };
    const token = dialect.token.read(await ask(vendor, dialect.token.request(now)));
    assert.ok(token.ok);
    return { now, token: token.token, id };
  }

  /** What has arrived of it. */
  async read(notification: Notification, to?: string): Promise<Arrived> {
    const sent = await this.send(notification, to);
    assert.ok(sent.ok, JSON.stringify(sent));
    const arrived = this.vendor.arrived.at(-1);
    assert.ok(arrived);
    return arrived;
  }
}

const application = (changes?: Settings) => new Channel(wecom, wecomVendor, changes);
const robot = () => new Channel(wecomRobot, wecomRobotVendor);

Deno.test("a token is asked for as documented", () => {
  const { dialect } = application({ secret: "s3cret&=" });
  assert.deepEqual(dialect.token?.request(T0), {
    method: "GET",
    url: `${VENDOR_URL}/cgi-bin/gettoken?corpid=ww0123456789abcdef&corpsecret=s3cret%26%3D`,
  });
});

Deno.test("a PIN says in English what is asked, by whom, from where and for how long", async () => {
  const { text, links, to } = await application().read({ ...pin, host: "web1.example.com" });
  assert.equal(
    text,
    `012345 is your code to log in
Account: alice
Host: web1․example․com
Service: sshd
From: 2001:db8::7
Time: 2026-01-01 08:00:00 UTC+08:00
Valid for 1 min, for this login only.
If this is not you: somebody has your password or key. Give the code to nobody, change the ` +
      "password or key, and tell your administrator.",
  );
  assert.deepEqual([links, to], [[], "zhangsan"]);
});

Deno.test("a PIN says so in Chinese, and who asks where that is somebody else", async () => {
  const asked = { ...pin, requester: "mallory", validMs: 90_000, language: "zh-CN" } as const;
  const { text } = await application().read(asked);
  assert.equal(
    text,
    `012345 是您的登录验证码
账号：alice
主机：web1
服务：sshd
来源：2001:db8::7
请求者：mallory
时间：2026-01-01 08:00:00 UTC+08:00
90 秒内有效，仅限本次登录。
如果不是您本人：有人掌握了您的密码或密钥。请勿将验证码告诉任何人，立即更换密码或密钥，并通知管理员。`,
  );
});

Deno.test("a request has the three numbers, Deny, not me and the page, and all the facts", async () => {
  const { buttons, links, text } = await application().read(request);
  assert.deepEqual(buttons.map((key) => readAct(key)), [
    { ticket: TICKET, act: { kind: "approve", match: "17" } },
    { ticket: TICKET, act: { kind: "approve", match: "42" } },
    { ticket: TICKET, act: { kind: "approve", match: "85" } },
    { ticket: TICKET, act: { kind: "deny" } },
    { ticket: TICKET, act: { kind: "not_me" } },
  ]);
  assert.deepEqual(new Set(links), new Set([PAGE]));
  const facts = [
    "Log in to web1 as alice?",
    "Account: alice",
    "From: 2001:db8::7",
    "Command: rsync --server",
    "Connections: 2",
    "Two persons have to approve this account.",
    "17",
    "This wasn't me",
  ];
  for (const fact of facts) assert.ok(text.includes(fact), fact);
});

Deno.test("a number that is to be typed is typed on the page; Deny and not me are buttons", async () => {
  const typed = { ...request, answer: { by: "chat", number: "typed" } } as const;
  const { buttons, links } = await application().read(typed);
  assert.deepEqual(buttons.map((key) => readAct(key)?.act.kind), ["deny", "not_me"]);
  assert.ok(links.includes(PAGE));
});

Deno.test("without buttons a request is a card with a link", async () => {
  const asked = { ...request, answer: { by: "link" } } as const;
  for (const channel of [application(), application({ buttons: false })]) {
    const { buttons, links, text } = await channel.read(asked);
    assert.deepEqual([buttons, links], [[], [PAGE]]);
    assert.ok(text.startsWith("Log in to web1 as alice?\nAccount: alice\n"));
  }
  // Where WeCom cannot tell us of clicks there is nothing to click.
  const { buttons } = await application({ token: undefined, aes_key: undefined }).read(request);
  assert.deepEqual(buttons, []);
});

Deno.test("a card says once what became of it, for three days", async () => {
  const channel = application();
  const sent = await channel.send(request);
  assert.ok(sent.ok && sent.handle !== null);
  const ended = {
    kind: "request_ended",
    ...login,
    ticket: TICKET,
    outcome: "approved",
    by: "bob",
    via: null,
    decidedAt: null,
  };
  const letter = letterOf(ended as Notification, "en", "UTC");
  const { dialect, vendor } = channel;
  const update = async (handle: string) => {
    const made = await dialect.update?.(letter, "zhangsan", handle, await channel.moment());
    assert.ok(made);
    return dialect.sent(await ask(vendor, made));
  };
  assert.ok((await update(sent.handle)).ok);
  const { replaces, text } = vendor.arrived.at(-1) ?? {};
  assert.deepEqual([replaces, text], [sent.handle, "Approved: alice at web1"]);
  const again = await update(sent.handle);
  assert.ok(!again.ok && again.why === "rejected" && again.hint.includes("once"));
  const other = await channel.send(request);
  assert.ok(other.ok && other.handle !== null);
  channel.clock.at = T0 + 72 * 3_600_000 + 1;
  assert.ok(!(await update(other.handle)).ok);
});

Deno.test("what is no card has no handle", async () => {
  assert.deepEqual(await application().send(pin), { ok: true, handle: null });
});

Deno.test("a robot shows requests as a card with a link, and calls somebody by a text", async () => {
  const card = await robot().read(request, "");
  assert.deepEqual([new Set(card.links), card.mentions], [new Set([PAGE]), []]);
  assert.ok(card.text.includes("Command: rsync"));
  const text = await robot().read(request, "zhangsan");
  assert.deepEqual([text.links, text.mentions], [[PAGE], ["zhangsan"]]);
});

Deno.test("a robot says 20 things a minute", async () => {
  const group = robot();
  for (let n = 0; n < 20; n++) assert.ok((await group.send(request, "")).ok);
  const refused = await group.send(request, "");
  assert.ok(!refused.ok && refused.why === "rate_limited" && refused.retryAfterMs === 60_000);
  group.clock.at = T0 + 60_000;
  assert.ok((await group.send(request, "")).ok);
});

const EVIL = [
  "https://evil.example/x",
  "evil.example",
  "www.evil.example",
  '<a href="https://evil.example">',
  "<@zhangsan>",
  "<br><div class='highlight'>",
  "\\u0041\nTime\u202e&lt;",
  "mallory@evil.example",
  "$userName=zhangsan$",
  "\u{1F511}".repeat(300),
];
const anyName = fc.oneof(anyText(), fc.constantFrom(...EVIL));
const anyNames = fc.record({
  user: anyName,
  host: anyName,
  service: anyName,
  source: anyName,
  requester: anyName,
});

Deno.test("no name brings links, mentions, markup or lines into a message, or makes it too long", async () => {
  const languages = fc.constantFrom("en" as const, "zh-CN" as const);
  await fc.assert(
    fc.asyncProperty(anyNames, anyName, languages, async (names, command, language) => {
      const [plain, asked] = [{ ...pin, ...names, language }, {
        ...request,
        ...names,
        command,
        language,
      }];
      const told = { ...asked, answer: { by: "link" } } as const;
      const [app, group] = [application(), robot()];
      const messages = [
        await app.read(plain),
        await app.read(asked),
        await app.read(told),
        await group.read(asked, ""),
        await group.read(asked, "zhangsan"),
      ];
      for (const { links, mentions, text } of messages) {
        assert.ok(links.every((link) => link === PAGE), links.join());
        assert.ok(mentions.every((name) => name === "zhangsan"));
        for (const line of text.split("\n")) {
          assert.ok(isPrintable(line) && !/[<>\\]/.test(line), line);
        }
      }
      const [first, card, link] = messages;
      assert.ok(first?.text.startsWith("012345 "));
      assert.equal(first?.text.split("\n").length, 9);
      assert.equal(card?.buttons.length, 5);
      // Our own advice is what WeCom would cut off.
      assert.match(link?.text ?? "", /(deny it\.|请拒绝。)$/);
    }),
  );
});

const answer = (json: unknown, status = 200): VendorAnswer => ({
  status,
  headers: {},
  json,
  text: "",
});
const { dialect } = application();
const readToken = (answer: VendorAnswer) => {
  assert.ok(dialect.token);
  return dialect.token.read(answer);
};

const MEANINGS = {
  recipient: [40003, 40031, 41054, 43004, 46004, 50002, 60011, 60111, 81013, 82001],
  rate_limited: [45009, 45033],
  settings: [40001, 40013, 40056, 41001, 41011, 43012, 48002, 50003, 301002, 2000002],
  address: [60020],
  unavailable: [-1],
  rejected: [40008, 40058, 42014, 44004, 45002, 99_999],
};
for (const [why, codes] of Object.entries(MEANINGS)) {
  Deno.test(`${why}: errcode ${codes.join(", ")}`, () => {
    for (const errcode of codes) {
      const json = { errcode, errmsg: "not to be shown", access_token: "t", expires_in: 7200 };
      for (const read of [dialect.sent(answer(json)), readToken(answer(json))]) {
        assert.ok(!read.ok);
        assert.deepEqual([read.why, read.detail], [why, `wecom answers errcode ${errcode}`]);
        assert.ok(read.hint.length > 10 && !read.mayArrive && read.staleToken === undefined);
      }
    }
  });
}

Deno.test("a hint names the setting that is wrong", () => {
  const hints = [[40001, "secret"], [40013, "corpid"], [40056, "agentid"], [
    43012,
    "buttons",
  ]] as const;
  for (const [errcode, setting] of hints) {
    const read = dialect.sent(answer({ errcode }));
    assert.ok(!read.ok && read.hint.includes(setting), setting);
  }
  const read = robot().dialect.sent(answer({ errcode: 93000 }));
  assert.ok(!read.ok && read.why === "settings" && read.hint.includes("key"));
  assert.equal(read.detail, "wecom_robot answers errcode 93000");
});

Deno.test("a token that is invalid or expired is stale, and with a fresh one a wrong setting", () => {
  for (const errcode of [40014, 42001]) {
    const read = dialect.sent(answer({ errcode }));
    assert.ok(!read.ok && read.staleToken && read.why === "settings");
  }
});

Deno.test("errcode 0 is a delivery only if nobody is named as not reached", () => {
  const names = {
    invaliduser: "",
    invalidparty: "",
    invalidtag: "",
    unlicenseduser: "",
    msgid: "1",
  };
  const good = [{ errmsg: "ok" }, names, { invaliduser: [] }];
  for (const json of good) {
    assert.deepEqual(dialect.sent(answer({ errcode: 0, ...json })), { ok: true, handle: null });
  }
  const coded = dialect.sent(answer({ errcode: 0, ...names, response_code: "c" }));
  assert.deepEqual(coded, { ok: true, handle: "c" });
  for (const field of ["invaliduser", "unlicenseduser"]) {
    for (const value of ["zhangsan", ["zhangsan"]]) {
      const read = dialect.sent(answer({ errcode: 0, ...names, [field]: value }));
      assert.ok(!read.ok && read.why === "recipient" && read.detail.includes(field));
      assert.ok(!read.detail.includes("zhangsan"));
    }
  }
});

Deno.test("what is none of WeCom's answers delivers nothing, and nobody knows", () => {
  const odd = [undefined, null, 0, "ok", [], {}, { errcode: "0" }, { errmsg: "ok" }];
  for (const json of odd) {
    const read = dialect.sent(answer(json));
    assert.ok(!read.ok && read.why === "unusable" && read.mayArrive, JSON.stringify(json));
    const down = dialect.sent(answer(json, 502));
    assert.ok(!down.ok && down.why === "unavailable" && down.mayArrive, JSON.stringify(json));
    const token = readToken(answer(json));
    assert.ok(!token.ok && token.why === "unusable" && !token.mayArrive);
  }
  assert.ok(!dialect.sent(answer({ errcode: 0, invaliduser: 7 })).ok);
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

Deno.test("buttons need both secrets of callbacks, and neither is of use alone", () => {
  const faults = (settings: Settings) => Object.keys(wecom.faults?.(settings) ?? {});
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ buttons: true }), ["token", "aes_key"]);
  assert.deepEqual(faults({ token: "t" }), ["aes_key"]);
  assert.deepEqual(faults({ buttons: true, token: "t", aes_key: "k" }), []);
});

Deno.test("a contact is one member", () => {
  for (const good of ["zhangsan", "ZhangSan_1", "a@b.c", "7"]) assert.ok(wecom.isContact(good));
  for (const bad of ["", "@all", "a|b", "a b", "-a", "a".repeat(65)]) {
    assert.ok(!wecom.isContact(bad));
  }
});
