/** The approval page (DESIGN.md 5): GET shows, POST decides. */
import * as v from "valibot";
import { isOpen, type Login } from "../../lib/core/login.ts";
import { type Body, check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";
import type { Decider, Decision } from "../logins.ts";
import { pickLanguage } from "../messages/language.ts";
import { pageMessages } from "../messages/page.ts";
import { renderPage } from "../pages/layout.tsx";
import { outcomePage } from "../pages/outcome.tsx";
import { isSsh2fa } from "../pages/parts.tsx";
import { requestPage } from "../pages/request.tsx";
import { PAGE_PATH } from "../paths.ts";

type Some<T> = readonly [T, ...T[]];

/** Of a login (16), or of one that SSH2FA's client started (a UUID). */
const TICKET = /^(?:[A-Za-z0-9_-]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

const match = v.optional(v.pipe(v.string(), v.regex(/^[0-9]{2}$/, "must be two digits")));
const Approval = v.strictObject({
  match,
  /** Ids of the logins on the page, so that approving means those and no later ones. */
  shown: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_,-]{1,4000}$/, "must be login ids"))),
});
const FormDenial = v.strictObject({ not_me: v.optional(v.literal("1")) });
const JsonDenial = v.strictObject({ not_me: v.optional(v.boolean()) });

export function pageRoutes(app: App, parts: Parts): void {
  const path = `${PAGE_PATH}/:ticket`;
  resource(app, path, { GET: (c) => showRequest(c, ticketOf(c), parts) }, { head: true });
  resource(app, `${path}/approve`, { POST: (c) => approve(c, parts) });
  resource(app, `${path}/deny`, { POST: (c) => deny(c, parts) });
}

/** The question while it is open, else what became of it. Changes nothing. */
export async function showRequest(c: Ctx, ticket: string, parts: Parts): Promise<Response> {
  const all = await found(c, ticket, parts);
  const now = parts.deps.clock.now();
  const [first, ...others] = all.filter((login) => isOpen(login, now));
  const view = { messages: messagesFor(c), now, action: action(parts, ticket) };
  const page = first === undefined
    ? outcomePage({ ...view, all })
    : requestPage({ ...view, open: [first, ...others] });
  return await renderPage(page, 200);
}

async function approve(c: Ctx, parts: Parts): Promise<Response> {
  const ticket = ticketOf(c);
  const body = await decisionBody(c, parts);
  const wish = check(Approval, body.value);
  const all = await found(c, ticket, parts);
  const now = parts.deps.clock.now();
  if (wish.match === undefined && all.some((l) => isOpen(l, now) && l.match !== null)) {
    // A slip of the finger, not a wrong answer: nothing is decided.
    throw new Fault(422, "the request is not valid, see errors", {
      errors: [{ field: "match", message: "missing" }],
    });
  }
  const shown = wish.shown === undefined ? undefined : new Set(wish.shown.split(","));
  const number = wish.match ?? null;
  const decision = await parts.logins.approve(ticket, number, shown, decider(all));
  return await showDecision(c, ticket, decision, body, parts);
}

async function deny(c: Ctx, parts: Parts): Promise<Response> {
  const ticket = ticketOf(c);
  const body = await decisionBody(c, parts);
  const wish = check(body.kind === "json" ? JsonDenial : FormDenial, body.value);
  const all = await found(c, ticket, parts);
  const notMe = wish.not_me === true || wish.not_me === "1";
  const decision = await parts.logins.deny(ticket, notMe, decider(all));
  return await showDecision(c, ticket, decision, body, parts);
}

async function showDecision(
  c: Ctx,
  ticket: string,
  { changed, all: [first, ...others] }: Decision,
  body: Body,
  parts: Parts,
): Promise<Response> {
  if (first === undefined) throw new Fault(404, "there is no such request");
  const view = { messages: messagesFor(c), now: parts.deps.clock.now() };
  if (body.kind === "json") return c.json({ state: (changed[0] ?? first).state });
  const page = outcomePage({ ...view, all: [first, ...others], action: action(parts, ticket) });
  return await renderPage(page, 200);
}

/** @throws Fault 404, or 429 after too many of them */
async function found(c: Ctx, ticket: string, parts: Parts): Promise<Some<Login>> {
  const logins = TICKET.test(ticket) ? await parts.logins.byTicket(ticket) : [];
  const [first, ...others] = logins;
  if (first !== undefined) return [first, ...others];
  throw parts.failures.of(c.get("source"), new Fault(404, "there is no such request"));
}

function decisionBody(c: Ctx, { deps }: Parts): Promise<Body> {
  return readBody(c.req.raw, ["form", "json"], deps.after);
}

/** Nobody has proven who they are: who has the link decides. */
function decider([login]: Some<Login>): Decider {
  return { by: "link", via: isSsh2fa(login) ? "ssh2fa" : "link" };
}

function messagesFor(c: Ctx) {
  return pageMessages(pickLanguage(c.req.header("accept-language")));
}

/** The page's address as browsers see it; the public address may have a path before ours. */
function action({ config }: Parts, ticket: string): string {
  const prefix = new URL(config.publicUrl).pathname.replace(/\/$/, "");
  return `${prefix}${PAGE_PATH}/${ticket}`;
}

function ticketOf(c: Ctx): string {
  return c.req.param("ticket") ?? "";
}
