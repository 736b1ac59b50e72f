/** Lifting the freeze of one's own account: by passkey and recovery code together. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Freeze } from "../../lib/core/freeze.ts";
import type { Person } from "../../lib/core/person.ts";
import { aFreeze, all, someone } from "../support/people.ts";
import { TestServer } from "../support/server_app.ts";
import type { SoftPasskey } from "../support/soft_passkey.ts";
import {
  faultIn,
  keep,
  Visitor,
  withAuthenticator,
  withPasskey,
  withRecoveryCodes,
} from "../support/visitor.ts";

const ALICE = someone("alice");

class Case {
  private constructor(
    readonly server: TestServer,
    readonly visitor: Visitor,
    readonly passkey: SoftPasskey,
    readonly codes: readonly string[],
  ) {}

  /** Signed in, with recovery codes, where accounts are frozen so. */
  static async of(person: Person, ...freezes: readonly Freeze[]): Promise<Case> {
    const server = await TestServer.start();
    const passkey = await withPasskey(server, person);
    const codes = await withRecoveryCodes(server, person);
    await keep(server, person, { freeze: freezes });
    const visitor = new Visitor(server);
    await visitor.signIn(passkey);
    return new Case(server, visitor, passkey, codes);
  }

  async lift(id: string, recovery: string, asked = id): Promise<Response> {
    const challenge = await this.visitor.challenge(`/frozen/${asked}/options`, { recovery });
    const passkey = await this.passkey.signed({ challenge });
    return await this.visitor.post(`/frozen/${id}`, { recovery, passkey });
  }

  async lifted(): Promise<(string | null)[]> {
    return (await all(this.server.memory, "freeze")).map(({ liftedBy }) => liftedBy);
  }
}

Deno.test("a freeze that one has reported is seen, and lifted by passkey and recovery code", async () => {
  const alice = await Case.of(ALICE, aFreeze());
  const devices = await (await alice.visitor.get("/devices")).text();
  ok(devices.includes("An account of yours is frozen.") && devices.includes('href="/frozen"'));
  const html = await (await alice.visitor.get("/frozen")).text();
  ok(html.includes('action="/frozen/f_1"') && html.includes("all hosts"));
  const answer = await alice.lift("f_1", alice.codes[0] ?? "");
  deepEqual([answer.status, answer.headers.get("location")], [303, "/frozen"]);
  deepEqual(await alice.lifted(), ["person:alice"]);
  deepEqual(alice.server.audited.map(({ event }) => event), [
    "person.signed_in",
    "recovery.used",
    "account.unfrozen",
  ]);
  ok((await (await alice.visitor.get("/frozen")).text()).includes("No account of yours is frozen"));
});

Deno.test("a lift that cannot be recorded does not stay", async () => {
  const alice = await Case.of(ALICE, aFreeze());
  const { server } = alice;
  const used = server.until(() => server.audited.some(({ event }) => event === "recovery.used"));
  const [answer] = await Promise.all([
    alice.lift("f_1", alice.codes[0] ?? ""),
    used.then(() => server.failing = "append"),
  ]);
  equal(answer.status, 503);
  equal(server.audited.at(-1)?.event, "recovery.used");
  deepEqual(await alice.lifted(), [null]);
});

Deno.test("neither of the two is enough, and no code is used up before the passkey is right", async () => {
  const alice = await Case.of(ALICE, aFreeze());
  const [code = "", other = ""] = alice.codes;
  const nothing = await alice.visitor.post("/frozen/f_1", { recovery: code });
  equal(nothing.status, 422);
  equal((await alice.lift("f_1", "no code")).status, 422);
  const wrong = await alice.lift("f_1", "00000-00000");
  deepEqual([wrong.status, faultIn(await wrong.text())?.includes("wrong")], [401, true]);
  deepEqual(await alice.lifted(), [null]);
  equal((await alice.lift("f_1", code)).status, 303);
  deepEqual(await alice.lifted(), ["person:alice"]);
  const [sheet] = await all(alice.server.memory, "recovery");
  equal(sheet?.codes.filter(({ usedAt }) => usedAt !== null).length, 1);
  ok(other !== "");
});

Deno.test("a signature for one freeze lifts no other, and none for signing in does", async () => {
  const alice = await Case.of(
    ALICE,
    aFreeze(),
    aFreeze({ id: "f_2", user: "Alice", by: "person:alice" }),
  );
  const [recovery = ""] = alice.codes;
  const moved = await alice.lift("f_2", recovery, "f_1");
  equal(moved.status, 401);
  const challenge = await alice.visitor.challenge("/sign-in/options");
  const passkey = await alice.passkey.signed({ challenge });
  equal((await alice.visitor.post("/frozen/f_1", { recovery, passkey })).status, 401);
  deepEqual(await alice.lifted(), [null, null]);
});

Deno.test("another person's passkey lifts nothing", async () => {
  const alice = await Case.of(ALICE, aFreeze());
  const mallory = await withPasskey(alice.server, someone("mallory"));
  const challenge = await alice.visitor.challenge("/frozen/f_1/options");
  const passkey = await mallory.signed({ challenge });
  const [recovery = ""] = alice.codes;
  const answer = await alice.visitor.post("/frozen/f_1", { recovery, passkey });
  equal(answer.status, 401);
  equal(alice.server.audited.at(-1)?.["why"], "wrong_person");
  deepEqual(await alice.lifted(), [null]);
});

const NOT_MINE = [
  ["that an administrator made", aFreeze({ why: "administrator", by: "admin:root" }), true],
  ["of another person's account", aFreeze({ user: "bob", by: "person:bob" }), false],
] as const;
for (const [what, freeze, seen] of NOT_MINE) {
  Deno.test(`a freeze ${what} is not to be lifted here`, async () => {
    const alice = await Case.of(ALICE, freeze);
    const html = await (await alice.visitor.get("/frozen")).text();
    equal(html.includes("Only an administrator can lift this."), seen);
    ok(!html.includes('<form method="post" action="/frozen'));
    for (const path of ["/frozen/f_1", "/frozen/f_1/options"]) {
      equal((await alice.visitor.post(path, { recovery: alice.codes[0] ?? "" })).status, 404);
    }
    deepEqual(await alice.lifted(), [null]);
  });
}

Deno.test("a shared account's freeze is lifted by who has reported it", async () => {
  const alice = await Case.of(ALICE, aFreeze({ user: "root", by: "person:alice" }));
  equal((await alice.lift("f_1", alice.codes[0] ?? "")).status, 303);
  deepEqual(await alice.lifted(), ["person:alice"]);
});

Deno.test("guesses of recovery codes are counted here too", async () => {
  const alice = await Case.of(ALICE, aFreeze());
  await withAuthenticator(alice.server, ALICE);
  for (let n = 0; n < 3; n++) equal((await alice.lift("f_1", "00000-00000")).status, 401);
  const limited = await alice.lift("f_1", alice.codes[0] ?? "");
  equal(limited.status, 429);
  match(faultIn(await limited.text()) ?? "", /Try again in 30 seconds/);
  deepEqual(await alice.lifted(), [null]);
});
