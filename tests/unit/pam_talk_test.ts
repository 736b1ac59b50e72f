import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth } from "../../lib/core/display_width.ts";
import { rowsOf } from "../../lib/core/drawing.ts";
import { Exit } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { pamMessages } from "../../lib/core/messages/pam.ts";
import type { PamChannel } from "../../lib/io/pam_channel.ts";
import { pamTalk, type PamTalkOptions } from "../../lib/io/pam_talk.ts";
import { paintQr } from "../../lib/io/qr.ts";
import type { PinConversation } from "../../lib/login/doors.ts";
import { passFactor } from "../../lib/login/flow.ts";
import { assertRefused } from "../support/failure.ts";
import {
  anAttempt,
  answering,
  FakeCodes,
  FakeRequest,
  FixedClock,
  RIGHT_CODE,
} from "../support/fakes.ts";
import { FakeModule } from "../support/pam_channel.ts";

const URL = "https://auth.example.com/l/9tYf0gCwFQ2uYyPzq1Lx7A";
const REQUEST = { url: URL, match: "42" };
const OFFER = { delivery: "sent", validForS: 60, resendAfterS: 20, triesLeft: 3 } as const;
const ENTER_OR_CODE = "Press Enter once approved, or type a code: ";
const ENTER = "Press Enter once approved: ";
const LINK = `  open    ${URL}\n  number  42\n`;
const messages = hostMessages("en", undefined);
const never = new AbortController().signal;

const drawQr = (text: string, border: number) =>
  Promise.resolve(paintQr(text, "PLAIN", border).lines.join("\n"));

const PICTURE = `${paintQr(URL, "PLAIN", 2).lines.join("\n")}\n`;
const WHOLE_OFFER = `Approve this login on your phone within 60 s\n${PICTURE}${LINK}`;

interface Conversed {
  readonly module: FakeModule;
  readonly channel: PamChannel;
  readonly talk: PinConversation;
}

/** Runs it and lets everything go that still waits. */
async function conversing(
  changes: Partial<PamTalkOptions>,
  run: (conversed: Conversed) => Promise<void>,
): Promise<void> {
  const module = new FakeModule();
  const channel = await module.open();
  const talk = pamTalk(channel, messages, {
    words: pamMessages("en", undefined),
    lastWords: messages,
    streams: false,
    echo: false,
    codePrompt: undefined,
    drawQr,
    whereto: () => ({ account: "alice", host: "web1" }),
    patienceMs: 0,
    ...changes,
  });
  try {
    await run({ module, channel, talk });
  } finally {
    talk.close();
    module.leave();
    await channel.closed;
  }
}

/** The question that is asked next, its text; with echo the test fails. */
async function question(module: FakeModule): Promise<string> {
  const { verb, text } = await module.hear();
  assert.equal(verb, "PROMPT_ECHO_OFF");
  return text;
}

/** The text that is shown next. */
async function shown(module: FakeModule): Promise<string> {
  const { verb, text } = await module.hear();
  assert.equal(verb, "ERROR");
  return text;
}

Deno.test("held: picture, link and number are part of the prompt, the question at its end", () =>
  conversing({}, async ({ module, talk }) => {
    talk.offer(REQUEST, 60_000, true);
    const typed = talk.readCode(never);
    assert.equal(await question(module), WHOLE_OFFER + ENTER_OR_CODE);
    module.answer("123456");
    assert.equal(await typed, "123456");
  }));

Deno.test("held: a remark goes above the next prompt, which names the link again", () =>
  conversing({}, async ({ module, talk }) => {
    talk.tell("the code sent along was refused");
    talk.offer(REQUEST, 60_000, true);
    const first = talk.readCode(never);
    const prompt = await question(module);
    assert.equal(
      prompt,
      `gatehouse: the code sent along was refused\n${WHOLE_OFFER}${ENTER_OR_CODE}`,
    );
    module.answer("1");
    await first;
    talk.tell("wrong \x1b[31mcode");
    const second = talk.readCode(never);
    const remark = "gatehouse: wrong \\u{1b}[31mcode\n";
    assert.equal(await question(module), remark + LINK + ENTER_OR_CODE);
    module.answer("2");
    assert.equal(await second, "2");
  }));

Deno.test("held: without a number to compare none is shown", () =>
  conversing({}, async ({ module, talk }) => {
    talk.offer({ url: URL, match: null }, 60_000, true);
    talk.readCode(never);
    const prompt = await question(module);
    assert.ok(prompt.endsWith(`\n  open    ${URL}\n${ENTER_OR_CODE}`), prompt);
  }));

Deno.test("Enter that comes before the approval asks again after a while", () =>
  conversing({}, async ({ module, talk }) => {
    talk.offer(REQUEST, 60_000, true);
    const typed = talk.readCode(never);
    await question(module);
    module.answer("");
    assert.match(await question(module), /^gatehouse: not approved yet, [0-9]+ s left\n {2}open /);
    module.answer("123456");
    assert.equal(await typed, "123456");
  }));

Deno.test("Enter is believed for as long as the approval may take to arrive", () =>
  conversing({ patienceMs: 600_000 }, async ({ module, talk }) => {
    const over = new AbortController();
    talk.offer(REQUEST, 60_000, true);
    const typed = talk.readCode(over.signal);
    await question(module);
    module.answer("");
    over.abort(new Error("approved"));
    await assert.rejects(typed, /approved/);
    assert.deepEqual(module.unheard(), [], "nothing is asked any more");
  }));

Deno.test("an approval ends the reading, though the prompt cannot be taken back", () =>
  conversing({}, async ({ module, talk }) => {
    const over = new AbortController();
    talk.offer(REQUEST, 60_000, true);
    const typed = talk.readCode(over.signal);
    await question(module);
    over.abort(new Error("approved"));
    await assert.rejects(typed, /approved/);
  }));

Deno.test("nothing is asked once the login is over", () =>
  conversing({}, async ({ module, talk }) => {
    talk.askCode(60_000);
    await assert.rejects(talk.readCode(AbortSignal.abort(new Error("over"))), /over/);
    assert.deepEqual(module.unheard(), []);
  }));

Deno.test("held, without codes: it asks for Enter by itself, and what is typed counts for nothing", () =>
  conversing({}, async ({ module, channel, talk }) => {
    talk.offer(REQUEST, 60_000, false);
    talk.tell("the secret is broken");
    const remark = "gatehouse: the secret is broken\n";
    assert.equal(await question(module), remark + WHOLE_OFFER + ENTER);
    for (const typed of ["123456", "password", "", "x", "y", "z"]) {
      module.answer(typed);
      assert.match(await question(module), /^gatehouse: not approved yet, .*\n {2}open [^]*: $/);
    }
    talk.close();
    // What is asked next waits for the prompt that stands.
    const next = channel.ask("next: ", { echo: false });
    module.answer("");
    assert.equal(await question(module), "next: ");
    module.answer("1");
    assert.equal(await next, "1");
  }));

Deno.test("held, without codes: an approval that comes at once is not asked for", () =>
  conversing({}, async ({ module, channel, talk }) => {
    talk.offer(REQUEST, 60_000, false);
    talk.close();
    const next = channel.ask("next: ", { echo: false });
    assert.equal(await question(module), "next: ");
    module.answer("");
    await next;
  }));

Deno.test("streams: texts are shown at once, and the prompt is short", () =>
  conversing({ streams: true }, async ({ module, talk }) => {
    talk.offer(REQUEST, 60_000, true);
    const first = talk.readCode(never);
    assert.equal(`${await shown(module)}\n`, WHOLE_OFFER);
    assert.equal(await question(module), ENTER_OR_CODE);
    module.answer("1");
    await first;
    talk.tell("wrong code");
    assert.equal(await shown(module), "gatehouse: wrong code");
    const second = talk.readCode(never);
    assert.equal(await question(module), ENTER_OR_CODE);
    module.answer("");
    assert.match(await shown(module), /^gatehouse: not approved yet, /);
    assert.equal(await question(module), ENTER_OR_CODE);
    module.answer("2");
    assert.equal(await second, "2");
  }));

Deno.test("streams, without codes: there is no prompt at all", () =>
  conversing({ streams: true }, async ({ module, channel, talk }) => {
    talk.offer(REQUEST, 60_000, false);
    assert.equal(`${await shown(module)}\n`, WHOLE_OFFER);
    const next = channel.ask("next: ", { echo: false });
    assert.equal(await question(module), "next: ");
    module.answer("");
    await next;
  }));

Deno.test("a code alone is asked for as google-authenticator does, below account and host", () =>
  conversing({}, async ({ module, talk }) => {
    talk.tell("no approval server answers");
    talk.askCode(60_000);
    const first = talk.readCode(never);
    assert.equal(
      await question(module),
      "gatehouse: no approval server answers\nLog in to web1 as alice within 60 s\n" +
        "Verification code: ",
    );
    module.answer("");
    assert.equal(await first, "", "Enter is for the flow to judge");
    talk.tell("wrong code");
    talk.readCode(never);
    assert.equal(await question(module), "gatehouse: wrong code\nVerification code: ");
  }));

Deno.test("the line in pam.d may have other words for a code, and let it be seen", async () => {
  const changes = { echo: true, codePrompt: "One-time code> " };
  await conversing({ ...changes, streams: true }, async ({ module, talk }) => {
    talk.askCode(60_000);
    talk.readCode(never);
    assert.equal(await shown(module), "Log in to web1 as alice within 60 s");
    assert.deepEqual(await module.hear(), { verb: "PROMPT_ECHO_ON", text: "One-time code> " });
  });
  await conversing(changes, async ({ module, talk }) => {
    talk.offer(REQUEST, 60_000, true);
    talk.readCode(never);
    const { verb, text } = await module.hear();
    assert.equal(verb, "PROMPT_ECHO_ON");
    assert.ok(text.endsWith(ENTER_OR_CODE), "Enter has a meaning of its own there");
  });
});

Deno.test("a PIN: it says how long it is valid, never to whom it went, and Enter comes through", () =>
  conversing({}, async ({ module, talk }) => {
    talk.offerPin(OFFER, 60_000);
    const first = talk.readCode(never);
    assert.equal(
      await question(module),
      "A code was sent to you; it is valid for 60 s.\n" +
        "Press Enter for a new code (after 20 s).\nVerification code: ",
    );
    module.answer("");
    assert.equal(await first, "");
    talk.offerPin({ ...OFFER, delivery: "sending", validForS: 45, resendAfterS: null }, 45_000);
    const second = talk.readCode(never);
    assert.equal(
      await question(module),
      "A code is on its way to you; it is valid for 45 s.\nVerification code: ",
    );
    module.answer("123456");
    assert.equal(await second, "123456");
  }));

Deno.test("a PIN: others count the wrong ones", () =>
  conversing({}, async ({ module, talk }) => {
    talk.offerPin(OFFER, 60_000);
    for (let tries = 0; tries < 6; tries++) {
      const typed = talk.readCode(never);
      await question(module);
      module.answer("000000");
      assert.equal(await typed, "000000");
    }
  }));

for (const streams of [true, false]) {
  const how = streams ? "streams" : "held";
  Deno.test(`${how}: a fourth line is not asked for; empty ones do not count`, () =>
    conversing({ streams }, async ({ module, talk }) => {
      talk.askCode(60_000);
      if (streams) await shown(module);
      for (const line of ["1", "", "2", "", "", "password"]) {
        const typed = talk.readCode(never);
        await question(module);
        module.answer(line);
        assert.equal(await typed, line);
      }
      await assertRefused(() => talk.readCode(never), Exit.denied, /^Too many failures$/);
      assert.deepEqual(module.unheard(), []);
    }));
}

Deno.test("that it is over may be said in other words than what comes before", () =>
  conversing({ lastWords: hostMessages("zh-CN", undefined) }, async ({ module, talk }) => {
    talk.askCode(60_000);
    for (const line of ["1", "2", "3"]) {
      const typed = talk.readCode(never);
      await question(module);
      module.answer(line);
      await typed;
    }
    await assertRefused(() => talk.readCode(never), Exit.denied, /^失败次数过多$/);
  }));

Deno.test("a question that cannot be asked ends the conversation", () =>
  conversing({}, async ({ module, talk }) => {
    talk.askCode(60_000);
    const typed = talk.readCode(never);
    await question(module);
    module.noAnswer();
    assert.equal(await typed, undefined);
    await talk.hungUp;
  }));

Deno.test("held, without codes: a question that cannot be asked ends the conversation too", () =>
  conversing({}, async ({ module, talk }) => {
    talk.offer(REQUEST, 60_000, false);
    await question(module);
    module.noAnswer();
    await talk.hungUp;
    assert.deepEqual(module.unheard(), []);
  }));

for (const end of ["leave", "terminate"] as const) {
  Deno.test(`the conversation ends when the module says so (${end})`, () =>
    conversing({}, async ({ module, talk }) => {
      talk.offer(REQUEST, 60_000, true);
      const typed = talk.readCode(never);
      await question(module);
      module[end]();
      await talk.hungUp;
      assert.equal(await typed, undefined);
    }));
}

Deno.test("any link, with its picture or without, fits on 80 columns and 24 rows", async () => {
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_".split(""));
  const link = fc.string({ unit: letter, minLength: 1, maxLength: 400 })
    .map((path) => `https://a.example/l/${path}`);
  let pictures = 0;
  await fc.assert(
    fc.asyncProperty(link, fc.boolean(), async (url, codes) => {
      await conversing({ patienceMs: 600_000 }, async ({ module, talk }) => {
        talk.offer({ url, match: "42" }, 600_000, codes);
        if (codes) talk.readCode(never);
        const lines = (await question(module)).split("\n");
        assert.ok(lines.reduce((rows, line) => rows + rowsOf(line, 80), 0) <= 24);
        assert.deepEqual(lines.slice(-3, -1), [`  open    ${url}`, "  number  42"]);
        const picture = lines.slice(1, -3);
        assert.ok(picture.every((line) => /^[█▀▄ ]+$/.test(line) && displayWidth(line) <= 80));
        if (picture.length > 0) pictures++;
        // A public server's usual address.
        if (url.length <= 78) assert.ok(picture.length > 0, `no picture of ${url}`);
      });
    }),
    { numRuns: 50, examples: [["https://auth.example.com/l/x", true], [URL, false]] },
  );
  assert.ok(pictures > 0);
});

for (
  const [why, drawQr] of [["fails", () => Promise.reject(new Error("no"))], ["is none"]] as const
) {
  Deno.test(`where drawing ${why} the link will do`, () =>
    conversing({ drawQr }, async ({ module, talk }) => {
      talk.offer(REQUEST, 60_000, true);
      talk.readCode(never);
      const title = "Approve this login on your phone within 60 s\n";
      assert.equal(await question(module), title + LINK + ENTER_OR_CODE);
    }));
}

Deno.test("in Chinese nothing is left in English", () =>
  conversing({ words: pamMessages("auto", "zh_CN.UTF-8") }, async ({ module, talk }) => {
    talk.askCode(60_000);
    const first = talk.readCode(never);
    assert.equal(await question(module), "请在 60 秒内以 alice 的身份登录 web1\n验证码：");
    module.answer("");
    await first;
    talk.offerPin(OFFER, 60_000);
    talk.readCode(never);
    assert.match(await question(module), /^验证码已发送给您.*\n按回车键.*（20 秒后）。\n验证码：$/);
  }));

/** The login flow with that conversation. */
function login(talk: PinConversation, request: FakeRequest, codes = new FakeCodes("enrolled")) {
  const doors = {
    approvals: answering({ kind: "open", request }),
    codes,
    talk,
    clock: new FixedClock(),
    messages,
    lastWords: messages,
    lookedFor: "/codes/alice",
    enroll: () => assert.fail("nobody is to be enrolled"),
  };
  return passFactor(anAttempt(), { timeoutMs: 60_000, offline: "code", unenrolled: "deny" }, doors);
}

Deno.test("the login is approved while its prompt stands", () =>
  conversing({}, async ({ module, talk }) => {
    const request = new FakeRequest();
    const passed = login(talk, request);
    assert.ok((await question(module)).endsWith(ENTER_OR_CODE));
    request.end({ state: "approved", by: "bob" });
    assert.deepEqual(await passed, { via: "approval", by: "bob" });
  }));

Deno.test("the login is approved a moment after Enter", () =>
  conversing({ patienceMs: 600_000 }, async ({ module, talk }) => {
    const request = new FakeRequest();
    const passed = login(talk, request);
    await question(module);
    module.answer("");
    request.end({ state: "approved", by: "bob" });
    assert.deepEqual(await passed, { via: "approval", by: "bob" });
    assert.deepEqual(module.unheard(), []);
  }));

Deno.test("a code passes in the offer's place, after a wrong one", () =>
  conversing({}, async ({ module, talk }) => {
    const request = new FakeRequest();
    const passed = login(talk, request);
    await question(module);
    module.answer("000000");
    assert.match(
      await question(module),
      /^gatehouse: wrong code; was it from your app for hosts\?\n {2}open /,
    );
    module.answer(RIGHT_CODE);
    assert.equal((await passed).via, "code");
    assert.equal(request.why, "code_used");
  }));

Deno.test("sshd that answers every prompt with the password is refused soon", () =>
  conversing({}, async ({ module, talk }) => {
    const request = new FakeRequest();
    const codes = new FakeCodes("enrolled");
    const refused = assertRefused(
      () => login(talk, request, codes),
      Exit.denied,
      /^Too many failures$/,
    );
    for (let prompts = 0; prompts < 3; prompts++) {
      await question(module);
      module.answer("the password");
    }
    await refused;
    assert.equal(codes.checked.length, 3);
    assert.equal(request.cancelled, 1);
  }));

Deno.test("a person who is gone is told nothing, and the server is", () =>
  conversing({}, async ({ module, talk }) => {
    const request = new FakeRequest();
    const refused = assertRefused(() => login(talk, request), Exit.denied, /^interrupted$/);
    await question(module);
    module.leave();
    await refused;
    assert.equal(request.why, "hung_up");
  }));
