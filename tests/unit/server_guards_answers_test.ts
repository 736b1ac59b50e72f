/** What every answer must say to browsers, whoever asks and whatever comes of it; and what no page may hold. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { bodyOf } from "../support/matrix.ts";
import {
  addressOf,
  ask,
  type Fields,
  isForPeople,
  nameOf,
  requestFor,
  type Route,
  routesOf,
  shownBy,
} from "../support/matrix_asks.ts";
import {
  ADMINISTRATOR,
  aWorld,
  HOST,
  NOBODY,
  PERSON,
  type World,
} from "../support/matrix_world.ts";
import { PUBLIC_URL } from "../support/server_app.ts";

const HTTP_URL = "http://10.0.0.5:8080";
const ROUTES = routesOf((await aWorld()).server);
/** And what is wrong in all ways. */
const ODD: readonly Route[] = [
  { method: "GET", path: "/nothing-here" },
  { method: "POST", path: "/nothing-here" },
  { method: "GET", path: "/l/unknown" },
  { method: "GET", path: "/i/unknown" },
  { method: "PUT", path: "/sign-in" },
  { method: "GET", path: "/sign-out" },
  { method: "OPTIONS", path: "/api/v1/logins" },
];

const HEADERS: Readonly<Record<string, string>> = {
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

for (const publicUrl of [PUBLIC_URL, HTTP_URL]) {
  Deno.test(`every answer of ${publicUrl} has the headers that keep browsers safe`, async () => {
    for (const route of [...ROUTES, ...ODD]) {
      for (const role of [NOBODY, PERSON, ADMINISTRATOR, HOST]) {
        const world = await aWorld({ publicUrl });
        const { cookie, ...other } = await shownBy(role, route, world);
        const who = cookie === undefined ? other : { cookie: cookieAt(cookie, publicUrl) };
        const headers = isForPeople(route) ? { origin: new URL(publicUrl).origin } : {};
        const answer = await ask(route, world, who, { headers });
        checkHeaders(answer, `${nameOf(route)} as ${role.name}`, publicUrl);
        await bodyOf(answer);
      }
    }
  });
}

function cookieAt(cookie: string, publicUrl: string): string {
  return publicUrl.startsWith("https:") ? cookie : cookie.replace("__Host-gh", "gh");
}

function checkHeaders({ headers, status }: Response, what: string, publicUrl: string): void {
  for (const [name, value] of Object.entries(HEADERS)) {
    equal(headers.get(name), value, `${what}: ${name}`);
  }
  const strict = headers.get("strict-transport-security");
  equal(strict, publicUrl.startsWith("https:") ? "max-age=31536000" : null, what);
  const policy = headers.get("content-security-policy") ?? "";
  match(policy, /^default-src 'none'; /, what);
  match(policy, /frame-ancestors 'none'/, what);
  match(policy, /base-uri 'none'/, what);
  doesNotMatch(policy, /unsafe|\*|data:|blob:|https?:/, what);
  const isScript = headers.get("content-type")?.startsWith("text/javascript") ?? false;
  match(headers.get("cache-control") ?? "", isScript ? /immutable/ : /^no-store/, what);
  equal(headers.get("access-control-allow-origin"), null, what);
  equal(headers.get("server"), null, what);
  const isPage = headers.get("content-type")?.startsWith("text/html") ?? false;
  if (isPage) match(policy, /; form-action 'self'; /, `${what}, ${status}`);
}

Deno.test("no page holds what its policy forbids, or leads anywhere else", async () => {
  const pages: string[] = [];
  for (const route of [...ROUTES.filter(isForPeople), ...ODD]) {
    for (const role of [NOBODY, PERSON, ADMINISTRATOR]) {
      const world = await aWorld();
      const answer = await ask(route, world, await shownBy(role, route, world), {
        headers: { accept: "text/html" },
      });
      const what = `${nameOf(route)} as ${role.name}`;
      const body = await bodyOf(answer);
      if (!answer.headers.get("content-type")?.startsWith("text/html")) continue;
      pages.push(nameOf(route));
      checkPage(body, answer.headers.get("content-security-policy") ?? "", what);
    }
  }
  ok(new Set(pages).size > 40, `only ${new Set(pages).size} pages were seen`);
});

function checkPage(html: string, policy: string, what: string): void {
  doesNotMatch(html, /<[^>]*\s(?:style|on[a-z]+|srcdoc|formaction)=/i, what);
  doesNotMatch(html, /javascript:|<(?:iframe|object|embed|base|meta[^>]*http-equiv)\b/i, what);
  for (const [, attributes = "", text] of html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
    match(attributes, /^ type="module" src="\/assets\/[a-z]+-[0-9a-f]{16}\.js"$/, what);
    equal(text, "", what);
  }
  for (const [, style = ""] of html.matchAll(/<style>(.*?)<\/style>/gs)) {
    ok(policy.includes(`'sha256-${createHash("sha256").update(style).digest("base64")}'`), what);
  }
  for (const [, name, to = ""] of html.matchAll(/\s(href|src|action)="([^"]*)"/g)) {
    if (to.startsWith("otpauth://totp/") || to.startsWith("#") || to.startsWith("?")) continue;
    match(to, /^\/(?!\/)/, `${what}: ${name}`);
  }
  for (const [form] of html.matchAll(/<form[^>]*>/g)) {
    match(form, /method="(?:post|get)"/, what);
  }
}

Deno.test("no answer says what the request says that the server is called", async () => {
  for (const route of ROUTES) {
    for (const role of [NOBODY, PERSON, ADMINISTRATOR, HOST]) {
      const world = await aWorld();
      const { headers, ...request } = requestFor(route, world);
      const sent: Fields = {
        ...headers,
        ...await shownBy(role, route, world),
        "x-forwarded-host": "evil.example",
        "forwarded": "host=evil.example",
        "referer": "https://evil.example/",
      };
      const url = `https://evil.example${addressOf(route, world)}`;
      const answer = await world.server.app.fetch(
        new Request(url, { ...request, headers: sent }),
        { remote: "198.51.100.7" },
      );
      const all = `${await bodyOf(answer)} ${[...answer.headers].join(" ")}`;
      ok(!all.includes("evil.example"), nameOf(route));
    }
  }
});

/** A page in whatever link somebody may show it, and how each of those fetches it. */
const PREVIEWS: readonly Fields[] = [
  { "user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" },
  { "user-agent": "WhatsApp/2.23.20.0" },
  { "user-agent": "facebookexternalhit/1.1", "range": "bytes=0-524287" },
  { "user-agent": "TelegramBot (like TwitterBot)" },
  { "user-agent": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)" },
  { "user-agent": "Mozilla/5.0 SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com" },
  { "user-agent": "Mozilla/5.0 (Linux; Android 14) wxwork/4.1.20 MicroMessenger/7.0.1" },
  { "user-agent": "DingTalkBot-LinkService/1.0 (+https://www.dingtalk.com/)" },
  { "user-agent": "curl/8.5.0", "accept": "*/*" },
  { "user-agent": "Mozilla/5.0", "sec-purpose": "prefetch;prerender", "purpose": "prefetch" },
  { "user-agent": "" },
];

const READS = new Set([
  ...["login", "loginsByTicket", "recentLogins", "openLogins", "find", "hosts", "hostByToken"],
  ...["watchLogins", "timesUnder", "probe", "listLogins", "countLogins", "recentLoginsOf"],
]);

for (const method of ["GET", "HEAD"]) {
  Deno.test(`looking changes nothing: ${method} only ever reads, whoever looks`, async () => {
    for (const route of ROUTES.filter((route) => route.method === "GET")) {
      // It hands a verdict out, once, to whoever has the secret.
      if (route.path === "/api/v1/logins/:id") continue;
      for (const role of [NOBODY, PERSON, ADMINISTRATOR]) {
        const world = await aWorld();
        const who = await shownBy(role, route, world);
        await looks({ ...route, method }, world, who);
      }
    }
  });
}

async function looks(route: Route, world: World, who: Fields): Promise<void> {
  const { server } = world;
  server.calls.length = 0;
  for (const headers of PREVIEWS) await bodyOf(await ask(route, world, who, { headers }));
  deepEqual(server.calls.filter((call) => !READS.has(call)), [], nameOf(route));
  deepEqual(server.audited, [], nameOf(route));
}

Deno.test("a link that was looked at by everybody still does what it is for", async () => {
  const world = await aWorld();
  const { server, amelia, invitation } = world;
  for (const headers of PREVIEWS) {
    for (const path of [`/l/${amelia.login.ticket}`, `/i/${invitation}`]) {
      for (const method of ["GET", "HEAD"]) {
        equal((await server.fetch(method, path, { headers })).status, 200);
      }
    }
  }
  equal((await server.stored(amelia.login.id)).state, "pending");
  const [kept] = await server.memory.find("invitation", { all: true });
  equal(kept?.usedAt, null);
});
