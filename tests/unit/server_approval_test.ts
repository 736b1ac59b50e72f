/** Approving takes a person: how one proves it on the page, and what is worth nothing. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { aSession, putting, rewrite } from "../support/people.ts";
import { sessionHash } from "../../lib/core/web_session.ts";
import { alertOf, Approver, controls, headingOf } from "../support/approver.ts";
import { type AppChanges, type Created, PUBLIC_URL, TestServer } from "../support/server_app.ts";

function start(changes: AppChanges["approval"] = {}, more: AppChanges = {}): Promise<TestServer> {
  return TestServer.start({ ...more, approval: { require: "person", ...changes } });
}

async function state(server: TestServer, login: Created): Promise<string> {
  return (await server.stored(login.id)).state;
}

async function said(answer: Response): Promise<[number, string | undefined]> {
  return [answer.status, alertOf(await answer.text())];
}

const PROVE = "Prove who you are: the link alone does not. Nothing was decided yet.";
const WRONG = "The name or the code is wrong, or the code was used already. Wait for the next one.";
const TWO_LEFT = `${WRONG} 2 tries left.`;
const LATE = "That took too long. Press the button once more.";
const REFUSED = "This passkey was refused. If it happens again, tell an administrator.";

Deno.test("the link alone approves nothing, and the page keeps what was chosen", async () => {
  const server = await start();
  await Approver.join(server, "alice");
  const login = await server.create();
  const answer = await server.approve(login, { remember: "3600" });
  equal(answer.status, 403);
  const html = await answer.text();
  equal(alertOf(html), PROVE);
  ok(html.includes(`name="match" value="${login.match}" required="" checked=""`));
  ok(html.includes('<option value="3600" selected="">'));
  equal(await state(server, login), "pending");
  deepEqual(server.audited.map(({ event }) => event), ["login.created"]);
});

Deno.test("the page offers the passkey where scripts run, and a code without", async () => {
  const server = await start();
  const login = await server.create();
  const answer = await server.fetch("GET", `/l/${login.ticket}`);
  const html = await answer.text();
  deepEqual(controls(html), [
    "Approve with passkey",
    "Approve with code",
    "Deny",
    "This wasn&#39;t me",
  ]);
  match(html, /<button class="go"[^>]* data-passkey="get" [^>]* hidden=""/);
  match(html, /<details class="fold" open="" data-passkey-instead=""/);
  match(html, /<input type="text" name="name" value="alice" /);
  match(html, /<script type="module" src="\/assets\/passkey-[0-9a-f]+\.js"><\/script>/);
  match(
    answer.headers.get("content-security-policy") ?? "",
    /^default-src 'none'; style-src [^;]+; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
  );
  ok(!/<script(?! type="module" src=)|\son[a-z]+=|style="/i.test(html));
});

Deno.test("one touch approves and signs in; after that the number is enough", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const first = await server.create();
  const answer = await alice.touch(first);
  equal(answer.status, 200);
  match(
    answer.headers.get("set-cookie") ?? "",
    /^__Host-gh=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  const html = await answer.text();
  equal(headingOf(html), "Approved");
  ok(html.includes('<a href="/logins">My logins</a>'));
  const { by, via } = await server.stored(first.id);
  deepEqual([by, via], ["person:alice", "passkey"]);
  const second = await server.create({ key: "SHA256:another" });
  equal(headingOf(await (await alice.approve(second)).text()), "Approved");
  equal((await server.stored(second.id)).via, "session");
  deepEqual(server.audited.map(({ event, by }) => [event, by ?? null]), [
    ["login.created", null],
    ["person.signed_in", null],
    ["login.approved", "person:alice"],
    ["login.created", null],
    ["login.approved", "person:alice"],
  ]);
});

Deno.test("a code approves and signs in, once", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  const answer = await alice.approve(login, alice.typed);
  equal(answer.status, 200);
  equal((await server.stored(login.id)).via, "code");
  const other = await server.create({ key: "SHA256:another" });
  const replayed = await server.approve(other, alice.typed);
  deepEqual(await said(replayed), [403, TWO_LEFT]);
  equal(await state(server, other), "pending");
  equal((await alice.approve(other)).status, 200);
});

Deno.test("who is signed in sees the name and one button", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  await alice.touch(await server.create());
  const login = await server.create({ key: "SHA256:another" });
  const html = await (await alice.open(login)).text();
  ok(html.includes("Signed in as <b>alice</b>"));
  deepEqual(controls(html), ["Approve", "Deny", "This wasn&#39;t me"]);
  ok(!html.includes("<script") && !html.includes('name="code"'));
  equal((await alice.options(login, { decision: "approve" })).status, 409);
});

interface Change {
  /** Beside number and logins, what is signed, and what is sent. */
  readonly signed?: Record<string, string>;
  readonly sent?: Record<string, string>;
  readonly otherLogin?: true;
}
const HOUR = { remember: "3600" };
const CHANGES: Readonly<Record<string, Change>> = {
  login: { otherLogin: true },
  number: { sent: { match: "00" } },
  "wish to remember": { sent: HOUR },
  "wish to forget": { signed: HOUR },
  time: { signed: HOUR, sent: { remember: "28800" } },
  commands: { signed: { ...HOUR, commands: "transfer" }, sent: HOUR },
  scope: { signed: HOUR, sent: { ...HOUR, scope: "group:web" } },
};

for (const [what, { signed = {}, sent = {}, otherLogin }] of Object.entries(CHANGES)) {
  Deno.test(`a signature is worth nothing for another ${what}`, async () => {
    const server = await start({ groups: new Map([["web", ["web*"]]]) });
    const alice = await Approver.join(server, "alice");
    const login = await server.create();
    const other = await server.create({ key: "SHA256:another" });
    const form = { match: login.match, shown: login.id, ...signed };
    const passkey = await alice.sign(login, form);
    const to = otherLogin === true ? other : login;
    const changed = { match: to.match, shown: to.id, ...sent, passkey };
    deepEqual(await said(await alice.press(`/l/${to.ticket}/approve`, changed)), [403, LATE]);
    equal(alice.cookie, "");
    // It is used up, also for what it was made for.
    const again = await alice.press(`/l/${login.ticket}/approve`, { ...form, passkey });
    deepEqual(await said(again), [403, LATE]);
    deepEqual([await state(server, login), await state(server, other)], ["pending", "pending"]);
    equal(server.audited.at(-1)?.event, "person.sign_in_refused");
  });
}

Deno.test("a signature for another decision or purpose approves nothing", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  const form = { match: login.match, shown: login.id };
  const path = `/l/${login.ticket}/approve`;
  const notMe = await alice.sign(login, { ...form, decision: "not_me" });
  deepEqual(await said(await alice.press(path, { ...form, passkey: notMe })), [403, LATE]);
  const { makeChallenge } = await import("../../lib/core/passkey_challenge.ts");
  for (
    const each of [
      { purpose: "unfreeze", person: alice.person.id, freeze: login.id } as const,
      { purpose: "sign_in" } as const,
    ]
  ) {
    const made = makeChallenge(each, crypto.getRandomValues(new Uint8Array(32)), server.time.now());
    await server.memory.change(putting({ challenge: [made] }));
    const passkey = await alice.passkey.signed({ challenge: made.challenge });
    deepEqual(await said(await alice.press(path, { ...form, passkey })), [403, LATE]);
  }
  equal(await state(server, login), "pending");
});

Deno.test("a signature counts once, and not for long", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const first = await server.create({ timeout: 300 });
  const form = { match: first.match, shown: first.id };
  const passkey = await alice.sign(first, form);
  await alice.press(`/l/${first.ticket}/approve`, { ...form, passkey });
  equal(await state(server, first), "approved");
  alice.cookie = "";
  const next = await server.create({ timeout: 300, key: "SHA256:another" });
  const replayed = await alice.approve(next, { passkey });
  deepEqual(await said(replayed), [403, LATE]);
  const late = { match: next.match, shown: next.id };
  const signed = await alice.sign(next, late);
  server.time.advance(120_000);
  const answer = await alice.press(`/l/${next.ticket}/approve`, { ...late, passkey: signed });
  deepEqual(await said(answer), [403, LATE]);
  equal(await state(server, next), "pending");
});

Deno.test("what no sound device and browser say approves nothing", async () => {
  for (
    const [what, wrong] of Object.entries(
      {
        "another site": { origin: "https://evil.example" },
        "a frame": { crossOrigin: true },
        "not unlocked": { flags: ["UP"] },
        "another key": { forged: true },
        "another's handle": { person: "p_bob" },
        "registering": { type: "webauthn.create" },
      } as const,
    )
  ) {
    const server = await start();
    const alice = await Approver.join(server, "alice");
    await Approver.join(server, "bob");
    const login = await server.create();
    const form = { match: login.match, shown: login.id };
    const passkey = await alice.sign(login, form, wrong);
    const answer = await alice.press(`/l/${login.ticket}/approve`, { ...form, passkey });
    deepEqual(await said(answer), [403, REFUSED], what);
    equal(await state(server, login), "pending", what);
  }
});

Deno.test("a copied device is refused as soon as its counter is behind", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  const form = { match: login.match, shown: login.id };
  const first = await alice.sign(login, form, { counter: 5 });
  await alice.press(`/l/${login.ticket}/approve`, { ...form, passkey: first });
  equal(await state(server, login), "approved");
  alice.cookie = "";
  const next = await server.create({ key: "SHA256:another" });
  const fields = { match: next.match, shown: next.id };
  const copy = await alice.sign(next, fields, { counter: 5 });
  const answer = await alice.press(`/l/${next.ticket}/approve`, { ...fields, passkey: copy });
  deepEqual(await said(answer), [403, REFUSED]);
  equal(await state(server, next), "pending");
  equal(server.audited.at(-1)?.["why"], "cloned");
});

Deno.test("rights are looked at after the proof, each refusal in its own words", async () => {
  const server = await start();
  const bob = await Approver.join(server, "bob");
  const login = await server.create();
  const answer = await bob.touch(login);
  const html = await answer.text();
  deepEqual([answer.status, alertOf(html)], [
    403,
    "Logins of this account are not yours to decide.",
  ]);
  equal(await state(server, login), "pending");
  // Somebody else at the same browser still can.
  ok(controls(html).includes("Approve with passkey"));
  const alice = await Approver.join(server, "alice");
  alice.cookie = bob.cookie;
  equal((await alice.touch(login)).status, 200);
  equal((await server.stored(login.id)).by, "person:alice");
});

Deno.test("whoever has the link does not learn who there is and who may", async () => {
  const pages = await Promise.all(
    (["alice", "root", "frozen", "nobody"] as const).map(async (name) => {
      const server = await start();
      const alice = await Approver.join(server, "alice");
      await Approver.join(server, "root", { approves: [] });
      await Approver.join(server, "frozen", { state: "frozen" });
      const login = await server.create({ user: "carol" });
      const code = name === "alice" || name === "root" ? alice.wrongCode : alice.code;
      const answer = await server.approve(login, { name, code });
      const html = await answer.text();
      equal(await state(server, login), "pending");
      return [
        answer.status,
        html.replaceAll(`value="${name}"`, "").replaceAll(login.ticket, "").replaceAll(login.id, "")
          .replace(/<fieldset>.*<\/fieldset>/, ""),
      ];
    }),
  );
  for (const each of pages) deepEqual(each, pages[0]);
});

Deno.test("wrong codes count by name, on whichever page they are typed", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create({ timeout: 300 });
  const wrong = { name: "alice", code: alice.wrongCode };
  deepEqual(await said(await server.approve(login, wrong)), [403, TWO_LEFT]);
  deepEqual(await said(await server.approve(login, wrong)), [403, `${WRONG} 1 try left.`]);
  const signIn = (typed: Record<string, string>) =>
    server.press("/sign-in", { way: "code", ...typed });
  const elsewhere = await signIn(wrong);
  equal(elsewhere.status, 401);
  const limited = await server.approve(login, alice.typed);
  deepEqual(await said(limited), [429, "Too many wrong codes. Try again in 30 seconds."]);
  equal(limited.headers.get("retry-after"), "30");
  equal((await signIn(alice.typed)).status, 429);
  const nobody = await server.approve(login, { name: "nobody", code: "123456" });
  deepEqual(await said(nobody), [403, TWO_LEFT]);
  server.time.advance(30_000);
  equal((await server.approve(login, alice.typed)).status, 200);
});

Deno.test("what is no code at all is shown again, and counts as nothing", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  for (let tried = 0; tried < 5; tried++) {
    equal((await server.approve(login, { name: "alice", code: "12" })).status, 422);
  }
  equal((await server.approve(login, alice.typed)).status, 200);
});

Deno.test("a session is worth nothing without the right to approve", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create({ timeout: 300 });
  const token = "T".repeat(43);
  const session = aSession({ tokenHash: sessionHash(token), createdAt: server.time.now() });
  const begin = (changes: Partial<typeof session>) =>
    rewrite(server.memory, "session", { ...session, ...changes });
  alice.cookie = `__Host-gh=${token}`;
  await begin({ seenAt: server.time.now() });
  const without = { ...alice.person, approves: [] };
  await rewrite(server.memory, "person", without);
  deepEqual(await said(await alice.approve(login)), [
    403,
    "Logins of this account are not yours to decide.",
  ]);
  await rewrite(server.memory, "person", { ...alice.person, state: "frozen" });
  deepEqual(await said(await alice.approve(login)), [403, PROVE]);
  await rewrite(server.memory, "person", alice.person);
  // By a recovery code one registers a device, and nothing else.
  await begin({ via: "recovery_code", device: null });
  deepEqual(await said(await alice.approve(login)), [403, PROVE]);
  await begin({ seenAt: server.time.now() - 900_000, createdAt: server.time.now() - 900_000 });
  deepEqual(await said(await alice.approve(login)), [403, PROVE]);
  await begin({ createdAt: server.time.now() + 1_000 });
  deepEqual(await said(await alice.approve(login)), [403, PROVE]);
  equal(await state(server, login), "pending");
  await begin({});
  equal((await alice.approve(login)).status, 200);
});

Deno.test("another site can use nobody's session", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  await alice.touch(await server.create());
  const login = await server.create({ key: "SHA256:another" });
  const form = { match: login.match, shown: login.id };
  for (const origin of ["https://evil.example", "null", "http://auth.example.com"]) {
    for (const act of ["approve", "deny", "options"]) {
      const answer = await alice.press(`/l/${login.ticket}/${act}`, form, { origin });
      equal(answer.status, 403, `${act} from ${origin}`);
    }
  }
  equal(await state(server, login), "pending");
  for (const answer of [await alice.open(login), await alice.approve(login)]) {
    equal(answer.headers.get("x-frame-options"), "DENY");
    match(answer.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    equal(answer.headers.get("cross-origin-opener-policy"), "same-origin");
    match(answer.headers.get("cache-control") ?? "", /^no-store/);
  }
});

Deno.test("looking at the page changes nothing, signed in or not", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  await alice.touch(await server.create());
  const login = await server.create({ key: "SHA256:another" });
  const kept = async () =>
    JSON.stringify([
      await server.memory.recentLogins(10),
      await server.memory.find("challenge", { all: true }),
      await server.memory.find("tries", { all: true }),
      await server.memory.find("session", { all: true }),
      server.audited,
    ]);
  const before = await kept();
  const headers = { cookie: alice.cookie };
  for (const method of ["GET", "HEAD"]) {
    for (const path of ["", "/approve", "/deny", "/options", `?match=${login.match}`]) {
      const answer = await server.fetch(method, `/l/${login.ticket}${path}`, { headers });
      ok([200, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
    }
  }
  equal(await kept(), before);
});

Deno.test("a wrong number ends the request, whoever picks it", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  const wrong = (await server.stored(login.id)).choices.find((each) => each !== login.match);
  const answer = await alice.touch(login, { match: wrong ?? "" });
  equal(headingOf(await answer.text()), "Denied: wrong number");
  const { by, reason } = await server.stored(login.id);
  deepEqual([by, reason], ["person:alice", "wrong_number"]);
});

Deno.test("without a number nothing is asked of code or passkey", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  const { code } = alice;
  deepEqual(await said(await server.press(`/l/${login.ticket}/approve`, { name: "alice", code })), [
    422,
    "Choose the number that your terminal shows. Nothing was decided yet.",
  ]);
  equal((await server.approve(login, { name: "alice", code })).status, 200);
});

Deno.test("what is decided already costs nobody a code", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  await server.press(`/l/${login.ticket}/deny`, {});
  equal(headingOf(await (await alice.approve(login, alice.typed)).text()), "Denied");
  const next = await server.create({ key: "SHA256:another" });
  equal((await alice.approve(next, alice.typed)).status, 200);
});

Deno.test("after refusals the number is typed", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  for (let refused = 0; refused < 2; refused++) {
    await server.press(`/l/${(await server.create()).ticket}/deny`, {});
  }
  const login = await server.create();
  const html = await (await alice.open(login)).text();
  match(
    html,
    /<label class="field">Type your terminal&#39;s number<input class="number" type="text" name="match" value="" inputmode="numeric" /,
  );
  ok(!html.includes('type="radio"') && !html.includes(`>${login.match}<`));
  const { code } = alice;
  const none = await server.approve(login, { match: "4" });
  equal(none.status, 422);
  const wide = [...login.match].map((d) => String.fromCodePoint(0xff10 + Number(d))).join("");
  equal((await server.approve(login, { match: ` ${wide}`, name: "alice", code })).status, 200);
  equal(await state(server, login), "approved");
});

Deno.test("where there are no passkeys the page says why, and goes on by code", async () => {
  for (
    const [publicUrl, why] of [
      ["http://gatehouse.lan", "plain http"],
      ["https://192.0.2.1", "name"],
    ] as const
  ) {
    const server = await start({}, { publicUrl });
    const alice = await Approver.join(server, "alice");
    const login = await server.create();
    const html = await (await alice.open(login)).text();
    deepEqual(controls(html), ["Approve with code", "Deny", "This wasn&#39;t me"]);
    ok(!html.includes("<script") && !html.includes("data-passkey"));
    match(/<p class="note">([^<]*)<\/p><div class="fields">/.exec(html)?.[1] ?? "", RegExp(why));
    const headers = { origin: publicUrl };
    const asked = await server.press(
      `/l/${login.ticket}/options`,
      { decision: "approve" },
      headers,
    );
    equal(asked.status, 404);
    const form = { match: login.match, shown: login.id, ...alice.typed };
    equal((await server.press(`/l/${login.ticket}/approve`, form, headers)).status, 200);
  }
});

Deno.test("what the script asks for is well-formed, or there is nothing to sign", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  const login = await server.create();
  for (const fields of [{}, { decision: "deny" }, { decision: "approve", more: "x" }]) {
    equal((await alice.options(login, fields)).status, 422);
  }
  equal((await alice.options({ ticket: "a".repeat(16) }, { decision: "approve" })).status, 404);
  const answer = await alice.options(login, { decision: "approve" });
  const { challenge, userVerification, allowCredentials, rpId } = await answer.json();
  match(challenge, /^[A-Za-z0-9_-]{43}$/);
  deepEqual([userVerification, allowCredentials ?? [], rpId], [
    "required",
    [],
    new URL(PUBLIC_URL).hostname,
  ]);
});

Deno.test("programs prove it by name and code", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice");
  await Approver.join(server, "bob");
  const login = await server.create({ timeout: 300 });
  const path = `/l/${login.ticket}/approve`;
  const send = (body: unknown) => server.json(path, body, { origin: PUBLIC_URL });
  const refusals = [
    [{ match: login.match }, 403, "proof_needed"],
    [{ match: login.match, name: "alice", code: alice.wrongCode }, 403, "wrong_code"],
    [{ match: login.match, name: "nobody", code: alice.code }, 403, "wrong_code"],
    [{ match: login.match, name: "bob", code: alice.code }, 403, "not_theirs"],
    [{ name: "alice", code: alice.code }, 422, undefined],
    [{ match: login.match, passkey: "{}" }, 422, undefined],
  ] as const;
  for (const [body, status, reason] of refusals) {
    const answer = await send(body);
    equal(answer.status, status);
    equal((await answer.json()).reason, reason);
    equal(answer.headers.get("set-cookie"), null);
  }
  const answer = await send({ match: login.match, ...alice.typed });
  deepEqual([answer.status, await answer.json()], [200, { state: "approved" }]);
  equal(answer.headers.get("set-cookie"), null);
  equal((await server.stored(login.id)).by, "person:alice");
});

Deno.test("where the link is enough, a session says who it was", async () => {
  const server = await TestServer.start();
  const alice = await Approver.join(server, "alice");
  const bob = await Approver.join(server, "bob");
  const login = await server.create();
  const plain = await (await alice.open(login)).text();
  deepEqual(controls(plain), ["Approve", "Deny", "This wasn&#39;t me"]);
  ok(!plain.includes('name="remember"'));
  await alice.touch(login);
  equal((await server.stored(login.id)).by, "person:alice");
  const next = await server.create({ key: "SHA256:another" });
  ok((await (await alice.open(next)).text()).includes('name="remember"'));
  await alice.approve(next);
  equal((await server.stored(next.id)).by, "person:alice");
  // Not bob's to approve; but he has the link, as anybody might.
  await bob.touch(await server.create({ user: "bob" }));
  const third = await server.create({ key: "SHA256:third" });
  equal((await bob.approve(third)).status, 200);
  equal((await server.stored(third.id)).by, "link");
});

Deno.test("the page speaks the language that its person has chosen", async () => {
  const server = await start();
  const alice = await Approver.join(server, "alice", { language: "zh-CN" });
  const login = await server.create();
  const html = await (await alice.touch(login)).text();
  ok(html.includes('<html lang="zh-CN">') && html.includes("<h1>已批准</h1>"));
  const next = await server.create({ key: "SHA256:another" });
  ok((await (await alice.open(next)).text()).includes("当前用户：<b>alice</b>"));
  const chinese = { "accept-language": "zh-CN" };
  alice.cookie = "";
  const asked = await (await alice.open(next, chinese)).text();
  deepEqual(controls(asked), ["用通行密钥批准", "用验证码批准", "拒绝", "不是我本人"]);
});
