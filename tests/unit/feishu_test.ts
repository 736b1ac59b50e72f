/** What an app's bot and a custom bot of Feishu say, and what Feishu's answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readAct } from "../../lib/core/chat_act.ts";
import { isPrintable } from "../../lib/core/text.ts";
import type { Refusal, VendorAnswer } from "../../lib/notify/channel.ts";
import { feishu } from "../../lib/notify/feishu.ts";
import { feishuRobot } from "../../lib/notify/feishu_robot.ts";
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
import { FakeFeishu } from "../support/vendors/feishu.ts";
import { fieldOf, valuesOf } from "../support/vendors/feishu_reader.ts";
import { FakeFeishuRobot } from "../support/vendors/feishu_robot.ts";
import { Trial } from "../support/vendors/trial.ts";

const bot = (changes = {}) => new Trial(feishu, (clock) => new FakeFeishu(clock), changes);
const group = (changes = {}) =>
  new Trial(feishuRobot, (clock) => new FakeFeishuRobot(clock), changes);
/** To one person, and to a group without a mention. */
const BOTH = [
  { start: bot, to: "ou_7d8a6e6df7621556ce0d21922b676706" },
  { start: group, to: "" },
];

const plain = (content: string) => ({ tag: "plain_text", content });
const typedRequest = aRequest({ answer: { by: "chat", number: "typed" } });

Deno.test("feishu: a request is a card of plain text, with three numbers, two answers and the page", async () => {
  const trial = bot();
  const at = await trial.moment();
  const { body, headers, method, url } = await trial.request(aLetter(), undefined, at);
  assert.equal(method, "POST");
  assert.equal(url, `${VENDOR_URL}/open-apis/im/v1/messages?receive_id_type=open_id`);
  assert.deepEqual(headers, { authorization: `Bearer ${at.token}` });
  const { content, ...rest } = JSON.parse(body?.text ?? "");
  assert.deepEqual(rest, { receive_id: trial.vendor.to, msg_type: "interactive", uuid: at.id });
  const fact = (text: string, is_short: boolean) => ({ is_short, text: plain(text) });
  const button = (text: string, type: string, act: string) => ({
    tag: "button",
    text: plain(text),
    type,
    value: { act, by: "open_id" },
  });
  assert.deepEqual(JSON.parse(content), {
    config: { update_multi: true, enable_forward: false },
    header: { title: plain("Log in to web1․example․com as alice?"), template: "blue" },
    elements: [
      {
        tag: "div",
        fields: [
          fact("Account: alice", true),
          fact("Host: web1․example․com", true),
          fact("Service: sshd", true),
          fact("From: 192․0․2․7", true),
          fact("Time: 2026-01-01 00:00:00 UTC", false),
          fact("Open until: 2026-01-01 00:01:00 UTC", false),
        ],
      },
      {
        tag: "div",
        text: plain(
          "Choose the number that your terminal shows.\n" +
            "If you are not logging in right now: deny it.",
        ),
      },
      {
        tag: "action",
        actions: [
          button("17", "default", `a:${TICKET}:17`),
          button("42", "default", `a:${TICKET}:42`),
          button("85", "default", `a:${TICKET}:85`),
          button("Deny", "default", `d:${TICKET}`),
          button("This wasn't me", "danger", `n:${TICKET}`),
        ],
      },
      {
        tag: "action",
        actions: [{ tag: "button", text: plain("Open the page"), type: "default", url: LINK }],
      },
    ],
  });
});

Deno.test("feishu: a person is written to by open_id, user_id or mail address, and by the first two can answer", async () => {
  const cases = [
    ["ou_7d8a6e6df7621556ce0d21922b676706", "open_id", 5],
    ["b1c2d3e4", "user_id", 5],
    ["alice@example.com", "email", 0],
  ] as const;
  for (const [to, type, buttons] of cases) {
    assert.ok(feishu.isContact(to));
    const trial = bot();
    const { url } = await trial.request(aLetter(), to);
    assert.equal(new URL(url).searchParams.get("receive_id_type"), type);
    const arrived = await trial.read(aLetter(), to);
    assert.deepEqual([arrived.to, arrived.buttons.length, arrived.links], [to, buttons, [LINK]]);
    const values = valuesOf(trial.vendor.messages[0]?.card ?? {});
    assert.deepEqual([...new Set(values.map(({ by }) => by))], buttons === 0 ? [] : [type]);
  }
  const none = ["", "ou_", "ou_a b", "oc_a0553eda9014c201e6969b478895c230", "on_21726264", "a b"];
  for (const text of [...none, "alice@example", "a@b.c\n", "<at>", "a".repeat(65)]) {
    assert.ok(!feishu.isContact(text), text);
  }
});

Deno.test("feishu: without buttons = true there is the page alone", async () => {
  for (const letter of [aLetter(), aLetter(typedRequest)]) {
    const trial = bot({ buttons: false });
    const { buttons, links } = await trial.read(letter);
    assert.deepEqual([buttons, links], [[], [LINK]]);
    assert.equal(fieldOf(trial.vendor.messages[0]?.card ?? {}), undefined);
    assert.equal(trial.dialect.callback, undefined);
  }
});

Deno.test("feishu: what carries an answer is short and names the request", async () => {
  const { buttons } = await bot().read(aLetter());
  assert.ok(buttons.every((act) => act.length <= 64));
  assert.deepEqual(new Set(buttons.map((act) => readAct(act)?.ticket)), new Set([TICKET]));
});

Deno.test("feishu: a number that is to be typed has a field, and what denies has buttons", async () => {
  const trial = bot();
  const { buttons, text } = await trial.read(aLetter(typedRequest, "zh-CN"));
  assert.deepEqual(buttons, [`d:${TICKET}`, `n:${TICKET}`]);
  assert.match(text, /\n终端上的数字\n/);
  assert.deepEqual(fieldOf(trial.vendor.messages[0]?.card ?? {}), {
    label: "终端上的数字",
    value: { act: `a:${TICKET}`, by: "open_id" },
  });
});

Deno.test("feishu: what ended takes the place of the request, and nothing of it can be answered", async () => {
  const trial = bot();
  const answered = await trial.send(aLetter());
  assert.ok(answered.ok && answered.handle !== null);
  const { handle } = answered;
  const { clock, dialect, vendor } = trial;
  const update = async () => {
    const at = await trial.moment();
    const request = await dialect.update?.(aLetter(anEnded()), vendor.to, handle, at);
    assert.ok(request !== undefined);
    return { request, answered: dialect.sent(await ask(vendor, request)) };
  };
  clock.at += 14 * 86_400_000;
  const done = await update();
  assert.equal(done.request.method, "PATCH");
  assert.deepEqual(done.answered, { ok: true, handle: null });
  const last = vendor.arrived.at(-1);
  assert.deepEqual([last?.replaces, last?.buttons, last?.links], [handle, [], []]);
  assert.match(last?.text ?? "", /^Approved: alice at web1․example․com\nBy: bob\n/);
  clock.at += 1_000;
  const late = (await update()).answered;
  assert.ok(!late.ok && late.detail === "feishu answers code 230031");
});

Deno.test("feishu: the same message twice arrives once", async () => {
  const trial = bot();
  const at = await trial.moment();
  const [first, second] = [
    await trial.send(aLetter(), undefined, at),
    await trial.send(aLetter(), undefined, at),
  ];
  assert.ok(first.ok);
  assert.deepEqual(second, first);
  assert.equal(trial.vendor.arrived.length, 1);
});

Deno.test("feishu: whatever the names are, they are no links, no markup and no mentions", async () => {
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

Deno.test("feishu: a custom bot mentions whom a message is for, and never everybody", async () => {
  for (const to of ["ou_7d8a6e6df7621556ce0d21922b676706", "b1c2d3e4"]) {
    assert.ok(feishuRobot.isContact(to));
    const { mentions, text } = await group().read(aLetter(aPin()), to);
    assert.deepEqual(mentions, [to]);
    assert.ok(text.startsWith("012345 is your code to log in\nAccount: alice\n"));
  }
  for (const none of ["", "all", "All", "a b", "a></at><at id=all", "a\n", "a".repeat(65)]) {
    assert.ok(!feishuRobot.isContact(none), none);
  }
});

Deno.test("feishu: a custom bot's messages have no buttons but the one to the page", async () => {
  const { buttons, links } = await group().read(aLetter(), "");
  assert.deepEqual([buttons, links], [[], [LINK]]);
  assert.deepEqual((await group().read(aLetter(typedRequest), "")).buttons, []);
});

Deno.test("feishu: a custom bot's signature is good for an hour either way, and no longer", async () => {
  const trial = group();
  for (const [apart, ok] of [[0, true], [3_599_000, true], [3_601_000, false]] as const) {
    for (const ms of [apart, -apart]) {
      const at = { ...await trial.moment(), now: T0 + ms };
      const answered = await trial.send(aLetter(), "", at);
      assert.equal(answered.ok, ok, String(ms));
    }
  }
});

Deno.test("feishu: a custom bot without a secret signs nothing", async () => {
  const { body } = await group({ secret: undefined }).request(aLetter());
  assert.deepEqual(Object.keys(JSON.parse(body?.text ?? "")), ["msg_type", "card"]);
});

Deno.test("feishu: wrong credentials are the settings' fault, and none of them is said", async () => {
  const app = bot();
  for (const changes of [{ app_secret: "wrong" }, { app_id: "cli_other" }]) {
    const source = app.with(changes).token;
    assert.ok(source !== undefined);
    const token = source.read(await ask(app.vendor, source.request(T0)));
    assert.ok(!token.ok);
    assert.equal(token.why, "settings");
    assert.match(token.detail, /^feishu answers code 100(03|14)$/);
    assert.match(token.hint, /^compare app_id and app_secret in server\.toml/);
  }
  const signed = await group({ secret: "other" }).refused(aLetter());
  assert.deepEqual([signed.why, signed.detail], ["settings", "feishu_robot answers code 19021"]);
  assert.match(signed.hint, /^compare secret in server\.toml/);
  const hook = await group({ hook: "other" }).refused(aLetter());
  assert.match(hook.hint, /^compare hook in server\.toml/);
});

Deno.test("feishu: what proves a callback must be set where there are buttons", () => {
  const must = "missing: buttons need verification_token and encrypt_key";
  const settings = { buttons: true, app_id: "cli_a" };
  assert.deepEqual(feishu.faults?.(settings), { verification_token: must, encrypt_key: must });
  assert.deepEqual(feishu.faults?.({ ...settings, verification_token: "t" }), {
    encrypt_key: must,
  });
  assert.deepEqual(feishu.faults?.({ ...settings, verification_token: "t", encrypt_key: "k" }), {});
  assert.deepEqual(feishu.faults?.({ buttons: false }), {});
});

Deno.test("feishu: a token that ended early is told apart from keys that are wrong", async () => {
  const trial = bot();
  const at = await trial.moment();
  trial.vendor.expireTokens();
  const answered = await trial.send(aLetter(), undefined, at);
  assert.ok(!answered.ok);
  assert.deepEqual([answered.staleToken, answered.why], [true, "settings"]);
});

Deno.test("feishu: whom it cannot reach it says so, and what helps", async () => {
  const trial = bot();
  const nobody = await trial.refused(aLetter(), trial.vendor.nobody);
  assert.deepEqual([nobody.why, nobody.detail], ["recipient", "feishu answers code 230001"]);
  trial.vendor.outside.add(trial.vendor.to);
  const outside = await trial.refused(aLetter());
  assert.deepEqual([outside.why, outside.mayArrive], ["recipient", false]);
  assert.match(outside.hint, /availability/);
});

Deno.test("feishu: too much is said to be too much, and for how long", async () => {
  const trial = bot();
  trial.vendor.limitNext();
  const { retryAfterMs, why } = await trial.refused(aLetter());
  assert.deepEqual([why, retryAfterMs], ["rate_limited", 2_000]);
  for (let sent = 0; sent < 5; sent++) await trial.read(aLetter());
  const person = await trial.refused(aLetter());
  assert.deepEqual([person.detail, person.retryAfterMs], ["feishu answers code 230020", null]);
  const robot = group();
  for (let sent = 0; sent < 5; sent++) await robot.read(aLetter());
  const often = await robot.refused(aLetter());
  assert.deepEqual([often.why, often.retryAfterMs], ["rate_limited", null]);
  robot.clock.at += 1_000;
  assert.equal((await robot.send(aLetter())).ok, true);
});

function answer(json: unknown, status = 200): VendorAnswer {
  return { status, headers: {}, json, text: "" };
}

Deno.test("feishu: its codes", () => {
  const cases: readonly [unknown, number, Refusal["why"]][] = [
    [{ code: 230027, msg: "SECRET" }, 400, "settings"],
    [{ code: 99991401 }, 400, "address"],
    [{ code: 99991672 }, 400, "settings"],
    [{ code: 99992351 }, 400, "recipient"],
    [{ code: 230099 }, 400, "rejected"],
    [{ code: 1 }, 200, "rejected"],
    [{ code: 2 }, 500, "unavailable"],
    [{ code: 3 }, 429, "rate_limited"],
  ];
  for (const [json, status, why] of cases) {
    const read = bot().dialect.sent(answer(json, status));
    assert.ok(!read.ok);
    assert.equal(read.why, why, JSON.stringify(json));
    assert.doesNotMatch(read.detail, /SECRET/);
  }
  const { dialect } = group();
  assert.deepEqual(dialect.sent(answer({ StatusCode: 0, StatusMessage: "success" })), {
    ok: true,
    handle: null,
  });
  const keyword = dialect.sent(answer({ code: 19024, msg: "Key Words Not Found" }));
  assert.ok(!keyword.ok && /in place of keywords/.test(keyword.hint));
  const address = dialect.sent(answer({ code: 19022, msg: "Ip Not Allowed" }));
  assert.ok(!address.ok && address.why === "address");
});

Deno.test("feishu: what is none of its answers is not taken for one", () => {
  for (const { start } of BOTH) {
    const { dialect } = start();
    for (
      const [status, value] of [[200, undefined], [200, { weather: 1 }], [302, undefined]] as const
    ) {
      const read = dialect.sent(answer(value, status));
      assert.ok(!read.ok);
      assert.deepEqual([read.why, read.mayArrive], ["unusable", true]);
    }
  }
  const { dialect } = bot();
  for (const value of [{ code: 0 }, { code: 0, data: { message_id: "a b" } }]) {
    const read = dialect.sent(answer(value));
    assert.ok(!read.ok && read.why === "unusable");
  }
  for (const token of ["", "a b", 1, undefined]) {
    const value = { code: 0, tenant_access_token: token, expire: 7200 };
    const got = dialect.token?.read(answer(value));
    assert.ok(got !== undefined && !got.ok && got.why === "unusable");
  }
});
