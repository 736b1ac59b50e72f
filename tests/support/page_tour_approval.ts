/** The tour's stops where logins are approved, and what becomes of them. */
import { put } from "./board.ts";
import type { Page } from "./browser.ts";
import {
  ASKED,
  asked,
  FAULT,
  LINK,
  LONG,
  MINUTE,
  type Stop,
  typeCode,
  unfold,
  WRONG_CODE,
} from "./page_tour_stop.ts";
import { addLogins, type Name, NOW, PERSONS, waiting, type World } from "./page_tour_world.ts";
import type { AppChanges } from "./server_app.ts";

const TWO: AppChanges = { approval: { twoPersons: ["root@db*"] } };
const ROOT = { user: "root", host: "db1", service: "su", requester: "bob", key: null };
const LONG_COMMAND = "rsync --archive --compress --delete --exclude=.git --exclude=node_modules " +
  "--chmod=D755,F644 ./public/ deploy@web1:/srv/www/shop.example.com/releases/2026-01-13/ && " +
  "ssh web1 'ln -sfn /srv/www/shop.example.com/releases/2026-01-13 /srv/www/shop.example.com/current'";

/** What there is of a number. */
async function number(page: Page): Promise<void> {
  await page.locator(`[name=match][value="${ASKED.match}"]`).check();
}

async function approveSignedIn(page: Page): Promise<void> {
  await number(page);
  await page.locator("form[action$=approve] button.go").click();
}

const ended = (changes: Parameters<typeof waiting>[1]) =>
  asked({ decidedAt: NOW - 5_000, ...changes });
const byAlice = { by: "person:alice", via: "passkey" } as const;

/** The question. */
export const APPROVING: readonly Stop[] = [
  {
    ...{ name: "approve", page: "Approval", title: "with a passkey" },
    ...{ path: LINK, set: asked(), sight: "[name=decision]", picture: true },
  },
  {
    ...{ name: "approve-code", page: "Approval", title: "after a wrong code" },
    ...{ path: LINK, set: asked(), sight: FAULT, status: 403, picture: true },
    act: async (page) => {
      await number(page);
      await typeCode(page, WRONG_CODE);
    },
  },
  {
    ...{ name: "approve-signed-in", page: "Approval", title: "signed in: the number alone" },
    ...{ path: LINK, as: "alice", sight: ".signed", picture: true },
    set: asked({ command: LONG_COMMAND, commandWhole: true, tty: false }),
  },
  {
    ...{ name: "approve-typed", page: "Approval", title: "the number is typed" },
    ...{ path: LINK, set: asked({ choices: [] }), sight: "input.number", picture: true },
  },
  {
    ...{ name: "approve-lan", page: "Approval", title: "over plain http" },
    ...{ path: LINK, lan: true, set: asked(), sight: "[name=code]", picture: true },
  },
  {
    ...{ name: "approve-link", page: "Approval", title: "whoever has the link may" },
    ...{ path: LINK, set: asked(), sight: ".go", picture: false },
    config: { approval: { require: "link" } },
  },
  {
    ...{ name: "approve-several", page: "Approval", title: "three connections" },
    ...{ path: LINK, as: "alice", sight: ".box", picture: false },
    set: ({ server }) =>
      addLogins(
        server,
        { ...ASKED, command: "uptime" },
        { ...ASKED, id: "asked-2", command: "rsync --server . /srv/www/", commandHash: "1" },
        { ...ASKED, id: "asked-3", tty: true, commandHash: "2" },
      ),
  },
  {
    ...{ name: "approve-two", page: "Approval", title: "two persons, one has approved" },
    ...{ path: LINK, as: "carol", config: TWO, sight: "p.done", picture: true },
    set: async (world) => {
      await asked(ROOT)(world);
      await approvedBy("bob", world);
    },
  },
  {
    ...{ name: "approve-two-hidden", page: "Approval", title: "two persons, by the link" },
    ...{ path: LINK, config: TWO, sight: "p.done a", picture: false },
    set: async (world) => {
      await asked(ROOT)(world);
      await approvedBy("bob", world);
    },
  },
  {
    ...{ name: "approve-two-given", page: "Approval", title: "two persons, you have approved" },
    ...{ path: LINK, as: "carol", config: TWO, sight: ".done[role=status]", picture: false },
    set: asked(ROOT),
    act: approveSignedIn,
  },
  {
    ...{ name: "approve-long", page: "Approval", title: "long names" },
    ...{ path: LINK, as: "carol", set: asked(LONG), sight: ".box", picture: false },
  },
  {
    ...{ name: "approve-preauth", page: "Approval", title: "ahead, for half an hour" },
    ...{ path: LINK, as: "alice", sight: ".signed", picture: true },
    set: asked({ service: "preauth", preauth: { forMs: 30 * MINUTE, commands: "any" } }),
  },
];

async function approvedBy(name: Name, { server }: World): Promise<void> {
  const { id: person } = PERSONS[name];
  const { id: login, ticket, expiresAt } = ASKED;
  const by = `person:${name}`;
  const approval = { id: "a_1", login, ticket, person, by, at: NOW - 4_000, expiresAt };
  await put(server, { approval: [approval] });
}

/** The answer. */
export const OUTCOMES: readonly Stop[] = [
  {
    ...{ name: "approved", page: "Outcome", title: "approved" },
    ...{ path: LINK, set: asked(), as: "alice", sight: ".badge.good", picture: false },
    act: approveSignedIn,
  },
  {
    ...{ name: "approved-remembered", page: "Outcome", title: "approved and remembered" },
    ...{ path: LINK, set: asked(), as: "alice", sight: ".badge.good", picture: true },
    act: async (page) => {
      await unfold(page, "[name=remember]");
      await page.locator("[name=remember]").selectOption("3600");
      await approveSignedIn(page);
    },
  },
  {
    ...{ name: "approved-preauth", page: "Outcome", title: "approved ahead" },
    ...{ path: LINK, sight: ".badge.good", picture: false },
    set: ended({
      ...{ state: "approved", collected: true, ...byAlice, service: "preauth" },
      preauth: { forMs: 30 * MINUTE, commands: "any" },
    }),
  },
  {
    ...{ name: "denied", page: "Outcome", title: "denied" },
    ...{ path: LINK, set: asked(), sight: ".badge.bad", picture: true },
    act: (page) => page.locator("form[action$=deny] .no").click(),
  },
  {
    ...{ name: "not-me", page: "Outcome", title: "this wasn't me; freeze the account?" },
    ...{ path: LINK, set: asked(), sight: ".offer", picture: true },
    act: (page) => page.locator("form[action$=deny] .alarm").click(),
  },
  {
    ...{ name: "not-me-frozen", page: "Outcome", title: "this wasn't me: frozen" },
    ...{ path: LINK, set: asked(), as: "alice", sight: ".badge.bad", picture: true },
    act: (page) => page.locator("form[action$=deny] .alarm").click(),
  },
  {
    ...{ name: "wrong-number", page: "Outcome", title: "the wrong number" },
    ...{ path: LINK, set: asked(), as: "alice", sight: ".badge.bad", picture: false },
    act: async (page) => {
      await page.locator("[name=match]").first().check();
      await page.locator("form[action$=approve] button.go").click();
    },
  },
  {
    ...{ name: "expired", page: "Outcome", title: "nobody decided" },
    ...{ path: LINK, sight: ".badge.calm", picture: true },
    set: asked({ createdAt: NOW - 3 * MINUTE, expiresAt: NOW - 2 * MINUTE }),
  },
  {
    ...{ name: "cancelled", page: "Outcome", title: "the terminal is gone" },
    ...{ path: LINK, sight: ".badge.calm", picture: false },
    set: ended({ state: "cancelled", reason: "hung_up" }),
  },
  {
    ...{ name: "code-used", page: "Outcome", title: "a code was typed instead" },
    ...{ path: LINK, sight: ".badge.calm", picture: false },
    set: ended({ state: "cancelled", reason: "code_used" }),
  },
];
