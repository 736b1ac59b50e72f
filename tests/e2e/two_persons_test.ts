/** An account that takes two persons, and has an authenticator on the host: at the gate, and in PAM. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { type FrontEnd, throughGate, throughPam, type Visit } from "../support/front_ends.ts";
import { NO_SERVER, sharing } from "../support/gate.ts";
import { totp } from "../support/gate_codes.ts";
import { deny, lastLogin, loginIs } from "../support/gate_offer.ts";

const TWO = '[[accounts]]\nmatch = ["*@web1"]\napprovers = 2\n';
const REMARK = /this account takes two persons,\s+so a code is not enough/;

/** Ends it, and what was typed has not let in. */
async function isDenied(visit: Visit, { server }: FrontEnd, url: string): Promise<void> {
  await deny({ url, number: "" });
  await loginIs(server, "denied", lastLogin(server));
  await visit.goesOn();
  await visit.isOut("the login was denied");
}

for (const [name, make] of [["gate", throughGate], ["pam", throughPam]] as const) {
  const test = sharing(async () => {
    const door = await make(TWO);
    await door.enroll(true);
    return door;
  });

  test(`${name}: its code does not let in, and none is asked for`, async (door) => {
    await using visit = door.login();
    const { url } = await visit.offer();
    const screen = await visit.screen.waitFor(REMARK);
    doesNotMatch(screen, /type (?:a|the) code/);
    await visit.types(totp());
    await isDenied(visit, door, url);
  });

  test(`${name}: the second of two persons is waited for`, async (door) => {
    await using visit = door.login();
    const { url } = await visit.offer();
    const { out } = await door.server.admin("login", "approve", lastLogin(door.server));
    match(out, /another person has to approve/);
    await visit.types(totp());
    await isDenied(visit, door, url);
  });

  test(`${name}: requests without end do not have the code do`, async (door) => {
    // With the two above it is five that were refused.
    for (let refused = 2; refused < 5; refused++) {
      await using visit = door.login();
      await isDenied(visit, door, (await visit.offer()).url);
    }
    await using visit = door.login();
    await visit.isOut("so nobody is asked");
    doesNotMatch(visit.screen.screen(), /[Cc]ode:/);
  });

  test(`${name}: while no server answers the code does`, async (door) => {
    await door.configure({ ...door.joined, servers: [NO_SERVER] });
    await using visit = door.login();
    await visit.asksForCode();
    await visit.types(totp());
    await visit.isIn();
    equal(door.server.running, true);
  });
}
