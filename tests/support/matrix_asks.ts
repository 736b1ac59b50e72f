/** What each route is asked for: well-formed, and about things of amelia's. */
import { comeAs, type Role, type World } from "./matrix_world.ts";
import { NONCE, PUBLIC_URL, type TestServer } from "./server_app.ts";
import { codeOf } from "./totp.ts";

export interface Route {
  readonly method: string;
  /** With its parameters' names, and a script's name without what changes with its text. */
  readonly path: string;
}

/** All there are, once each; what only refuses other methods is none. */
export function routesOf({ app }: TestServer): Route[] {
  const routes = app.routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => ({ method, path: path.replace(/-[0-9a-f]{16}\.js$/, "-*.js") }));
  return [...new Map(routes.map((route) => [nameOf(route), route])).values()];
}

export function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

const PROGRAMS =
  /^\/(?:api\/|assets\/|callback\/|(?:healthz|readyz|metrics|start_login|check_status)$)/;

/** Whether people's browsers go there, and not programs; said anew, so that no new page is forgotten. */
export function isForPeople({ path }: Route): boolean {
  return !PROGRAMS.test(path);
}

/** Of which no body is read: their address says all. */
const BY_ADDRESS = new Set([
  "/sign-in/options",
  "/sign-out",
  "/i/:token/options",
  "/devices/passkey/options",
  "/devices/recovery",
  "/frozen/:freeze/options",
  "/admin/persons/:id/invite",
  "/admin/persons/:id/freeze",
  "/admin/persons/:id/remove",
  "/admin/persons/:id/unfreeze",
  "/admin/hosts/:name/revoke",
  "/admin/channels/:name/test",
  "/admin/audit/verify",
  "/api/v1/logins/:id/resend",
]);

export function readsBody({ method, path }: Route): boolean {
  return method === "POST" && !BY_ADDRESS.has(path);
}

export type Fields = Readonly<Record<string, string>>;

/** What pages send. */
function formFor(path: string, world: World): Fields {
  const { login, person } = world.amelia;
  const match = login.match ?? "";
  const forms: Readonly<Record<string, Fields>> = {
    "/sign-in": { way: "code", name: person.name, code: codeNow(world) },
    "/l/:ticket/options": { decision: "approve", match },
    "/l/:ticket/approve": { match, shown: login.id },
    "/l/:ticket/deny": { shown: login.id },
    "/i/:token": { name: "phone" },
    "/i/:token/authenticator": { name: "app", code: "123456", draft: "" },
    "/devices/passkey": { name: "phone" },
    "/devices/authenticator": { name: "app", code: "123456", draft: "" },
    "/devices/host-codes": { name: "app", code: "123456", draft: "" },
    "/devices/language": { language: "zh-CN" },
    "/devices/:device/rename": { name: "old phone" },
    "/devices/:device/revoke": { last: "1" },
    "/frozen/:freeze": { recovery: "0123456789" },
    "/logins/not-me": { login: login.id },
    "/grants/revoke": { grant: "g_amelia" },
    "/admin/persons": { name: "friederike", approves: "own" },
    "/admin/persons/:id/change": { name: person.name, approves: "own deploy@web1" },
    "/admin/persons/:id/revoke": { device: "d_key-amelia" },
    "/admin/grants/revoke": { grant: "g_amelia" },
    "/admin/freezes": { user: "deploy", host: "*" },
    "/admin/freezes/lift": { freeze: "f_amelia" },
  };
  return forms[path] ?? {};
}

/** What hosts send. */
function jsonFor(path: string, world: World): unknown {
  const { user, source } = world.amelia.login;
  const code = codeNow(world);
  const bodies: Readonly<Record<string, unknown>> = {
    "/api/v1/logins": { user, service: "sshd", source, tty: true, nonce: NONCE },
    "/api/v1/logins/:id/code": { code },
    "/api/v1/join": { nonce: NONCE },
    "/api/v1/codes": { accounts: [user], nonce: NONCE },
    "/api/v1/codes/spend": { user, source, code },
    "/api/v1/alerts": { kind: "emergency_code", user, service: "sshd", source },
    "/api/v1/report": world.report,
    "/start_login": { username: user },
    "/check_status": { token: "unknown" },
  };
  return bodies[path] ?? {};
}

/** Of all authenticators there. */
function codeNow({ server }: World): string {
  return codeOf(Math.floor(server.time.now() / 30_000));
}

/** The path as it is asked for. */
export function addressOf({ path }: Route, { amelia, invitation, server }: World): string {
  const values: Readonly<Record<string, string>> = {
    "/l/:ticket": `/l/${amelia.login.ticket}`,
    "/i/:token": `/i/${invitation}`,
    "/devices/:device": "/devices/d_key-amelia",
    "/frozen/:freeze": "/frozen/f_amelia",
    "/admin/persons/:id": `/admin/persons/${amelia.person.id}`,
    "/admin/hosts/:name": "/admin/hosts/web1",
    "/admin/channels/:name": "/admin/channels/robot",
    "/api/v1/logins/:id": `/api/v1/logins/${amelia.login.id}`,
  };
  if (path.endsWith("-*.js")) {
    const [start = ""] = path.split("-*");
    return server.app.routes.find((route) => route.path.startsWith(start))?.path ?? "";
  }
  if (path === "/approve" || path === "/reject") return `${path}?token=${amelia.login.ticket}`;
  const [template = ""] = /^.*:[a-z]+/.exec(path) ?? [];
  return path.replace(template, values[template] ?? template);
}

/** As it is sent by who may send it, but for who that is. */
export function requestFor(route: Route, world: World): RequestInit & { headers: Fields } {
  const { method, path } = route;
  if (isForPeople(route)) {
    const accept = { accept: "text/html" };
    return method === "GET" || method === "HEAD" ? { method, headers: accept } : {
      method,
      headers: {
        ...accept,
        origin: PUBLIC_URL,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams(formFor(path, world)).toString(),
    };
  }
  return method === "POST"
    ? {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(jsonFor(path, world)),
    }
    : { method, headers: {} };
}

/** What says who it is. */
export async function shownBy(role: Role, route: Route, { server }: World): Promise<Fields> {
  const { host } = role;
  if (host === undefined) return await comeAs(role, server);
  const own = route.path.startsWith("/api/v1/logins/:id") ? host.secret : host.token;
  return { authorization: `Bearer ${own}` };
}

/** What is sent instead of what is sent otherwise; a header that is undefined is left out. */
export type Changes = Omit<RequestInit, "headers"> & {
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

/** @param who see shownBy() */
export async function ask(
  route: Route,
  world: World,
  who: Fields,
  { method = route.method, headers = {}, ...more }: Changes = {},
): Promise<Response> {
  const request = requestFor(route, world);
  const all = new Headers();
  for (const [name, value] of Object.entries({ ...request.headers, ...who, ...headers })) {
    if (value !== undefined) all.set(name, value);
  }
  const init = { ...request, ...more, headers: all };
  return await world.server.fetch(method, addressOf(route, world), init, "198.51.100.7");
}
