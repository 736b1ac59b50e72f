/** One's own logins: the list, its events, and "this wasn't me". */
import * as v from "valibot";
import { whatFreezes } from "../../lib/core/freeze.ts";
import { concerns, giversOf, myLogins } from "../board.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { ownLogins } from "../own_logins.ts";
import { renderPage } from "../pages/layout.tsx";
import { myLoginsPage } from "../pages/my_logins.tsx";
import { LIVE_EVENTS, LIVE_LIST, MY_LOGINS, NOT_ME } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { backTo, viewOf } from "./board_view.ts";

/** The list must stay light on a phone. */
const RECENT = 40;

const NotMe = v.strictObject({ login: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)) });

export function myLoginsRoutes(app: App, parts: Parts): void {
  const person = { role: "person" } as const;
  const background = { ...person, background: true };
  page(app, parts, MY_LOGINS, person, { GET: (c, who) => showLogins(c, who, parts) });
  page(app, parts, LIVE_LIST, background, { GET: (c, who) => showLogins(c, who, parts) });
  page(app, parts, LIVE_EVENTS, background, { GET: (c, who) => events(c, who, parts) });
  page(app, parts, NOT_ME, person, { POST: (c, who) => notMe(c, who, parts) });
}

async function showLogins(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const { clock, passkeys, store } = parts.deps;
  const { groups } = parts.config.approval;
  const [open, logins, freezes, grants, tells] = await Promise.all([
    store.openLogins(),
    ownLogins(store, who.person, groups),
    store.find("freeze", { all: true }),
    store.find("grant", { all: true }),
    parts.contacts.tellsAdministrators(),
  ]);
  const { person } = who;
  const view = {
    ...viewOf(c, who, parts),
    logins: myLogins({ open, logins }, person, groups, clock.now(), RECENT),
    givers: giversOf(grants),
    ...{ passkeys: passkeys !== undefined, tells },
    freezes: freezes.filter((freeze) =>
      freeze.liftedAt === null && concerns(person, freeze, groups)
    ),
    whatFreezes: (login: typeof logins[number]) => whatFreezes(person, login),
  };
  return await renderPage(myLoginsPage(view), frameOf(c, parts, who));
}

function events(c: Ctx, who: SignedIn, { live }: Parts): Response {
  const headers = {
    "content-type": "text/event-stream",
    // Else nginx keeps it back until it has a few kilobytes.
    "x-accel-buffering": "no",
  };
  const body = c.req.method === "HEAD" ? null : live.open(who, c.req.raw.signal);
  return new Response(body, { headers });
}

async function notMe(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const { login: id } = check(NotMe, body.value);
  const login = await parts.deps.store.login(id);
  const answer = login === undefined
    ? undefined
    : await parts.decisions.reportNotMe(login, { person: who.person.id, via: "session" });
  // One answer for both: nobody learns of logins that are not theirs.
  if (answer?.ok !== true) throw new Fault(404, "there is no such login of yours");
  return backTo(c, parts, MY_LOGINS, "reported");
}
