/** What stops of the tour (page_tour.ts) are, and what several need. */
import type { Page } from "./browser.ts";
import { put } from "./board.ts";
import { aFreeze } from "./people.ts";
import { addLogins, type Name, NOW, waiting, type World } from "./page_tour_world.ts";
import type { AppChanges } from "./server_app.ts";

export interface Stop {
  /** Of its pictures. */
  readonly name: string;
  /** Of which page this is a state. */
  readonly page: string;
  /** What it shows, for the list of pictures. */
  readonly title: string;
  readonly path: string;
  /** Who is signed in. */
  readonly as?: Name;
  /** By plain http in a LAN. */
  readonly lan?: boolean;
  readonly config?: AppChanges;
  /** What is otherwise on the server. */
  readonly set?: (world: World) => Promise<unknown>;
  /** What somebody does on the page first; works without JavaScript too. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** Only there when the page is the one that is meant. */
  readonly sight: string;
  /** Of the page's answer. Default: 200. */
  readonly status?: number;
  /** Whether there are pictures of it. */
  readonly picture: boolean;
}

export const FAULT = ".error[role=alert]";
export const WRONG_CODE = "000000";
export const ASKED = waiting("asked");
/** The link of `ASKED`. */
export const LINK = `/l/${ASKED.ticket}`;
export const MINUTE = 60_000;

/** As long as names get, and without a place to break them. */
export const LONG = {
  ...{ user: "x0".repeat(16), host: "h0".repeat(31), requester: "y0".repeat(16), service: "sudo" },
  source: "2001:db8:1111:2222:3333:4444:5555:6666",
  command: "z0".repeat(200),
};

/** That request waits, or another one like it. */
export const asked = (changes: Parameters<typeof waiting>[1] = {}) => (world: World) =>
  addLogins(world.server, { ...ASKED, ...changes });

/** Where that is folded away. */
export async function unfold(page: Page, holds: string): Promise<void> {
  const wanted = page.locator(holds).first();
  if (await wanted.isVisible()) return;
  await page.locator("details", { has: page.locator(holds) }).first().locator("summary").click();
  await wanted.waitFor();
}

export async function typeCode(page: Page, code: string): Promise<void> {
  await unfold(page, "[name=code]");
  await page.locator("[name=code]").first().fill(code);
  await page.locator("[name=code]").first().press("Enter");
}

export async function freezeAlice({ server }: World): Promise<void> {
  const evidence = waiting("evil", { source: "192.0.2.66", createdAt: NOW - 9 * MINUTE });
  const freeze = { user: "alice", since: NOW - 8 * MINUTE, by: "person:alice", evidence };
  await put(server, { freeze: [aFreeze({ id: "f_2", ...freeze })] });
}
