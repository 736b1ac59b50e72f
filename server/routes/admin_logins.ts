/** Administrators see all logins that the server still knows. */
import { outcomeOf, standingOf } from "../board.ts";
import { hasWords, partAfter, searchWords } from "../board_search.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { loginsPage } from "../pages/admin_logins.tsx";
import { countHours } from "../pages/chart_hours.tsx";
import { countFlows } from "../pages/chart_map.tsx";
import { OUTCOMES } from "../pages/chart_parts.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_LOGINS } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { viewOf } from "./board_view.ts";

const A_PAGE = 40;
/** Reading more would hold up those who wait. */
const MAX_READ = 10_000;
const DAY_MS = 24 * 3_600_000;

export function adminLoginsRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_LOGINS, { role: "administrator" }, {
    GET: (c, who) => showLogins(c, who, parts),
  });
}

async function showLogins(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const { store, clock } = parts.deps;
  const now = clock.now();
  const all = await store.recentLogins(MAX_READ);
  const query = c.req.query("q") ?? "";
  const words = searchWords(query);
  const outcome = OUTCOMES.find((one) => one === c.req.query("outcome"));
  const found = all.filter((login) => {
    const { user, host, source, requester, service, by } = login;
    return hasWords(words, [user, host, `${user}@${host}`, source, requester, service, by]) &&
      (outcome === undefined || outcomeOf(standingOf(login, now)) === outcome);
  });
  const after = c.req.query("after");
  const recent = found.filter(({ createdAt }) => createdAt > now - DAY_MS);
  const view = {
    ...viewOf(c, who, parts),
    part: partAfter(found, after, A_PAGE),
    query,
    outcome,
    first: after === undefined,
    pictures: after === undefined
      ? { hours: countHours(recent, now), flows: countFlows(recent, now) }
      : undefined,
    cut: all.length === MAX_READ ? MAX_READ : undefined,
  };
  return await renderPage(loginsPage(view), frameOf(c, parts, who));
}
