/** Administrators see all logins that the server still knows. */
import { giversOf } from "../board.ts";
import { searchWords } from "../board_search.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { loginsPage } from "../pages/admin_logins.tsx";
import { countHours, shownHours } from "../pages/chart_hours.tsx";
import { countFlows } from "../pages/chart_map.tsx";
import { OUTCOMES } from "../pages/chart_parts.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_LOGINS } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { viewOf } from "./board_view.ts";

const A_PAGE = 40;

export function adminLoginsRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_LOGINS, { role: "administrator" }, {
    GET: (c, who) => showLogins(c, who, parts),
  });
}

async function showLogins(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const { store, clock } = parts.deps;
  const now = clock.now();
  const query = c.req.query("q") ?? "";
  const outcome = OUTCOMES.find((one) => one === c.req.query("outcome"));
  const question = { words: searchWords(query), outcome, now };
  const after = c.req.query("after");
  const [part, grants, counts] = await Promise.all([
    store.listLogins(question, after, A_PAGE),
    store.find("grant", { all: true }),
    after === undefined ? store.countLogins(question, shownHours(now)) : undefined,
  ]);
  const view = {
    ...viewOf(c, who, parts),
    givers: giversOf(grants),
    part,
    query,
    outcome,
    first: after === undefined,
    pictures: counts && { hours: countHours(counts, now), flows: countFlows(counts) },
  };
  return await renderPage(loginsPage(view), frameOf(c, parts, who));
}
