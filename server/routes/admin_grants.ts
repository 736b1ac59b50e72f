/** Administrators see all that is remembered, and take it back. */
import { isOpenGrant } from "../../lib/core/grant.ts";
import { hasWords, pieceOf, searchWords } from "../board_search.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { renderPage } from "../pages/layout.tsx";
import { grantsPage } from "../pages/my_grants.tsx";
import { ADMIN_GRANTS } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { backTo, viewOf } from "./board_view.ts";
import { GRANTS_A_PAGE, revoke, wantedOf } from "./my_grants.ts";

export function adminGrantsRoutes(app: App, parts: Parts): void {
  const rights = { role: "administrator", fresh: ["POST"] } as const;
  page(app, parts, ADMIN_GRANTS, rights, { GET: (c, who) => showGrants(c, who, parts) });
  page(app, parts, `${ADMIN_GRANTS}/revoke`, rights, {
    POST: async (c, who) => {
      await revoke(await wantedOf(c, parts, await openGrants(parts), false), who, parts);
      return backTo(c, parts, ADMIN_GRANTS, "revoked");
    },
  });
}

async function showGrants(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const query = c.req.query("q") ?? "";
  const words = searchWords(query);
  const found = (await openGrants(parts)).filter(({ user, host, requester, network, key, by }) =>
    hasWords(words, [user, host, `${user}@${host}`, requester, network, key, by])
  );
  const view = {
    ...viewOf(c, who, parts, ADMIN_GRANTS),
    piece: pieceOf(found, c.req.query("page"), GRANTS_A_PAGE),
    query,
    mayRevoke: who.fresh,
  };
  return await renderPage(grantsPage(view), frameOf(c, parts, who));
}

/** The newest first. */
async function openGrants({ deps }: Parts) {
  const now = deps.clock.now();
  const all = await deps.store.find("grant", { all: true });
  return all.filter((grant) => isOpenGrant(grant, now)).reverse();
}
