/** Administrators see whether people can be reached. */
import { type App, frameOf, page, type Parts } from "../http.ts";
import { channelsPage } from "../pages/admin_channels.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_CHANNELS } from "../paths.ts";
import { viewOf } from "./board_view.ts";

export function adminChannelsRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_CHANNELS, { role: "administrator" }, {
    GET: async (c, who) => {
      const view = { ...viewOf(c, who, parts), channels: await parts.channels.health() };
      return await renderPage(channelsPage(view), frameOf(c, parts, who));
    },
  });
}
