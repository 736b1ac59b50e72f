/** Administrators freeze accounts, and lift that. */
import * as v from "valibot";
import { ALL_HOSTS, type Freeze } from "../../lib/core/freeze.ts";
import { byPerson } from "../../lib/core/person.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { pieceOf } from "../board_search.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import type { FormFault } from "../messages/board_words.ts";
import { freezesPage } from "../pages/admin_freezes.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_FREEZES } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { backTo, viewOf } from "./board_view.ts";

const A_PAGE = 50;
/** Of those that are over. */
const LIFTED = 20;
const RIGHTS = { role: "administrator", fresh: ["POST"] } as const;

const Account = v.strictObject({ user: v.string(), host: v.string() });
const Lift = v.strictObject({
  freeze: v.pipe(v.string(), v.regex(/^f_[A-Za-z0-9_-]{1,64}$/, "must be a freeze")),
});

interface Form {
  readonly user: string;
  readonly host: string;
  readonly fault?: FormFault | undefined;
}

export function adminFreezesRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_FREEZES, RIGHTS, {
    GET: (c, who) => showFreezes(c, who, parts, { user: "", host: ALL_HOSTS }),
    POST: (c, who) => freeze(c, who, parts),
  });
  page(app, parts, `${ADMIN_FREEZES}/lift`, RIGHTS, { POST: (c, who) => lift(c, who, parts) });
}

async function showFreezes(c: Ctx, who: SignedIn, parts: Parts, form: Form): Promise<Response> {
  const all = await parts.deps.store.find("freeze", { all: true });
  const liftedAt = (freeze: Freeze) => freeze.liftedAt ?? Infinity;
  const frozen = all.filter((one) => one.liftedAt === null);
  const lifted = all.filter((one) => one.liftedAt !== null);
  const view = {
    ...viewOf(c, who, parts, ADMIN_FREEZES),
    frozen: pieceOf(frozen.reverse(), c.req.query("page"), A_PAGE),
    lifted: lifted.sort((a, b) => liftedAt(b) - liftedAt(a)).slice(0, LIFTED),
    form,
  };
  const status = form.fault === undefined ? 200 : 422;
  return await renderPage(freezesPage(view), frameOf(c, parts, who), status);
}

async function freeze(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const { user, host } = check(Account, body.value);
  const account = { user: user.trim(), host: host.trim() };
  const fault = await faultOf(account, parts);
  if (fault !== undefined) return await showFreezes(c, who, parts, { ...account, fault });
  await parts.decisions.freeze(account, byPerson(who.person));
  return backTo(c, parts, ADMIN_FREEZES, "frozen");
}

/** The host must be one we know: of two that differ in a letter only one would be kept safe. */
async function faultOf(
  { user, host }: Pick<Freeze, "user" | "host">,
  { deps }: Parts,
): Promise<FormFault | undefined> {
  if (user === "" || [...user].length > 64 || !isPrintable(user) || /\s/.test(user)) return "user";
  if (host === ALL_HOSTS) return undefined;
  const hosts = await deps.store.hosts();
  return hosts.some(({ name, revokedAt }) => name === host && revokedAt === null)
    ? undefined
    : "host";
}

async function lift(c: Ctx, { person }: SignedIn, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const { freeze: id } = check(Lift, body.value);
  const lifted = await parts.decisions.lift(id, byPerson(person));
  if (lifted === undefined) throw new Fault(404, "nothing of that name is frozen");
  return backTo(c, parts, ADMIN_FREEZES, "unfrozen");
}
