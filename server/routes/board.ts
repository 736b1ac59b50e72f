/** The lists: one's own, and those of administrators. */
import type { App, Parts } from "../http.ts";
import { adminAuditRoutes } from "./admin_audit.ts";
import { adminChannelsRoutes } from "./admin_channels.ts";
import { adminFreezesRoutes } from "./admin_freezes.ts";
import { adminGrantsRoutes } from "./admin_grants.ts";
import { adminHostsRoutes } from "./admin_hosts.ts";
import { adminLoginsRoutes } from "./admin_logins.ts";
import { adminPersonsRoutes } from "./admin_persons.ts";
import { myGrantsRoutes } from "./my_grants.ts";
import { myLoginsRoutes } from "./my_logins.ts";

export function boardRoutes(app: App, parts: Parts): void {
  myLoginsRoutes(app, parts);
  myGrantsRoutes(app, parts);
  adminPersonsRoutes(app, parts);
  adminHostsRoutes(app, parts);
  adminLoginsRoutes(app, parts);
  adminGrantsRoutes(app, parts);
  adminFreezesRoutes(app, parts);
  adminChannelsRoutes(app, parts);
  adminAuditRoutes(app, parts);
}
