/** What requests, PINs and tests say, before any channel's dialect; and how pieces become text. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readAct, writeAct } from "../../lib/core/chat_act.ts";
import { type Foreign, foreign, line, written, writtenLines } from "../../lib/core/letter.ts";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type {
  EndedNotification,
  LoginFacts,
  RequestAnswer,
  RequestNotification,
} from "../../lib/core/notification.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";

const MARKED = { own: (text: string) => text, foreign: (text: string) => `{${text}}` };

const login: LoginFacts = {
  user: "alice",
  host: "web1",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
};

const request: RequestNotification = {
  kind: "request",
  ...login,
  ticket: "AAAABBBBCCCCDDDD",
  url: "https://auth.example.com/l/AAAABBBBCCCCDDDD",
  command: null,
  commandWhole: true,
  preauthMs: null,
  connections: 1,
  expiresAt: T0 + 60_000,
  twoPersons: false,
  ...{ reader: "self", shared: false, escalated: false },
  answer: { by: "link" },
};

function text(changes: Partial<RequestNotification> = {}, language: "en" | "zh-CN" = "en") {
  return writtenLines(letterOf({ ...request, ...changes }, language, "UTC"), MARKED).join("\n");
}

Deno.test("a request says who wants to log in where, from where and until when it waits", () => {
  assert.equal(
    text(),
    `Log in to {web1} as {alice}?
Account: {alice}
Host: {web1}
Service: {sshd}
From: {192.0.2.7}
Time: 2026-01-01 00:00:00 UTC+00:00
Open until: 2026-01-01 00:01:00 UTC+00:00
Open the page to approve or deny it.
If you are not logging in right now: deny it.`.replaceAll("UTC+00:00", "UTC"),
  );
  assert.match(text({}, "zh-CN"), /^以 \{alice\} 登录 \{web1\}，是否批准？\n账号：\{alice\}\n/);
});

Deno.test("a request names what would run, who asks, how many wait, and that it takes two", () => {
  const said = text({
    command: "rm -rf /tmp/x",
    requester: "bob",
    connections: 3,
    twoPersons: true,
  });
  assert.match(said, /\nAsked by: \{bob\}\nCommand: \{rm -rf \/tmp\/x\}\n/);
  assert.match(said, /\nConnections: 3\n/);
  assert.match(said, /\nTwo persons have to approve this account\.\n/);
});

Deno.test("a command that is not shown whole says so", () => {
  assert.match(text({ command: "ls", commandWhole: false }), /\nCommand, in part: \{ls\}\n/);
  assert.match(text({ command: "x".repeat(161) }), /\nCommand, in part: \{x{159}…\}\n/);
  assert.match(text({ command: "x".repeat(160) }), /\nCommand: \{x{160}\}\n/);
});

Deno.test("approving ahead says for how long", () => {
  assert.match(
    text({ preauthMs: 1_800_000 }),
    /^Let \{alice\} log in to \{web1\} for the next 30 min\?/,
  );
  assert.match(text({ preauthMs: 8 * 3_600_000 }), /for the next 8 h\?/);
});

const ANSWERS: readonly (readonly [RequestAnswer, readonly string[], string])[] = [
  [{ by: "link" }, [], "Open the page to approve or deny it."],
  [{ by: "chat", number: null }, ["Approve", "Deny", "This wasn't me"], "Deny"],
  [
    { by: "chat", number: { choices: ["12", "20", "83"] } },
    ["12", "20", "83", "Deny", "This wasn't me"],
    "Choose the number",
  ],
  [{ by: "chat", number: "typed" }, ["Deny", "This wasn't me"], "is to be typed"],
];

for (const [answer, buttons] of ANSWERS) {
  Deno.test(`buttons of a request that is answered so: ${JSON.stringify(answer)}`, () => {
    const letter = letterOf({ ...request, answer }, "en", "UTC");
    assert.deepEqual(letter.buttons.map((button) => button.text), buttons);
    assert.equal(letter.typing !== null, answer.by === "chat" && answer.number === "typed");
    for (const { act, look, text } of letter.buttons) {
      const isNumber = /^[0-9]{2}$/.test(text);
      if (isNumber) assert.deepEqual(act, { kind: "approve", match: text });
      assert.equal(
        look,
        isNumber || text === "Approve" ? "approve" : text === "Deny" ? "plain" : "danger",
      );
    }
    assert.equal(letter.link?.url, request.url);
  });
}

const ENDED: Readonly<Record<EndedNotification["outcome"], string>> = {
  approved: "Approved: {alice} at {web1}",
  denied: "Denied: {alice} at {web1}",
  not_me: "Denied, and an account is frozen: {alice} at {web1}",
  wrong_number: "Denied, the number was wrong: {alice} at {web1}",
  expired: "Nobody decided in time: {alice} at {web1}",
  cancelled: "No longer wanted: {alice} at {web1}",
};

for (const [outcome, title] of Object.entries(ENDED) as [EndedNotification["outcome"], string][]) {
  Deno.test(`a request that is over says so and offers nothing: ${outcome}`, () => {
    const ended = {
      kind: "request_ended",
      ...login,
      ticket: request.ticket,
      outcome,
      via: "telegram",
      decidedAt: T0 + 5_000,
    } as const;
    const letter = letterOf({ ...ended, by: "person:bob" }, "en", "UTC");
    const [first, second, third] = writtenLines(letter, MARKED);
    assert.deepEqual([first, second], [title, "By: {bob} ({telegram})"]);
    assert.equal(third === "Decided: 2026-01-01 00:00:05 UTC", outcome !== "cancelled", third);
    assert.deepEqual([letter.buttons, letter.link, letter.typing], [[], null, null]);
    const byLink = letterOf({ ...ended, by: "link" }, "en", "UTC");
    assert.equal(writtenLines(byLink, MARKED)[1], "By: somebody who has the link");
    const nobody = letterOf({ ...ended, by: null }, "zh-CN", "UTC");
    assert.match(writtenLines(nobody, MARKED)[1] ?? "", /^账号：/);
  });
}

Deno.test("who decided is named with the way, where it is a channel or the page", () => {
  const ended = { kind: "request_ended", ...login, ticket: request.ticket } as const;
  const by = (via: string | null, language: "en" | "zh-CN" = "en") => {
    const what = { outcome: "approved", by: "person:bob", via, decidedAt: null } as const;
    return writtenLines(letterOf({ ...ended, ...what }, language, "UTC"), MARKED)[1];
  };
  assert.deepEqual(
    ["telegram", "passkey", "code", "session", "freeze", null].map((via) => by(via)),
    [
      "By: {bob} ({telegram})",
      ...Array(3).fill("By: {bob} (on the page)"),
      ...Array(2).fill("By: {bob}"),
    ],
  );
  assert.equal(by("passkey", "zh-CN"), "操作者：{bob} (在页面上)");
});

Deno.test('"not me" by the link alone freezes nothing, and the message does not say so', () => {
  const what = { outcome: "not_me", by: "link", via: "link", decidedAt: T0 } as const;
  const ended = { kind: "request_ended", ...login, ticket: request.ticket, ...what } as const;
  const title = (language: "en" | "zh-CN") =>
    written(letterOf(ended, language, "UTC").title, MARKED);
  assert.equal(title("en"), 'Denied, reported as "not me": {alice} at {web1}');
  assert.equal(title("zh-CN"), "已拒绝，被报告为“不是我”：{alice}，主机 {web1}");
});

Deno.test("to another person it says who logs in, why they are asked, and whose number it is", () => {
  const answer = { by: "chat", number: { choices: ["12", "20", "83"] } } as const;
  const other = { reader: "other", answer } as const;
  const said = text(other);
  assert.match(said, /^\{alice\} wants to log in to \{web1\}\. Do you approve\?\n/);
  assert.ok(said.endsWith(`
You are asked because you answer for this account.
Choose the number on their terminal: ask them for it.
If you do not know that they are logging in: ask them, or deny it.`));
  for (const language of ["en", "zh-CN"] as const) {
    const letters = [{}, { shared: true }, { requester: "mallory" }, { escalated: true }]
      .map((more) => letterOf({ ...request, ...other, ...more }, language, "UTC"));
    for (const letter of letters) {
      const all = writtenLines(letter, MARKED).join("\n");
      assert.doesNotMatch(all, /your terminal|If you are not logging in|您此刻/);
      const freeze = letter.buttons.find(({ act }) => act.kind === "not_me");
      assert.equal(
        freeze?.text,
        language === "en" ? "Suspicious: freeze the account" : "可疑：冻结此账号",
      );
    }
  }
  assert.match(
    text({ ...other, requester: "mallory" }),
    /^\{mallory\} wants to log in to \{web1\} as \{alice\}\./,
  );
  assert.match(
    text({ ...other, shared: true }),
    /^Somebody wants to log in to \{web1\} as \{alice\}\./,
  );
  assert.match(text({ ...other, escalated: true }), /\nNobody has decided so far, so you are/);
  assert.match(text({ ...other, escalated: true }, "zh-CN"), /\n此前无人处理，因此也通知您。\n/);
  const second = text({ ...other, escalated: true, twoPersons: true, firstBy: "person:bob" });
  assert.doesNotMatch(second, /Nobody has decided/);
  assert.match(
    text({ ...other, answer: { by: "chat", number: "typed" } }),
    /the one on their terminal\./,
  );
});

Deno.test("a group is told that it is for one of them, not to deny what is not theirs", () => {
  const said = text({ reader: "group" });
  assert.match(said, /^A login to \{web1\} as \{alice\} waits for approval\n/);
  assert.ok(said.endsWith(
    "\nIt is for whoever logs in, or answers for the account. If none of you knows of it: deny it.",
  ));
  assert.match(text({ reader: "group" }, "zh-CN"), /如果无人知情：请拒绝。$/);
});

Deno.test("a PIN comes first, and is nowhere but there", () => {
  const pin = { kind: "pin", ...login, pin: "012345", validMs: 90_000 } as const;
  const letter = letterOf(pin, "en", "UTC");
  const [first = "", ...rest] = writtenLines(letter, MARKED);
  assert.equal(first, "012345 is your code to log in");
  assert.ok(!rest.join().includes("012345"));
  assert.match(rest.join("\n"), /Valid for 90 s, for this login only\./);
  assert.equal(letter.pin, "012345");
  assert.ok(!JSON.stringify(letter.subject).includes("012345"));
});

Deno.test("what others chose is told apart wherever it stands, whatever it is", () => {
  fc.assert(
    fc.property(anyText(), anyText(), (user, host) => {
      const letter = letterOf({ ...request, user, host }, "en", "UTC");
      const left = written(letter.title, { own: (own) => own, foreign: () => "" });
      assert.equal(left, "Log in to  as ?");
    }),
  );
});

Deno.test("line: pieces, numbers and lines in lines", () => {
  const name: Foreign = foreign("a\nb", 9);
  assert.deepEqual(line`${2} of ${name}${line` at ${name}`}`, ["2", " of ", name, " at ", name]);
  assert.deepEqual(line``, []);
});

Deno.test("what a button carries reads back as it was, and nothing else does", () => {
  const ticket = fc.stringMatching(/^[A-Za-z0-9_-]{16}$/);
  const act = fc.oneof(
    fc.record({
      kind: fc.constant("approve" as const),
      match: fc.option(fc.stringMatching(/^[0-9]{2}$/)),
    }, { noNullPrototype: true }),
    fc.constantFrom({ kind: "deny" } as const, { kind: "not_me" } as const),
  );
  fc.assert(fc.property(ticket, act, (name, what) => {
    const text = writeAct(name, what);
    assert.ok(/^[\x21-\x7e]{1,64}$/.test(text));
    assert.deepEqual(readAct(text), { ticket: name, act: what });
    for (const other of [` ${text}`, `${text}\n`, text.slice(1), `${text}:1`, `d:${name}:12`]) {
      assert.equal(readAct(other), undefined, other);
    }
  }));
  fc.assert(fc.property(anyText(), (text) => {
    const read = readAct(text);
    if (read !== undefined) assert.equal(writeAct(read.ticket, read.act), text);
  }));
});
