/** Whatever happens to people and logins, both stores say and keep the same. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { placeLogin } from "../../lib/core/account_request.ts";
import { acceptPasskey, addDevice, revokeDevice } from "../../lib/core/device.ts";
import { freezeAccount, liftFreeze, reportNotMe } from "../../lib/core/freeze.ts";
import { revokeGrants } from "../../lib/core/grant.ts";
import { acceptInvitation, invitationHash, invite } from "../../lib/core/invitation.ts";
import { approveRequest } from "../../lib/core/person_approval.ts";
import { addPerson, changePerson, inviteFirst } from "../../lib/core/person_change.ts";
import { signIn, signOut, useSession } from "../../lib/core/web_session.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import type { Store } from "../../lib/ports.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { all, anInvitation, aPasskey, aSession, putting, someone } from "../support/people.ts";
import { scratch } from "../support/scratch.ts";
import { SAMPLED } from "../support/store_records.ts";

/** Something that happens, at a time; its answer. */
type Act = (store: Store, now: number) => Promise<unknown>;

const NAMES = ["alice", "bob", "carol"] as const;
const GROUPS = new Map([["web", ["web*"]]]);
const SETTINGS = {
  require: "person",
  twoPersons: ["deploy@*"],
  grants: { longestMs: 3_600_000, ipv6Prefix: 128 },
  groups: GROUPS,
} as const;
const RULES = {
  pendingPerAccount: 3,
  connectionsPerRequest: 4,
  mayJoin: true,
  groups: ["web"],
  twoPersons: [],
  longestGrantMs: 3_600_000,
};

const name = fc.constantFrom(...NAMES);
const user = fc.constantFrom(...NAMES, "deploy");
const digit = fc.nat(3).map(String);

const person = (name: string, administrator = false) =>
  someone(name, { administrator, approves: ["own", "deploy@*"] });
const invitation = (name: string, token: string, now: number) =>
  anInvitation({
    id: `i_${token}-${now}`,
    tokenHash: invitationHash(token),
    person: `p_${name}`,
    createdAt: now,
    expiresAt: now + 30_000,
  });
const passkey = (name: string, n: string) =>
  aPasskey({ id: `d_${name}${n}`, person: `p_${name}` }, { id: `credential${n}` });

function ask(user: string, requester: string | null, n: string): Act {
  return (store, now) => {
    const id = `${user}-${n}-${now}`;
    const times = { createdAt: now, expiresAt: now + 60_000 };
    const from = { source: `192.0.2.${n}`, host: `web${Number(n) % 2}` };
    const login = aLogin({ id, ticket: id, user, requester, ...from, ...times });
    return store.addLogin({ ...login, groups: RULES.groups }, (pending, account) => {
      const placed = placeLogin(login, pending, account, RULES, now);
      return "login" in placed ? placed.login : undefined;
    });
  };
}

/** One of the recent logins. */
async function recent(store: Store, n: number) {
  const logins = await store.recentLogins(5);
  return logins[n % Math.max(1, logins.length)] ?? aLogin();
}

const asking = fc.tuple(user, fc.option(name), digit)
  .map(([user, requester, n]) => ask(user, requester, n));

const scope = fc.option(fc.constantFrom("host" as const, "group:web" as const));

const approving = fc.tuple(name, fc.nat(2), fc.boolean(), scope)
  .map(([name, n, wrong, scope]): Act => async (store, now) => {
    const login = await recent(store, n);
    const shown = new Set((await store.loginsByTicket(login.ticket)).map(({ id }) => id));
    return await store.change(approveRequest(
      login,
      {
        person: `p_${name}`,
        via: "passkey",
        match: wrong ? "17" : login.match,
        shown,
        remember: scope === null ? null : { forMs: 90_000, commands: "any", scope },
        grantId: `g_${now}`,
      },
      SETTINGS,
      now,
    ));
  });

const changing: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(name, fc.boolean(), digit).map(([name, admin, token]): Act => (store, now) =>
    store.change(addPerson(person(name, admin), invitation(name, token, now)))
  ),
  fc.tuple(name, digit).map(([name, token]): Act => (store, now) =>
    store.change(inviteFirst(person(name, true), (id) => invitation(id.slice(2), token, now)))
  ),
  fc.tuple(name, digit).map(([name, token]): Act => (store, now) =>
    store.change(invite(invitation(name, token, now)))
  ),
  fc.tuple(digit, name, digit).map(([token, name, n]): Act => (store, now) =>
    store.change(acceptInvitation(token, passkey(name, n), now))
  ),
  fc.tuple(name, digit).map(([name, n]): Act => (store) =>
    store.change(addDevice(passkey(name, n)))
  ),
  fc.tuple(name, digit, fc.nat(3)).map(([name, n, counter]): Act => (store, now) => {
    const use = { counter, verified: true, backupEligible: true, backedUp: false };
    return store.change(acceptPasskey(`credential${n}`, `p_${name}`, use, now));
  }),
  fc.tuple(name, digit).map(([name, n]): Act => (store, now) =>
    store.change(revokeDevice(`p_${name}`, `d_${name}${n}`, now))
  ),
  fc.tuple(name, digit, digit).map(([name, n, before]): Act => (store, now) => {
    const times = { createdAt: now, provenAt: now, seenAt: now };
    const whose = { id: `s_${n}`, person: `p_${name}`, device: `d_${name}${n}`, tokenHash: n };
    return store.change(signIn(aSession({ ...whose, ...times }), before));
  }),
  digit.map((n): Act => (store, now) => store.change(useSession(`s_${n}`, now))),
  digit.map((n): Act => (store) => store.change(signOut(`s_${n}`))),
  fc.tuple(name, fc.nat(4)).map(([name, n]): Act => async (store, now) => {
    const how = { freezeId: `f_${now}`, person: `p_${name}`, via: "code" };
    return await store.change(reportNotMe(await recent(store, n), how, GROUPS, now));
  }),
  fc.tuple(user, fc.constantFrom("web0", "*")).map(([user, host]): Act => (store, now) =>
    store.change(freezeAccount({ id: `f_${now}`, user, host, by: "admin:root" }, now))
  ),
  fc.nat(4).map((n): Act => async (store, now) => {
    const freezes = await all(store, "freeze");
    return await store.change(liftFreeze(freezes[n]?.id ?? "", "admin:root", now));
  }),
  name.map((name): Act => (store, now) =>
    store.change(revokeGrants({ person: `p_${name}` }, "admin:root", now))
  ),
  fc.tuple(
    name,
    fc.constantFrom(
      { state: "frozen" } as const,
      { state: "active" } as const,
      { state: "active" } as const,
      { state: "removed" } as const,
      { approves: ["own"] },
      { name: "dave" },
      { administrator: true },
    ),
  ).map(([name, patch]): Act => (store, now) =>
    store.change(changePerson(someone(name), patch, "admin:root", GROUPS, now))
  ),
  fc.constant<Act>((store, now) => store.forget(now)),
);

const act = fc.oneof(
  { weight: 5, arbitrary: asking },
  { weight: 5, arbitrary: approving },
  { weight: 8, arbitrary: changing },
);

/** The answer, or that there was none: texts of faults are each store's own. */
async function answerOf(act: Act, store: Store, now: number): Promise<unknown> {
  return await act(store, now).then((answer) => ({ answer }), () => "rejected");
}

async function everything(store: Store): Promise<unknown> {
  const records = await Promise.all(SAMPLED.map((kind) => all(store, kind)));
  return { records, logins: await store.recentLogins(100) };
}

Deno.test("memory and SQLite agree, whatever happens to people and logins", async () => {
  await using folder = await scratch();
  let run = 0;
  const life = fc.array(fc.tuple(act, fc.nat(20_000)), { minLength: 40, maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(life, async (life) => {
      const memory = new MemoryStore();
      const sqlite = SqliteStore.open(`${folder.path}/${run++}`, "server");
      try {
        let now = T0;
        for (const store of [memory, sqlite]) {
          await store.change(putting({
            person: [person("alice", true), person("bob"), person("carol")],
            device: [passkey("alice", "0"), passkey("bob", "1")],
          }));
        }
        for (const [act, pause] of life) {
          now += 1 + pause;
          const answers = [await answerOf(act, memory, now), await answerOf(act, sqlite, now)];
          assert.deepEqual(answers[1], answers[0]);
          assert.deepEqual(await everything(sqlite), await everything(memory));
        }
      } finally {
        await sqlite.close();
      }
    }),
    { numRuns: 40 },
  );
});
