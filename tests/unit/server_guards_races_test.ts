/** Requests at once about one thing: whatever comes first, one of them counts, and what lets nobody in wins. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { revokeDevice } from "../../lib/core/device.ts";
import { invitationHash } from "../../lib/core/invitation.ts";
import type { Person } from "../../lib/core/person.ts";
import { changePerson } from "../../lib/core/person_change.ts";
import type { Change } from "../../lib/core/store_change.ts";
import type { Store } from "../../lib/ports.ts";
import { Approver } from "../support/approver.ts";
import { all, anInvitation, someone } from "../support/people.ts";
import { type AppChanges, type Created, PUBLIC_URL, TestServer } from "../support/server_app.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import { testEveryStore } from "../support/stores.ts";
import { drafted, keep, shows, Visitor, withRecoveryCodes } from "../support/visitor.ts";

/** Each begins with another of the requests. */
const ROUNDS = 6;
const MANY = 20;

function serverOn(store: Store, approval: AppChanges["approval"] = {}): Promise<TestServer> {
  return TestServer.start({ approval: { require: "person", ...approval } }, undefined, { store });
}

interface Known {
  readonly approver: Approver;
  /** Is signed in. */
  readonly visitor: Visitor;
}

async function known(
  server: TestServer,
  name: string,
  changes: Partial<Person> = {},
): Promise<Known> {
  const approver = await Approver.join(server, name, changes);
  const visitor = new Visitor(server);
  equal((await visitor.signIn(approver.passkey)).status, 303);
  return { approver, visitor };
}

/** Beginning with another one in each round. */
function atOnce<T>(round: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const turned = tasks.map((_, index) => tasks[(index + round) % tasks.length]);
  return Promise.all(turned.flatMap((task) => task === undefined ? [] : [task()]));
}

/** What the host gets that asks again and again, all at once. */
async function collected(server: TestServer, login: Created) {
  const polls = await Promise.all(Array.from({ length: 5 }, () => server.poll(login)));
  const answers = await Promise.all(polls.map((answer) => answer.json()));
  const verdicts = answers.filter(({ verdict }) => verdict !== undefined).length;
  return { state: (await server.stored(login.id)).state, verdicts };
}

function recorded(server: TestServer, event: string, { id }: Created) {
  return server.audited.filter((line) => line.event === event && line["login"] === id);
}

async function openGrants(server: TestServer) {
  return (await all(server.memory, "grant")).filter(({ endedAt }) => endedAt === null);
}

/** The same store, where something else comes just before a session begins. */
function beforeSessions(store: Store, comes: () => Promise<unknown>): Store {
  return new Proxy(store, {
    get: (target, key) => {
      if (key !== "change") {
        const member: unknown = Reflect.get(target, key);
        return typeof member === "function" ? member.bind(target) : member;
      }
      return async <A>(change: Change<A>): Promise<A> => {
        const isSession = String(Object.keys(change.wants)) === "person,device,session";
        if (isSession) await comes();
        return await target.change(change);
      };
    },
  });
}

const approve = (visitor: Visitor, login: Created, more: Record<string, string> = {}) => () =>
  visitor.post(`/l/${login.ticket}/approve`, { match: login.match, shown: login.id, ...more });

testEveryStore({
  "approving and denying at once lets nobody in": async (store) => {
    const server = await serverOn(store);
    for (let round = 0; round < ROUNDS; round++) {
      const { visitor } = await known(server, `alice${round}`);
      const login = await server.create({ user: `alice${round}` });
      await atOnce(round, [
        approve(visitor, login, { remember: "3600" }),
        () => new Visitor(server).post(`/l/${login.ticket}/deny`),
      ]);
      deepEqual(await collected(server, login), { state: "denied", verdicts: 0 });
    }
  },

  "two who approve at once give one grant and one verdict": async (store) => {
    const server = await serverOn(store);
    const names = ["root", "toor", "admin"];
    const persons = await Promise.all(
      names.map((name) => known(server, name, { administrator: true })),
    );
    for (let round = 0; round < ROUNDS; round++) {
      const login = await server.create({ user: `user${round}`, source: `192.0.2.${round}` });
      await atOnce(
        round,
        persons.map(({ visitor }) => approve(visitor, login, { remember: "3600" })),
      );
      deepEqual(await collected(server, login), { state: "approved", verdicts: 1 });
      equal(recorded(server, "login.approved", login).length, 1);
      equal((await openGrants(server)).length, round + 1);
    }
    equal(server.audited.filter(({ event }) => event === "grant.given").length, ROUNDS);
  },

  "where it takes two, two at once are two, and one twice at once is one": async (store) => {
    const server = await serverOn(store, { twoPersons: ["deploy@*"] });
    const rights = { approves: ["deploy@*"] };
    const alice = await known(server, "alice", rights);
    const bob = await known(server, "bob", rights);
    const again = new Visitor(server);
    equal((await again.signIn(alice.approver.passkey)).status, 303);
    for (let round = 0; round < ROUNDS; round++) {
      const login = await server.create({ user: "deploy", source: `192.0.2.${round}` });
      await atOnce(round, [approve(alice.visitor, login), approve(again, login)]);
      equal((await server.stored(login.id)).state, "pending");
      equal(recorded(server, "login.approved_first", login).length, 1);
      await approve(bob.visitor, login)();
      deepEqual(await collected(server, login), { state: "approved", verdicts: 1 });

      const other = await server.create({ user: "deploy", source: `192.0.2.${100 + round}` });
      await atOnce(round, [approve(alice.visitor, other), approve(bob.visitor, other)]);
      deepEqual(await collected(server, other), { state: "approved", verdicts: 1 });
      deepEqual([
        recorded(server, "login.approved_first", other).length,
        recorded(server, "login.approved", other).length,
      ], [1, 1]);
      const { by } = await server.stored(other.id);
      deepEqual(by?.split(", ").sort(), ["person:alice", "person:bob"]);
    }
  },

  "what is frozen while it is approved lets nobody in, now or later": async (store) => {
    const server = await serverOn(store);
    const { visitor: root } = await known(server, "root", { administrator: true });
    for (let round = 0; round < ROUNDS; round++) {
      const user = `alice${round}`;
      const { visitor } = await known(server, user);
      const login = await server.create({ user });
      await atOnce(round, [
        approve(visitor, login, { remember: "3600" }),
        round % 2 === 0
          ? () => root.post("/admin/freezes", { user, host: "*" })
          : () => visitor.post("/logins/not-me", { login: login.id }),
      ]);
      deepEqual(await collected(server, login), { state: "denied", verdicts: 0 });
      deepEqual(await openGrants(server), []);
      equal((await server.ask({ user })).status, 403);
    }
  },

  "who is frozen while signing in or approving is signed in nowhere": async (store) => {
    const server = await serverOn(store);
    const { visitor: root } = await known(server, "root", { administrator: true });
    for (let round = 0; round < ROUNDS; round++) {
      const { approver, visitor } = await known(server, `alice${round}`);
      const login = await server.create({ user: `alice${round}` });
      const browsers = [visitor, new Visitor(server), new Visitor(server)] as const;
      await atOnce(round, [
        () => root.post(`/admin/persons/${approver.person.id}/freeze`),
        () => browsers[1].signIn(approver.passkey),
        () => browsers[2].signInByCode(approver.person.name, approver.code),
        approve(visitor, login, { remember: "3600" }),
      ]);
      for (const browser of browsers) {
        equal((await browser.get("/devices")).headers.get("location"), "/sign-in?to=%2Fdevices");
      }
      const sessions = await store.find("session", { person: approver.person.id });
      deepEqual(sessions, []);
      deepEqual(await openGrants(server), []);
    }
  },

  "a device that is revoked while it is used begins no session": async (store) => {
    const server = await serverOn(store);
    for (let round = 0; round < ROUNDS; round++) {
      const name = `alice${round}`;
      const { approver, visitor } = await known(server, name);
      const thief = new Visitor(server);
      const challenge = await thief.challenge("/sign-in/options");
      const passkey = await approver.passkey.signed({ challenge });
      const login = await server.create({ user: name });
      await atOnce(round, [
        () => visitor.post(`/devices/d_${name}-key/revoke`, { last: "1" }),
        () => thief.post("/sign-in", { way: "passkey", passkey }),
        () => approver.touch(login),
      ]);
      deepEqual(await store.find("session", { device: `d_${name}-key` }), []);
      equal((await thief.get("/devices")).status, 303);
      equal((await thief.signIn(approver.passkey)).status, 401);
    }
  },

  "nobody is signed in who may not come in any more when it comes to that": async (store) => {
    const ends = {
      device: ({ person, server }: Approver) =>
        store.change(revokeDevice(person.id, `d_${person.name}-key`, server.time.now())),
      person: ({ person, server }: Approver) => {
        const now = server.time.now();
        return store.change(changePerson(person, { state: "frozen" }, "a", new Map(), now));
      },
    };
    const between: { run: () => Promise<unknown> } = { run: () => Promise.resolve() };
    const server = await serverOn(beforeSessions(store, () => between.run()));
    for (const [what, end] of Object.entries(ends)) {
      const signing = await Approver.join(server, `${what}1`);
      between.run = () => end(signing);
      equal((await new Visitor(server).signIn(signing.passkey)).status, 401, what);
      const approving = await Approver.join(server, `${what}2`);
      between.run = () => end(approving);
      const login = await server.create({ user: approving.person.name });
      equal((await approving.touch(login)).status, 401, what);
      equal((await server.stored(login.id)).state, "pending");
    }
    deepEqual(await all(store, "session"), []);
  },

  "a code that is typed everywhere at once is right once": async (store) => {
    const server = await serverOn(store);
    for (let round = 0; round < ROUNDS; round++) {
      const name = `alice${round}`;
      const approver = await Approver.join(server, name);
      const login = await server.create({ user: name });
      const { code } = approver;
      const tries = Array.from({ length: MANY }, (_, n) => {
        // From everywhere, so that no limit has a hand in it.
        const browser = new Visitor(server, "en", `192.0.2.${n}`);
        return n % 2 === 0
          ? () => browser.signInByCode(name, code)
          : approve(browser, login, { name, code });
      });
      const answers = await atOnce(round, tries);
      equal(answers.filter(({ headers }) => headers.has("set-cookie")).length, 1);
      const person = approver.person.id;
      equal((await store.find("session", { person })).length, 1);
      const { state } = await server.stored(login.id);
      equal(recorded(server, "login.approved", login).length, state === "approved" ? 1 : 0);
    }
  },

  "what a passkey has signed counts once, wherever it is sent at once": async (store) => {
    const server = await serverOn(store);
    for (let round = 0; round < ROUNDS; round++) {
      const name = `alice${round}`;
      const approver = await Approver.join(server, name);
      const challenge = await new Visitor(server).challenge("/sign-in/options");
      // Of a passkey that counts nothing, as those that are in the cloud do.
      const passkey = await approver.passkey.signed({ challenge, counter: 0 });
      const answers = await atOnce(
        round,
        Array.from(
          { length: MANY },
          () => () => new Visitor(server).post("/sign-in", { way: "passkey", passkey }),
        ),
      );
      equal(answers.filter(({ status }) => status === 303).length, 1);
      equal((await store.find("session", { person: approver.person.id })).length, 1);

      const login = await server.create({ user: name });
      const form = { match: login.match, shown: login.id };
      const signed = await approver.sign(login, form, { counter: 0 });
      const approvals = Array.from(
        { length: 4 },
        () => approve(new Visitor(server), login, { passkey: signed }),
      );
      const approved = await atOnce(round, approvals);
      equal(approved.filter(({ headers }) => headers.has("set-cookie")).length, 1);
      deepEqual(await collected(server, login), { state: "approved", verdicts: 1 });
      equal(recorded(server, "login.approved", login).length, 1);
    }
  },

  "an invitation that several use at once registers one device": async (store) => {
    const server = await serverOn(store);
    for (let round = 0; round < ROUNDS; round++) {
      const person = someone(`alice${round}`);
      const token = `${round}`.repeat(32);
      const tokenHash = invitationHash(token);
      const id = `i_${round}`;
      await keep(server, person, {
        invitation: [anInvitation({ id, person: person.id, tokenHash })],
      });
      const byApp = new Visitor(server);
      const path = `/i/${token}/authenticator`;
      const { secret, draft } = await drafted(byApp, path);
      const code = shows(secret, server.time.now());
      const passkeys = await Promise.all([0, 1].map(async () => {
        const browser = new Visitor(server);
        const challenge = await browser.challenge(`/i/${token}/options`);
        const made = await SoftPasskey.make(PUBLIC_URL, person.id);
        const passkey = await made.created({ challenge });
        return () => browser.post(`/i/${token}`, { name: "phone", passkey });
      }));
      await atOnce(round, [...passkeys, () => byApp.post(path, { draft, name: "app", code })]);
      equal((await store.find("device", { person: person.id })).length, 1);
      equal((await store.find("session", { person: person.id })).length, 1);
    }
  },

  "a recovery code that is typed twice at once is right once": async (store) => {
    const server = await serverOn(store);
    for (let round = 0; round < ROUNDS; round++) {
      const person = someone(`alice${round}`);
      const [code = ""] = await withRecoveryCodes(server, person);
      const fields = { way: "recovery", name: person.name, code };
      const answers = await atOnce(
        round,
        Array.from({ length: 3 }, () => () => new Visitor(server).post("/sign-in", fields)),
      );
      equal(answers.filter(({ status }) => status === 303).length, 1);
      equal((await store.find("session", { person: person.id })).length, 1);
    }
  },

  "an approval and the host's hanging up at once are one of the two": async (store) => {
    const server = await serverOn(store);
    const ends = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const { visitor } = await known(server, `alice${round}`);
      const login = await server.create({ user: `alice${round}` });
      const headers = { authorization: `Bearer ${login.secret}` };
      const [, , first] = await atOnce<unknown>(round, [
        approve(visitor, login),
        () => server.fetch("DELETE", `/api/v1/logins/${login.id}`, { headers }),
        () => collected(server, login),
      ]);
      ok(first !== undefined);
      const { state, verdicts } = await collected(server, login);
      ends.add(state);
      if (state !== "approved") equal(verdicts, 0);
    }
    ok(!ends.has("pending"));
  },
});
