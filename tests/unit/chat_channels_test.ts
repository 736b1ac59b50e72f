/** Telegram and Slack over a network: a request goes out, is answered there, and says how it ended. */
import assert from "node:assert/strict";
import type { AnswerChat, ChatAnswer } from "../../lib/core/chat.ts";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import type { ChannelType } from "../../lib/notify/channel.ts";
import type { Clock } from "../../lib/ports.ts";
import { slack } from "../../lib/notify/slack.ts";
import { telegram } from "../../lib/notify/telegram.ts";
import { seededRandom } from "../support/fakes.ts";
import { anEnded, aRequest, TICKET } from "../support/letters.ts";
import { QuickTime } from "../support/quick_time.ts";
import { VendorServer } from "../support/vendors/server.ts";
import { FakeSlack } from "../support/vendors/slack.ts";
import { FakeTelegram } from "../support/vendors/telegram.ts";
import type { FakeVendor } from "../support/vendors/vendor.ts";

class Chat<F extends FakeVendor> implements AsyncDisposable {
  readonly time = new QuickTime();
  readonly vendor: F;
  readonly notifier: VendorNotifier;
  readonly answers: ChatAnswer[] = [];
  readonly url: string;
  readonly #server: VendorServer;

  constructor(channel: ChannelType, start: (clock: Clock) => F) {
    const vendor = this.vendor = start(this.time.clock);
    const { type } = channel;
    this.#server = new VendorServer(this.time.clock, [{ type, start: () => vendor }]);
    this.url = this.#server.served(type).url;
    const dialect = channel.open(vendor.settings(this.url), { buttons: true });
    assert.ok(dialect.via === "http");
    this.notifier = VendorNotifier.open({
      name: type,
      type,
      reach: "person",
      sends: new Set(["request"]),
      answers: true,
      isContact: channel.isContact,
      contactKey: channel.contactKey,
      language: "en",
      timeZone: "UTC",
      proxy: null,
      dialect,
    }, {
      clock: this.time.clock,
      random: seededRandom(1),
      after: this.time.after,
      tokens: { get: () => Promise.reject(new Error("there is no token")) },
      log: () => {},
    });
  }

  answer: AnswerChat = (given) => {
    this.answers.push(given);
    const ended = anEnded();
    assert.ok(ended.kind === "request_ended");
    return Promise.resolve({ text: "Approved.", ended });
  };

  async send(): Promise<string> {
    const sent = await this.notifier.send(aRequest(), this.vendor.to);
    assert.ok(sent.ok && sent.handle !== null, JSON.stringify(sent));
    return sent.handle;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.notifier[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

Deno.test("telegram: a press is fetched, answered, and the message changed", async () => {
  await using chat = new Chat(telegram, (clock) => new FakeTelegram(clock));
  const { vendor } = chat;
  const handle = await chat.send();
  const stop = chat.notifier.listen?.(chat.answer);
  assert.ok(stop !== undefined);
  assert.deepEqual(await vendor.press(`a:${TICKET}:42`), { text: "Approved.", alert: false });
  await vendor.edited;
  assert.deepEqual(chat.answers, [{
    from: vendor.to,
    ticket: TICKET,
    handle,
    act: { kind: "approve", match: "42" },
  }]);
  assert.deepEqual(vendor.arrived.map(({ replaces }) => replaces), [null, handle]);
  await stop();
  vendor.release();
});

Deno.test("slack: a press that came is answered, and the message changed", async () => {
  await using chat = new Chat(slack, (clock) => new FakeSlack(clock));
  const { vendor } = chat;
  vendor.url = chat.url;
  const handle = await chat.send();
  const reply = await chat.notifier.receive?.(vendor.press(`d:${TICKET}`), chat.answer);
  assert.deepEqual(reply, { status: 200, type: "text/plain; charset=utf-8", text: "" });
  await vendor.edited;
  assert.deepEqual(chat.answers, [{
    from: vendor.to,
    ticket: TICKET,
    handle,
    act: { kind: "deny" },
  }]);
  assert.deepEqual(vendor.arrived.map(({ replaces }) => replaces), [null, handle]);
});
