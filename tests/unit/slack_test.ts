/** What a Slack app posts, what is read of it, and what the answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Letter, writtenLines } from "../../lib/core/letter.ts";
import type { VendorAnswer } from "../../lib/notify/channel.ts";
import { slack } from "../../lib/notify/slack.ts";
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
import { FakeSlack } from "../support/vendors/slack.ts";
import { Trial } from "../support/vendors/trial.ts";

const open = (buttons = true) => new Trial(slack, (clock) => new FakeSlack(clock), { buttons });

async function send(letter: Letter, { buttons = true, to = "U012AB3CD" } = {}) {
  const trial = open(buttons);
  const made = await trial.request(letter, to);
  const answered = await trial.answered(made);
  assert.ok(answered.ok, JSON.stringify(answered));
  const { vendor } = trial;
  const [arrived] = vendor.arrived;
  assert.ok(arrived !== undefined);
  return { answered, arrived, body: JSON.parse(made.body?.text ?? ""), made, trial, vendor };
}

const plain = (text: string) => ({ type: "plain_text", text, emoji: false });

Deno.test("slack: a request is blocks of plain text, three numbers and two answers, and the page", async () => {
  const { answered, body, made, vendor } = await send(aLetter());
  assert.equal(made.url, `${VENDOR_URL}/api/chat.postMessage`);
  assert.equal(made.headers?.["authorization"], `Bearer ${vendor.token}`);
  const { blocks, text, ...rest } = body;
  assert.deepEqual(rest, {
    channel: "U012AB3CD",
    parse: "none",
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  });
  assert.deepEqual(blocks, [
    { type: "header", text: plain("Log in to web1.example.com as alice?") },
    {
      type: "section",
      fields: [
        "Account: alice",
        "Host: web1.example.com",
        "Service: sshd",
        "From: 192.0.2.7",
        "Time: 2026-01-01 00:00:00 UTC",
        "Open until: 2026-01-01 00:01:00 UTC",
      ].map(plain),
    },
    {
      type: "section",
      text: plain(
        "Choose the number that your terminal shows.\nIf you are not logging in right now: deny it.",
      ),
    },
    {
      type: "actions",
      elements: [
        ["17", `a:${TICKET}:17`],
        ["42", `a:${TICKET}:42`],
        ["85", `a:${TICKET}:85`],
        ["Deny", `d:${TICKET}`],
        ["This wasn't me", `n:${TICKET}`],
      ].map(([text = "", value], index) => ({
        type: "button",
        action_id: `answer-${index}`,
        text: plain(text),
        value,
        ...(index === 4 ? { style: "danger" } : {}),
      })),
    },
    {
      type: "section",
      text: { type: "mrkdwn", text: `<${LINK}|Open the page>`, verbatim: true },
    },
  ]);
  assert.match(text, /^Log in to web1\.example\.com as alice\?\nAccount: alice\n/);
  assert.ok(text.endsWith(`\n${LINK}`));
  assert.deepEqual(answered, { ok: true, handle: "D0AAAAAAA:1767225600.000001" });
});

Deno.test("slack: only to a member, and only with buttons = true, it can be answered", async () => {
  for (const place of [{ buttons: false }, { to: "C012AB3CD" }]) {
    const { arrived, body } = await send(aLetter(), place);
    assert.deepEqual([arrived.buttons, arrived.links], [[], [LINK]]);
    const types = body.blocks.map(({ type }: { type: string }) => type);
    assert.deepEqual(types, ["header", "section", "section", "section"]);
  }
});

Deno.test("slack: a number that is to be typed has a field, which says what it is for", async () => {
  const letter = aLetter(aRequest({ answer: { by: "chat", number: "typed" } }));
  const { arrived, body } = await send(letter);
  assert.deepEqual(body.blocks[3], {
    type: "input",
    block_id: `a:${TICKET}`,
    dispatch_action: true,
    label: plain("Number on the terminal"),
    element: {
      type: "plain_text_input",
      action_id: "number",
      min_length: 2,
      max_length: 2,
      dispatch_action_config: { trigger_actions_on: ["on_enter_pressed"] },
    },
  });
  assert.deepEqual(arrived.buttons, [`d:${TICKET}`, `n:${TICKET}`]);
});

Deno.test("slack: one button that approves stands out, of several numbers none does", async () => {
  const { body } = await send(aLetter(aRequest({ answer: { by: "chat", number: null } })));
  const styles = body.blocks[3].elements.map(({ style }: { style?: string }) => style);
  assert.deepEqual(styles, ["primary", undefined, "danger"]);
});

Deno.test("slack: a PIN goes to no channel", async () => {
  const { arrived } = await send(aLetter(aPin()));
  assert.match(arrived.text, /^012345 is your code to log in\n/);
  const trial = open();
  const refused = await trial.dialect.send(aLetter(aPin()), "C012AB3CD", await trial.moment());
  assert.ok("ok" in refused && refused.why === "recipient" && !refused.mayArrive);
});

Deno.test("slack: a message is made to say how it ended, without buttons", async () => {
  const { answered, trial, vendor } = await send(aLetter());
  assert.ok(answered.handle !== null);
  const change = await trial.change(aLetter(anEnded()), answered.handle);
  assert.equal(change.url, `${VENDOR_URL}/api/chat.update`);
  assert.deepEqual(await trial.answered(change), answered);
  const last = vendor.arrived.at(-1);
  assert.equal(last?.replaces, answered.handle);
  assert.match(last.text, /^Approved: alice at web1\.example\.com\n/);
  assert.deepEqual([last.buttons, last.links], [[], []]);
});

Deno.test("slack: nothing that others chose is markup, a link or a mention", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      const letter = aLetter(notification, language);
      const { arrived, body } = await send(letter, { buttons: notification.kind !== "pin" });
      assert.deepEqual(arrived.links, letter.link === null ? [] : [letter.link.url]);
      assert.deepEqual(arrived.mentions, []);
      assert.equal(arrived.buttons.length, letter.buttons.length);
      const asIs = { own: (text: string) => text, foreign: (text: string) => text };
      for (const line of writtenLines(letter, asIs).slice(1)) {
        assert.ok(arrived.text.includes(line), line);
      }
      assert.ok(body.blocks[0].text.text.length <= 150);
    }),
  );
});

Deno.test("slack: what others chose is cut where a block would be too long", async () => {
  const letter = aLetter();
  const long = { foreign: "&".repeat(256) };
  const facts = Array.from({ length: 23 }, () => ({ label: "Fact", value: [long, long, long] }));
  const { arrived, body } = await send({ ...letter, title: ["Title ", long, " end"], facts });
  assert.match(arrived.text, /^Title &+… end\n/);
  const counts = body.blocks.slice(1, 4).map(({ fields }: { fields: [] }) => fields.length);
  assert.deepEqual(counts, [10, 10, 3]);
  assert.deepEqual(arrived.links, [LINK]);
});

Deno.test("slack: an address cannot end its link before its end", async () => {
  const url = "https://auth.example.com/a|b>c&d<e";
  const { arrived } = await send(aLetter(aRequest({ url })));
  assert.deepEqual(arrived.links, ["https://auth.example.com/a%7Cb%3Ec&d%3Ce"]);
});

Deno.test("slack: a contact is an ID; buttons need the signing secret", () => {
  for (const text of ["U012AB3CD", "W012AB3CD", "D012AB3CD", "C012AB3CD"]) {
    assert.ok(slack.isContact(text));
  }
  for (const text of ["", "alice", "@alice", "#general", "u012ab3cd", "U012:1"]) {
    assert.equal(slack.isContact(text), false, text);
  }
  assert.deepEqual(Object.keys(slack.faults?.({ buttons: true }) ?? {}), ["signing_secret"]);
  assert.deepEqual(slack.faults?.({ buttons: true, signing_secret: "x" }), {});
  assert.deepEqual(slack.faults?.({ buttons: false }), {});
});

const MEANINGS = {
  recipient: ["channel_not_found", "not_in_channel", "is_archived", "user_not_found"],
  settings: ["invalid_auth", "account_inactive", "token_revoked", "missing_scope", "not_authed"],
  address: ["accesslimited"],
  rate_limited: ["ratelimited", "message_limit_exceeded"],
  unavailable: ["fatal_error", "internal_error", "service_unavailable"],
  rejected: ["msg_too_long", "message_not_found", "constructor", "toString"],
};

for (const [why, errors] of Object.entries(MEANINGS)) {
  Deno.test(`slack: ${errors.join(", ")} is ${why}`, () => {
    for (const error of errors) {
      const json = { ok: false, error };
      const headers = { "retry-after": "2" };
      const read = open().dialect.sent({ status: 200, headers, json, text: "" });
      assert.ok(!read.ok);
      assert.equal(read.why, why);
      assert.match(read.detail, /^slack answers (an unknown error|[a-z_]+)$/);
      assert.ok(read.hint.length > 10);
      const again = ["ratelimited", "service_unavailable"].includes(error) ? 2_000 : undefined;
      assert.equal(read.retryAfterMs, again);
      assert.equal(read.mayArrive, error === "fatal_error" || error === "internal_error");
    }
  });
}

Deno.test("slack: what is none of Slack's answers delivers nothing", () => {
  const odd: readonly (readonly [string, VendorAnswer])[] = [
    ["unusable", { status: 200, headers: {}, json: { ok: true }, text: "" }],
    ["unusable", { status: 200, headers: {}, json: undefined, text: "<html>" }],
    ["unavailable", { status: 503, headers: {}, json: undefined, text: "" }],
    ["rate_limited", { status: 429, headers: {}, json: undefined, text: "" }],
    ["rejected", { status: 200, headers: {}, json: { ok: false, error: "<b>x" }, text: "" }],
  ];
  for (const [why, answer] of odd) {
    const read = open().dialect.sent(answer);
    assert.equal(!read.ok && read.why, why);
    assert.doesNotMatch(read.ok ? "" : read.detail, /<b>/);
  }
});
