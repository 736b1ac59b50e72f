/** Administrators look after hosts. */
import { byPerson } from "../../lib/core/person.ts";
import type { Host } from "../../lib/ports.ts";
import { hasWords, pieceOf, searchWords } from "../board_search.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { hostPage, hostsPage } from "../pages/admin_hosts.tsx";
import { countSeen } from "../pages/chart_seen.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_HOSTS } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { backTo, viewOf } from "./board_view.ts";

const A_PAGE = 100;
const RIGHTS = { role: "administrator", fresh: ["POST"] } as const;

export function adminHostsRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_HOSTS, RIGHTS, { GET: (c, who) => showHosts(c, who, parts) });
  page(app, parts, `${ADMIN_HOSTS}/:name`, RIGHTS, {
    GET: async (c, who) => {
      const host = await hostOf(c, parts);
      const report = await parts.reports.of(host);
      const view = { ...viewOf(c, who, parts, `${ADMIN_HOSTS}/${host.name}`), host, report };
      return await renderPage(hostPage(view), frameOf(c, parts, who));
    },
  });
  page(app, parts, `${ADMIN_HOSTS}/:name/revoke`, RIGHTS, {
    POST: (c, who) => revoke(c, who, parts),
  });
}

async function showHosts(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const hosts = await parts.deps.store.hosts();
  const query = c.req.query("q") ?? "";
  const words = searchWords(query);
  const found = hosts.filter(({ name, version }) => hasWords(words, [name, version]))
    .sort((a, b) => Number(a.revokedAt !== null) - Number(b.revokedAt !== null));
  const view = {
    ...viewOf(c, who, parts, ADMIN_HOSTS),
    piece: pieceOf(found, c.req.query("page"), A_PAGE),
    query,
    reports: await parts.reports.all(),
    seen: countSeen(hosts, parts.deps.clock.now()),
  };
  return await renderPage(hostsPage(view), frameOf(c, parts, who));
}

async function revoke(c: Ctx, { person }: SignedIn, parts: Parts): Promise<Response> {
  const { store, audit, clock, log } = parts.deps;
  const { name } = await hostOf(c, parts);
  const revokedAt = clock.now();
  const revoked = await store.changeHost(name, (host) => ({ ...host, revokedAt }));
  if (revoked !== undefined) {
    const by = byPerson(person);
    await audit.append({ event: "host.revoked", host: name, by, via: "session" });
    log("info", "host revoked", { host: name, by });
  }
  return backTo(c, parts, `${ADMIN_HOSTS}/${encodeURIComponent(name)}`, "revoked");
}

/** @throws Fault 404 */
async function hostOf(c: Ctx, { deps }: Parts): Promise<Host> {
  const host = (await deps.store.hosts()).find(({ name }) => name === c.req.param("name"));
  if (host === undefined) throw new Fault(404, "there is no such host");
  return host;
}
