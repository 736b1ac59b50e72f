/** The tour's stops of people themselves: signing in, devices, their logins. */
import { invitationHash } from "../../lib/core/invitation.ts";
import { put } from "./board.ts";
import type { Page } from "./browser.ts";
import {
  ASKED,
  FAULT,
  freezeAlice,
  MINUTE,
  type Stop,
  typeCode,
  unfold,
  WRONG_CODE,
} from "./page_tour_stop.ts";
import {
  addLogins,
  KEYS,
  NOW,
  openSession,
  PERSONS,
  waiting,
  type World,
} from "./page_tour_world.ts";
import { anInvitation } from "./people.ts";
import { shows } from "./visitor.ts";

const PASSKEY = "button[data-passkey]";
const TOKEN = "invitation-of-wangfang-for-today";

async function invited({ server }: World, changes: Parameters<typeof anInvitation>[0] = {}) {
  const { id: person } = PERSONS["王芳"];
  const times = { createdAt: NOW - 60 * MINUTE, expiresAt: NOW + 23 * 60 * MINUTE };
  const tokenHash = invitationHash(TOKEN);
  await put(server, {
    invitation: [anInvitation({ person, tokenHash, by: "person:carol", ...times, ...changes })],
  });
}

async function confirmAuthenticator(page: Page): Promise<void> {
  const secret = (await page.locator("code.secret").innerText()).replace(/\s/g, "");
  await page.locator("[name=code]").fill(shows(secret, NOW));
  await page.locator("button.go").click();
}

/** Without anybody signed in. */
export const SIGN_IN: readonly Stop[] = [
  {
    ...{ name: "sign-in", page: "Sign in", title: "with a passkey" },
    ...{ path: "/sign-in", sight: `${PASSKEY}, .note`, picture: true },
  },
  {
    ...{ name: "sign-in-wrong", page: "Sign in", title: "after a wrong code" },
    ...{ path: "/sign-in", sight: FAULT, status: 401, picture: false },
    act: async (page) => {
      await unfold(page, "[name=code]");
      await page.locator("[name=name]").first().fill("alice");
      await typeCode(page, WRONG_CODE);
    },
  },
  {
    ...{ name: "sign-in-again", page: "Sign in", title: "when the proof is too old" },
    ...{ path: "/sign-in?to=/devices&again=1", as: "alice", sight: "[name=again]" },
    picture: false,
  },
  {
    ...{ name: "sign-in-lan", page: "Sign in", title: "over plain http" },
    ...{ path: "/sign-in", lan: true, sight: ".stack > .note", picture: true },
  },
  {
    ...{ name: "invitation", page: "Invitation", title: "to make a passkey" },
    ...{ path: `/i/${TOKEN}`, set: invited, sight: "[name=name]", picture: true },
  },
  {
    ...{ name: "invitation-lan", page: "Invitation", title: "over plain http" },
    ...{ path: `/i/${TOKEN}`, lan: true, set: invited, sight: "a.go", picture: false },
  },
  {
    ...{ name: "authenticator", page: "Invitation", title: "an authenticator" },
    ...{ path: `/i/${TOKEN}/authenticator`, set: invited, sight: ".qr", picture: true },
  },
  {
    ...{ name: "authenticator-wrong", page: "Invitation", title: "a wrong code" },
    ...{ path: `/i/${TOKEN}/authenticator`, set: invited, sight: FAULT, status: 422 },
    picture: false,
    act: async (page) => {
      await page.locator("[name=code]").fill(WRONG_CODE);
      await page.locator("button.go").click();
    },
  },
  {
    ...{ name: "recovery-codes", page: "Recovery codes", title: "shown once" },
    ...{ path: `/i/${TOKEN}/authenticator`, set: invited, sight: ".codes", picture: true },
    act: confirmAuthenticator,
  },
  {
    ...{ name: "invitation-used", page: "Invitation", title: "that was used" },
    ...{ path: `/i/${TOKEN}`, sight: ".badge", status: 410, picture: true },
    set: (world) => invited(world, { usedAt: NOW - MINUTE }),
  },
];

/** Of a person who is signed in. */
export const OWN: readonly Stop[] = [
  {
    ...{ name: "logins", page: "My logins", title: "two wait" },
    ...{ path: "/logins", as: "alice", sight: ".ask", picture: true },
    set: ({ server }) =>
      addLogins(
        server,
        { ...ASKED, command: "git-receive-pack 'team/website.git'" },
        waiting("other", { user: "deploy", host: "web2", key: KEYS.deploy, tty: false }),
      ),
  },
  {
    ...{ name: "logins-empty", page: "My logins", title: "none" },
    ...{ path: "/logins", as: "王芳", sight: "main h2", picture: true },
    set: ({ server }) => put(server, { person: [{ ...PERSONS["王芳"], approves: ["own"] }] }),
  },
  {
    ...{ name: "logins-frozen", page: "My logins", title: "the account is frozen" },
    ...{ path: "/logins", as: "alice", sight: ".alert", picture: true },
    set: freezeAlice,
  },
  {
    ...{ name: "grants", page: "Remembered", title: "two approvals" },
    ...{ path: "/grants", as: "alice", sight: "button[value=g_1]", picture: true },
  },
  {
    ...{ name: "grants-empty", page: "Remembered", title: "nothing" },
    ...{ path: "/grants", as: "王芳", sight: ".card p", picture: false },
  },
  {
    ...{ name: "devices", page: "My devices", title: "four of them" },
    ...{ path: "/devices", as: "alice", sight: ".devices", picture: true },
  },
  {
    ...{ name: "devices-recovering", page: "My devices", title: "after a recovery code" },
    ...{ path: "/devices", as: "alice", sight: ".banner", picture: true },
    set: (world) => openSession(world, "alice", { via: "recovery_code", device: null }),
  },
  {
    ...{ name: "devices-stale", page: "My devices", title: "the proof is too old" },
    ...{ path: "/devices", as: "alice", sight: ".banner a", picture: false },
    set: (world) => openSession(world, "alice", { provenAt: NOW - 20 * MINUTE }),
  },
  {
    ...{ name: "devices-host-codes", page: "My devices", title: "an authenticator for hosts" },
    ...{ path: "/devices/host-codes", as: "alice", sight: ".qr", picture: false },
  },
  {
    ...{ name: "devices-recovery", page: "My devices", title: "new recovery codes" },
    ...{ path: "/devices", as: "alice", sight: ".codes", picture: false },
    act: (page) => page.locator("form[action$=recovery] button").click(),
  },
  {
    ...{ name: "frozen", page: "Frozen accounts", title: "one's own" },
    ...{ path: "/frozen", as: "alice", set: freezeAlice, sight: "[name=recovery]", picture: true },
  },
];
