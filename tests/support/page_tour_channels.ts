/** The channels of the tour's server, and how they fare. */
import type { FailedDelivery } from "../../lib/core/delivery.ts";
import { readSmtpFault } from "../../lib/notify/email_codes.ts";
import { unanswered } from "../../lib/notify/unanswered.ts";
import { APP, refusalOf } from "../../lib/notify/wecom_codes.ts";
import { FakeNotifier } from "./pins.ts";

/** In the order of server.toml. */
export class TourChannels {
  #restUntil: number | null = null;
  readonly wecom = new FakeNotifier({ leftAloneUntil: () => this.#restUntil });
  readonly telegram = new FakeNotifier({
    ...{ name: "telegram", answers: true, updates: true, sends: ["request", "alert"] },
    contact: /^[0-9]{5,12}$/,
  });
  readonly mail = new FakeNotifier({ name: "mail", type: "email", contact: /^[^@]+@[^@]+$/ });
  readonly robot = new FakeNotifier({
    ...{ name: "ops", type: "dingtalk_robot", reach: "group", sends: ["request", "alert"] },
    contact: /^[0-9]{11}$/,
  });
  readonly all = [this.wecom, this.telegram, this.mail, this.robot];

  /** WeCom takes nothing from this server's address, and the mail server wants another password. */
  failSome(restUntil: number): void {
    this.#restUntil = restUntil;
    fail(this.wecom, BAD_ADDRESS);
    fail(this.mail, BAD_PASSWORD);
  }

  failAll(): void {
    for (const channel of this.all) fail(channel, unanswered(channel.type, "unreached", false));
  }
}

function fail(channel: FakeNotifier, failure: FailedDelivery): void {
  channel.answer = () => Promise.resolve(failure);
}

const BAD_PASSWORD = readSmtpFault({
  ...{ kind: "reply", step: "auth" },
  ...{ code: 535, enhanced: "5.7.8" },
});
const BAD_ADDRESS = badAddress();

/** As WeCom answers. */
function badAddress(): FailedDelivery {
  const json = { errcode: 60020 };
  const refusal = refusalOf({ status: 200, headers: {}, json, text: "" }, APP);
  if (refusal === undefined) throw new Error("that is a refusal");
  return refusal;
}
