/** What a channel takes for a contact, and which contacts are one recipient's. */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { Channels, hasContact, wayKey } from "../../server/channels.ts";
import { FixedClock } from "../support/fakes.ts";
import { putting, someone } from "../support/people.ts";
import { FakeNotifier, PinServer } from "../support/pins.ts";

const NEWS = { kind: "test", channel: "office", at: 0 } as const;

function channelOf(notifier: FakeNotifier) {
  const [channel] = new Channels([notifier], new FixedClock(), new Uint8Array(32)).all;
  ok(channel !== undefined);
  return channel;
}

Deno.test("case makes another recipient, but of WeCom's members and of addresses of mail", () => {
  const folding = CHANNEL_TYPES.filter(({ contactKey }) => contactKey("Ab") === contactKey("aB"));
  deepEqual(folding.map(({ type }) => type), ["wecom", "wecom_robot", "email"]);
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9_.@+-]{1,40}$/), (contact) => {
    for (const { contactKey, isContact, type } of CHANNEL_TYPES) {
      const key = contactKey(contact);
      equal(contactKey(key), key, type);
      equal(isContact(key), isContact(contact), type);
    }
  }));
});

Deno.test("two topics that differ in case are two contacts; two spellings of a member are one", () => {
  for (const [type, same] of [["ntfy", false], ["wecom", true]] as const) {
    const channel = channelOf(new FakeNotifier({ name: "office", type }));
    const [a, b] = [{ channel, to: "Alice-X7" }, { channel, to: "alice-x7" }];
    equal(wayKey(a) === wayKey(b), same, type);
    equal(hasContact(someone("alice", { contacts: { office: a.to } }), b), same, type);
  }
});

Deno.test("a PIN counts for one topic, and not for another one that differs in case", async () => {
  const ntfy = new FakeNotifier({ name: "ntfy" });
  const { server } = await PinServer.startWith([ntfy], {}, ntfy);
  const ask = (to: string, user: string) => server.ask({ pin: { contacts: [`ntfy:${to}`] }, user });
  for (let n = 0; n < 10; n++) {
    equal((await ask("Phone", `user${n}`)).status, 201);
    server.time.advance(1_000);
  }
  equal((await ask("Phone", "alice")).status, 429);
  equal((await ask("phone", "alice")).status, 201);
});

Deno.test("a channel is handed no contact that it does not take, whatever led there", async () => {
  for (const reach of ["person", "group"] as const) {
    const notifier = new FakeNotifier({ name: "office", type: "wecom", reach });
    const channel = channelOf(notifier);
    const refused = [await channel.send(NEWS, "@all"), await channel.update(NEWS, "a|b", "m1")];
    for (const delivery of refused) {
      ok(!delivery.ok && delivery.why === "recipient" && !delivery.mayArrive);
      equal(delivery.detail, "wecom has no such contacts");
    }
    equal((await channel.send(NEWS, "")).ok, reach === "group", "a group needs nobody's contact");
    equal((await channel.send(NEWS, "zhangsan")).ok, true);
    deepEqual(
      notifier.asked.map(({ to }) => to),
      reach === "group" ? ["", "zhangsan"] : ["zhangsan"],
    );
    deepEqual(notifier.changed, []);
  }
});

Deno.test("a request goes past a contact that was written down before the channel was there", async () => {
  const early = new FakeNotifier({ name: "office", type: "wecom" });
  const late = new FakeNotifier({ name: "telegram" });
  const { server } = await PinServer.startWith([early, late]);
  const contacts = { office: "@all", telegram: "7" };
  await server.memory.change(putting({ person: [someone("alice", { contacts })] }));
  await server.ask({ user: "alice" });
  await server.until(() => late.asked.length > 0);
  deepEqual(early.asked, []);
  deepEqual(late.asked.map(({ to }) => to), ["7"]);
});
