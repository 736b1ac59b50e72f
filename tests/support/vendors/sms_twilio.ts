/** A Twilio with one account (twilio.com/docs/messaging/api/message-resource, docs/api/errors). */
import type { Clock } from "../../../lib/ports.ts";
import { foundLinks, foundNumbers } from "./links.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const ACCOUNT = `AC${"0123456789abcdef".repeat(2)}`;
const AUTH_TOKEN = "f0e1d2c3b4a5968778695a4b3c2d1e0f";
const FROM = "+15017122661";
const SERVICE = `MG${"9".repeat(32)}`;
const E164 = /^\+[1-9][0-9]{6,14}$/;

export class FakeTwilio implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly to = "+4915112345678";
  readonly nobody = "+4915100000000";
  /** Numbers that have answered STOP. */
  readonly stopped = new Set<string>();
  #limit = false;
  #busy = false;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return { url, account_sid: ACCOUNT, auth_token: AUTH_TOKEN, from: FROM };
  }

  wrongCredentials(url: string) {
    return { ...this.settings(url), auth_token: AUTH_TOKEN.replace("f0", "00") };
  }

  limitNext(): Rule {
    this.#limit = true;
    // "429 responses aren't processed and are safe to retry after backing off"; 503 likewise.
    return { againAfterMs: 0 };
  }

  busyNext(): Rule {
    this.#busy = true;
    return { againAfterMs: 0 };
  }

  answer({ body, headers, method, path }: Call): Reply {
    if (method !== "POST" || path !== `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`) {
      return failed(404, 20404);
    }
    if (headers.get("authorization") !== `Basic ${btoa(`${ACCOUNT}:${AUTH_TOKEN}`)}`) {
      return failed(401, 20003);
    }
    if (this.#limit) {
      this.#limit = false;
      return failed(429, 20429);
    }
    if (this.#busy) {
      this.#busy = false;
      return failed(503, 20503);
    }
    if (headers.get("content-type") !== "application/x-www-form-urlencoded") {
      return failed(400, 21604);
    }
    return this.#create(new URLSearchParams(body));
  }

  #create(form: URLSearchParams): Reply {
    const [to, from, service, text, validity] = [
      "To",
      "From",
      "MessagingServiceSid",
      "Body",
      "ValidityPeriod",
    ].map((name) => form.get(name));
    if (!to) return failed(400, 21604);
    if (!E164.test(to)) return failed(400, 21211);
    if (!from && !service) return failed(400, 21603);
    if (from && from !== FROM) return failed(400, 21659);
    if (service && service !== SERVICE) return failed(400, 21701);
    if (!text) return failed(400, 21602);
    if (text.length > 1_600) return failed(400, 21617);
    if (validity && !/^([1-9][0-9]{0,3}|[12][0-9]{4}|3[0-5][0-9]{3}|36000)$/.test(validity)) {
      return failed(400, 20001);
    }
    if (this.stopped.has(to)) return failed(400, 21610);
    if (to === this.nobody) return failed(400, 21614);
    const addresses = foundLinks(text);
    const rest = addresses.reduce((without, link) => without.replace(link, "link"), text);
    const links = [...addresses, ...foundNumbers(rest).map((number) => `tel:${number}`)];
    this.arrived.push({ to, text, links, mentions: [], buttons: [], replaces: null });
    const sid = `SM${crypto.randomUUID().replaceAll("-", "")}`;
    const date_created = new Date(this.clock.now()).toUTCString();
    return json({ sid, date_created, status: "queued", error_code: null, to, from }, 201);
  }
}

/** Its text is not to be relied on. */
function failed(status: number, code: number): Reply {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return json({ code, message: `no, ${crypto.randomUUID()}`, more_info, status }, status);
}

export const smsTwilioVendor: VendorCase = {
  type: "sms_twilio",
  start: (clock) => new FakeTwilio(clock),
};
