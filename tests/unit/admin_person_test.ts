import assert from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { acceptInvitation, invitationHash } from "../../lib/core/invitation.ts";
import { foldName, type Person } from "../../lib/core/person.ts";
import {
  personAdd,
  personInvite,
  personList,
  type PersonOptions,
} from "../../lib/modes/admin/person.ts";
import {
  type ChangeOptions,
  personChange,
  personFreeze,
  personRemove,
  personUnfreeze,
} from "../../lib/modes/admin/person_change.ts";
import { personDevices, personRevokeDevice } from "../../lib/modes/admin/person_devices.ts";
import type { Out } from "../../lib/io/out.ts";
import { ADMIN, auditLog, errandsIn, fails, printed, withStore } from "../support/admin.ts";
import { CollectedOut } from "../support/out.ts";
import {
  aGrant,
  anAuthenticator,
  anInvitation,
  aPasskey,
  aSession,
  putting,
} from "../support/people.ts";
import { scratch } from "../support/scratch.ts";

const TOKEN = /\/i\/([A-Za-z0-9_-]{32})$/;

/** A data directory that a server was started on. */
async function place() {
  const folder = await scratch();
  const data = folder.path;
  await withStore(data, (store) => store.setPublicUrl("https://auth.example"));
  return {
    data,
    add: (name: string, options: PersonOptions = {}) =>
      printed((out) => personAdd(name, { data, ...options }, out)),
    change: (name: string, options: ChangeOptions) =>
      printed((out) => personChange(name, { data, ...options }, out)),
    person: (name: string): Promise<Person> =>
      withStore(data, async (store) => {
        const [found] = await store.find("person", { name: foldName(name) });
        return found ?? assert.fail(`${name} is not there`);
      }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function tokenIn({ lines }: CollectedOut): string {
  return lines.map((line) => TOKEN.exec(line)?.[1]).find((token) => token !== undefined) ??
    assert.fail("no link was printed");
}

/** Gives the person a passkey, an authenticator, a session of each, and a grant that the person gave. */
async function equip(data: string, person: Person): Promise<void> {
  const own = { person: person.id };
  const now = Date.now();
  const times = { createdAt: now, provenAt: now, seenAt: now };
  await withStore(data, (store) =>
    store.change(putting({
      device: [aPasskey({ ...own, id: "d_key" }), anAuthenticator({ ...own, id: "d_app" })],
      session: [
        aSession({ ...own, ...times, device: "d_key" }),
        aSession({ ...own, ...times, id: "s_2", tokenHash: "other", device: "d_app" }),
      ],
      grant: [
        aGrant({ ...own, user: "deploy", createdAt: now - 1_000, expiresAt: now + 3_600_000 }),
      ],
    })));
}

Deno.test("person add prints a link that registers one device, and never keeps its token", async () => {
  await using at = await place();
  const out = await at.add("alice");
  const token = tokenIn(out);
  assert.ok(out.lines.includes(`https://auth.example/i/${token}`), "the link is a line of its own");
  assert.match(out.text, /it works once, within 24 h:/);
  assert.match(out.text, /^added alice, who may approve logins to the own account$/m);
  assert.deepEqual(out.errors, []);

  const alice = await at.person("alice");
  const accept = () =>
    withStore(
      at.data,
      (store) => store.change(acceptInvitation(token, aPasskey({ person: alice.id }), Date.now())),
    );
  assert.equal((await accept()).ok, true);
  assert.deepEqual(await accept(), { ok: false, why: "used" });

  for await (const { name, isFile } of Deno.readDir(at.data)) {
    if (!isFile) continue;
    const stored = new TextDecoder().decode(await Deno.readFile(`${at.data}/${name}`));
    assert.ok(!stored.includes(token), `${name} holds the token itself`);
  }
  const log = await auditLog(at.data);
  assert.deepEqual(log.map(({ event, name, by }) => [event, name, by]), [
    ["person.added", "alice", ADMIN],
    ["person.invited", "alice", ADMIN],
  ]);
});

Deno.test("person add keeps what is said of the person", async () => {
  await using at = await place();
  const approves = ["own", "deploy@web*", "root@group:db"];
  const options = { administrator: true, wecom: "bob.b", language: "zh-CN", approves } as const;
  const out = await at.add("Bob Brown", options);
  const { id: _id, createdAt: _at, ...bob } = await at.person("BOB BROWN");
  assert.deepEqual(bob, {
    name: "Bob Brown",
    administrator: true,
    state: "active",
    language: "zh-CN",
    contacts: { wecom: "bob.b" },
    approves,
  });
  assert.deepEqual(out.errors, [
    "the server has no group db yet; see [groups] in server.toml",
  ]);
});

Deno.test("person add keeps contacts in the order in which they are given", async () => {
  await using at = await place();
  const contact = ["telegram=12345", "sms_home=+4912345", "command=张 三"];
  const out = await at.add("alice", { contact, wecom: "a1" });
  deepEntries(await at.person("alice"), [
    ["telegram", "12345"],
    ["sms_home", "+4912345"],
    ["command", "张 三"],
    ["wecom", "a1"],
  ]);
  assert.deepEqual(out.errors, [], "without a server.toml nobody knows what there is");
  const changed = await at.change("alice", { contact: ["wecom=a2", "telegram=12345", "command="] });
  deepEntries(await at.person("alice"), [
    ["wecom", "a2"],
    ["sms_home", "+4912345"],
    ["telegram", "12345"],
  ]);
  assert.deepEqual(changed.lines, [
    "alice is reached by wecom=a2, sms_home=+4912345, telegram=12345",
  ]);
  const list = await printed((out) => personList({ data: at.data }, out));
  assert.match(list.text, /CONTACTS\n.*wecom=a2, sms_home=\+4912345, telegram=12345$/m);
  const json = await printed((out) => personList({ data: at.data, json: true }, out));
  assert.deepEqual(Object.keys(JSON.parse(json.text)[0].contacts), [
    "wecom",
    "sms_home",
    "telegram",
  ]);
});

function deepEntries({ contacts }: Person, entries: readonly [string, string][]): void {
  assert.deepEqual(Object.entries(contacts), entries);
}

Deno.test("contacts that are none are refused, all at once", async () => {
  await using at = await place();
  const wrong: readonly [readonly string[], RegExp][] = [
    [["12345"], /^--contact 12345 is no contact: CHANNEL=WHO/],
    [["Telegram=1", "=1"], /^--contact Telegram=1 .*\n--contact =1 is no contact/],
    [["telegram=1", "telegram=2"], /^telegram has more than one contact$/],
    [["wecom=@all"], /^@all cannot be a contact of wecom: it must be /],
    [Array.from({ length: 17 }, (_, n) => `c${n}=1`), /^a person has 16 contacts at most$/],
  ];
  for (const [contact, fault] of wrong) {
    const command = (out: Out) => personAdd("alice", { data: at.data, contact }, out);
    await fails(command, Exit.usage, fault);
  }
});

Deno.test("a contact is checked by its channel; one of a channel that there is not brings a warning", async () => {
  await using at = await place();
  const config = `${at.data}/server.toml`;
  const channel = 'type = "wecom"\nname = "office"\ncorpid = "ww1"\nagentid = 1\nsecret = "s"';
  await Deno.writeTextFile(config, `[[notify]]\n${channel}\n`, { mode: 0o600 });
  const contact = ["office=alice.a", "telegram=12345"];
  const out = await at.add("alice", { config, contact });
  assert.deepEqual(out.errors, [
    "server.toml has no channel telegram yet: nothing is sent there; it has office",
  ]);
  const change = (out: Out) =>
    personChange("alice", { data: at.data, config, contact: ["office=a|b"] }, out);
  await fails(
    change,
    Exit.usage,
    /^a\|b cannot be a contact of office: it must be the account of a member/,
    /--contact CHANNEL=WHO/,
  );
  const near = await at.change("alice", { config, contact: ["ofice=a"] });
  assert.deepEqual(near.errors, [
    "server.toml has no channel ofice yet: nothing is sent there; did you mean office?",
  ]);
  await at.change("alice", { config, contact: ["ofice="] });
  const none = await at.change("alice", { config, contact: ["telegram="] });
  assert.deepEqual(none.errors, []);
  deepEntries(await at.person("alice"), [["office", "alice.a"]]);
});

Deno.test("person change says what is another now, and only that", async () => {
  await using at = await place();
  await at.add("alice");
  const said = async (options: ChangeOptions) => (await at.change("alice", options)).lines;
  assert.deepEqual(
    await said({ contact: ["telegram=1", "email=a@b.example"], language: "zh-CN" }),
    [
      "alice is reached by telegram=1, email=a@b.example",
      "alice is written to in zh-CN",
    ],
  );
  assert.deepEqual(await said({ contact: ["telegram=1"] }), [
    "nothing is another now: alice was so already",
  ]);
  assert.deepEqual(await said({ contact: ["telegram=", "email="], language: "auto" }), [
    "alice has no contact any more",
    "alice is written to in each channel's language",
  ]);
  assert.deepEqual(await said({ administrator: true, name: "alicia" }), [
    "alice is called alicia now",
    "alicia may approve logins to all accounts",
  ]);
  const json = await printed((out) =>
    personChange("alicia", { data: at.data, json: true, contact: ["telegram=2"] }, out)
  );
  const { contacts, language } = JSON.parse(json.text);
  assert.deepEqual({ contacts, language }, { contacts: { telegram: "2" }, language: "auto" });
});

Deno.test("person add knows the groups of the server, and those it will know", async () => {
  await using at = await place();
  const config = `${at.data}/server.toml`;
  await Deno.writeTextFile(config, '[groups]\nweb = ["web*"]\n', { mode: 0o600 });
  const warnings = async (name: string) => {
    const approves = ["own", "deploy@group:web", "deploy@group:db"];
    return (await at.add(name, { approves, config })).errors;
  };
  const db = "the server has no group db yet; see [groups] in server.toml";
  assert.deepEqual(await warnings("first"), [db], "never started");
  const rules = {
    ...{ require: "person", twoPersons: [] } as const,
    grants: { longestMs: 0, ipv6Prefix: 128 } as const,
  };
  await withStore(at.data, (store) => store.setRules({ ...rules, groups: new Map() }));
  assert.deepEqual(await warnings("second"), [
    "the server does not know the group web before its next start",
    db,
  ]);
  const groups = new Map([["web", ["web*"]], ["db", ["db*"]]]);
  await withStore(at.data, (store) => store.setRules({ ...rules, groups }));
  assert.deepEqual(await warnings("third"), []);
});

Deno.test("person add --json gives programs the link, without a picture", async () => {
  await using at = await place();
  const before = Date.now();
  const out = new CollectedOut(true);
  await personAdd("alice", { data: at.data, json: true }, out);
  assert.equal(out.lines.length, 1);
  const made = JSON.parse(out.text);
  assert.deepEqual(Object.keys(made), ["id", "name", "url", "expires_at"]);
  assert.match(made.url, TOKEN);
  assert.ok(Date.parse(made.expires_at) >= before + 24 * 3_600_000);
});

Deno.test("person add draws the link on a terminal", async () => {
  await using at = await place();
  const out = new CollectedOut(true);
  await personAdd("alice", { data: at.data }, out);
  const rows = out.lines.filter((line) => /[▀▄█]/.test(line) || line.includes("\u001b[")).length;
  const here = (Deno.env.get("TERM") ?? "") !== "" && Deno.env.get("TERM") !== "dumb";
  assert.equal(rows > 10, here, "a picture where escape sequences are obeyed");
});

Deno.test("person add names all faults at once, and adds nobody", async () => {
  await using at = await place();
  const add = (name: string, options: PersonOptions) => (out: Out) =>
    personAdd(name, { data: at.data, ...options }, out);
  await fails(
    add("a,b", { approves: ["deploy", "x y@web1"], wecom: "@all" }),
    Exit.usage,
    /^"a,b" is no name: .*\n--approves deploy must be USER@HOST.*\n--approves x y@web1 must not.*\n@all cannot be a contact of wecom/,
    /--help/,
  );
  for (const name of ["", " a", "a".repeat(65), "a\u202eb", "person:x"]) {
    await fails(add(name, {}), Exit.usage, /is no name/);
  }
  const list = await printed((out) => personList({ data: at.data }, out));
  assert.match(list.text, /^nobody yet/);
});

Deno.test("person add refuses a name that differs only in case or width", async () => {
  await using at = await place();
  await at.add("Alice");
  for (const name of ["alice", "ALICE", "ａｌｉｃｅ"]) {
    await fails(
      (out) => personAdd(name, { data: at.data }, out),
      Exit.usage,
      /^there is somebody called .* already$/,
      /gatehouse person invite/,
    );
  }
});

Deno.test("person invite makes the earlier link worthless", async () => {
  await using at = await place();
  const first = tokenIn(await at.add("alice"));
  const second = tokenIn(await printed((out) => personInvite("ALICE", { data: at.data }, out)));
  await withStore(at.data, async (store) => {
    const find = (token: string) => store.find("invitation", { token: invitationHash(token) });
    assert.deepEqual(await find(first), []);
    assert.equal((await find(second)).length, 1);
  });
});

Deno.test("person invite admin makes the first administrator, as long as there is nobody", async () => {
  await using at = await place();
  const invited = await printed((out) => personInvite("admin", { data: at.data }, out));
  assert.match(invited.text, /^invited admin, who may approve logins to all accounts$/m);
  const admin = await at.person("admin");
  assert.equal(admin.administrator, true);
  await printed((out) => personInvite("admin", { data: at.data }, out));
  assert.equal((await at.person("admin")).id, admin.id);

  await using other = await place();
  await other.add("alice");
  await fails(
    (out) => personInvite("admin", { data: other.data }, out),
    Exit.usage,
    /^there is nobody called admin$/,
    /^there are alice$/,
  );
});

Deno.test("a name that nobody has is answered with the nearest ones", async () => {
  await using at = await place();
  const invite = (name: string) => (out: Out) => personInvite(name, { data: at.data }, out);
  await fails(invite("alice"), Exit.usage, /^there is nobody called alice$/, /person add alice$/);
  for (const name of ["alice", "Robert"]) await at.add(name);
  await fails(invite("Alcie"), Exit.usage, /called Alcie$/, /^did you mean alice\?$/);
  await fails(
    invite("x\u001b[2J"),
    Exit.usage,
    /called x\\u\{1b\}\[2J$/,
    /^there are alice, Robert$/,
  );
});

Deno.test("person list shows state, role, devices, last use, invitation, accounts, and contacts", async () => {
  await using at = await place();
  const contact = ["sms_home=+4912345", "slack=U1"];
  await at.add("alice", { approves: ["own", "deploy@web*"], contact });
  await at.add("root", { administrator: true });
  await at.add("old");
  await equip(at.data, await at.person("alice"));
  await withStore(at.data, async (store) => {
    const [device] = await store.find("device", { id: "d_key" });
    assert.ok(device);
    const used = { ...device, lastUsedAt: Date.now() - 3_700_000 };
    await store.change({
      wants: { device: [{ id: "d_key" }] },
      make: () => ({ answer: undefined, put: { device: [used] } }),
    });
    const root = await at.person("root");
    const used2 = anInvitation({ id: "i_x", tokenHash: "x", person: root.id, usedAt: 1 });
    const [open] = await store.find("invitation", { person: root.id });
    await store.change({
      wants: { invitation: [{ id: open?.id ?? "" }] },
      make: () => ({
        answer: undefined,
        put: { invitation: [used2] },
        remove: { invitation: [open?.id ?? ""] },
      }),
    });
  });
  await printed((out) => personFreeze("old", { data: at.data }, out));
  const { lines } = await printed((out) => personList({ data: at.data }, out));
  assert.deepEqual(lines, [
    "NAME   STATE   ROLE           DEVICES  LAST USE  INVITATION  APPROVES                      CONTACTS",
    "alice  active  person         2        1 h ago   23 h left   the own account, deploy@web*  sms_home=+4912345, slack=U1",
    "root   active  administrator  0        never     -           all accounts                  -",
    "old    frozen  person         0        never     -           the own account               -",
  ]);
  const json = await printed((out) => personList({ data: at.data, json: true }, out));
  const [alice] = JSON.parse(json.text);
  assert.equal(alice.devices, 2);
  assert.deepEqual(alice.approves, ["own", "deploy@web*"]);
  assert.ok(!/token|seed|hash/i.test(json.text), "nothing secret is listed");
});

Deno.test("person change changes what is said and nothing else, and says what has ended", async () => {
  await using at = await place();
  await at.add("alice", { wecom: "a1", approves: ["own", "deploy@web*"] });
  const alice = await at.person("alice");
  await equip(at.data, alice);
  const moved = await at.change("ALICE", { name: "alicia", wecom: "a2" });
  assert.match(moved.text, /^ended: 2 sessions$/m, "a name is part of what one may approve");
  assert.deepEqual(await at.person("alicia"), {
    ...alice,
    name: "alicia",
    contacts: { wecom: "a2" },
  });

  const narrowed = await at.change("alicia", { approves: ["own"], json: true });
  assert.deepEqual(JSON.parse(narrowed.text).ended, { sessions: 0, grants: 1, devices: 0 });
  const promoted = await at.change("alicia", { administrator: true, wecom: "" });
  assert.match(promoted.text, /all accounts/);
  assert.deepEqual((await at.person("alicia")).contacts, {});
  const events = (await auditLog(at.data)).map(({ event }) => event);
  assert.deepEqual(events.slice(2), [
    "person.changed",
    "person.changed",
    "grant.ended",
    "person.changed",
  ]);
});

Deno.test("person change refuses nothing at all, and a name that is taken", async () => {
  await using at = await place();
  for (const name of ["alice", "bob"]) await at.add(name);
  const change = (options: ChangeOptions) => (out: Out) =>
    personChange("alice", { data: at.data, ...options }, out);
  await fails(change({}), Exit.usage, /^nothing is to be changed$/);
  await fails(change({ name: "BOB" }), Exit.usage, /^there is somebody called BOB already$/);
  await fails(change({ approves: ["x"] }), Exit.usage, /--approves x must be/);
});

Deno.test("person freeze ends sessions, grants and the link; unfreeze gives back the devices", async () => {
  await using at = await place();
  const token = tokenIn(await at.add("alice"));
  const alice = await at.person("alice");
  await equip(at.data, alice);
  const frozen = await printed((out) => personFreeze("Alice", { data: at.data }, out));
  assert.match(frozen.text, /^froze alice.*\nended: 2 sessions and 1 grant\n/);
  await withStore(at.data, async (store) => {
    assert.deepEqual(await store.find("session", { all: true }), []);
    assert.deepEqual(await store.find("invitation", { token: invitationHash(token) }), []);
    assert.equal((await store.find("grant", { all: true }))[0]?.ended, "frozen");
  });
  assert.deepEqual(await errandsIn(at.data), [["person", alice.id, ADMIN]]);
  await fails(
    (out) => personFreeze("alice", { data: at.data }, out),
    Exit.usage,
    /frozen already$/,
  );
  await fails(
    (out) => personInvite("alice", { data: at.data }, out),
    Exit.usage,
    /^alice is frozen$/,
    /person unfreeze alice$/,
  );
  await printed((out) => personUnfreeze("alice", { data: at.data }, out));
  assert.deepEqual(await at.person("alice"), alice);
  await fails(
    (out) => personUnfreeze("alice", { data: at.data }, out),
    Exit.usage,
    /active already/,
  );
  const events = (await auditLog(at.data)).map(({ event }) => event);
  assert.deepEqual(events.slice(2), ["person.frozen", "grant.ended", "person.unfrozen"]);
});

Deno.test("person remove revokes the devices, forgets their secrets, and frees the name", async () => {
  await using at = await place();
  await at.add("alice");
  const { id } = await at.person("alice");
  await equip(at.data, { ...await at.person("alice") });
  const removed = await printed((out) => personRemove("alice", { data: at.data }, out));
  assert.match(removed.text, /^removed alice.*\nended: 2 sessions, 1 grant and 2 devices$/);
  await withStore(at.data, async (store) => {
    for (const device of await store.find("device", { person: id })) {
      assert.notEqual(device.revokedAt, null);
      if (device.kind === "authenticator") assert.equal(device.seed, "");
    }
  });
  await fails((out) => personDevices("alice", { data: at.data }, out), Exit.usage, /nobody called/);
  const events = (await auditLog(at.data)).map(({ event, device }) => [event, device ?? null]);
  assert.deepEqual(events.slice(2), [
    ["person.removed", null],
    ["device.revoked", "d_key"],
    ["device.revoked", "d_app"],
    ["grant.ended", null],
  ]);
  await at.add("ALICE");
  assert.notEqual((await at.person("alice")).id, id);
});

for (
  const [what, command] of [
    ["frozen", (data: string, out: Out) => personFreeze("root", { data }, out)],
    ["removed", (data: string, out: Out) => personRemove("root", { data }, out)],
    [
      "made a person like others",
      (data: string, out: Out) => personChange("root", { data, administrator: false }, out),
    ],
  ] as const
) {
  Deno.test(`whoever sees the last administrator ${what} is told so`, async () => {
    await using at = await place();
    await at.add("root", { administrator: true });
    await at.add("alice");
    const other = await printed((out) => personFreeze("alice", { data: at.data }, out));
    assert.deepEqual(other.errors, []);
    const { errors } = await printed((out) => command(at.data, out));
    assert.match(errors.join("\n"), /^nobody is an administrator now/);
  });
}

for (
  const [what, command] of [
    ["frozen", (data: string, out: Out) => personFreeze("root", { data }, out)],
    ["removed", (data: string, out: Out) => personRemove("root", { data }, out)],
    [
      "made a person like others",
      (data: string, out: Out) => personChange("root", { data, administrator: false }, out),
    ],
    [
      "without the devices",
      (data: string, out: Out) => personRevokeDevice("root", ["d_key", "d_app"], { data }, out),
    ],
  ] as const
) {
  Deno.test(`the last administrator with a device is ${what}: that is said`, async () => {
    await using at = await place();
    await at.add("root", { administrator: true });
    await equip(at.data, await at.person("root"));
    const { id } = (await at.add("second", { administrator: true }), await at.person("second"));
    const hosts = anAuthenticator({ id: "d_hosts", person: id, use: "hosts" });
    await withStore(at.data, (store) => store.change(putting({ device: [hosts] })));
    const { errors } = await printed((out) => command(at.data, out));
    assert.deepEqual(errors, [
      "no administrator who is left has a device to sign in with; for a link run: " +
      `gatehouse person invite ${what === "without the devices" ? "root" : "second"}`,
    ]);
  });
}

Deno.test("an administrator may go where another one can sign in", async () => {
  await using at = await place();
  await at.add("root", { administrator: true });
  await equip(at.data, await at.person("root"));
  await at.add("second", { administrator: true });
  const before = await at.change("second", { language: "en" });
  const { errors } = await printed((out) => personRemove("second", { data: at.data }, out));
  assert.deepEqual([before.errors, errors], [[], []]);
});

Deno.test("who is called as no account is told what that means", async () => {
  await using at = await place();
  const warned = async (name: string, options: PersonOptions = {}) =>
    (await at.add(name, options)).errors;
  assert.deepEqual(await warned("bob 3"), [
    '"own" is the account called bob 3, and hardly any host has one; ' +
    "name the account with --approves, as in --approves 'alice@*'",
  ]);
  assert.equal((await warned("张伟")).length, 1);
  for (const name of ["alice", "Bob", "a.b_c-d", "host$", "alice@corp.example", "corp\\alice"]) {
    assert.deepEqual(await warned(name), [], name);
  }
  assert.deepEqual(await warned("Carol Smith", { approves: ["carol@*"] }), []);
  assert.deepEqual(await warned("Dave Smith", { administrator: true }), []);
  assert.deepEqual((await at.change("alice", { name: "Alice Smith" })).errors.length, 1);
  assert.deepEqual((await at.change("alice smith", { language: "en" })).errors, []);
});

Deno.test("person devices lists them; a lost phone is revoked at once, by name or id", async () => {
  await using at = await place();
  await at.add("alice");
  const none = await printed((out) => personDevices("alice", { data: at.data }, out));
  assert.match(none.text, /^alice has no device; for a link run: gatehouse person invite alice$/);
  await equip(at.data, await at.person("alice"));
  const { lines } = await printed((out) => personDevices("alice", { data: at.data }, out));
  assert.match(lines[1] ?? "", /^d_key +in use +passkey +.*never +phone$/);
  assert.match(lines[2] ?? "", /^d_app +in use +codes to sign in +.*never +app$/);

  const revoke = (...devices: string[]) => (out: Out) =>
    personRevokeDevice("alice", devices, { data: at.data }, out);
  await fails(revoke("phone", "pohne"), Exit.usage, /^alice has no device pohne$/, /mean phone\?/);
  const { text } = await printed(revoke("phone", "d_app", "phone"));
  assert.match(text, /^revoked phone \(passkey\) of alice; ended: 1 session$/m);
  assert.match(text, /^revoked app \(codes to sign in\) of alice; ended: 1 session$/m);
  assert.match(text, /^no device is left; .* gatehouse person invite alice$/m);
  await fails(revoke("phone"), Exit.usage, /has no device phone/);
  const events = (await auditLog(at.data)).map(({ event, device }) => [event, device ?? null]);
  assert.deepEqual(events.slice(2), [["device.revoked", "d_key"], ["device.revoked", "d_app"]]);
});

Deno.test("person revoke-device asks for the id where two devices have one name", async () => {
  await using at = await place();
  await at.add("alice");
  const { id } = await at.person("alice");
  await withStore(at.data, (store) =>
    store.change(putting({
      device: [
        anAuthenticator({ person: id, id: "d_1", name: "phone" }),
        anAuthenticator({ person: id, id: "d_2", name: "phone" }),
      ],
    })));
  await fails(
    (out) => personRevokeDevice("alice", ["phone"], { data: at.data }, out),
    Exit.usage,
    /^alice has several devices called phone$/,
    /by its id/,
  );
  await printed((out) => personRevokeDevice("alice", ["d_2"], { data: at.data }, out));
});

Deno.test("a link that the audit log does not record is not shown", async () => {
  await using at = await place();
  await Deno.symlink("/dev/full", `${at.data}/audit.jsonl`);
  const out = new CollectedOut();
  await assert.rejects(personAdd("alice", { data: at.data }, out), (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.exit, Exit.software);
    assert.match(error.message, /audit log does not say so$/);
    return true;
  });
  assert.deepEqual(out.lines, []);
});
