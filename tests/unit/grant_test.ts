import assert from "node:assert/strict";
import fc from "fast-check";
import {
  covers,
  endGrants,
  type Grant,
  grantNetwork,
  isOpenGrant,
  newGrant,
  revokeGrants,
} from "../../lib/core/grant.ts";
import type { Login } from "../../lib/core/login.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { aGrant, all, putting } from "../support/people.ts";

const HOUR = 3_600_000;
const grants = { longestMs: 8 * HOUR, ipv6Prefix: 128 } as const;
const groups = new Map([["web", ["web*", "edge1"]]]);
const rules = { grants, groups };
const hour = { forMs: HOUR, commands: "any", scope: "host" } as const;
const given = { id: "g_1", person: "p_alice", by: "person:alice" };

Deno.test("newGrant() remembers all that a login is known by, for as long as asked", () => {
  const login = aLogin({ requester: "bob" });
  assert.deepEqual(
    newGrant(login, hour, given, rules, T0),
    aGrant({ requester: "bob" }),
  );
  const sudo = newGrant(aLogin({ service: "sudo", key: null }), hour, given, rules, T0);
  assert.deepEqual([sudo?.service, sudo?.key], ["sudo", ""]);
});

Deno.test("newGrant() refuses a login by ssh of which no key is known", () => {
  for (const service of ["ssh", "sshd", "preauth"]) {
    for (const key of [null, ""]) {
      assert.equal(newGrant(aLogin({ service, key }), hour, given, rules, T0), undefined, service);
    }
  }
});

Deno.test("newGrant() refuses a time that is not allowed", () => {
  const grant = (forMs: number) => newGrant(aLogin(), { ...hour, forMs }, given, rules, T0);
  assert.equal(grant(8 * HOUR)?.expiresAt, T0 + 8 * HOUR);
  for (const forMs of [0, -1, 8 * HOUR + 1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.equal(grant(forMs), undefined, String(forMs));
  }
});

Deno.test("newGrant() refuses a source that is no address of one machine", () => {
  for (const source of ["fe80::1%eth0", "web1", ""]) {
    assert.equal(newGrant(aLogin({ source }), hour, given, rules, T0), undefined);
  }
});

Deno.test("newGrant() refuses a login of which nobody has proven the host", () => {
  assert.equal(newGrant(aLogin({ nonce: "" }), hour, given, rules, T0), undefined);
});

Deno.test("grantNetwork() is the address alone, and a /64 where that is configured", () => {
  assert.equal(grantNetwork("192.0.2.7", 128), "192.0.2.7/32");
  assert.equal(grantNetwork("192.0.2.7", 64), "192.0.2.7/32");
  assert.equal(grantNetwork("::ffff:192.0.2.7", 64), "192.0.2.7/32");
  assert.equal(grantNetwork("2001:db8:0:1:2:3:4:5", 128), "2001:db8:0:1:2:3:4:5/128");
  assert.equal(grantNetwork("2001:DB8:0:1:2:3:4:5", 64), "2001:db8:0:1::/64");
  assert.equal(grantNetwork("2001:db8:0:1::/64", 64), undefined);
});

Deno.test("covers() the very login that was approved", () => {
  const v6 = fc.ipV6();
  const asked = fc.record({
    user: fc.string(),
    service: fc.constantFrom("ssh", "sshd", "su"),
    requester: fc.option(fc.string()),
    key: fc.option(fc.constantFrom("SHA256:abc", "SHA256:def")),
    source: fc.oneof(fc.ipV4(), v6),
  }).filter(({ service, key }) => key !== null || service === "su");
  fc.assert(fc.property(asked, fc.constantFrom(64, 128), (asked, ipv6Prefix) => {
    const login = aLogin(asked);
    const grant = newGrant(login, hour, given, { grants: { ...grants, ipv6Prefix }, groups }, T0);
    assert.ok(grant !== undefined && covers(grant, login, [], T0 + HOUR - 1));
    assert.ok(!covers(grant, login, [], T0 + HOUR));
  }));
});

Deno.test("covers() no login that differs in anything it is bound to", () => {
  const other: Partial<Login>[] = [
    { user: "bob" },
    { user: "Alice" },
    { host: "web2" },
    { service: "sudo" },
    { requester: "bob" },
    { source: "192.0.2.8" },
    { source: "::1" },
    { key: "SHA256:other" },
    { key: null },
    { key: "" },
  ];
  assert.ok(covers(aGrant(), aLogin(), [], T0));
  for (const changes of other) {
    assert.ok(!covers(aGrant(), aLogin(changes), [], T0), JSON.stringify(changes));
  }
});

Deno.test("covers() a login without a key only by a grant without one", () => {
  const keyless = aGrant({ service: "sudo", key: "" });
  const sudo = aLogin({ service: "sudo", key: null });
  assert.ok(covers(keyless, sudo, [], T0));
  assert.ok(!covers(keyless, { ...sudo, key: "SHA256:abc" }, [], T0));
});

Deno.test("covers() no login by ssh of which no key is known, whatever was granted before", () => {
  for (const service of ["ssh", "sshd"]) {
    const login = aLogin({ service, key: null });
    assert.ok(!covers(aGrant({ key: "" }), login, [], T0), service);
    assert.ok(!covers(aGrant({ key: "" }), { ...login, key: "" }, [], T0), service);
  }
});

Deno.test("covers() the same /64 and no other, where the grant says so", () => {
  const grant = aGrant({ network: "2001:db8:0:1::/64" });
  const from = (source: string) => covers(grant, aLogin({ source }), [], T0);
  assert.ok(from("2001:db8:0:1:ffff::1"));
  assert.ok(!from("2001:db8:0:2::1"));
  assert.ok(!from("fe80::1%eth0"));
  assert.ok(
    !covers(aGrant({ network: "2001:db8::1/128" }), aLogin({ source: "2001:db8::2" }), [], T0),
  );
});

Deno.test("covers() with a grant for transfers only what is one, and is known to be", () => {
  const grant = aGrant({ commands: "transfer" });
  const runs = (command: string | null, commandWhole = true) =>
    covers(grant, aLogin({ command, commandWhole }), [], T0);
  assert.ok(runs("rsync --server --sender . /srv"));
  assert.ok(!runs("rsync --server --sender . /srv; id"));
  assert.ok(!runs("rsync --server --sender . /srv", false));
  assert.ok(!runs(null));
  assert.ok(!runs(null, false));
});

Deno.test("covers() what comes by ssh, whichever door it uses, and nothing that asks ahead", () => {
  const services = (grant: Grant | undefined) =>
    ["ssh", "sshd", "su", "preauth"].filter((service) =>
      grant !== undefined && covers(grant, aLogin({ service }), [], T0)
    );
  const from = (service: string) => newGrant(aLogin({ service }), hour, given, rules, T0);
  for (const service of ["ssh", "sshd", "preauth"]) {
    assert.deepEqual(services(from(service)), ["ssh", "sshd"], service);
  }
  assert.deepEqual(services(from("su")), ["su"]);
});

Deno.test("newGrant() for a group that the host is in, and for no other", () => {
  const grant = (host: string, scope: "host" | `group:${string}`) =>
    newGrant(aLogin({ host }), { ...hour, scope }, given, rules, T0)?.host;
  assert.equal(grant("web1", "host"), "web1");
  assert.equal(grant("web1", "group:web"), "group:web");
  assert.equal(grant("edge1", "group:web"), "group:web");
  assert.equal(grant("db1", "group:web"), undefined);
  assert.equal(grant("web1", "group:db"), undefined);
});

Deno.test("covers() with a grant for a group the hosts that are in it now", () => {
  const grant = aGrant({ host: "group:web" });
  assert.ok(covers(grant, aLogin({ host: "web2" }), ["all", "web"], T0));
  assert.ok(!covers(grant, aLogin({ host: "web2" }), ["all"], T0));
  assert.ok(!covers(grant, aLogin({ host: "group:web" }), [], T0));
  assert.ok(!covers(grant, aLogin({ host: "web2", user: "bob" }), ["web"], T0));
});

Deno.test("isOpenGrant() from its beginning to its end, unless it was ended", () => {
  assert.ok(isOpenGrant(aGrant(), T0));
  assert.ok(!isOpenGrant(aGrant(), T0 - 1), "the clock was set back");
  assert.ok(isOpenGrant(aGrant(), T0 + HOUR - 1));
  assert.ok(!isOpenGrant(aGrant(), T0 + HOUR));
  assert.ok(!isOpenGrant(aGrant({ endedAt: T0, ended: "frozen" }), T0));
});

Deno.test("endGrants() ends what is open and says why, and leaves the rest as it is", () => {
  const over = aGrant({ id: "g_over", endedAt: T0, ended: "revoked", endedBy: "x" });
  const expired = aGrant({ id: "g_expired", expiresAt: T0 + 5 });
  const future = aGrant({ id: "g_future", createdAt: T0 + 9 });
  const ended = endGrants([aGrant(), over, expired, future], "frozen", "person:bob", T0 + 5);
  const by = { endedAt: T0 + 5, ended: "frozen", endedBy: "person:bob" } as const;
  assert.deepEqual(ended, [aGrant(by), { ...future, ...by }]);
});

Deno.test("revokeGrants() ends just those that were meant", async () => {
  const store = new MemoryStore();
  const bobs = aGrant({ id: "g_2", person: "p_bob" });
  await store.change(putting({ grant: [aGrant(), bobs, aGrant({ id: "g_3" })] }));
  const revoke = (where: Parameters<typeof revokeGrants>[0]) =>
    store.change(revokeGrants(where, "person:alice", T0 + 1));
  const one: readonly Grant[] = await revoke({ id: "g_1" });
  assert.deepEqual(one.map(({ id, ended }) => [id, ended]), [["g_1", "revoked"]]);
  assert.deepEqual((await revoke({ person: "p_alice" })).map(({ id }) => id), ["g_3"]);
  assert.deepEqual(await revoke({ person: "p_alice" }), []);
  const open = (await all(store, "grant")).filter((grant) => isOpenGrant(grant, T0 + 1));
  assert.deepEqual(open, [bobs]);
});
