import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { ALL_HOSTS } from "../../lib/core/freeze.ts";
import { accountFreeze, accountList, accountUnfreeze } from "../../lib/modes/admin/account.ts";
import { grantList, grantRevoke, type RevokeOptions } from "../../lib/modes/admin/grant.ts";
import { hostAdd } from "../../lib/modes/admin/host.ts";
import type { Out } from "../../lib/io/out.ts";
import { ADMIN, auditLog, errandsIn, fails, printed, withStore } from "../support/admin.ts";
import { aLogin } from "../support/logins.ts";
import { aFreeze, aGrant, putting } from "../support/people.ts";
import { scratch } from "../support/scratch.ts";

/** A data directory with the hosts web1 and db. */
async function place() {
  const folder = await scratch();
  const data = folder.path;
  for (const name of ["web1", "db"]) await printed((out) => hostAdd(name, { data }, out));
  const now = Date.now();
  const times = { createdAt: now - 1_000, expiresAt: now + 3_600_000 };
  return {
    data,
    now,
    freeze: (named: string) => printed((out) => accountFreeze(named, { data }, out)),
    unfreeze: (named: string) => printed((out) => accountUnfreeze(named, { data }, out)),
    put: (records: Parameters<typeof putting>[0]) =>
      withStore(data, (store) => store.change(putting(records))),
    grant: (changes: Parameters<typeof aGrant>[0]) => aGrant({ ...times, ...changes }),
    events: async () => (await auditLog(data)).slice(2).map(({ event }) => event),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("account freeze keeps a user out of all hosts, and ends what would let in", async () => {
  await using at = await place();
  await at.put({ grant: [at.grant({}), at.grant({ id: "g_2", user: "bob" })] });
  await withStore(at.data, (store) => {
    const login = aLogin({ createdAt: at.now, expiresAt: at.now + 60_000 });
    return store.addLogin(login, () => login);
  });
  const { text } = await at.freeze("alice");
  assert.match(text, /^alice on all hosts is frozen; nobody can approve a login to it$/m);
  assert.match(text, /^ended: 1 grant and 1 waiting login$/m);
  await withStore(at.data, async (store) => {
    const [freeze] = await store.find("freeze", { user: "alice" });
    assert.deepEqual([freeze?.host, freeze?.by, freeze?.why], [ALL_HOSTS, ADMIN, "administrator"]);
    assert.equal((await store.login("login-1"))?.state, "denied");
    const open = (await store.find("grant", { all: true })).filter(({ endedAt }) => !endedAt);
    assert.deepEqual(open.map(({ user }) => user), ["bob"]);
  });
  assert.deepEqual(await at.events(), ["account.frozen", "grant.ended", "login.denied"]);
  const errands = await errandsIn(at.data);
  assert.deepEqual(errands.map((errand) => errand?.[0]), ["freeze"]);

  const again = await at.freeze("alice");
  assert.match(again.text, /^alice on all hosts is frozen, since just now;/);
  assert.equal((await at.events()).length, 3, "nothing happened");
  assert.deepEqual(await errandsIn(at.data), errands);
});

Deno.test("account freeze and unfreeze of one host leave the others alone", async () => {
  await using at = await place();
  await at.freeze("alice@web1");
  await at.freeze("alice@db");
  assert.equal((await at.unfreeze("alice@web1")).text, "alice@web1 is not frozen any more");
  const { lines } = await printed((out) => accountList({ data: at.data }, out));
  assert.deepEqual(lines, [
    "ACCOUNT   SINCE     BY" + " ".repeat(ADMIN.length) + "WHY",
    `alice@db  just now  ${ADMIN}  by hand`,
  ]);
  await fails(
    (out) => accountUnfreeze("alice@web1", { data: at.data }, out),
    Exit.usage,
    /^alice@web1 is not frozen$/,
    /^what is frozen: alice@db$/,
  );
});

Deno.test("account unfreeze of a user lifts all freezes of that user", async () => {
  await using at = await place();
  for (const account of ["alice@web1", "alice", "bob"]) await at.freeze(account);
  const { text } = await at.unfreeze("alice");
  assert.match(text, /^alice@web1 is not .*\nalice on all hosts is not/);
  const { text: left } = await printed((out) => accountList({ data: at.data }, out));
  assert.ok(!left.includes("alice"));
  assert.match(left, /bob on all hosts/);
  const lifted = (await at.events()).filter((event) => event === "account.unfrozen");
  assert.equal(lifted.length, 2);
});

Deno.test("account list tells what was reported, harmlessly", async () => {
  await using at = await place();
  const login = aLogin({ id: "abcdefgh-rest", source: "198.51.100.9", service: "ssh\u001b[2J" });
  await at.put({ freeze: [aFreeze({ since: Date.now() - 130_000, evidence: login })] });
  const { lines } = await printed((out) => accountList({ data: at.data }, out));
  assert.match(
    lines[1] ?? "",
    /^alice on all hosts +2 min ago +person:alice +not me: ssh\\u\{1b\}\[2J on web1 from 198\.51\.100\.9, login abcdefgh$/,
  );
  const json = await printed((out) => accountList({ data: at.data, json: true }, out));
  assert.equal(JSON.parse(json.text)[0].evidence.source, "198.51.100.9");
  for (const secret of ["nonce", "ticket", "secretHash"]) assert.ok(!json.text.includes(secret));
});

Deno.test("account commands refuse what is no account, and hosts that are not there", async () => {
  await using at = await place();
  for (const named of ["", "@web1", "alice@", "a b", "a\u202e"]) {
    for (const command of [accountFreeze, accountUnfreeze]) {
      await fails((out) => command(named, { data: at.data }, out), Exit.usage, /is no account$/);
    }
  }
  await fails(
    (out) => accountFreeze("alice@wbe1", { data: at.data }, out),
    Exit.usage,
    /^there is no host wbe1$/,
    /write alice@wbe1@\*$/,
  );
  await at.freeze("alice@corp@*");
  await withStore(at.data, async (store) => {
    assert.equal((await store.find("freeze", { user: "alice@corp" })).length, 1);
  });
});

Deno.test("grant list shows those in force; one or all of a user can be revoked", async () => {
  await using at = await place();
  const none = await printed((out) => grantList({ data: at.data }, out));
  assert.equal(none.text, "no approval is remembered");
  await at.put({
    grant: [
      at.grant({ id: "g_1" }),
      at.grant({ id: "g_2", user: "root", requester: "alice", service: "sudo", key: "" }),
      at.grant({ id: "g_3", user: "bob", commands: "transfer" }),
      at.grant({ id: "g_4", expiresAt: at.now - 1 }),
      at.grant({ id: "g_5", endedAt: at.now, ended: "revoked", endedBy: "x" }),
    ],
  });
  const { lines } = await printed((out) => grantList({ data: at.data }, out));
  assert.match(lines[1] ?? "", /^g_1 +alice@web1 +192\.0\.2\.7\/32 +ssh, SHA256:abc +59 min +\S+/);
  assert.match(lines[2] ?? "", /^g_2 +root@web1 .* sudo, asked by alice, without a key /);
  assert.match(lines[3] ?? "", /^g_3 +bob@web1 .* ssh, transfers only, /);
  assert.equal(lines.length, 4, "only those in force");

  const revoke = (id: string | undefined, options: RevokeOptions = {}) => (out: Out) =>
    grantRevoke(id, { data: at.data, ...options }, out);
  const one = await printed(revoke("g_3"));
  assert.match(one.text, /^ended bob@web1 from 192\.0\.2\.7\/32: /);
  const all = await printed(revoke(undefined, { user: "alice" }));
  assert.match(all.text, /^2 grants in all$/m);
  for (const gone of ["g_3", "g_4", "g_x"]) {
    await fails(revoke(gone), Exit.usage, /^there is no grant g_. in force$/);
  }
  await fails(revoke(undefined), Exit.usage, /^which grant\?$/);
  await fails(revoke("g_1", { user: "bob" }), Exit.usage, /two ways/);
  const ended = (await auditLog(at.data)).filter(({ event }) => event === "grant.ended");
  assert.deepEqual(ended.map(({ grant, by }) => [grant, by]), [
    ["g_3", ADMIN],
    ["g_1", ADMIN],
    ["g_2", ADMIN],
  ]);
});
