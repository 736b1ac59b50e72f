/** Administrators see whether people can be reached, and try it. */
import { byPerson } from "../../lib/core/person.ts";
import { type Channel, channelTested } from "../channel.ts";
import { channelsHealth } from "../channel_health.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { channelsPage, type TestFailure } from "../pages/admin_channels.tsx";
import { renderPage } from "../pages/layout.tsx";
import { ADMIN_CHANNELS } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { backTo, viewOf } from "./board_view.ts";

const RIGHTS = { role: "administrator", fresh: ["POST"] } as const;

export function adminChannelsRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_CHANNELS, RIGHTS, { GET: (c, who) => show(c, who, parts) });
  page(app, parts, `${ADMIN_CHANNELS}/:name/test`, RIGHTS, {
    POST: (c, who) => test(c, who, parts),
  });
}

async function show(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  failed?: TestFailure,
): Promise<Response> {
  const { channels, config, deps } = parts;
  const view = {
    ...viewOf(c, who, parts, ADMIN_CHANNELS),
    ...await channelsHealth(channels, config, deps.store),
    failed,
  };
  const status = failed === undefined ? 200 : 422;
  return await renderPage(channelsPage(view), frameOf(c, parts, who), status);
}

/** To whoever asks for it, or to the group. */
async function test(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const { audit, clock, log } = parts.deps;
  const channel = parts.channels.find(c.req.param("name") ?? "");
  if (channel === undefined) throw new Fault(404, "there is no such channel");
  const { name } = channel;
  const to = ownContact(channel, who);
  if (to === undefined) return await show(c, who, parts, { name, failure: undefined });
  const { language } = frameOf(c, parts, who);
  const delivery = await channel.send(
    { kind: "test", channel: name, at: clock.now(), language },
    to,
  );
  const tested = channelTested(channel, to, delivery, byPerson(who.person));
  await audit.append(tested);
  const { event, ...what } = tested;
  log(delivery.ok ? "info" : "warning", event.replaceAll(/[._]/g, " "), what);
  if (!delivery.ok) return await show(c, who, parts, { name, failure: delivery });
  return backTo(c, parts, ADMIN_CHANNELS, "tested");
}

function ownContact(channel: Channel, { person: { contacts } }: SignedIn): string | undefined {
  const { name, reach } = channel;
  const to = Object.hasOwn(contacts, name) ? contacts[name] : undefined;
  if (to !== undefined && channel.isContact(to)) return to;
  return reach === "group" ? "" : undefined;
}
