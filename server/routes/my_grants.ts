/** What is remembered, and taking it back: that needs no fresh proof, for it lets nobody in. */
import * as v from "valibot";
import type { Grant } from "../../lib/core/grant.ts";
import { grantEnded } from "../../lib/core/people_events.ts";
import { byPerson } from "../../lib/core/person.ts";
import { endAll, isMyGrant } from "../board.ts";
import { pieceOf } from "../board_search.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { renderPage } from "../pages/layout.tsx";
import { grantsPage } from "../pages/my_grants.tsx";
import { MY_GRANTS } from "../paths.ts";
import { PeopleRecords } from "../people_records.ts";
import type { SignedIn } from "../session.ts";
import { backTo, viewOf } from "./board_view.ts";

export const GRANTS_A_PAGE = 50;

const Revocation = v.strictObject({
  /** Its id, or "all". */
  grant: v.pipe(v.string(), v.regex(/^(?:all|g_[A-Za-z0-9_-]{1,64})$/, "must be a grant")),
});

export function myGrantsRoutes(app: App, parts: Parts): void {
  const role = { role: "person" } as const;
  page(app, parts, MY_GRANTS, role, { GET: (c, who) => showGrants(c, who, parts) });
  page(app, parts, `${MY_GRANTS}/revoke`, role, {
    POST: async (c, who) => {
      const mine = await myGrants(who, parts);
      await revoke(await wantedOf(c, parts, mine, true), who, parts);
      return backTo(c, parts, MY_GRANTS, "revoked");
    },
  });
}

async function showGrants(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const grants = await myGrants(who, parts);
  const view = {
    ...viewOf(c, who, parts),
    piece: pieceOf(grants, c.req.query("page"), GRANTS_A_PAGE),
    query: undefined,
    mayRevoke: true,
  };
  return await renderPage(grantsPage(view), frameOf(c, parts, who));
}

/** The newest first. */
async function myGrants({ person }: SignedIn, { deps }: Parts): Promise<Grant[]> {
  const now = deps.clock.now();
  const all = await deps.store.find("grant", { all: true });
  return all.filter((grant) => isMyGrant(person, grant, now)).reverse();
}

/**
 * Those of these that the form names.
 * @throws Fault 404 where it names another one, whosever that is
 */
export async function wantedOf(
  c: Ctx,
  { deps }: Parts,
  grants: readonly Grant[],
  mayAll: boolean,
): Promise<readonly Grant[]> {
  const body = await readBody(c.req.raw, ["form"], deps.after);
  const { grant: wanted } = check(Revocation, body.value);
  if (wanted === "all" && mayAll) return grants;
  const found = grants.filter(({ id }) => id === wanted);
  if (found.length === 0) throw new Fault(404, "there is nothing remembered of that name");
  return found;
}

/** Ends them in one step. */
export async function revoke(
  grants: readonly Grant[],
  { person }: SignedIn,
  { deps }: Parts,
): Promise<void> {
  const ids = grants.map(({ id }) => id);
  const ended = await deps.store.change(endAll(ids, byPerson(person), deps.clock.now()));
  await new PeopleRecords(deps).write(...ended.map(grantEnded));
}
