import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { PamChannel } from "../../lib/io/pam_channel.ts";
import { assertRefused } from "../support/failure.ts";
import { FakeModule } from "../support/pam_channel.ts";

const HIDDEN = { echo: false };

async function opened() {
  const module = new FakeModule();
  return { module, channel: await module.open() };
}

Deno.test("PamChannel.open() hears the greeting", async () => {
  const module = new FakeModule();
  const opening = PamChannel.open(module);
  module.say("GATE");
  module.say("HOUSE 1\n");
  assert.ok(await opening instanceof PamChannel);
  assert.deepEqual(module.unheard(), []);
  module.leave();
});

for (
  const [what, bytes] of [
    ["nothing at all", undefined],
    ["half a greeting", "GATEHOUSE"],
    ["another version", "GATEHOUSE 2\n"],
    ["an answer", "ANSWER 1\n"],
    ["noise", "\0\x1b\n"],
  ] as const
) {
  Deno.test(`PamChannel.open() refuses ${what} in the greeting's place`, async () => {
    const module = new FakeModule();
    if (bytes !== undefined) module.say(bytes);
    module.leave();
    await assertRefused(
      () => PamChannel.open(module),
      Exit.usage,
      /^pam_gatehouse\.so does not answer$/,
    );
    assert.deepEqual(module.unheard(), []);
  });
}

Deno.test("PamChannel tells, and asks with echo and without", async () => {
  const { module, channel } = await opened();
  channel.error("a\nb");
  channel.error("c");
  const hidden = channel.ask("code: ", HIDDEN);
  for (const [verb, text] of [["ERROR", "a\nb"], ["ERROR", "c"], ["PROMPT_ECHO_OFF", "code: "]]) {
    assert.deepEqual(await module.hear(), { verb, text });
  }
  module.answer("12 \\ 34");
  assert.equal(await hidden, "12 \\ 34");
  const seen = channel.ask("name: ", { echo: true });
  assert.deepEqual(await module.hear(), { verb: "PROMPT_ECHO_ON", text: "name: " });
  module.answer("");
  assert.equal(await seen, "");
  module.leave();
});

Deno.test("PamChannel asks one question after the other", async () => {
  const { module, channel } = await opened();
  const answers = [
    channel.ask("1: ", HIDDEN),
    channel.authtok(),
    channel.ask("3: ", HIDDEN),
  ];
  for (const text of ["1: ", "", "3: "]) {
    const asked = await module.hear();
    assert.equal(asked.text, text);
    assert.deepEqual(module.unheard(), [], "no other question stands");
    module.answer(`to ${asked.verb} ${asked.text}`);
  }
  assert.deepEqual(await Promise.all(answers), [
    "to PROMPT_ECHO_OFF 1: ",
    "to GET_AUTHTOK ",
    "to PROMPT_ECHO_OFF 3: ",
  ]);
  module.leave();
});

Deno.test("PamChannel goes on after a question that could not be asked", async () => {
  const { module, channel } = await opened();
  const answers = [channel.authtok(), channel.ask("2: ", HIDDEN)];
  await module.hear();
  module.noAnswer();
  assert.equal(await answers[0], undefined);
  await module.hear();
  module.answer("two");
  assert.equal(await answers[1], "two");
  module.leave();
});

Deno.test("PamChannel.setAuthtok() hands a password on, or says that it could not", async () => {
  const { module, channel } = await opened();
  channel.setAuthtok(" pass\\word ");
  assert.deepEqual(await module.hear(), { verb: "SET_AUTHTOK", text: " pass\\word " });
  for (const password of ["two\rlines", "x".repeat(9_000)]) {
    const refused = await assertRefused(
      () => channel.setAuthtok(password),
      Exit.denied,
      /^the password could not be handed on$/,
    );
    assert.ok(!refused.reason.includes(password.slice(0, 3)));
  }
  assert.deepEqual(module.unheard(), []);
  module.leave();
});

const ENDS: Readonly<Record<string, (module: FakeModule) => void>> = {
  "the module's end": (module) => module.leave(),
  "SIGTERM": (module) => module.terminate(),
  "noise": (module) => module.say("\0\n"),
};

for (const [what, end] of Object.entries(ENDS)) {
  Deno.test(`PamChannel is closed by ${what}, whatever stands or waits`, async () => {
    const { module, channel } = await opened();
    const asked = [channel.ask("1: ", HIDDEN), channel.ask("2: ", HIDDEN)];
    await module.hear();
    end(module);
    await channel.closed;
    assert.deepEqual(await Promise.all(asked), [undefined, undefined]);
    assert.equal(await channel.ask("3: ", HIDDEN), undefined);
    assert.deepEqual(module.unheard(), [], "nothing more is asked");
    module.leave();
  });
}

Deno.test("PamChannel is closed by an answer to nothing", async () => {
  const { module, channel } = await opened();
  module.answer("unasked");
  await channel.closed;
  const twice = await opened();
  const asked = twice.channel.ask("1: ", HIDDEN);
  await twice.module.hear();
  twice.module.say("ANSWER 1\nANSWER 2\n");
  assert.equal(await asked, "1");
  await twice.channel.closed;
  module.leave();
  twice.module.leave();
});

Deno.test("PamChannel.answered() waits for the question that stands, whatever the answer", async () => {
  const { module, channel } = await opened();
  assert.equal(await channel.answered(), true);
  const withoutPassword = channel.authtok();
  await module.hear();
  module.noAnswer();
  await withoutPassword;
  assert.equal(await channel.answered(), true, "nothing stands");
  for (const text of ["", "123456"]) {
    let waiting = true;
    const asked = channel.ask("1: ", HIDDEN);
    const answered = channel.answered().finally(() => waiting = false);
    await module.hear();
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(waiting, true);
    module.answer(text);
    assert.deepEqual([await asked, await answered], [text, true]);
  }
  module.leave();
});

for (const end of ["noAnswer", "leave", "terminate"] as const) {
  Deno.test(`PamChannel.answered() says so when the question has none (${end})`, async () => {
    const { module, channel } = await opened();
    const asked = channel.ask("1: ", HIDDEN);
    const answered = channel.answered();
    await module.hear();
    module[end]();
    assert.deepEqual([await asked, await answered], [undefined, false]);
    module.leave();
    await channel.closed;
    assert.equal(await channel.answered(), false);
  });
}

Deno.test("PamChannel.result() is said at once, while a question stands too", async () => {
  const { module, channel } = await opened();
  const asked = channel.ask("1: ", HIDDEN);
  await module.hear();
  channel.error("nobody approved in time");
  channel.result("auth_err");
  assert.deepEqual(module.unheard(), [
    { verb: "ERROR", text: "nobody approved in time" },
    { verb: "RESULT", text: "auth_err" },
  ]);
  module.leave();
  assert.equal(await asked, undefined);
});

Deno.test("PamChannel bears with a module that does not read any more", async () => {
  const { module, channel } = await opened();
  module.leave();
  channel.error("a");
  channel.result("success");
  await channel.closed;
});

Deno.test("PamChannel closes before the module would deny what it says", async () => {
  for (const text of ["short", "█".repeat(1_000)]) {
    const { module, channel } = await opened();
    let asked = 0;
    let line = module.hear();
    for (;; asked++) {
      const answer = channel.ask(text, HIDDEN);
      if (await Promise.race([line, channel.closed]) === undefined) break;
      line = module.hear();
      module.answer("");
      assert.equal(await answer, "");
    }
    assert.ok(asked >= 60 && module.lines === asked, `${asked} questions`);
    for (let i = 0; i < 300; i++) channel.error(text);
    assert.deepEqual(await line, { verb: "ERROR", text }, "there is room for last words");
    channel.result("conv_err");
    assert.deepEqual(module.unheard().at(-1), { verb: "RESULT", text: "conv_err" });
    module.leave();
  }
});
