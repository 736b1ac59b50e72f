/** A channel and its vendor, one request after the other without a network, with a token where it wants one. */
import assert from "node:assert/strict";
import type { Letter } from "../../../lib/core/letter.ts";
import type { Answered, ChannelType, Refusal } from "../../../lib/notify/channel.ts";
import type { HttpDialect, Moment, VendorRequest } from "../../../lib/notify/channel.ts";
import type { Clock } from "../../../lib/ports.ts";
import { FixedClock } from "../fakes.ts";
import { ask, VENDOR_URL } from "./direct.ts";
import { opened } from "./opened.ts";
import type { Arrived, FakeVendor, Settings } from "./vendor.ts";

export class Trial<F extends FakeVendor> {
  readonly clock = new FixedClock();
  readonly vendor: F;
  readonly dialect: HttpDialect;
  #messages = 0;

  /** @param changes of the settings that are right */
  constructor(readonly type: ChannelType, start: (clock: Clock) => F, changes: Settings = {}) {
    this.vendor = start(this.clock);
    this.dialect = this.with(changes);
  }

  with(changes: Settings): HttpDialect {
    return opened(this.type, { ...this.vendor.settings(VENDOR_URL), ...changes });
  }

  /** @param id of the message; none: of another one each time */
  async moment(id = String(++this.#messages).padStart(32, "0")): Promise<Moment> {
    const now = this.clock.now();
    const { token } = this.dialect;
    if (token === undefined) return { now, token: "", id };
    const answer = token.read(await ask(this.vendor, token.request(now)));
    assert.ok(answer.ok, JSON.stringify(answer));
    return { now, token: answer.token, id };
  }

  async request(letter: Letter, to = this.vendor.to, at?: Moment): Promise<VendorRequest> {
    const made = await this.dialect.send(letter, to, at ?? await this.moment());
    assert.ok(!("ok" in made), JSON.stringify(made));
    return made;
  }

  async send(letter: Letter, to?: string, at?: Moment): Promise<Answered> {
    return await this.answered(await this.request(letter, to, at));
  }

  /** What the vendor's answer to it comes to. */
  async answered(request: VendorRequest): Promise<Answered> {
    return this.dialect.sent(await ask(this.vendor, request));
  }

  /** The request that changes a message. */
  async change(letter: Letter, handle: string, to = this.vendor.to): Promise<VendorRequest> {
    assert.ok(this.dialect.update !== undefined, `${this.type.type} changes nothing`);
    const made = await this.dialect.update(letter, to, handle, await this.moment());
    assert.ok(!("ok" in made), JSON.stringify(made));
    return made;
  }

  /** What has arrived of it. */
  async read(letter: Letter, to?: string): Promise<Arrived> {
    const sent = await this.send(letter, to);
    assert.ok(sent.ok, JSON.stringify(sent));
    const arrived = this.vendor.arrived.at(-1);
    assert.ok(arrived !== undefined);
    return arrived;
  }

  async refused(letter: Letter, to?: string): Promise<Refusal> {
    const sent = await this.send(letter, to);
    assert.ok(!sent.ok);
    return sent;
  }
}
