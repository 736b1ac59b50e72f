/** One table of logins, for both front ends of the login flow: the gate, and PAM. */
import { doesNotMatch, match } from "node:assert/strict";
import { keyOf } from "../support/enrollment.ts";
import { type FrontEnd, throughGate, throughPam, type Visit } from "../support/front_ends.ts";
import { type HostToml, NO_SERVER, sharing } from "../support/gate.ts";
import { totp, wrongCode } from "../support/gate_codes.ts";
import {
  approve,
  deny,
  lastLogin,
  loginIs,
  type Offer,
  wrongNumber,
} from "../support/gate_offer.ts";
import { grant } from "../support/grants.ts";
import { loginLapses } from "../support/pam_host_pair.ts";
import { mustRun } from "../support/process.ts";
import { codeOf } from "../support/totp.ts";

interface Scenario {
  readonly name: string;
  /** Beside the server, unless it names others. */
  readonly settings?: HostToml | ((door: FrontEnd) => HostToml);
  /** Default: not. */
  readonly enrolled?: boolean;
  run(visit: Visit, door: FrontEnd): Promise<void>;
}

/** Nobody listens there. */
const OFFLINE = { servers: [NO_SERVER] };
const ALONE: HostToml = { servers: [] };

/** What the person decides on the page, and what the terminal says then. */
function decided(
  name: string,
  decide: (offer: Offer) => Promise<void>,
  words: string,
): Scenario {
  return {
    name,
    async run(visit, { server }) {
      await decide(await visit.offer());
      await loginIs(server, "denied", lastLogin(server));
      await visit.goesOn();
      await visit.isOut(words);
    },
  };
}

/** Nobody is asked for anything. */
const passes = (name: string, settings: Scenario["settings"]): Scenario => ({
  name,
  settings: settings ?? {},
  run: (visit) => visit.isIn(),
});

const SCENARIOS: readonly Scenario[] = [
  {
    name: "an approval lets in",
    async run(visit, { server }) {
      await approve(await visit.offer());
      await loginIs(server, "approved", lastLogin(server));
      await visit.goesOn();
      await visit.isIn();
      await loginIs(server, "collected", lastLogin(server));
    },
  },
  decided("a person who says no keeps it out", (offer) => deny(offer), "the login was denied"),
  decided(
    "a wrong number keeps it out",
    (offer) => approve(offer, wrongNumber(offer)),
    "denied: another number was picked",
  ),
  decided(
    "a person who says that it was somebody else keeps it out",
    (offer) => deny(offer, true),
    "and reported as suspicious",
  ),
  {
    name: "a login that nobody answers ends when its time is up",
    settings: { timeout: "2s" },
    async run(visit, { server }) {
      await visit.offer();
      await loginLapses(server, lastLogin(server));
      await visit.goesOn();
      await visit.isOut("nobody approved in time");
    },
  },
  {
    name: "a code lets in instead, and withdraws the request",
    enrolled: true,
    async run(visit, { server }) {
      const { url } = await visit.offer();
      await visit.types(totp());
      await visit.isIn();
      await loginIs(server, "cancelled", lastLogin(server));
      match(await (await fetch(url)).text(), /code .*was typed instead/);
    },
  },
  {
    name: "a wrong code does not, and the approval still does",
    enrolled: true,
    async run(visit) {
      const offer = await visit.offer();
      await visit.types(wrongCode());
      await visit.screen.waitFor("wrong code");
      await approve(offer);
      await visit.goesOn();
      await visit.isIn();
    },
  },
  {
    name: "what was approved earlier is not asked about again, and nothing is shown",
    async run(visit, door) {
      await approve(await visit.offer());
      await visit.goesOn();
      await visit.isIn();
      await grant(door);
      await using again = door.login();
      await again.isIn();
      doesNotMatch(again.screen.screen(), /http|Press Enter|gatehouse/);
      // That ends it.
      await door.server.admin("account", "freeze", door.user.name);
      await door.server.admin("account", "unfreeze", door.user.name);
      await using asked = door.login();
      await asked.offer();
    },
  },
  {
    name: "a frozen account stays out, and its own code does not help",
    enrolled: true,
    async run(visit, door) {
      await visit.offer();
      await door.server.admin("account", "freeze", door.user.name);
      await visit.goesOn();
      await visit.isOut("the login was denied");
      await using frozen = door.login();
      await frozen.isOut("this account is frozen");
      match(frozen.screen.screen(), /ask your administrator/);
      await door.server.admin("account", "unfreeze", door.user.name);
    },
  },
  {
    name: "a client that goes away withdraws the request, and nothing of the login is left",
    async run(visit, door) {
      await visit.offer();
      await visit.screen.kill();
      await loginIs(door.server, "cancelled", lastLogin(door.server));
      await door.ended();
    },
  },
  {
    name: 'no server answers, offline = "code": a code lets in, once',
    settings: OFFLINE,
    enrolled: true,
    async run(visit, door) {
      await visit.asksForCode();
      await visit.screen.waitFor("no approval server answers");
      const code = totp();
      await visit.types(code);
      await visit.isIn();
      await using again = door.login();
      await again.asksForCode();
      await again.types(code);
      await again.screen.waitFor("that code cannot be used any more");
    },
  },
  {
    name: 'no server answers, offline = "deny": a code does not help',
    settings: { ...OFFLINE, policy: { offline: "deny" } },
    enrolled: true,
    run: (visit) => visit.isOut("this host lets nobody in while no server answers"),
  },
  passes('no server answers, offline = "allow": that lets in', {
    ...OFFLINE,
    policy: { offline: "allow" },
  }),
  {
    name: 'no authenticator, unenrolled = "deny": that keeps out',
    settings: { ...ALONE, policy: { unenrolled: "deny" } },
    run: (visit) => visit.isOut("this account has no authenticator yet"),
  },
  {
    name: 'no authenticator, unenrolled = "enroll": the first right code lets in, and is spent',
    settings: { ...ALONE, host: "web1", policy: { unenrolled: "enroll" } },
    async run(visit, door) {
      const { screen } = visit;
      await screen.waitFor("Code from the app:");
      const [, secret = ""] = /secret=([A-Z2-7]{32})/.exec(screen.screen()) ?? [];
      match(screen.screen(), /authenticator app to log in to web1$/m);
      match(
        screen.screen(),
        new RegExp(`/${door.user.name}@web1\\?secret=${secret}&issuer=web1$`, "m"),
      );
      const code = codeOf(Math.floor(Date.now() / 30_000), keyOf(secret));
      await visit.types(code === "000000" ? "111111" : "000000");
      await screen.waitFor("That is no code of this secret.");
      await visit.types(code);
      await visit.hasEnrolled();
      await visit.isIn();
      match(await Deno.readTextFile(door.stateFile), new RegExp(`^${secret}\n`));
      await using again = door.login();
      await again.asksForCode();
      await again.types(code);
      await again.screen.waitFor("that code cannot be used any more");
    },
  },
  passes('no authenticator, unenrolled = "allow": that lets in', {
    ...ALONE,
    policy: { unenrolled: "allow" },
  }),
  {
    name: 'an authenticator, unenrolled = "allow": its code is asked for',
    settings: { ...ALONE, policy: { unenrolled: "allow" } },
    enrolled: true,
    async run(visit) {
      await visit.asksForCode();
      await visit.types(totp());
      await visit.isIn();
    },
  },
  passes("an exempt account is not asked", ({ user }) => ({
    policy: { exempt_users: [user.name] },
  })),
  passes("an exempt group is not asked", { policy: { exempt_groups: ["games"] } }),
  passes("an exempt source is not asked", { policy: { exempt_sources: ["127.0.0.0/8"] } }),
  {
    name: "others' exemptions exempt nobody",
    settings: {
      policy: {
        exempt_users: ["root"],
        exempt_groups: ["root"],
        exempt_sources: ["192.0.2.0/24"],
      },
    },
    async run(visit) {
      await approve(await visit.offer());
      await visit.goesOn();
      await visit.isIn();
    },
  },
  // The last, for it stays so for a while.
  {
    name: "an account of which too many requests were refused is left alone, and a code lets in",
    enrolled: true,
    async run(visit, door) {
      await deny(await visit.offer());
      await visit.goesOn();
      await visit.isOut("the login was denied");
      for (let refused = 1; refused < 5; refused++) {
        await using again = door.login();
        await deny(await again.offer());
        await again.goesOn();
        await again.isOut("the login was denied");
      }
      await using quiet = door.login();
      await quiet.asksForCode();
      await quiet.screen.waitFor(/so nobody is asked\s+for 15 min/);
      await quiet.types(totp());
      await quiet.isIn();
    },
  },
];

for (const [name, make] of [["gate", throughGate], ["pam", throughPam]] as const) {
  const test = sharing(async () => {
    const door = await make();
    await mustRun(["usermod", "--append", "--groups", "games", door.user.name]);
    return door;
  });
  for (const { name: what, settings = {}, enrolled = false, run } of SCENARIOS) {
    test(`${name}: ${what}`, async (door) => {
      await door.enroll(enrolled);
      const changes = typeof settings === "function" ? settings(door) : settings;
      await door.configure({ ...door.joined, ...changes });
      await using visit = door.login();
      await run(visit, door);
    });
  }
}
