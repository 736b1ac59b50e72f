/** Administrators read the audit log, and have it verified. */
import { hasWords, searchWords } from "../board_search.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { auditPage, type Verified } from "../pages/admin_audit.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_AUDIT, prefixOf } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { viewOf } from "./board_view.ts";

const A_PAGE = 50;

export function adminAuditRoutes(app: App, parts: Parts): void {
  const rights = { role: "administrator" } as const;
  let verified: Verified | undefined;
  page(app, parts, ADMIN_AUDIT, rights, {
    GET: (c, who) => showAudit(c, who, parts, verified),
  });
  // It changes nothing, but reads all of the log: no link shall do that by itself.
  page(app, parts, `${ADMIN_AUDIT}/verify`, rights, {
    POST: async (c) => {
      const report = await parts.deps.auditReader.verify();
      verified = { at: parts.deps.clock.now(), report };
      if (report.broken !== null) {
        parts.deps.log("error", "the audit log is broken", { line: report.broken.line });
      }
      return c.redirect(`${prefixOf(parts.config.publicUrl)}${ADMIN_AUDIT}`, 303);
    },
  });
}

async function showAudit(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  verified: Verified | undefined,
): Promise<Response> {
  const query = c.req.query("q") ?? "";
  const words = searchWords(query);
  const asked = c.req.query("before") ?? "";
  const before = /^[0-9]{1,15}$/.test(asked) ? Number(asked) : null;
  const found = await parts.deps.auditReader.newest(
    before,
    A_PAGE,
    (line) => hasWords(words, [line]),
  );
  const view = {
    ...viewOf(c, who, parts),
    page: found,
    query,
    first: before === null,
    full: found.lines.length === A_PAGE,
    verified,
  };
  return await renderPage(auditPage(view), frameOf(c, parts, who));
}
