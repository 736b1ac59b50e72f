/** To whom a PIN goes where the server knows whose account it is. */
import { deepEqual, equal } from "node:assert/strict";
import type { Person } from "../../lib/core/person.ts";
import { putting, someone } from "../support/people.ts";
import { PinServer } from "../support/pins.ts";
import { problemOf } from "../support/server_app.ts";

const at = (wecom: string) => ({ contacts: { wecom } });

async function start(...person: Person[]): Promise<PinServer> {
  const pins = await PinServer.start();
  await pins.server.memory.change(putting({ person }));
  return pins;
}

async function change(pins: PinServer, id: string, patch: Partial<Person>): Promise<void> {
  await pins.server.memory.change({
    wants: { person: [{ id }] },
    make: ({ person }) => ({
      answer: undefined,
      put: { person: person.map((each) => ({ ...each, ...patch })) },
    }),
  });
}

function recipients({ notifier }: PinServer): string[] {
  return notifier.sent.map(({ to }) => to);
}

Deno.test("a PIN for a person's account goes to the person alone, whatever the host says", async () => {
  const pins = await start(someone("alice", at("alice-chat")));
  for (const contacts of [["mallory", "alice-chat"], []]) await pins.create(contacts);
  const login = await pins.create(["mallory"]);
  deepEqual(recipients(pins), ["alice-chat", "alice-chat", "alice-chat"]);
  equal((await pins.try(login, pins.notifier.last.pin)).status, 200);
  const stored = await pins.server.stored(login.id);
  deepEqual([stored.state, stored.by], ["approved", "alice-chat"]);
});

Deno.test("the account alice is Alice's, too, and Alice is not alice's", async () => {
  const pins = await start(someone("Alice", at("alice-chat")), someone("bob", at("bob-chat")));
  await pins.create(["host-says"], { user: "alice" });
  await pins.create(["host-says"], { user: "Alice" });
  await pins.create(["host-says"], { user: "Bob" });
  deepEqual(recipients(pins), ["alice-chat", "alice-chat", "host-says"]);
});

Deno.test("a person without a contact of the channel gets no PIN, and nobody else does", async () => {
  for (const contacts of [{}, { mail: "alice@example.com" }]) {
    const pins = await start(someone("alice", { contacts }));
    equal((await problemOf(await pins.ask(["mallory"]), 422)).reason, "no_contact");
    deepEqual([recipients(pins), pins.events], [[], []]);
  }
});

Deno.test("a frozen person gets no PIN, and nobody else does", async () => {
  const pins = await start(someone("alice", { state: "frozen", ...at("alice-chat") }));
  equal((await problemOf(await pins.ask(["mallory"]), 403)).reason, "frozen");
  deepEqual([recipients(pins), pins.events], [[], []]);
});

Deno.test("a removed person's account is nobody's: the host says who gets the PIN", async () => {
  const pins = await start(someone("alice", { state: "removed", ...at("alice-chat") }));
  await pins.create(["bob-chat"]);
  deepEqual(recipients(pins), ["bob-chat"]);
});

Deno.test("an account that is no person's goes by the host's contacts", async () => {
  const pins = await start(someone("alice", { approves: ["deploy@*"], ...at("alice-chat") }));
  await pins.create(["zhangsan", "alice-chat"], { user: "deploy" });
  deepEqual(recipients(pins), ["zhangsan", "alice-chat"]);
  equal((await problemOf(await pins.ask([], { user: "deploy" }), 422)).reason, "no_contact");
});

Deno.test("no contact of who is frozen or removed gets a PIN for an account of others", async () => {
  const pins = await start(
    someone("frozen", { state: "frozen", ...at("Frozen-Chat") }),
    someone("gone", { state: "removed", ...at("gone-chat") }),
    someone("back", { ...at("back-chat") }),
    someone("back-then", { state: "removed", ...at("back-chat") }),
  );
  const deploy = { user: "deploy" };
  await pins.create(["frozen-chat", "gone-chat", "back-chat", "zhangsan"], deploy);
  deepEqual(recipients(pins), ["back-chat", "zhangsan"]);
  equal((await problemOf(await pins.ask(["FROZEN-chat"], deploy), 403)).reason, "frozen");
  equal((await problemOf(await pins.ask(["gone-chat"], deploy), 422)).reason, "no_contact");
});

Deno.test("a new PIN goes where the person is now", async () => {
  const pins = await start(someone("alice", at("old-chat")));
  const login = await pins.create([]);
  await change(pins, "p_alice", at("new-chat"));
  pins.server.time.advance(20_000);
  equal((await pins.resend(login)).status, 200);
  deepEqual(recipients(pins), ["old-chat", "new-chat"]);
  equal((await pins.try(login, pins.notifier.last.pin)).status, 200);
  equal((await pins.server.stored(login.id)).by, "new-chat");
});

Deno.test("who is frozen meanwhile gets no new PIN, and the old one does not count", async () => {
  const pins = await start(someone("alice", at("alice-chat")));
  const login = await pins.create([]);
  await change(pins, "p_alice", { state: "frozen" });
  pins.server.time.advance(20_000);
  equal((await problemOf(await pins.resend(login), 403)).reason, "frozen");
  const tried = await pins.try(login, pins.notifier.last.pin);
  equal((await problemOf(tried, 403)).reason, "frozen");
  const stored = await pins.server.stored(login.id);
  deepEqual([stored.state, stored.pin?.triesLeft], ["pending", 3]);
});

Deno.test("the message is in the person's language, where that is known", async () => {
  const pins = await start(
    someone("alice", { language: "zh-CN", ...at("alice-chat") }),
    someone("bob", { language: "en", ...at("bob-chat") }),
    someone("carol", at("carol-chat")),
  );
  for (const user of ["alice", "carol"]) await pins.create([], { user });
  await pins.create(["bob-chat", "zhangsan"], { user: "deploy" });
  deepEqual(pins.notifier.sent.map(({ to, message }) => [to, message.language]), [
    ["alice-chat", "zh-CN"],
    ["carol-chat", undefined],
    ["bob-chat", "en"],
    ["zhangsan", undefined],
  ]);
});

Deno.test("where it takes two persons no PIN is sent", async () => {
  const pins = await PinServer.start({
    approval: { twoPersons: ["deploy@web*"] },
  });
  const problem = await problemOf(await pins.ask(["zhangsan"], { user: "deploy" }), 422);
  equal(problem.reason, "two_persons");
  await pins.create(["zhangsan"], { user: "other" });
  deepEqual(recipients(pins), ["zhangsan"]);
});

Deno.test("while the store does not say whose account it is there is no PIN", async () => {
  const pins = await start(someone("alice", at("alice-chat")));
  pins.server.failing = "find";
  await problemOf(await pins.ask(["mallory"]), 503);
  deepEqual(recipients(pins), []);
});
