/** What a Telegram bot is asked to write, what its clients make of it, and what the answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Letter, writtenLines } from "../../lib/core/letter.ts";
import type { VendorAnswer } from "../../lib/notify/channel.ts";
import { telegram } from "../../lib/notify/telegram.ts";
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
import { VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeTelegram } from "../support/vendors/telegram.ts";
import { readTelegramHtml } from "../support/vendors/telegram_html.ts";
import { Trial } from "../support/vendors/trial.ts";

const open = (buttons = true) =>
  new Trial(telegram, (clock) => new FakeTelegram(clock), { buttons });

async function send(letter: Letter, { buttons = true, to = "123456789" } = {}) {
  const trial = open(buttons);
  const made = await trial.request(letter, to);
  const answered = await trial.answered(made);
  assert.ok(answered.ok, JSON.stringify(answered));
  const [message] = trial.vendor.messages;
  const [arrived] = trial.vendor.arrived;
  assert.ok(message !== undefined && arrived !== undefined);
  return { arrived, answered, body: JSON.parse(made.body?.text ?? ""), made, message, trial };
}

Deno.test("telegram: a request is one message with the numbers in a row, two answers, and the page", async () => {
  const { answered, body, made } = await send(aLetter());
  assert.equal(
    made.url,
    `${VENDOR_URL}/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-/sendMessage`,
  );
  assert.deepEqual(body, {
    chat_id: 123456789,
    text: `<b>Log in to </b><code>web1.example.com</code><b> as </b><code>alice</code><b>?</b>

Account: <code>alice</code>
Host: <code>web1.example.com</code>
Service: <code>sshd</code>
From: <code>192.0.2.7</code>
Time: 2026-01-01 00:00:00 UTC
Open until: 2026-01-01 00:01:00 UTC

Choose the number that your terminal shows.
If you are not logging in right now: deny it.

<a href="${LINK}">${LINK}</a>`,
    parse_mode: "HTML",
    link_preview_options: { is_disabled: true },
    reply_markup: {
      inline_keyboard: [
        ["17", "42", "85"].map((text) => ({ text, callback_data: `a:${TICKET}:${text}` })),
        [
          { text: "Deny", callback_data: `d:${TICKET}` },
          { text: "This wasn't me", callback_data: `n:${TICKET}` },
        ],
        [{ text: "Open the page", url: LINK }],
      ],
    },
    disable_notification: false,
  });
  assert.deepEqual(answered, { ok: true, handle: "123456789:1" });
});

Deno.test("telegram: without buttons, and in a group, there is the link alone", async () => {
  for (const place of [{ buttons: false }, { to: "-1001234567890" }]) {
    const { arrived, body } = await send(aLetter(), place);
    assert.deepEqual(arrived.buttons, []);
    assert.deepEqual(arrived.links, [LINK]);
    assert.equal(body.reply_markup.inline_keyboard.length, 1);
  }
});

Deno.test("telegram: a number that is to be typed is asked for by a reply, where it can be given", async () => {
  const letter = aLetter(aRequest({ answer: { by: "chat", number: "typed" } }));
  const { arrived } = await send(letter);
  assert.match(arrived.text, /\nReply to this message with the number\.\n/);
  assert.deepEqual(arrived.buttons, [`d:${TICKET}`, `n:${TICKET}`]);
  const group = await send(letter, { to: "-1001234567890" });
  assert.doesNotMatch(group.arrived.text, /Reply to this/);
});

Deno.test("telegram: a tap copies the PIN, and it goes to no group", async () => {
  const { body, message } = await send(aLetter(aPin()));
  assert.match(body.text, /^<code>012345<\/code><b> is your code to log in<\/b>\n/);
  assert.ok(readTelegramHtml(body.text).codes.includes("012345"));
  assert.equal(message.quiet, false);
  const trial = open();
  const refused = await trial.dialect.send(aLetter(aPin()), "-1001234567890", await trial.moment());
  assert.ok("ok" in refused && refused.why === "recipient" && !refused.mayArrive);
});

Deno.test("telegram: what is not urgent makes no sound", async () => {
  const { message } = await send(aLetter(anEnded()));
  assert.equal(message.quiet, true);
});

Deno.test("telegram: an address that Telegram refuses as a button's is text alone", async () => {
  for (const url of ["http://auth/l/x", "http://localhost:8443/l/x"]) {
    const { body } = await send(aLetter(aRequest({ url })), { buttons: false });
    assert.equal(body.reply_markup, undefined);
    assert.ok(readTelegramHtml(body.text).text.endsWith(`\n${url}`));
  }
  const { arrived } = await send(aLetter(aRequest({ url: "https://[2001:db8::1]/l/x" })));
  assert.deepEqual(arrived.links, ["https://[2001:db8::1]/l/x"]);
});

Deno.test("telegram: a message is made to say how it ended, without buttons", async () => {
  const { answered, trial } = await send(aLetter());
  const { vendor } = trial;
  assert.ok(answered.handle !== null);
  const edit = await trial.change(aLetter(anEnded()), answered.handle);
  assert.deepEqual(await trial.answered(edit), answered);
  const last = vendor.arrived.at(-1);
  assert.equal(last?.replaces, answered.handle);
  assert.match(last.text, /^Approved: alice at web1\.example\.com\n/);
  assert.deepEqual([last.buttons, last.links], [[], []]);
  // Once more changes nothing, which Telegram calls an error.
  assert.deepEqual(await trial.answered(edit), { ok: true, handle: null });
  const gone = await trial.change(aLetter(anEnded()), `${vendor.to}:99`);
  const refused = await trial.answered(gone);
  assert.ok(!refused.ok && refused.why === "rejected");
});

Deno.test("telegram: nothing that others chose is markup, a link, a mention or a command", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      const letter = aLetter(notification, language);
      const { arrived } = await send(letter, { buttons: notification.kind !== "pin" });
      assert.deepEqual(arrived.links, letter.link === null ? [] : [letter.link.url]);
      assert.deepEqual(arrived.mentions, []);
      assert.equal(arrived.buttons.length, letter.buttons.length);
      const asIs = { own: (text: string) => text, foreign: (text: string) => text };
      for (const line of writtenLines(letter, asIs)) assert.ok(arrived.text.includes(line), line);
    }),
  );
});

Deno.test("telegram: what others chose is cut where it would be too long, our words never are", async () => {
  const letter = aLetter(aRequest());
  const long = { foreign: "🔑".repeat(250) };
  const facts = Array.from({ length: 12 }, () => ({ label: "Fact", value: [long] }));
  const { arrived } = await send({ ...letter, title: ["Title ", long], facts });
  assert.ok(arrived.text.length <= 4_096 && arrived.text.length > 2_000);
  assert.match(arrived.text, /…/);
  for (const [note] of letter.notes) assert.ok(arrived.text.includes(String(note)));
  assert.ok(arrived.text.endsWith(LINK));
});

Deno.test("telegram: who has blocked the bot is not reached", async () => {
  const trial = open();
  trial.vendor.blocked.add(Number(trial.vendor.to));
  const { hint, why } = await trial.refused(aLetter());
  assert.equal(why, "recipient");
  assert.match(hint, /blocked/);
});

Deno.test("telegram: a contact is the number of a chat, and a token is one", () => {
  for (const text of ["123456789", "-1001234567890"]) assert.ok(telegram.isContact(text));
  for (const text of ["", "0", "012", "@alice", "+49151", "1:2", "1e9"]) {
    assert.equal(telegram.isContact(text), false, text);
  }
});

function answer(status: number, json: unknown, headers = {}): VendorAnswer {
  return { status, headers, json, text: JSON.stringify(json) };
}
const refusal = (error_code: number, description = "", parameters = {}) =>
  answer(error_code, { ok: false, error_code, description, parameters });

const MEANINGS: readonly (readonly [string, VendorAnswer, RegExp])[] = [
  ["recipient", refusal(400, "Bad Request: chat not found"), /press Start/],
  [
    "recipient",
    refusal(400, "Bad Request: group chat was upgraded", { migrate_to_chat_id: -100 }),
    /supergroup/,
  ],
  ["recipient", refusal(403, "Forbidden: bot was blocked by the user"), /blocked/],
  ["settings", refusal(401, "Unauthorized"), /token/],
  ["settings", refusal(404, "Not Found"), /token/],
  ["settings", refusal(409, "Conflict: terminated by other getUpdates request"), /bot of its own/],
  [
    "settings",
    refusal(400, "Bad Request: inline keyboard button URL 'x' is invalid"),
    /public_url/,
  ],
  ["rate_limited", refusal(429, "Too Many Requests", { retry_after: 3 }), /minute/],
  ["rejected", refusal(400, "Bad Request: message is too long"), /./],
  ["unavailable", refusal(500, "Internal Server Error: restart"), /./],
  ["unavailable", answer(502, undefined), /./],
  ["unusable", answer(200, { weather: "rain" }), /url/],
  ["unusable", answer(200, { ok: true, result: {} }), /url/],
];

for (const [why, given, hint] of MEANINGS) {
  Deno.test(`telegram: HTTP ${given.status} ${JSON.stringify(given.json)} is ${why}`, () => {
    const read = open().dialect.sent(given);
    assert.ok(!read.ok);
    assert.equal(read.why, why);
    assert.match(read.hint, hint);
    assert.match(read.detail, /^telegram (answers|gives)/);
    assert.equal(read.retryAfterMs, given.status === 429 ? 3_000 : undefined);
    assert.equal(read.mayArrive, why === "unavailable" || why === "unusable");
    // Never the vendor's words.
    assert.doesNotMatch(read.detail, /chat|blocked|Conflict|Requests/);
  });
}
