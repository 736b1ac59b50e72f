import assert from "node:assert/strict";
import { acceptInvitation, invitationHash } from "../../lib/core/invitation.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { MemoryStore } from "../support/memory_store.ts";
import type { Out } from "../../lib/io/out.ts";
import { greetFirst } from "../../lib/wiring/first_run.ts";
import type { AuditEvent } from "../../lib/core/audit.ts";
import { T0 } from "../support/logins.ts";
import { CollectedOut } from "../support/out.ts";
import { anInvitation, aPasskey, aPerson, INVITED, putting, someone } from "../support/people.ts";

function server() {
  const store = new MemoryStore();
  const audited: AuditEvent[] = [];
  const logged: unknown[][] = [];
  const audit = {
    append: (event: AuditEvent) => {
      audited.push(event);
      return Promise.resolve();
    },
  };
  const ports = { store, audit, clock: { now: () => T0 }, random: systemRandom };
  const start = async (
    changes: { json?: boolean; kept?: boolean; out?: Out; audit?: typeof audit } = {},
  ) => {
    const out = new CollectedOut();
    const { audit = ports.audit, ...rest } = changes;
    const log = (...line: unknown[]) => void logged.push(line);
    const address = "https://auth.example/i";
    await greetFirst({ ...ports, audit }, { address, out, json: false, kept: false, log, ...rest });
    return out;
  };
  return { store, audited, logged, start };
}

const linkIn = ({ text }: CollectedOut) =>
  /^https:\/\/auth\.example\/i\/(\S{32})$/m.exec(text)?.[1] ?? "";

Deno.test("the first start prints one link, which registers the first administrator's device", async () => {
  const { store, audited, logged, start } = server();
  const out = await start();
  const token = linkIn(out);
  assert.equal(out.text.match(/https:/g)?.length, 1);
  assert.match(out.text, /within 24 h; until then nothing else is open/);
  const [admin] = await store.find("person", { all: true });
  assert.deepEqual([admin?.name, admin?.administrator], ["admin", true]);
  const device = aPasskey({ person: admin?.id ?? "" });
  assert.equal((await store.change(acceptInvitation(token, device, T0))).ok, true);
  assert.deepEqual(audited.map(({ event, by }) => [event, by]), [
    ["person.added", "gatehouse"],
    ["person.invited", "gatehouse"],
  ]);
  assert.ok(!JSON.stringify([audited, logged]).includes(token), "the token is in no log");
});

Deno.test("each start prints another link until there is a device, and none from then on", async () => {
  const { store, start } = server();
  const first = linkIn(await start());
  const second = linkIn(await start());
  assert.notEqual(first, second);
  assert.deepEqual(await store.find("invitation", { token: invitationHash(first) }), []);
  assert.equal((await store.find("person", { all: true })).length, 1);
  await store.change(putting({ device: [aPasskey()] }));
  assert.deepEqual((await start()).lines, []);
});

Deno.test("the link is worth nothing once somebody else has the first device", async () => {
  const { store, start } = server();
  const token = linkIn(await start());
  const [admin] = await store.find("person", { all: true });
  await store.change(putting({ person: [aPerson()], invitation: [anInvitation()] }));
  assert.equal((await store.change(acceptInvitation(INVITED, aPasskey(), T0))).ok, true);
  const device = aPasskey({ id: "d_eve", person: admin?.id ?? "" }, { id: "ZXZl" });
  const late = await store.change(acceptInvitation(token, device, T0));
  assert.deepEqual(late, { ok: false, why: "unknown" });
});

Deno.test("who was made an administrator at the terminal is the first one", async () => {
  const { store, start } = server();
  await store.change(putting({ person: [someone("eve", { administrator: true })] }));
  assert.match((await start()).text, /the first device of eve$/m);
  assert.equal((await store.find("person", { all: true })).length, 1);
});

Deno.test("programs get the link as one line of JSON", async () => {
  const { start } = server();
  const { lines } = await start({ json: true });
  assert.equal(lines.length, 1);
  const { url, ...rest } = JSON.parse(lines[0] ?? "");
  assert.match(url, /^https:\/\/auth\.example\/i\/\S{32}$/);
  const expires_at = new Date(T0 + 24 * 3_600_000).toISOString();
  assert.deepEqual(rest, { event: "first_invitation", name: "admin", expires_at });
});

Deno.test("where what is printed is kept for ever, no link is, and no other one is taken back", async () => {
  const { store, audited, logged, start } = server();
  const token = linkIn(await start());
  audited.length = 0;
  const { lines } = await start({ kept: true });
  assert.deepEqual([lines, audited], [[], []]);
  assert.deepEqual(logged, [
    ["warning", "nobody can sign in yet", { next: "gatehouse person invite admin" }],
  ]);
  assert.equal((await store.find("invitation", { token: invitationHash(token) })).length, 1);
  await store.change(putting({ device: [aPasskey()] }));
  await start({ kept: true });
  assert.equal(logged.length, 1);
});

Deno.test("a link that cannot be recorded is not printed, and the server goes on", async () => {
  const { logged, start } = server();
  const out = await start({ audit: { append: () => Promise.reject(new Error("disk full")) } });
  assert.deepEqual(out.lines, []);
  assert.equal(logged.length, 1);
  assert.match(JSON.stringify(logged), /^\[\["error","the first administrator is not invited"/);
});
