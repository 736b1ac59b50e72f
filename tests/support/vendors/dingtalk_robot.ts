/**
 * A robot in a DingTalk group (open.dingtalk.com/document/robots/custom-robot-access, /customize-robot-
 * security-settings): its token, its signature of an hour, what it may say, and 20 messages a minute.
 */
import { createHmac } from "node:crypto";
import type { Clock } from "../../../lib/ports.ts";
import { readMarkdown, readText } from "./dingtalk_reader.ts";
import { cardFits, isText } from "./dingtalk_rules.ts";
import { fields, isJson, parse } from "./json_fields.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const TOKEN = "566cc69da782ec33e42541b09b08551f09fbe864eb8008112e994b43887f8a36";
const SECRET = "SEC10d6e79b42bd94be0d0d603843651aa2ccd7186db6edbc0123456789abcdef01";
const PER_MINUTE = 20;
const HOUR_MS = 3_600_000;

interface Fault {
  readonly errcode: number;
  readonly errmsg: string;
}

export class FakeDingtalkRobot implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly to = "manager4220";
  /** A name that is nobody's is written as it is. */
  readonly nobody = null;
  /** What the next requests are answered, whatever they say. */
  readonly faults: Fault[] = [];
  /** Asked for by the robot's security settings, if any. */
  keyword: string | undefined;
  readonly #sentAt: number[] = [];
  #closedUntil = 0;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return { type: "dingtalk_robot", access_token: TOKEN, secret: SECRET, url };
  }

  wrongCredentials(url: string) {
    return { ...this.settings(url), secret: `${SECRET}x` };
  }

  limitNext(): Rule {
    this.faults.push(TOO_FAST);
    // Nothing gets through for ten minutes.
    return "never";
  }

  busyNext(): Rule {
    this.faults.push({ errcode: -1, errmsg: "系统繁忙" });
    return { againAfterMs: 0 };
  }

  answer(call: Call): Reply {
    if (call.path !== "/robot/send" || call.method !== "POST") {
      return json({ errcode: 404, errmsg: "请求的URI地址不存在" });
    }
    return json(this.faults.shift() ?? this.#take(call));
  }

  #take({ body, headers, query }: Call): Fault {
    if (query.get("access_token") !== TOKEN) {
      return { errcode: 300001, errmsg: "token is not exist" };
    }
    const forged = this.#signatureFault(query);
    if (forged !== undefined) return { errcode: 310000, errmsg: forged };
    const now = this.clock.now();
    if (now < this.#closedUntil) return TOO_FAST;
    if (this.#sentAt.filter((at) => at > now - 60_000).length >= PER_MINUTE) {
      this.#closedUntil = now + 10 * 60_000;
      return TOO_FAST;
    }
    if (!isJson(headers)) return { errcode: 43004, errmsg: "无效的HTTP HEADER Content-Type" };
    const message = parse(body);
    if (message === undefined) return { errcode: 40035, errmsg: "缺少参数 json" };
    if (this.keyword !== undefined && !body.includes(this.keyword)) {
      return { errcode: 310000, errmsg: "keywords not in content" };
    }
    const seen = readMessage(message);
    if (typeof seen === "number") return { errcode: seen, errmsg: "不行" };
    this.#sentAt.push(now);
    this.arrived.push(seen);
    return { errcode: 0, errmsg: "ok" };
  }

  /** By another library than the one that signs. */
  #signatureFault(query: URLSearchParams): string | undefined {
    const timestamp = query.get("timestamp") ?? "";
    const at = /^[0-9]{13}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
    if (!(Math.abs(this.clock.now() - at) <= HOUR_MS)) return "invalid timestamp";
    const sign = createHmac("sha256", SECRET).update(`${timestamp}\n${SECRET}`).digest("base64");
    return query.get("sign") === sign ? undefined : "sign not match";
  }
}

const TOO_FAST = { errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" };

/** A code: it is refused. */
function readMessage(message: Readonly<Record<string, unknown>>): Arrived | number {
  const rest = { to: "", mentions: [], buttons: [], replaces: null };
  switch (message.msgtype) {
    case "text": {
      const { content } = fields(message.text);
      if (!isText(content, 20_000)) return 460101;
      const mentions = mentioned(fields(message.at), content);
      return { ...rest, ...readText(content), to: mentions[0] ?? "", mentions };
    }
    case "actionCard": {
      const { singleTitle: linkText, singleURL: link, text, title } = fields(message.actionCard);
      if (!cardFits({ link, linkText, text, title })) return 40035;
      const { links, text: shown } = readMarkdown(String(text));
      return { ...rest, text: `${shown}\n${linkText}`, links: [...links, String(link)] };
    }
    default:
      return 400105;
  }
}

/** Those who are named beside the text and in it; mobile numbers are put behind it. */
function mentioned(at: Readonly<Record<string, unknown>>, content: string): string[] {
  const list = (value: unknown) => Array.isArray(value) ? value.map(String) : [];
  return [
    ...list(at.atMobiles),
    ...list(at.atUserIds).filter((user) => content.includes(`@${user}`)),
    ...(at.isAtAll === true ? ["all"] : []),
  ];
}

export const dingtalkRobotVendor: VendorCase = {
  type: "dingtalk_robot",
  start: (clock) => new FakeDingtalkRobot(clock),
};
