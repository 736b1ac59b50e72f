/** Asking for a grant: the flow, and what goes over the wire. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { LoginRequest, PREAUTH_SERVICE } from "../../lib/core/api.ts";
import type { Attempt } from "../../lib/core/attempt.ts";
import { Exit } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { preauthMessages } from "../../lib/core/messages/preauth.ts";
import { askAhead, type AskedAhead, type Granted, type Preauth } from "../../lib/login/ahead.ts";
import type { Ending } from "../../lib/login/doors.ts";
import { failureOf } from "../support/failure.ts";
import { anAttempt, FakeRequest, FakeTalk } from "../support/fakes.ts";
import { asked, type Behaviour, json, problem } from "../support/hostile_server.ts";
import { created, PinnedServer } from "../support/pinned_server.ts";

const messages = hostMessages("en", undefined);
const words = preauthMessages("en", undefined);
const HALF_AN_HOUR: Preauth = { for: 1_800, commands: "any" };
const ATTEMPT = anAttempt({ service: PREAUTH_SERVICE, command: undefined, key: "SHA256:abc" });

async function ask(
  answer: AskedAhead,
  talk = new FakeTalk(true),
  timeoutMs = 60_000,
): Promise<Granted> {
  const question: [Attempt, Preauth][] = [];
  try {
    return await askAhead(ATTEMPT, HALF_AN_HOUR, timeoutMs, {
      ask: (...asked) => {
        question.push(asked);
        return Promise.resolve(answer);
      },
      talk,
      messages,
      words,
    });
  } finally {
    assert.deepEqual(question, [[ATTEMPT, HALF_AN_HOUR]]);
    assert.ok(talk.closed > 0, "the conversation is closed");
  }
}

function ending(end: Ending): { request: FakeRequest; answer: AskedAhead } {
  const request = new FakeRequest();
  request.end(end);
  return { request, answer: { kind: "open", request } };
}

Deno.test("askAhead() answers how long the grant holds, which may be less than was asked for", async () => {
  const { request, answer } = ending({ state: "approved", by: "bob", grantedForS: 600 });
  const talk = new FakeTalk(true);
  assert.deepEqual(await ask(answer, talk), { forS: 600, by: "bob" });
  assert.equal(request.cancelled, 0);
  assert.deepEqual(talk.offers, [
    { url: request.url, match: "42", timeoutMs: 60_000, codes: false },
  ]);
  assert.equal(talk.reads, 0);
});

Deno.test("askAhead() grants nothing that the server has not granted", async () => {
  const refused = { kind: "refused", detail: "no", retryAfterS: 841, twoPersons: false } as const;
  const cases: [AskedAhead, Exit, message: string, hint: string | undefined][] = [
    [
      ending({ state: "approved", by: "bob" }).answer,
      Exit.denied,
      words.notGranted,
      words.notGrantedHint,
    ],
    [{ kind: "approved", by: "bob" }, Exit.denied, words.notGranted, words.notGrantedHint],
    [
      ending({ state: "denied", reason: undefined }).answer,
      Exit.denied,
      messages.denied,
      undefined,
    ],
    [
      ending({ state: "expired", reason: undefined }).answer,
      Exit.denied,
      messages.nobodyApproved,
      words.askAgain,
    ],
    [
      ending({ state: "failed", fault: "a forged verdict" }).answer,
      Exit.denied,
      "a forged verdict",
      "this is logged; tell the administrator",
    ],
    [{ ...refused, why: "frozen" }, Exit.denied, messages.frozen, messages.askAdministrator],
    [{ ...refused, why: "quiet" }, Exit.denied, messages.quiet(841), messages.askAdministrator],
    [{ ...refused, why: "busy" }, Exit.denied, messages.busy, messages.tryAgain(841)],
    [
      { kind: "not_allowed", detail: "at most 10 min" },
      Exit.denied,
      "the server does not allow it: at most 10 min",
      words.tryShorter,
    ],
    [{ kind: "unusable", detail: "nonsense", hint: "ask" }, Exit.unreachable, "nonsense", "ask"],
    [{ kind: "unreachable", detail: "gone", hint: "ask" }, Exit.unreachable, "gone", "ask"],
    [{ kind: "none" }, Exit.config, words.noServer, words.noServerHint],
  ];
  for (const [answer, exit, message, hint] of cases) {
    const failure = await failureOf(() => ask(answer));
    assert.deepEqual([failure.exit, failure.message, failure.hint], [exit, message, hint]);
  }
});

Deno.test("askAhead() withdraws the request when nobody approves in time, or the person leaves", async () => {
  const late = new FakeRequest();
  const { message } = await failureOf(() => ask({ kind: "open", request: late }, undefined, 20));
  assert.deepEqual([message, late.cancelled, late.why], [messages.nobodyApproved, 1, "hung_up"]);
  const left = new FakeRequest();
  const talk = new FakeTalk(true);
  talk.hangUp();
  const gone = await failureOf(() => ask({ kind: "open", request: left }, talk));
  assert.deepEqual([gone.message, left.cancelled, left.stopped], ["interrupted", 1, true]);
});

/** What a real request comes to. */
async function over(behave: (server: PinnedServer) => Behaviour) {
  await using server = await PinnedServer.start();
  server.on("POST", behave(server)).on(
    "GET",
    asked(async () => {
      const verdict = await server.verdict();
      return json(200, { state: "approved", verdict, granted_for: 600 });
    }),
  );
  const client = server.client({ signedOffers: true });
  const answer = await client.askAhead(ATTEMPT, HALF_AN_HOUR);
  const end = answer.kind === "open"
    ? await answer.request.ended(new AbortController().signal)
    : undefined;
  return { answer, end, body: server.received[0]?.body ?? "" };
}

Deno.test("a request for a grant is described as the API wants it, and answered with its time", async () => {
  const { end, body } = await over((server) => server.offering());
  const sent: unknown = JSON.parse(body);
  assert.ok(v.is(LoginRequest, sent), body);
  const { service, command, key, preauth } = sent;
  assert.deepEqual(
    { service, command, key, preauth },
    { service: "preauth", command: null, key: "SHA256:abc", preauth: HALF_AN_HOUR },
  );
  assert.deepEqual(end, { state: "approved", by: "bob", grantedForS: 600 });
});

Deno.test("a request for a grant shows no link that is not signed", async () => {
  assert.equal((await over(() => created())).answer.kind, "unusable");
});

Deno.test("what the server's settings do not allow is told in its words", async () => {
  const reason = { reason: "too_long" };
  const no = problem(422, "Not valid", "a grant lasts at most 8 h\x1b[2J", reason);
  assert.deepEqual((await over(() => no)).answer, {
    kind: "not_allowed",
    detail: "a grant lasts at most 8 h\\u{1b}[2J",
  });
  // Of a server that has never heard of grants.
  const odd = await over(() => problem(422, "Not valid", "unknown member"));
  assert.equal(odd.answer.kind, "unusable");
});

Deno.test("for how long is said in hours where there are some", () => {
  const title = (minutes: number, language: "en" | "zh-CN") =>
    preauthMessages(language, undefined).title(minutes * 60_000, "any");
  assert.match(title(480, "en"), / for 8 hours, without a question$/);
  assert.match(title(90, "en"), / for 1 hour 30 minutes, /);
  assert.match(title(30, "en"), / for 30 minutes, /);
  assert.match(title(480, "zh-CN"), /：8 小时内，/);
});
