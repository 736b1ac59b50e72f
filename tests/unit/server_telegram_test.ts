/** From the login to the button and back: the server, its Telegram channel, and a Telegram over HTTP. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { after } from "../../lib/io/timers.ts";
import { telegram } from "../../lib/notify/telegram.ts";
import { someone } from "../support/people.ts";
import { put } from "../support/board.ts";
import { TestServer } from "../support/server_app.ts";
import { opened } from "../support/vendors/opened.ts";
import { VendorServer } from "../support/vendors/server.ts";
import { FakeTelegram, telegramVendor } from "../support/vendors/telegram.ts";

class House implements AsyncDisposable {
  private constructor(
    readonly vendors: VendorServer,
    readonly cloud: FakeTelegram,
    readonly notifier: VendorNotifier,
    readonly server: TestServer,
  ) {}

  static async start(): Promise<House> {
    const vendors = new VendorServer(systemClock, [telegramVendor]);
    const { url, vendor } = vendors.served("telegram");
    if (!(vendor instanceof FakeTelegram)) throw new Error("another vendor");
    const notifier = VendorNotifier.open({
      name: "telegram",
      type: "telegram",
      reach: "person",
      sends: new Set(["request"]),
      answers: true,
      isContact: telegram.isContact,
      contactKey: telegram.contactKey,
      language: "en",
      timeZone: "UTC",
      proxy: null,
      dialect: opened(telegram, { ...vendor.settings(url), buttons: true }),
    }, {
      clock: systemClock,
      random: systemRandom,
      after,
      tokens: { get: () => Promise.reject(new Error("there is no token")) },
      log: () => {},
    });
    const server = await TestServer.start({ approval: { require: "person" } }, notifier);
    await put(server, { person: [someone("alice", { contacts: { telegram: vendor.to } })] });
    await server.app.start();
    return new House(vendors, vendor, notifier, server);
  }

  /** Until somebody was asked so often. */
  async asked(count = 1): Promise<void> {
    const { audited } = this.server;
    await this.server.until(() =>
      audited.filter(({ event }) => event === "login.asked").length === count
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.app.stop();
    await this.notifier[Symbol.asyncDispose]();
    this.cloud.release();
    await this.vendors[Symbol.asyncDispose]();
  }
}

Deno.test("a button of the message lets in, and the message says so", async () => {
  await using house = await House.start();
  const { cloud, server } = house;
  const login = await server.create();
  await house.asked();
  const [message] = cloud.arrived;
  ok(message?.text.startsWith("Log in to web1 as alice?"), message?.text);
  equal(message?.buttons.filter((act) => act.startsWith("a:")).length, 3);
  const toast = await cloud.press(`a:${login.ticket}:${login.match}`);
  deepEqual(toast, { text: "Approved.", alert: false });
  await cloud.edited;
  const { state, by, via } = await server.stored(login.id);
  deepEqual([state, by, via], ["approved", "person:alice", "telegram"]);
  const last = cloud.arrived.at(-1);
  ok(last?.text.startsWith("Approved: alice at web1"), last?.text);
  deepEqual(last?.buttons, []);
});

Deno.test("a wrong number denies, and what a stranger presses is nothing", async () => {
  await using house = await House.start();
  const { cloud, server } = house;
  const login = await server.create();
  await house.asked();
  const { choices } = await server.stored(login.id);
  const wrong = choices.find((number) => number !== login.match);
  const theirs = await cloud.press(`d:${login.ticket}`, 222222222, 222222222);
  deepEqual(theirs, { text: "This is not for you to answer. Nothing was decided.", alert: true });
  equal((await server.stored(login.id)).state, "pending");
  ok(
    server.audited.some(({ event, contact }) =>
      event === "chat.refused" && contact === "222222222"
    ),
  );
  await cloud.press(`a:${login.ticket}:${wrong}`);
  equal((await server.stored(login.id)).reason, "wrong_number");
});

Deno.test("decided on the page, the message in the chat says so", async () => {
  await using house = await House.start();
  const { cloud, server } = house;
  const login = await server.create();
  await house.asked();
  await server.press(`/l/${login.ticket}/deny`, {});
  await cloud.edited;
  ok(cloud.arrived.at(-1)?.text.startsWith("Denied: alice at web1"));
});

Deno.test("after refusals the number is typed, as a reply to the message", async () => {
  await using house = await House.start();
  const { cloud, server } = house;
  for (let refused = 1; refused <= 2; refused++) {
    const login = await server.create({ source: `192.0.2.${refused}` });
    await house.asked(refused);
    await cloud.press(`d:${login.ticket}`);
  }
  const login = await server.create({ source: "192.0.2.9" });
  await house.asked(3);
  const sent = cloud.messages.at(-1);
  deepEqual(cloud.arrived.at(-1)?.buttons.filter((act) => act.startsWith("a:")), []);
  cloud.replyWith(login.match, undefined, sent);
  await server.until(() => server.audited.some(({ event }) => event === "login.approved"));
  const { state, by } = await server.stored(login.id);
  deepEqual([state, by], ["approved", "person:alice"]);
});

Deno.test("however much a stranger writes, buttons are answered", async () => {
  await using house = await House.start();
  const { cloud, server } = house;
  const login = await server.create();
  await house.asked();
  // Each character is six in Telegram's JSON.
  for (let count = 0; count < 100; count++) cloud.write("一".repeat(4_096), 222222222);
  const toast = await cloud.press(`a:${login.ticket}:${login.match}`);
  deepEqual(toast, { text: "Approved.", alert: false });
  equal((await server.stored(login.id)).state, "approved");
  const toStranger = cloud.arrived.filter(({ to }) => to === "222222222");
  equal(toStranger.length, 1);
});

Deno.test("a Telegram that answers nothing holds no login up", async () => {
  await using house = await House.start();
  house.vendors.served("telegram").mode = "slow";
  equal((await house.server.ask()).status, 201);
});
