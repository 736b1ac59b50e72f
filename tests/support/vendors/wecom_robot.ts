/**
 * A robot in a WeCom group (developer.work.weixin.qq.com/document/path/91770): its key, what it may say, and
 * 20 messages a minute.
 */
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type VendorCase,
} from "./vendor.ts";
import { fields, isJson, parse } from "./json_fields.ts";
import type { Clock } from "../../../lib/ports.ts";
import { fault } from "./wecom_cloud.ts";
import { readCard, readText } from "./wecom_reader.ts";
import { cardFault, hasEscapes, textFault } from "./wecom_rules.ts";

const KEY = "693a91f6-7c5e-4bc4-97a0-0ec2115f5aaa";
const PER_MINUTE = 20;

class WecomGroup {
  readonly arrived: Arrived[] = [];
  readonly codes: number[] = [];
  readonly #sentAt: number[] = [];

  constructor(private readonly clock: Clock) {}

  answer({ body, headers, method, path, query }: Call): Reply {
    if (path !== "/cgi-bin/webhook/send" || method !== "POST") {
      return { status: 404, body: "404 page not found" };
    }
    return json(fault(this.codes.shift() ?? this.#take(body, headers, query)));
  }

  #take(body: string, headers: Headers, query: URLSearchParams): number {
    if (query.get("key") !== KEY) return 93000;
    const now = this.clock.now();
    if (this.#sentAt.filter((at) => at > now - 60_000).length >= PER_MINUTE) return 45009;
    if (!isJson(headers)) return 40035;
    if (hasEscapes(body)) return 40033;
    const message = parse(body) ?? {};
    const { msgtype } = message;
    const content = fields(message[String(msgtype)]);
    const code = msgtype === "text"
      ? textFault(content)
      : msgtype === "template_card" && content.card_type === "text_notice"
      ? cardFault(content, new Set())
      : 40008;
    if (code !== undefined) return code;
    this.#sentAt.push(now);
    const { mentioned_list } = content;
    const named = Array.isArray(mentioned_list) ? mentioned_list.map(String) : [];
    const seen = msgtype === "text" ? readText(String(content.content)) : readCard(content);
    this.arrived.push({
      ...seen,
      to: named[0] ?? "",
      mentions: [...named, ...seen.mentions],
      replaces: null,
    });
    return 0;
  }
}

export const wecomRobotVendor: VendorCase = {
  type: "wecom_robot",
  start(clock): FakeVendor {
    const group = new WecomGroup(clock);
    const settings = (url: string, key: string) => ({ type: "wecom_robot", key, url });
    return {
      arrived: group.arrived,
      to: "zhangsan",
      // A name that is nobody's is written as it is.
      nobody: null,
      settings: (url) => settings(url, KEY),
      wrongCredentials: (url) => settings(url, "00000000-0000-0000-0000-000000000000"),
      answer: (call) => group.answer(call),
      limitNext() {
        group.codes.push(45009);
        // It counts by the minute.
        return "never";
      },
      busyNext() {
        group.codes.push(-1);
        return { againAfterMs: 0 };
      },
    };
  },
};
