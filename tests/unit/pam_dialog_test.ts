import assert from "node:assert/strict";
import { rowsOf } from "../../lib/core/drawing.ts";
import { enrollMessages } from "../../lib/core/messages/enroll.ts";
import { pamMessages } from "../../lib/core/messages/pam.ts";
import { enrollAtLogin } from "../../lib/enrollment/enroll.ts";
import { PAM_LOOK, PamDialog } from "../../lib/io/pam_dialog.ts";
import { paintQr } from "../../lib/io/qr.ts";
import { FixedClock, seededRandom } from "../support/fakes.ts";
import { keyOf } from "../support/enrollment.ts";
import { T0 } from "../support/logins.ts";
import { FakeModule } from "../support/pam_channel.ts";
import { codeOf } from "../support/totp.ts";

const WORDS = pamMessages("en", undefined);
const SUBJECT = { account: "alice", host: "web1", label: "alice@web1", issuer: "web1" };

async function opened() {
  const module = new FakeModule();
  const channel = await module.open();
  return { module, dialog: new PamDialog(channel) };
}

/** All that is shown up to the next question, and the question. */
async function page(module: FakeModule): Promise<{ text: string; prompt: string; echo: boolean }> {
  let text = "";
  for (;;) {
    const line = await module.hear();
    if (line.verb === "ERROR") text += `${line.text}\n`;
    else return { text, prompt: line.text, echo: line.verb === "PROMPT_ECHO_ON" };
  }
}

/** An enrolment at a login, as far as its first question. */
async function enrolling(signal = new AbortController().signal) {
  const { module, dialog } = await opened();
  const saved: string[] = [];
  const doors = {
    dialog,
    drawQr: paintQr,
    look: PAM_LOOK,
    clock: new FixedClock(),
    random: seededRandom(1),
    clockSynchronised: () => true,
    log: () => {},
  };
  const save = (text: string) => Promise.resolve(saved.push(text)).then(() => {});
  const done = enrollAtLogin(doors, enrollMessages("en"), SUBJECT, save, {
    withinMs: 110_000,
    signal,
  });
  const { text, prompt, echo } = await page(module);
  const secret = /[?&]secret=([A-Z2-7]+)/.exec(text)?.[1] ?? "";
  return { module, dialog, saved, done, first: { text, prompt, echo }, secret };
}

Deno.test("PamDialog shows what is printed, then asks", async () => {
  const { module, dialog } = await opened();
  dialog.print("one\ntwo");
  const answer = dialog.ask("three: ");
  assert.deepEqual(await page(module), { text: "one\ntwo\n", prompt: "three: ", echo: true });
  module.answer("four");
  assert.equal(await answer, "four");
  const last = dialog.ask("five: ");
  await page(module);
  module.leave();
  assert.equal(await last, undefined);
});

Deno.test("PamDialog breaks lines at blanks, and leaves a long word whole", async () => {
  const { module, dialog } = await opened();
  const uri = `otpauth://totp/x?secret=${"A".repeat(100)}`;
  dialog.print(`${"word ".repeat(20).trim()}\n${uri}`);
  const { text } = await module.hear();
  assert.deepEqual(text.split("\n").map((line) => line.length), [79, 19, uri.length]);
  module.leave();
});

Deno.test("PamDialog.settle() has the last words read, and asks for nothing else", async () => {
  const { module, dialog } = await opened();
  await dialog.settle(WORDS);
  assert.deepEqual(module.unheard(), [], "nothing was printed");
  dialog.print("Saved.");
  const settled = dialog.settle(WORDS);
  const { prompt } = await page(module);
  assert.equal(prompt, "Press Enter to go on: ");
  module.answer("");
  await settled;
  await dialog.settle(WORDS);
  assert.deepEqual(module.unheard(), []);
  module.leave();
});

Deno.test("an enrolment over PAM: page, wrong code, right code, scratch codes to be read", async () => {
  const { module, dialog, saved, done, first, secret } = await enrolling();
  assert.match(first.text, /^This account needs an authenticator app to log in to web1\n/);
  assert.match(first.text, /there are 110 s for it/);
  assert.equal(first.prompt, "Code from the app: ");
  assert.ok(!first.text.includes("\x1b"), "no escape sequence");
  const picture = first.text.split("\n").filter((line) => /[█▀▄]{9}/.test(line));
  assert.ok(picture.length > 10, "a picture");
  const seen = [...picture, first.prompt].reduce((rows, line) => rows + rowsOf(line, 80), 0);
  assert.ok(seen <= 24, "picture and question are seen together");

  module.answer("000000");
  const again = await page(module);
  assert.match(again.text, /That is no code of this secret/);
  assert.ok(again.text.includes(secret), "all is shown once more");

  module.answer(codeOf(T0 / 30_000, keyOf(secret)));
  assert.equal(await done, true);
  assert.equal(saved.length, 1);
  const settled = dialog.settle(WORDS);
  const { text, prompt } = await page(module);
  const scratch = (saved[0] ?? "").split("\n").filter((line) => /^[0-9]{8}$/.test(line));
  assert.equal(scratch.length, 5);
  for (const code of scratch) assert.ok(text.includes(code), code);
  assert.match(text, /Saved\. From now on the app's codes let you in here\.\n$/);
  assert.equal(prompt, "Press Enter to go on: ");
  module.answer("");
  await settled;
  module.leave();
});

Deno.test("an enrolment over PAM whose person leaves saves nothing", async () => {
  const { module, saved, done } = await enrolling();
  module.leave();
  assert.equal(await done, false);
  assert.deepEqual(saved, []);
});

Deno.test("an enrolment over PAM whose time is up saves nothing", async () => {
  const over = new AbortController();
  const { module, saved, done, secret } = await enrolling(over.signal);
  over.abort();
  assert.equal(await done, false);
  module.answer(codeOf(T0 / 30_000, keyOf(secret)));
  module.leave();
  assert.deepEqual(saved, []);
});

Deno.test("an enrolment over PAM ends, however often codes are wrong", async () => {
  const { module, done } = await enrolling();
  let ended = false;
  done.then(() => ended = true);
  let wrong = 0;
  for (; !ended; wrong++) {
    module.answer("000000");
    await Promise.race([page(module), done]);
  }
  assert.equal(await done, false);
  assert.ok(wrong > 20, `${wrong} tries`);
  module.leave();
});
