/** The tour's stops of administrators. */
import { put } from "./board.ts";
import type { Page } from "./browser.ts";
import { ASKED, asked, FAULT, freezeAlice, LONG, MINUTE, type Stop } from "./page_tour_stop.ts";
import {
  addLogins,
  NOW,
  openSession,
  PERSONS,
  tell,
  waiting,
  type World,
} from "./page_tour_world.ts";
import { aFreeze } from "./people.ts";

const carol = { as: "carol" } as const;

/** 王芳 has those of alice. */
const shareContacts = ({ server }: World) =>
  put(server, { person: [{ ...PERSONS.王芳, contacts: PERSONS.alice.contacts }] });

/** Sends a test by that channel. */
const test = (channel: string) => (page: Page) =>
  page.locator(`form[action$="${channel}/test"] button`).click();

export const ADMINISTRATION: readonly Stop[] = [
  {
    ...{ name: "admin-persons", page: "People", title: "all of them" },
    ...{ ...carol, path: "/admin/persons", sight: "[name=approves]", picture: true },
  },
  {
    ...{ name: "admin-persons-wrong", page: "People", title: "a form with a fault" },
    ...{ ...carol, path: "/admin/persons", sight: FAULT, status: 422, picture: false },
    act: async (page) => {
      await page.locator("[name=name]").fill("frank");
      await page.locator("[name=approves]").fill("deploy@group:nothing");
      await page.locator("form.fields button.go").click();
    },
  },
  {
    ...{ name: "admin-persons-contact", page: "People", title: "a form with a wrong contact" },
    ...{ ...carol, path: "/admin/persons", sight: `${FAULT} br`, status: 422, picture: false },
    act: async (page) => {
      await page.locator("[name=name]").fill("frank");
      await page.locator("[name=contacts]").fill("mail: frank@example.com\ntelegram: @frank");
      await page.locator("form.fields button.go").click();
    },
  },
  {
    ...{ name: "admin-person-shared", page: "People", title: "who has a contact of somebody else" },
    ...{ ...carol, path: "/admin/persons/p_wangfang", sight: ".told .cut", picture: false },
    set: shareContacts,
  },
  {
    ...{ name: "admin-person", page: "People", title: "one of them" },
    ...{ ...carol, path: "/admin/persons/p_alice", sight: "form[action$=freeze]", picture: true },
  },
  {
    ...{ name: "admin-person-frozen", page: "People", title: "who is frozen" },
    ...{ ...carol, path: "/admin/persons/p_erin", sight: "form[action$=unfreeze]", picture: false },
  },
  {
    ...{ name: "admin-person-removed", page: "People", title: "who is removed" },
    ...{ ...carol, path: "/admin/persons/p_dave", sight: ".tag.bad", picture: false },
  },
  {
    ...{ name: "admin-invitation", page: "People", title: "the link for somebody new" },
    ...{ ...carol, path: "/admin/persons", sight: ".link", status: 201, picture: true },
    act: async (page) => {
      await page.locator("[name=name]").fill("frank");
      await page.locator("form.fields button.go").click();
    },
  },
  {
    ...{ name: "admin-hosts", page: "Hosts", title: "all of them" },
    ...{ ...carol, path: "/admin/hosts", sight: ".chart", picture: true },
  },
  {
    ...{ name: "admin-host", page: "Hosts", title: "one of them" },
    ...{ ...carol, path: "/admin/hosts/web1", sight: "form[action$=revoke]", picture: true },
  },
  {
    ...{ name: "admin-logins", page: "All logins", title: "the last day" },
    ...{ ...carol, path: "/admin/logins", sight: "#map-title, .chart", picture: true },
    set: asked(),
  },
  {
    ...{ name: "admin-logins-search", page: "All logins", title: "a search" },
    ...{ ...carol, path: "/admin/logins?q=bob&outcome=ended", sight: ".find", picture: false },
  },
  {
    ...{ name: "admin-logins-long", page: "All logins", title: "long names" },
    ...{ ...carol, path: "/admin/logins", sight: ".cards", picture: false },
    set: async ({ server }) => {
      await addLogins(server, { ...ASKED, ...LONG });
      const decided = { state: "denied", reason: "too_many_codes", by: "n0".repeat(32) } as const;
      await addLogins(server, waiting("long", { ...LONG, ...decided }));
    },
  },
  {
    ...{ name: "admin-grants", page: "All remembered", title: "of everybody" },
    ...{ ...carol, path: "/admin/grants", sight: "button[value=g_3]", picture: true },
  },
  {
    ...{ name: "admin-freezes", page: "Frozen", title: "accounts" },
    ...{ ...carol, path: "/admin/freezes", sight: "button[value=f_1]", picture: true },
    set: async (world) => {
      await freezeAlice(world);
      await put(world.server, {
        freeze: [aFreeze({
          ...{ id: "f_0", user: "bob", host: "web2", by: "person:carol", why: "administrator" },
          ...{ since: NOW - 5_000 * MINUTE, liftedAt: NOW - 4_900 * MINUTE },
          liftedBy: "person:carol",
        })],
      });
    },
  },
  {
    ...{ name: "admin-channels", page: "Channels", title: "that work" },
    ...{ ...carol, path: "/admin/channels", set: tell, sight: ".done", picture: true },
    act: test("telegram"),
  },
  {
    ...{ name: "admin-channels-failing", page: "Channels", title: "two fail, one of them a test" },
    ...{ ...carol, path: "/admin/channels", sight: ".tag.bad", status: 422, picture: true },
    set: async (world) => {
      world.channels.failSome(NOW + 4 * MINUTE);
      await tell(world);
    },
    act: test("mail"),
  },
  {
    ...{ name: "admin-channels-down", page: "Channels", title: "nobody is told" },
    ...{ ...carol, path: "/admin/channels", sight: "main > .error ~ * .cut", picture: false },
    set: async (world) => {
      await shareContacts(world);
      world.channels.failAll();
      await tell(world);
    },
  },
  {
    ...{ name: "admin-audit", page: "Audit log", title: "verified" },
    ...{ ...carol, path: "/admin/audit", sight: ".hash", picture: true },
    act: (page) => page.locator("form[action$=verify] button").click(),
  },
  {
    ...{ name: "admin-stale", page: "People", title: "the proof is too old" },
    ...{ ...carol, path: "/admin/persons", sight: ".note a", picture: false },
    set: (world) => openSession(world, "carol", { provenAt: NOW - 20 * MINUTE }),
  },
];
