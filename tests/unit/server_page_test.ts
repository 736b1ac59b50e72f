import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { isPrintable } from "../../lib/core/text.ts";
import { aLogin } from "../support/logins.ts";
import { type Created, problemOf, PUBLIC_URL, TestServer } from "../support/server_app.ts";

const HTML = { accept: "text/html,application/xhtml+xml" };

async function page(server: TestServer, login: Created, language = "en"): Promise<string> {
  const headers = { ...HTML, "accept-language": language };
  const answer = await server.fetch("GET", `/l/${login.ticket}`, { headers });
  equal(answer.status, 200);
  return await answer.text();
}

async function title(answer: Response): Promise<string | undefined> {
  return /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1];
}

function choices(html: string): string[] {
  return [...html.matchAll(/<input type="radio" name="match" value="(\d\d)" required=""/g)]
    .map(([, number]) => number ?? "");
}

function wrongNumber(html: string, login: Created): string {
  const wrong = choices(html).find((number) => number !== login.match);
  ok(wrong);
  return wrong;
}

Deno.test("the page shows who, from where, what for and how", async () => {
  const server = await TestServer.start();
  const login = await server.create({ key: "SHA256:abc", command: "uptime -p", tty: false });
  server.time.advance(12_000);
  const html = await page(server, login);
  for (const text of ["alice", "web1", "192.0.2.7", "sshd", "uptime -p", "SHA256:abc"]) {
    ok(html.includes(text), text);
  }
  ok(html.includes("12 seconds ago"));
  ok(html.includes('aria-label="48 s left"'));
});

Deno.test("the page says when it is about a shell", async () => {
  const server = await TestServer.start();
  ok((await page(server, await server.create())).includes("interactive shell"));
  const bare = await server.create({ user: "bob", tty: false });
  ok((await page(server, bare)).includes("shell without a terminal"));
});

Deno.test("the page says who asks, and when nobody knows what will run", async () => {
  const server = await TestServer.start();
  const asked = { user: "root", service: "su", requester: "mal<i>lory", command: null };
  const login = await server.create(asked);
  const html = await page(server, login);
  ok(html.includes("<dt>Asked by</dt><dd>mal&lt;i&gt;lory</dd>"));
  ok(html.includes("<dt>Runs</dt><dd>not known before the login</dd>"));
  ok(!html.includes("shell") && !html.includes("not the whole command"));
  const chinese = await page(server, login, "zh-CN");
  ok(chinese.includes("<dt>请求者</dt>") && chinese.includes("登录前尚不可知"));
  ok((await (await server.approve(login)).text()).includes("mal&lt;i&gt;lory"));
  ok(!(await page(server, await server.create())).includes("Asked by"));
});

Deno.test("the page tells a shell from a command, where both wait together", async () => {
  const server = await TestServer.start();
  const login = await server.create({ tty: false });
  await server.create({ tty: false, command: "uptime" });
  const html = await page(server, login);
  for (const text of ["shell without a terminal", "uptime"]) {
    ok(html.includes(`class="box">${text}<`), text);
  }
});

Deno.test("the page says when each connection began, and that all of them would be let in", async () => {
  const server = await TestServer.start();
  const first = await server.create();
  ok(!(await page(server, first)).includes("approve only if"));
  server.time.advance(3_000);
  await server.create();
  server.time.advance(4_000);
  for (const _ of [1, 2]) await server.create();
  const html = await page(server, first);
  const began = [...html.matchAll(/<li>(.*?)<\/li>/g)].map(([, text]) => text);
  deepEqual(began, ["7 seconds ago", "4 seconds ago", "now, 2 times"]);
  ok(html.includes("4 connections: approve only if you started all of them."));
  ok(
    (await page(server, first, "zh-CN")).includes("共 4 个连接：仅当全部由您本人发起时才可批准。"),
  );
});

Deno.test("controls have exactly the names that people and tests look for", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const html = await page(server, login);
  const buttons = [...html.matchAll(/<button[^>]*>(.*?)<\/button>/g)].map(([, name]) => name);
  deepEqual(buttons, ["Approve", "Deny", "This wasn&#39;t me"]);
  const labels = [...html.matchAll(/<label[^>]*>(.*?)<\/label>/g)].map(([, inner]) =>
    inner?.replace(/<[^>]*>/g, "")
  );
  deepEqual(labels, choices(html));
  equal(new Set(labels).size, 3);
  ok(labels.includes(login.match));
});

Deno.test("the page speaks Chinese to who prefers it", async () => {
  const server = await TestServer.start();
  const html = await page(server, await server.create(), "fr, zh-CN;q=0.9, en;q=0.8");
  ok(html.includes('<html lang="zh-CN">'));
  for (const name of ["批准", "拒绝", "不是我本人"]) ok(html.includes(`>${name}</button>`));
});

Deno.test("the page needs no script, no second request, and less than 30 KB", async () => {
  const server = await TestServer.start();
  const html = await page(server, await server.create());
  ok(!/<script|javascript:|\son[a-z]+=|<link|<img|url\(|@import|http-equiv|style="/i.test(html));
  ok(new TextEncoder().encode(html).length < 14_000);
});

Deno.test("the worst request still makes a page under 30 KB", async () => {
  const quotes = (length: number) => '"'.repeat(length);
  const groups = new Map(
    ["v", "w", "x", "y", "z"].map((letter) => [letter.repeat(64), ["*"]] as const),
  );
  const size = async (server: TestServer, login: Created, language = "en") =>
    new TextEncoder().encode(await page(server, login, language)).length;
  for (const kinds of [1, 2, 3, 4, 64]) {
    const server = await TestServer.start({ approval: { require: "person", groups } });
    let last: Created | undefined;
    for (let i = 0; i < 64; i++) {
      last = await server.create({
        user: quotes(256),
        service: quotes(64),
        requester: quotes(256),
        key: quotes(256),
        command: `${i % kinds}${quotes(7_000)}`,
      });
    }
    ok(last);
    for (const language of ["en", "zh-CN"]) {
      const bytes = await size(server, last, language);
      ok(bytes < 30_000, `${kinds} commands, ${language}: ${bytes}`);
    }
  }
});

Deno.test("the style that the policy allows is the one on the page", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const answer = await server.fetch("GET", `/l/${login.ticket}`);
  const policy = answer.headers.get("content-security-policy") ?? "";
  const html = await answer.text();
  const hashes = [...html.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style]) =>
    `'sha256-${createHash("sha256").update(style ?? "").digest("base64")}'`
  );
  equal(hashes.length, 3);
  equal(
    policy,
    `default-src 'none'; style-src ${hashes.join(" ")}; form-action 'self'; ` +
      "frame-ancestors 'none'; base-uri 'none'",
  );
});

Deno.test("security headers are on every answer", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const answers = [
    await server.fetch("GET", `/l/${login.ticket}`),
    await server.fetch("GET", "/l/unknown"),
    await server.fetch("GET", "/healthz"),
    await server.ask(),
    await server.press(`/l/${login.ticket}/deny`, {}, { origin: "null" }),
  ];
  for (const { headers } of answers) {
    match(headers.get("content-security-policy") ?? "", /^default-src 'none'; /);
    match(headers.get("cache-control") ?? "", /^no-store/);
    equal(headers.get("x-content-type-options"), "nosniff");
    equal(headers.get("referrer-policy"), "same-origin");
    equal(headers.get("cross-origin-opener-policy"), "same-origin");
    equal(headers.get("strict-transport-security"), "max-age=31536000");
    ok(headers.get("permissions-policy"));
    equal(headers.get("refresh"), null);
  }
  const plain = await TestServer.start({ publicUrl: "http://127.0.0.1:8422" });
  const answer = await plain.fetch("GET", "/healthz");
  equal(answer.headers.get("strict-transport-security"), null);
});

Deno.test("GET and HEAD change nothing, whoever follows the link", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const before = JSON.stringify(await server.memory.recentLogins(10));
  const audited = server.audited.length;
  server.calls.length = 0;
  for (const method of ["GET", "HEAD"]) {
    for (const path of ["", "/", "/approve", "/deny", `?match=${login.match}`, "?approve=1"]) {
      const answer = await server.fetch(method, `/l/${login.ticket}${path}`);
      ok([200, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
    }
  }
  equal(JSON.stringify(await server.memory.recentLogins(10)), before);
  equal(server.audited.length, audited);
  deepEqual([...new Set(server.calls)], ["loginsByTicket"]);
});

Deno.test("the right number approves and the page says so", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const answer = await server.approve(login, { shown: login.id });
  equal(answer.status, 200);
  equal(await title(answer), "Approved");
  deepEqual(server.audited.map(({ event }) => event), ["login.created", "login.approved"]);
  server.time.advance(120_000);
  await server.poll(login);
});

Deno.test("after an approval the page says what the terminal does, as far as that is known", async () => {
  const cases = [
    [{}, "Your terminal goes on by itself.", "终端会自动继续"],
    [{ command: "uptime" }, "Your terminal goes on by itself.", "终端会自动继续"],
    // PAM: in sshd it waits for Enter, elsewhere it does not.
    [
      { command: null },
      "Go back to your terminal; if it is waiting there, press Enter.",
      "请回到终端；如果终端仍在等待，请按回车键。",
    ],
  ] as const;
  for (const [changes, english, chinese] of cases) {
    const server = await TestServer.start();
    const login = await server.create(changes);
    const html = await (await server.approve(login)).text();
    ok(html.includes(`<h1>Approved</h1><p>${english} You can close this page.</p>`), english);
    const later = await page(server, login, "zh-CN");
    ok(later.includes(chinese) && later.includes("<h1>已批准</h1>"), chinese);
  }
});

Deno.test("a wrong number denies and the page says so", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const number = wrongNumber(await page(server, login), login);
  const answer = await server.approve(login, { match: number });
  equal(await title(answer), "Denied: wrong number");
  equal((await server.stored(login.id)).reason, "wrong_number");
  equal(await title(await server.approve(login)), "Denied: wrong number");
});

Deno.test("a wrong number ends the whole request, so joining gives no second guess", async () => {
  const server = await TestServer.start();
  const first = await server.create();
  const second = await server.create();
  const number = wrongNumber(await page(server, first), first);
  await server.approve(first, { match: number, shown: first.id });
  equal((await server.stored(second.id)).state, "denied");
});

Deno.test("no number, or what is none, decides nothing", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const none = await server.press(`/l/${login.ticket}/approve`, {});
  equal(none.status, 422);
  const html = await none.text();
  ok(html.includes('role="alert">Choose the number that your terminal shows.'));
  deepEqual(choices(html).length, 3);
  equal((await server.press(`/l/${login.ticket}/approve`, { match: "4" })).status, 422);
  equal((await server.stored(login.id)).state, "pending");
});

Deno.test("Deny and This wasn't me deny, each with its reason", async () => {
  const server = await TestServer.start();
  const denied = await server.create();
  const notMe = await server.create({ user: "bob" });
  equal(await title(await server.press(`/l/${denied.ticket}/deny`, {})), "Denied");
  const answer = await server.press(`/l/${notMe.ticket}/deny`, { not_me: "1" });
  equal(await title(answer), "Denied: not you");
  equal((await server.stored(denied.id)).reason, "denied");
  equal((await server.stored(notMe.id)).reason, "not_me");
  equal(server.logged.at(-1)?.level, "warning");
});

Deno.test("an approval that is too late says so", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  server.time.advance(60_000);
  equal(await title(await server.approve(login)), "Expired");
  equal((await (await server.poll(login)).json()).state, "expired");
});

Deno.test("a second visit says what happened and when", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login);
  await server.poll(login);
  server.time.advance(300_000);
  const html = await page(server, login);
  ok(html.includes("<h1>Approved</h1>"));
  ok(html.includes("5 minutes ago"));
  ok(!html.includes("<form"));
});

Deno.test("a request whose time is up is shown so although nothing was written", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  server.time.advance(61_000);
  ok((await page(server, login)).includes("<h1>Expired</h1>"));
  equal((await server.stored(login.id)).state, "pending");
});

Deno.test("approving means the connections shown, later ones keep waiting", async () => {
  const server = await TestServer.start();
  const first = await server.create({ command: "uptime" });
  const second = await server.create({ command: "id" });
  const html = await page(server, first);
  ok(html.includes("2 connections: approve only if you started all of them."));
  const shown = /name="shown" value="([^"]*)"/.exec(html)?.[1];
  ok(shown);
  const late = await server.create({ command: "rm -r /" });
  const answer = await (await server.approve(first, { shown })).text();
  ok(answer.includes("<h1>Approved</h1>"));
  ok(answer.includes("another connection has asked"));
  ok(answer.includes(`<a href="/l/${first.ticket}">`));
  ok(!answer.includes("rm -r /"));
  const states = await Promise.all([first, second, late].map(({ id }) => server.stored(id)));
  deepEqual(states.map(({ state }) => state), ["approved", "approved", "pending"]);
  ok((await page(server, late)).includes("rm -r /"));
});

Deno.test("an approval of nothing that is shown changes nothing", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login, { shown: "another" });
  equal((await server.stored(login.id)).state, "pending");
});

Deno.test("denying takes back what nobody has collected", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  await server.approve(login);
  await server.press(`/l/${login.ticket}/deny`, {});
  equal((await (await server.poll(login)).json()).state, "denied");
});

Deno.test("a decision as JSON is answered as JSON", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const headers = { origin: PUBLIC_URL };
  const none = await server.json(`/l/${login.ticket}/approve`, {}, headers);
  deepEqual((await problemOf(none, 422)).errors, [{ field: "match", message: "missing" }]);
  const extra = await server.json(`/l/${login.ticket}/approve`, { match: "10", x: 1 }, headers);
  await problemOf(extra, 422);
  const answer = await server.json(`/l/${login.ticket}/approve`, { match: login.match }, headers);
  deepEqual(await answer.json(), { state: "approved" });
  const denial = await server.json(`/l/${login.ticket}/deny`, { not_me: true }, headers);
  deepEqual(await denial.json(), { state: "denied" });
});

Deno.test("a decision counts only from the page at its own address", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const origins = [
    undefined,
    "null",
    "",
    "https://evil.example",
    "http://auth.example.com",
    "https://auth.example.com:8443",
    "https://auth.example.com.evil.example",
    "https://AUTH.example.com",
  ];
  for (const origin of origins) {
    for (const act of ["approve", "deny"]) {
      const headers: Record<string, string> = origin === undefined ? {} : { origin };
      const body = new URLSearchParams({ match: login.match });
      const path = `/l/${login.ticket}/${act}`;
      equal((await server.fetch("POST", path, { headers, body })).status, 403, `${origin} ${act}`);
      const json = await server.json(path, { match: login.match }, headers);
      equal(json.status, 403, `${origin} ${act} as JSON`);
    }
  }
  equal((await server.stored(login.id)).state, "pending");
  equal((await server.approve(login)).status, 200);
});

Deno.test("an unknown link gets a small page, and too many of them 429", async () => {
  const server = await TestServer.start();
  const unknown = () => server.fetch("GET", "/l/aaaaaaaaaaaaaaaa", { headers: HTML });
  const answer = await unknown();
  equal(answer.status, 404);
  equal(await title(answer), "No such request");
  for (let i = 0; i < 29; i++) equal((await unknown()).status, 404);
  equal((await unknown()).status, 429);
  const login = await server.create();
  await page(server, login);
});

Deno.test("people get pages and programs get problem documents", async () => {
  const server = await TestServer.start();
  equal(await title(await server.fetch("GET", "/nowhere", { headers: HTML })), "Nothing here");
  await problemOf(await server.fetch("GET", "/nowhere"), 404);
  await problemOf(await server.fetch("GET", "/api/v1/x", { headers: HTML }), 404);
  const json = { accept: "application/json" };
  await problemOf(await server.fetch("GET", "/l/x", { headers: json }), 404);
});

Deno.test("without number matching the page offers no numbers", async () => {
  const server = await TestServer.start({ numberMatch: false });
  const body = await (await server.ask()).json();
  equal(body.match, null);
  const login = { ...body, ticket: body.url.split("/").at(-1) };
  deepEqual(choices(await page(server, login)), []);
  equal(await title(await server.press(`/l/${login.ticket}/approve`, {})), "Approved");
});

Deno.test("forms go to the public address's path when a proxy adds one", async () => {
  const server = await TestServer.start({ publicUrl: "https://example.com/auth" });
  const login = await server.create();
  equal(login.url, `https://example.com/auth/l/${login.ticket}`);
  ok((await page(server, login)).includes(`action="/auth/l/${login.ticket}/approve"`));
});

Deno.test("a long command is folded, a longer one says that it is cut", async () => {
  const server = await TestServer.start();
  const long = await page(server, await server.create({ command: `echo ${"a".repeat(400)} END` }));
  ok(long.includes("Show all of it") && long.includes(" END"));
  ok(!long.includes("Only the beginning is shown."));
  const cut = await server.create({ user: "bob", command: `echo ${"a".repeat(4_000)} END` });
  const html = await page(server, cut);
  ok(html.includes("Only the beginning is shown.") && !html.includes(" END"));
});

Deno.test("the page says when the host did not send the whole command", async () => {
  const server = await TestServer.start();
  const note = "This is not the whole command";
  ok(!(await page(server, await server.create({ command: "echo" }))).includes(note));
  const hash = (digit: string) => ({ command: "echo", command_sha256: digit.repeat(64) });
  const login = await server.create({ user: "bob", ...hash("1") });
  await server.create({ user: "bob", ...hash("2") });
  await server.create({ user: "bob", ...hash("2") });
  const html = await page(server, login);
  equal(html.split(note).length, 3, "once for each of two commands that begin alike");
  ok(html.includes("2 times"));
  ok((await page(server, login, "zh-CN")).includes("这不是完整的命令"));
  ok((await (await server.approve(login)).text()).includes(note));
});

Deno.test("a command cannot hide anything from who reads it", async () => {
  const server = await TestServer.start();
  const login = await server.create({ command: "echo \u202egpj\u202c\u001b[8m\nrm -r /\r\u200b" });
  const html = await page(server, login);
  ok(html.includes("echo \\u{202e}gpj\\u{202c}\\u{1b}[8m↵\nrm -r /\\u{d}\\u{200b}"));
});

Deno.test("no text of a user reaches a page unescaped", async () => {
  const server = await TestServer.start({ approval: { require: "person" } });
  const hostile = fc.oneof(
    fc.constantFrom(
      "<script>alert(1)</script>",
      "'\"><img src=x onerror=alert(1)>",
      "</style><svg/onload=x>",
      "${7*7}{{7*7}}&lt;b&gt;",
      "--></title><b>",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
  );
  await fc.assert(fc.asyncProperty(hostile, hostile, async (one, two) => {
    const text = `<i>${one}"'`;
    const now = server.time.now();
    const id = crypto.randomUUID();
    const ticket = id.replaceAll("-", "").slice(0, 16);
    // Put in past the schemas, as if they had let everything through.
    await server.memory.addLogin({ host: id, user: id }, () =>
      aLogin({
        id,
        ticket,
        createdAt: now,
        expiresAt: now + 60_000,
        user: text,
        host: two,
        service: text,
        source: two,
        requester: two,
        key: text,
        command: `${two}${text}`,
      }));
    const plain = await (await server.fetch("GET", `/l/${ticket}`)).text();
    const typed = { name: text, code: "123456" };
    const again = await (await server.press(`/l/${ticket}/approve`, { match: "42", ...typed }))
      .text();
    const after = await (await server.press(`/l/${ticket}/deny`, { not_me: "1" })).text();
    for (const page of [plain, again, after]) {
      const html = page.replace(OWN_SCRIPT, "");
      deepEqual(tagsOf(html), tagsOf(html).filter((tag) => KNOWN.has(tag)));
      ok(!/<i>|onerror=alert\(1\)>|<script/.test(html));
      ok(isPrintable(html.replaceAll("\n", "")));
    }
  }));
});

const KNOWN = new Set(
  ("!DOCTYPE html head meta title body header svg path main section h1 h2 p span dl dt dd " +
    "code time div b form fieldset legend label input button details summary a " +
    "select option h2 noscript").split(" "),
);
const OWN_SCRIPT = /<script type="module" src="\/assets\/passkey-[0-9a-f]+\.js"><\/script>/;

function tagsOf(html: string): string[] {
  return [...html.replace(/<style>.*?<\/style>/gs, "").matchAll(/<\/?([^\s>/]+)/g)].map(([, tag]) =>
    tag ?? ""
  );
}
