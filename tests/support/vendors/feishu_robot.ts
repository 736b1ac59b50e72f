/**
 * A custom bot in a Feishu group (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot): its address, its
 * signature of an hour, 20 KB, five messages a second and 100 a minute.
 */
import { createHmac } from "node:crypto";
import type { Clock } from "../../../lib/ports.ts";
import { readCard } from "./feishu_reader.ts";
import { cardFault } from "./feishu_rules.ts";
import { fields, isJson, parse, size } from "./json_fields.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const HOOK = "b6f1c1a4-8a4b-4d0e-9a55-3c8c1b1f0d2e";
const SECRET = "G4tehouseSecret0123456";

interface Fault {
  readonly code: number;
  readonly msg: string;
}

export class FakeFeishuRobot implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly to = "ou_7d8a6e6df7621556ce0d21922b676706";
  /** An id that is nobody's is written as it is. */
  readonly nobody = null;
  /** What the next requests are answered, whatever they say. */
  readonly faults: Fault[] = [];
  readonly #sentAt: number[] = [];

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return { type: "feishu_robot", hook: HOOK, secret: SECRET, url };
  }

  wrongCredentials(url: string) {
    return { ...this.settings(url), secret: "wrong" };
  }

  limitNext(): Rule {
    this.faults.push(TOO_MANY);
    // Five a second.
    return { againAfterMs: 0 };
  }

  answer(call: Call): Reply {
    const [, hook] = /^\/open-apis\/bot\/v2\/hook\/([^/]+)$/.exec(call.path) ?? [];
    if (hook === undefined || call.method !== "POST") {
      return { status: 404, body: "404 page not found" };
    }
    const fault = this.faults.shift() ?? this.#take(hook, call);
    if (fault !== undefined) return json({ ...fault, data: {} });
    return json({
      StatusCode: 0,
      StatusMessage: "success",
      code: 0,
      data: {},
      msg: "success",
    });
  }

  #take(hook: string, { body, headers }: Call): Fault | undefined {
    if (hook !== HOOK) {
      return { code: 19001, msg: "param invalid: incoming webhook access token invalid" };
    }
    const message = isJson(headers) && size(body) <= 20 * 1_024 ? parse(body) : undefined;
    if (message === undefined) return BAD_REQUEST;
    if (!this.#isSigned(message.timestamp, message.sign)) {
      return {
        code: 19021,
        msg: "sign match fail or timestamp is not within one hour from current time",
      };
    }
    const now = this.clock.now();
    const since = (ms: number) => this.#sentAt.filter((at) => at > now - ms).length;
    if (since(1_000) >= 5 || since(60_000) >= 100) return TOO_MANY;
    if (message.msg_type !== "interactive") {
      return { code: 19002, msg: "params error, msg_type need" };
    }
    // Of what is clicked nobody would be told.
    const card = fields(message.card);
    if (cardFault(card, false) !== undefined) return BAD_REQUEST;
    this.#sentAt.push(now);
    const seen = readCard(card);
    this.arrived.push({ ...seen, to: seen.mentions[0] ?? "", replaces: null });
    return undefined;
  }

  /** By another library than the one that signs. */
  #isSigned(timestamp: unknown, sign: unknown): boolean {
    if (typeof timestamp !== "string" || !/^[0-9]{10}$/.test(timestamp)) return false;
    if (Math.abs(this.clock.now() - Number(timestamp) * 1000) > 3_600_000) return false;
    return sign === createHmac("sha256", `${timestamp}\n${SECRET}`).update("").digest("base64");
  }
}

const BAD_REQUEST = { code: 9499, msg: "Bad Request" };
const TOO_MANY = { code: 11232, msg: "frequency limited" };

export const feishuRobotVendor: VendorCase = {
  type: "feishu_robot",
  start: (clock) => new FakeFeishuRobot(clock),
};
