/** Signing in: what works, what looks alike, and what attackers try. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { returnPath } from "../../server/paths.ts";
import { all, aPasskey, someone } from "../support/people.ts";
import { FakeNotifier } from "../support/pins.ts";
import { type Created, readableSealer, TestServer } from "../support/server_app.ts";
import {
  codeNow,
  faultIn,
  headingOf,
  Visitor,
  withAuthenticator,
  withPasskey,
  withRecoveryCodes,
} from "../support/visitor.ts";

const ALICE = someone("alice");
const BOB = someone("bob");

function refusals(server: TestServer) {
  return server.audited.filter(({ event }) => event === "person.sign_in_refused");
}

Deno.test("/ leads to where one signs in, and then to one's logins", async () => {
  const server = await TestServer.start();
  const alice = new Visitor(server);
  const before = await alice.get("/");
  deepEqual([before.status, before.headers.get("location")], [303, "/sign-in"]);
  await alice.signIn(await withPasskey(server, ALICE));
  equal((await alice.get("/")).headers.get("location"), "/logins");
});

Deno.test("a passkey signs in without a name, and leads to where one wanted to go", async () => {
  const server = await TestServer.start();
  const passkey = await withPasskey(server, ALICE);
  const alice = new Visitor(server);
  const asked = await alice.get("/devices");
  deepEqual([asked.status, asked.headers.get("location")], [303, "/sign-in?to=%2Fdevices"]);
  const answer = await alice.signIn(passkey, "/devices");
  deepEqual([answer.status, answer.headers.get("location")], [303, "/devices"]);
  match(
    answer.headers.get("set-cookie") ?? "",
    /^__Host-gh=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  equal((await alice.get("/devices")).status, 200);
  const [signedIn] = server.audited;
  deepEqual(
    { ...signedIn, session: "" },
    {
      event: "person.signed_in",
      person: "p_alice",
      name: "alice",
      session: "",
      via: "passkey",
      device: "d_key_alice",
      source: "198.51.100.7",
    },
  );
});

Deno.test("a code signs in once, whatever blanks are typed around it", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  const alice = new Visitor(server);
  const code = codeNow(server);
  const typed = `${code.slice(0, 3)} ${code.slice(3)}`;
  equal((await alice.signInByCode(" Alice ", typed)).headers.get("location"), "/logins");
  const again = await new Visitor(server).signInByCode("alice", code);
  equal(again.status, 401);
  match(faultIn(await again.text()) ?? "", /wrong, or the code was used/);
  deepEqual(refusals(server).map(({ why, name }) => [why, name]), [["wrong", "alice"]]);
});

Deno.test("a code for hosts signs in nowhere here", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE, "hosts");
  equal((await new Visitor(server).signInByCode("alice", codeNow(server))).status, 401);
});

Deno.test("a wrong code and a name that nobody has look alike, to the last byte", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  await withPasskey(server, BOB);
  await withAuthenticator(server, someone("carol", { state: "frozen" }));
  const pages: string[] = [];
  const calls: string[][] = [];
  for (const name of ["alice", "bobbo", "carol", "nobod"]) {
    server.calls.length = 0;
    const answer = await new Visitor(server).signInByCode(name, "000000");
    equal(answer.status, 401);
    pages.push((await answer.text()).replaceAll(`value="${name}"`, 'value="NAME"'));
    calls.push([...server.calls]);
  }
  deepEqual(new Set(pages).size, 1);
  deepEqual(new Set(calls.map(String)).size, 1);
});

Deno.test("as much is opened and computed for nobody as for somebody", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  await withRecoveryCodes(server, ALICE);
  await withPasskey(server, BOB);
  const visitor = new Visitor(server);
  const counts: number[] = [];
  for (const name of ["alice", "bob", "nobody at all"]) {
    for (const [way, code] of [["code", "000000"], ["recovery", "00000-00000"]] as const) {
      server.opened.length = 0;
      equal((await visitor.post("/sign-in", { way, name, code })).status, 401);
      counts.push(server.opened.length);
    }
  }
  deepEqual(counts, [1, 1, 1, 1, 1, 1]);
});

Deno.test("what cannot be right is no try, whoever it is said to be", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  const visitor = new Visitor(server);
  for (const code of ["", "12345", "1234567", "12345678", "abcdef"]) {
    for (const name of ["alice", "nobody"]) {
      const answer = await visitor.signInByCode(name, code);
      equal(answer.status, 422, code);
      equal(faultIn(await answer.text())?.includes("asked for"), true);
    }
  }
  deepEqual(await all(server.memory, "tries"), []);
  deepEqual(server.audited, []);
});

Deno.test("after three wrong codes a name has to wait, whether anybody has it or not", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  const visitor = new Visitor(server);
  for (const name of ["alice", "nobody"]) {
    for (let n = 0; n < 3; n++) equal((await visitor.signInByCode(name, "000000")).status, 401);
    const limited = await visitor.signInByCode(name, "000000");
    deepEqual([limited.status, limited.headers.get("retry-after")], [429, "30"]);
    equal(faultIn(await limited.text()), "Too many wrong codes. Try again in 30 seconds.");
  }
  // Nor does the right one count now, and from elsewhere it does.
  equal((await visitor.signInByCode("alice", codeNow(server))).status, 429);
  equal((await visitor.at("192.0.2.99").signInByCode("alice", codeNow(server))).status, 303);
  server.time.advance(30_000);
  equal((await visitor.signInByCode("alice", codeNow(server))).status, 303);
});

Deno.test("guesses for ever new names are slowed down, and fill no log", async () => {
  const server = await TestServer.start({
    limits: {
      pendingPerAccount: 3,
      loginsPerMinutePerHost: 600,
      failuresPerMinutePerSource: 5,
      requestsAtOnce: 100,
    },
  });
  const visitor = new Visitor(server);
  const statuses: number[] = [];
  for (let n = 0; n < 8; n++) {
    statuses.push((await visitor.signInByCode(`name${n}`, "000000")).status);
  }
  deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  equal(refusals(server).length, 5);
  deepEqual(new Set(refusals(server).map(({ name }) => name)), new Set([null]));
});

Deno.test("limited guesses leave nothing behind, however many come at once, by whatever way", async () => {
  const { server, login } = await slowed();
  const guesses: ((n: number) => Promise<Response>)[] = [
    (n) => new Visitor(server).signInByCode(`name${n}`, "000000"),
    (n) => {
      const fields = { way: "recovery", name: `name${n}`, code: "00000-00000" };
      return new Visitor(server).post("/sign-in", fields);
    },
    (n) => {
      const { id: shown, match } = login;
      const fields = { name: `name${n}`, code: "000000", shown, match };
      return new Visitor(server).post(`/l/${login.ticket}/approve`, fields);
    },
    (n) => new Visitor(server).post(`/l/${login.ticket}/deny`, { name: `n${n}`, code: "000000" }),
  ];
  await Promise.all(Array.from({ length: 40 }, (_, n) => guesses[n % guesses.length]?.(n)));
  equal((await all(server.memory, "tries")).length, 5);
  equal(refusals(server).length, 5);
});

Deno.test("codes that are right, and those that have to wait, use up nobody's tries", async () => {
  const { server } = await slowed();
  await withAuthenticator(server, ALICE);
  const alice = new Visitor(server);
  for (let n = 0; n < 8; n++) {
    equal((await alice.signInByCode("alice", codeNow(server))).status, 303);
    server.time.advance(30_000);
  }
  const bob = alice.at("192.0.2.99");
  const statuses: number[] = [];
  for (let n = 0; n < 8; n++) statuses.push((await bob.signInByCode("bob", "000000")).status);
  deepEqual(statuses, [401, 401, 401, 429, 429, 429, 429, 429]);
  equal((await bob.signInByCode("alice", codeNow(server))).status, 303);
});

/** Five failed tries a minute, and a login that waits. */
async function slowed(): Promise<{ server: TestServer; login: Created }> {
  const server = await TestServer.start({
    limits: {
      pendingPerAccount: 3,
      loginsPerMinutePerHost: 600,
      failuresPerMinutePerSource: 5,
      requestsAtOnce: 100,
    },
  });
  return { server, login: await server.create() };
}

Deno.test("a recovery code signs in once, for devices and nothing else", async () => {
  const server = await TestServer.start();
  const [code = "", other = ""] = await withRecoveryCodes(server, ALICE);
  const alice = new Visitor(server);
  const sloppy = code.toLowerCase().replace("-", " ");
  const answer = await alice.post("/sign-in", {
    way: "recovery",
    name: "alice",
    code: sloppy,
    to: "/logins",
  });
  deepEqual([answer.status, answer.headers.get("location")], [303, "/devices"]);
  match(await (await alice.get("/devices")).text(), /You signed in with a recovery code/);
  for (const path of ["/frozen"]) {
    equal((await alice.get(path)).headers.get("location"), "/devices", path);
  }
  const language = await alice.post("/devices/language", { language: "en" });
  deepEqual([language.status, language.headers.get("location")], [303, "/devices"]);
  deepEqual(server.audited.map(({ event }) => event), ["recovery.used", "person.signed_in"]);

  const fields = { way: "recovery", name: "alice" };
  equal((await new Visitor(server).post("/sign-in", { ...fields, code })).status, 401);
  equal((await new Visitor(server).post("/sign-in", { ...fields, code: other })).status, 303);
});

Deno.test("who is frozen or removed cannot sign in, by whatever", async () => {
  for (const state of ["frozen", "removed"] as const) {
    const server = await TestServer.start();
    const person = someone("alice", { state });
    const passkey = await withPasskey(server, person);
    await withAuthenticator(server, person);
    const [code = ""] = await withRecoveryCodes(server, person);
    const alice = new Visitor(server);
    const byPasskey = await alice.signIn(passkey);
    equal(byPasskey.status, 401);
    match(faultIn(await byPasskey.text()) ?? "", /not known here/);
    equal((await alice.signInByCode("alice", codeNow(server))).status, 401);
    const recovery = { way: "recovery", name: "alice", code };
    equal((await alice.post("/sign-in", recovery)).status, 401);
    equal(alice.cookie, "");
  }
});

Deno.test("a passkey whose counter does not rise is refused, on record, and told", async () => {
  const notifier = new FakeNotifier();
  const server = await TestServer.start({ alerts: new Map([["wecom", ["admin-chat"]]]) }, notifier);
  const passkey = await withPasskey(server, {
    ...ALICE,
    contacts: { wecom: "alice-chat" },
    language: "en",
  });
  const alice = new Visitor(server);
  equal((await alice.signIn(passkey)).status, 303);
  const challenge = await alice.challenge("/sign-in/options");
  const cloned = await passkey.signed({ challenge, counter: 1 });
  const answer = await new Visitor(server).post("/sign-in", { way: "passkey", passkey: cloned });
  equal(answer.status, 401);
  deepEqual(refusals(server), [{
    event: "person.sign_in_refused",
    person: "p_alice",
    name: "alice",
    via: "passkey",
    why: "cloned",
    source: "198.51.100.7",
  }]);
  const sent = () => server.audited.filter(({ event }) => event === "alert.sent");
  await server.until(() => sent().length === 2);
  deepEqual(sent().map(({ to }) => to).toSorted(), ["admin-chat", "alice-chat"]);
  const source = "198.51.100.7";
  const device = (await all(server.memory, "device"))[0]?.name;
  const alert = { kind: "passkey_cloned", person: "alice", device, source, at: server.time.now() };
  const messages = notifier.told.map(({ message }) => message);
  ok(messages.every((message) => message.kind === "passkey_cloned"));
  deepEqual(messages.map(({ language: _, ...rest }) => rest), [alert, alert]);
});

Deno.test("secrets that cannot be opened are wrong like others, and the log says so", async () => {
  const lost = {
    ...readableSealer,
    open: (sealed: string, row: string) =>
      row === "nobody secret"
        ? readableSealer.open(sealed, row)
        : Promise.reject(new Failure(Exit.config, "its key is not here", "put that key back")),
  };
  const noKeys = { ...lost, seal: () => Promise.reject(new Error("no keys")) };
  for (const sealer of [lost, noKeys]) {
    const server = await TestServer.start({}, undefined, { sealer });
    await withAuthenticator(server, ALICE);
    const [code = ""] = await withRecoveryCodes(server, ALICE);
    const answers = async (name: string) => {
      const visitor = new Visitor(server);
      const found = [];
      for (const typed of [{ way: "code", code: codeNow(server) }, { way: "recovery", code }]) {
        const answer = await visitor.post("/sign-in", { ...typed, name });
        const text = (await answer.text()).replaceAll(name, "NAME");
        found.push([answer.status, faultIn(text), text.length]);
        // Where it can be, so that it takes as long.
        if (sealer === lost) equal(server.opened.at(-1), "nobody secret");
      }
      return found;
    };
    const alice = await answers("alice");
    deepEqual(alice, await answers("nobody"));
    deepEqual(alice.map(([status]) => status), [401, 401]);
    deepEqual(refusals(server).map(({ name, why }) => [name, why]), [
      ...[["alice", "wrong"], ["alice", "wrong"]],
      ...[[null, "wrong"], [null, "wrong"]],
    ]);
    const hint = "put that key back";
    const unopened = server.logged.filter(({ message }) => message.includes("cannot be opened"));
    deepEqual(unopened.map(({ level, fields }) => [level, fields]), [
      ["error", { device: "d_app_alice", hint }],
      ["error", { person: "p_alice", hint }],
    ]);
  }
});

Deno.test("a wrong signature is no sign of a copy", async () => {
  const notifier = new FakeNotifier();
  const server = await TestServer.start({ alerts: new Map([["wecom", ["admin-chat"]]]) }, notifier);
  const passkey = await withPasskey(server, ALICE);
  const alice = new Visitor(server);
  equal((await alice.signIn(passkey)).status, 303);
  const challenge = await alice.challenge("/sign-in/options");
  const forged = JSON.parse(await passkey.signed({ challenge, counter: 1 }));
  forged.response.signature = `${forged.response.signature.slice(0, -8)}AAAAAAAA`;
  const fields = { way: "passkey", passkey: JSON.stringify(forged) };
  equal((await new Visitor(server).post("/sign-in", fields)).status, 401);
  equal(refusals(server)[0]?.["why"], "bad_signature");
  deepEqual(notifier.told, []);
});

Deno.test("what a passkey has signed counts once, in time, here, and for this alone", async () => {
  const server = await TestServer.start();
  const passkey = await withPasskey(server, ALICE);
  const visitor = new Visitor(server);
  const send = async (signed: string) => {
    const answer = await new Visitor(server).post("/sign-in", { way: "passkey", passkey: signed });
    return answer.status;
  };
  const once = await passkey.signed({ challenge: await visitor.challenge("/sign-in/options") });
  equal(await send(once), 303);
  equal(await send(once), 401);

  const late = await passkey.signed({ challenge: await visitor.challenge("/sign-in/options") });
  server.time.advance(120_000);
  equal(await send(late), 401);

  for (
    const said of [{ origin: "https://evil.example" }, { forged: true }, { flags: ["UP"] } as const]
  ) {
    const challenge = await visitor.challenge("/sign-in/options");
    equal(await send(await passkey.signed({ challenge, ...said })), 401);
  }
  deepEqual(refusals(server).map(({ why }) => why), ["wrong_site", "bad_signature", "unverified"]);

  equal((await visitor.signIn(passkey)).status, 303);
  const registering = await visitor.challenge("/devices/passkey/options");
  equal(await send(await passkey.signed({ challenge: registering })), 401);
  equal(refusals(server).at(-1)?.["why"], "wrong_challenge");
});

Deno.test("a revoked passkey, and one that nobody has, are not known", async () => {
  const server = await TestServer.start();
  const passkey = await withPasskey(server, ALICE);
  const device = aPasskey({ id: "d_key_alice", revokedAt: server.time.now() }, passkey.kept);
  await server.memory.change({
    wants: { device: [{ id: "d_key_alice" }] },
    make: () => ({ answer: undefined, put: { device: [device] } }),
  });
  equal((await new Visitor(server).signIn(passkey)).status, 401);
  const other = await withPasskey(await TestServer.start(), BOB);
  equal((await new Visitor(server).signIn(other)).status, 401);
  deepEqual(refusals(server).map(({ why, name }) => [why, name]), [
    ["unknown", null],
    ["unknown", null],
  ]);
});

Deno.test("one address gets so many challenges and no more", async () => {
  const server = await TestServer.start();
  const visitor = new Visitor(server);
  for (let n = 0; n < 60; n++) await visitor.challenge("/sign-in/options");
  const refused = await visitor.post("/sign-in/options", {}, { accept: "application/json" });
  deepEqual([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  await visitor.at("192.0.2.99").challenge("/sign-in/options");
});

Deno.test("whoever asks for challenges stops no approval from the same address, nor who is signed in", async () => {
  const server = await TestServer.start({ approval: { require: "person" } });
  const flood = async (visitor: Visitor, path: string) => {
    for (;;) {
      const { status } = await visitor.post(path, {}, { accept: "application/json" });
      if (status === 429) return;
      equal(status, 200);
    }
  };
  const bob = new Visitor(server);
  await bob.signIn(await withPasskey(server, BOB));
  const visitor = new Visitor(server);
  const [login, other] = [await server.create(), await server.create({ source: "192.0.2.8" })];
  const asking = { decision: "approve", match: login.match };
  await flood(visitor, "/sign-in/options");
  equal((await visitor.post(`/l/${login.ticket}/options`, asking)).status, 200);
  for (let n = 1; n < 60; n++) await visitor.post(`/l/${other.ticket}/options`, asking);
  await visitor.post(`/l/${other.ticket}/options`, asking);
  equal((await visitor.post(`/l/${other.ticket}/options`, asking)).status, 429);
  equal((await visitor.post(`/l/${login.ticket}/options`, asking)).status, 200);
  await flood(bob, "/devices/passkey/options");
  await new Visitor(server).at("192.0.2.99").challenge("/sign-in/options");
});

Deno.test("a session that somebody else put into the browser is worth nothing afterwards", async () => {
  const server = await TestServer.start();
  await withPasskey(server, ALICE);
  const mallory = new Visitor(server);
  await mallory.signIn(await withPasskey(server, someone("mallory")));
  const planted = mallory.cookie;

  const alice = new Visitor(server);
  alice.cookie = planted;
  await withAuthenticator(server, ALICE);
  equal((await alice.signInByCode("alice", codeNow(server))).status, 303);
  notEqual(alice.cookie, planted);
  equal((await mallory.get("/devices")).headers.get("location"), "/sign-in?to=%2Fdevices");
  deepEqual((await all(server.memory, "session")).map(({ person }) => person), ["p_alice"]);
});

Deno.test("a token that the browser made up does not become a session", async () => {
  const server = await TestServer.start();
  const made = `__Host-gh=${"A".repeat(43)}`;
  const alice = new Visitor(server);
  alice.cookie = made;
  await alice.signIn(await withPasskey(server, ALICE));
  notEqual(alice.cookie, made);
  alice.cookie = made;
  equal((await alice.get("/devices")).status, 303);
});

const ELSEWHERE = [
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "/logins/../../evil",
  "/logins?to=//evil.example",
  "/devices\r\nset-cookie: a=b",
  "javascript:alert(1)",
  "/sign-out",
  "/i/TOKEN",
  "",
];
for (const to of ELSEWHERE) {
  Deno.test(`signing in leads to no other place: ${JSON.stringify(to)}`, async () => {
    equal(returnPath(to), "/logins");
    const server = await TestServer.start();
    const passkey = await withPasskey(server, ALICE);
    const alice = new Visitor(server);
    const page = await (await alice.get(`/sign-in?${new URLSearchParams({ to })}`)).text();
    ok(page.includes('name="to" value="/logins"'));
    equal((await alice.signIn(passkey, to)).headers.get("location"), "/logins");
    const there = await alice.get(`/sign-in?${new URLSearchParams({ to })}`);
    equal(there.headers.get("location"), "/logins");
  });
}

for (const path of ["/sign-in", "/sign-in/options", "/sign-out"]) {
  Deno.test(`${path} hears only our own pages`, async () => {
    const server = await TestServer.start();
    await withAuthenticator(server, ALICE);
    const fields = { way: "code", name: "alice", code: codeNow(server) };
    for (const origin of ["https://evil.example", "null", "http://auth.example.com"]) {
      const answer = await new Visitor(server).post(path, fields, { origin });
      equal(answer.status, 403, origin);
    }
    const body = new URLSearchParams(fields);
    equal((await server.fetch("POST", path, { body })).status, 403);
    deepEqual([await all(server.memory, "session"), await all(server.memory, "challenge")], [
      [],
      [],
    ]);
  });
}

Deno.test("signing out ends the session", async () => {
  const server = await TestServer.start();
  const alice = new Visitor(server);
  await alice.signIn(await withPasskey(server, ALICE));
  const { cookie } = alice;
  const answer = await alice.post("/sign-out");
  deepEqual([answer.status, answer.headers.get("location")], [303, "/sign-in"]);
  equal(alice.cookie, "");
  alice.cookie = cookie;
  equal((await alice.get("/devices")).status, 303);
  equal(server.audited.at(-1)?.event, "person.signed_out");
  equal((await new Visitor(server).post("/sign-out")).status, 303);
});

Deno.test("who is asked again is told why, and keeps the name", async () => {
  const server = await TestServer.start();
  const alice = new Visitor(server);
  await alice.signIn(await withPasskey(server, ALICE));
  const asked = await alice.get("/sign-in?to=/devices&again=1");
  equal(asked.status, 200);
  const html = await asked.text();
  ok(html.includes("Some minutes have passed since you proved who you are."));
  ok(html.includes('name="name" value="alice"'));
  // After what did not work too.
  const passkey = { way: "passkey", again: "1", passkey: "none" };
  ok((await (await alice.post("/sign-in", passkey)).text()).includes('name="name" value="alice"'));
});

Deno.test("who is asked again is asked in their own language", async () => {
  const server = await TestServer.start();
  const alice = new Visitor(server, "en");
  await alice.signIn(await withPasskey(server, { ...ALICE, language: "zh-CN" }));
  for (
    const answer of [
      await alice.get("/sign-in?again=1"),
      await alice.post("/sign-in", { way: "code", again: "1", name: "alice", code: "1" }),
    ]
  ) {
    const html = await answer.text();
    ok(html.includes("距离上次验证身份已过去几分钟") && html.includes('<html lang="zh-CN">'));
  }
});

Deno.test("nobody is signed in when it cannot be written down", async () => {
  const server = await TestServer.start();
  const passkey = await withPasskey(server, ALICE);
  await withAuthenticator(server, ALICE);
  server.failing = "append";
  const alice = new Visitor(server);
  for (const answer of [await alice.signIn(passkey), await alice.signInByCode("alice", "000000")]) {
    equal(answer.status, 503);
    equal(answer.headers.get("set-cookie"), null);
  }
});

Deno.test("where there can be no passkeys the page says why, and has no script", async () => {
  for (
    const [publicUrl, reason] of [
      ["http://gatehouse.lan:8080", /plain http/],
      ["https://192.0.2.10", /a number instead of a name/],
    ] as const
  ) {
    const server = await TestServer.start({ publicUrl });
    const html = await (await new Visitor(server).get("/sign-in")).text();
    match(html, reason);
    ok(!html.includes("<script") && !html.includes("data-passkey"));
    ok(html.includes('autocomplete="one-time-code"'));
  }
});

Deno.test("the page speaks Chinese", async () => {
  const server = await TestServer.start();
  const page = await new Visitor(server, "zh-CN").get("/sign-in");
  equal(await headingOf(page), "登录");
});

Deno.test("the audit log is told of no code and no token", async () => {
  const server = await TestServer.start();
  await withAuthenticator(server, ALICE);
  const [recovery = ""] = await withRecoveryCodes(server, ALICE);
  const alice = new Visitor(server);
  const code = codeNow(server);
  await alice.signInByCode("alice", "918273");
  await alice.signInByCode("my-password-in-the-wrong-field", "918273");
  await alice.signInByCode("alice", code);
  await alice.post("/sign-in", { way: "recovery", name: "alice", code: recovery });
  const written = JSON.stringify([server.audited, server.logged]);
  const secrets = [code, "918273", recovery, alice.cookie.split("=")[1] ?? "?", "my-password"];
  for (const secret of secrets) ok(!written.includes(secret), secret);
});
