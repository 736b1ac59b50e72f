/**
 * A DingTalk application that sends work notices (open.dingtalk.com/document/orgapp/obtain-orgapp-token,
 * /asynchronous-sending-of-enterprise-session-messages, /server-api-error-codes-1): its keys, how long
 * tokens live, what a notice may be, and how many a person gets.
 */
import type { Clock } from "../../../lib/ports.ts";
import { type DingtalkText, readMarkdown, readText } from "./dingtalk_reader.ts";
import { cardFits, isText } from "./dingtalk_rules.ts";
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

const APPKEY = "dingoaxxxxxxxxxxxx0s";
const APPSECRET = "S3cretOfTheApp-0123456789abcdef";
const AGENT = 1_234_567_890;
const DAY_MS = 86_400_000;
const A_DAY = 500;

type Outcome = Readonly<Record<string, unknown>> & { readonly errcode: number };

export class FakeDingtalk implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly to = "manager4220";
  /** What becomes of a notice is told later, and only to who asks. */
  readonly nobody = null;
  readonly members = new Set(["manager4220", "zhangsan"]);
  /** Codes that the next requests to an address are answered with, whatever they say. */
  readonly codes = new Map<string, number[]>();
  /** Of today, by who got it. */
  readonly #told = new Map<string, { day: number; texts: string[] }>();
  #token: { text: string; until: number } | undefined;
  #issued = 0;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return {
      type: "dingtalk",
      appkey: APPKEY,
      appsecret: APPSECRET,
      agent_id: AGENT,
      url,
    };
  }

  wrongCredentials(url: string) {
    return { ...this.settings(url), appsecret: "wrong" };
  }

  limitNext(): Rule {
    this.codes.set(SEND, [143103]);
    // It counts by the minute.
    return "never";
  }

  busyNext(): Rule {
    this.codes.set(SEND, [-1]);
    // "Once more, three times at the most."
    return { againAfterMs: 0 };
  }

  expireTokens(): void {
    this.#token = undefined;
  }

  answer(call: Call): Reply {
    const code = this.codes.get(call.path)?.shift();
    if (code !== undefined) return json(fault(code));
    if (call.path === "/gettoken" && call.method === "GET") return json(this.#getToken(call.query));
    if (call.path === SEND && call.method === "POST") return json(this.#send(call));
    return json(fault(404));
  }

  #getToken(query: URLSearchParams): Outcome {
    if (!query.has("appkey") || !query.has("appsecret")) return fault(40035);
    if (query.get("appkey") !== APPKEY || query.get("appsecret") !== APPSECRET) return fault(40089);
    const now = this.clock.now();
    // Asked again while it is good it is the same one, and good for as long again.
    if (this.#token === undefined || now >= this.#token.until) {
      this.#token = {
        text: `${++this.#issued}${crypto.randomUUID()}`.replaceAll("-", ""),
        until: 0,
      };
    }
    this.#token.until = now + 7_200_000;
    return { ...fault(0), access_token: this.#token.text, expires_in: 7_200 };
  }

  #send({ body, headers, query }: Call): Outcome {
    const token = query.get("access_token");
    if (token === null || token === "") return inner("41001");
    if (token !== this.#token?.text || this.clock.now() >= this.#token.until) return inner("40014");
    if (!isJson(headers)) return fault(43004);
    const request = parse(body);
    if (request === undefined) return fault(40035);
    if (request.agent_id === undefined) return fault(41011);
    if (request.agent_id !== AGENT) return fault(40056);
    const { userid_list } = request;
    if (typeof userid_list !== "string" || userid_list === "") return fault(1430000);
    const msg = fields(request.msg);
    const code = messageFault(msg);
    if (code !== undefined) return fault(code);
    for (const to of userid_list.split(",").filter((user) => this.members.has(user))) {
      const refused = this.#deliver(to, msg);
      if (refused !== undefined) return fault(refused);
    }
    return { ...fault(0), task_id: 256_271_667_526 + this.arrived.length };
  }

  #deliver(to: string, msg: Readonly<Record<string, unknown>>): number | undefined {
    const day = Math.floor(this.clock.now() / DAY_MS);
    const told = this.#told.get(to);
    const today = told?.day === day ? told.texts : [];
    const text = JSON.stringify(msg);
    if (today.includes(text)) return 143106;
    if (today.length >= A_DAY) return 143105;
    this.#told.set(to, { day, texts: [...today, text] });
    this.arrived.push({ to, ...readMessage(msg), mentions: [], buttons: [], replaces: null });
    return undefined;
  }
}

const SEND = "/topapi/message/corpconversation/asyncsend_v2";

function messageFault(msg: Readonly<Record<string, unknown>>): number | undefined {
  if (size(JSON.stringify(msg)) > 2_048) return 34016;
  switch (msg.msgtype) {
    case "text":
      return isText(fields(msg.text).content, 5_000) ? undefined : 34016;
    case "action_card": {
      const { markdown: text, single_title: linkText, single_url: link, title } = fields(
        msg.action_card,
      );
      return cardFits({ link, linkText, text, title }) ? undefined : 34016;
    }
    default:
      return 40008;
  }
}

function readMessage(msg: Readonly<Record<string, unknown>>): DingtalkText {
  if (msg.msgtype === "text") return readText(String(fields(msg.text).content));
  const { markdown, single_title, single_url } = fields(msg.action_card);
  const { links, text } = readMarkdown(String(markdown));
  return { text: `${text}\n${single_title}`, links: [...links, String(single_url)] };
}

/** DingTalk's own texts may change, and must not be relied on. */
function fault(errcode: number): Outcome {
  return { errcode, errmsg: errcode === 0 ? "ok" : "不行", request_id: "5imjny7u9xwa" };
}

/** How it refuses tokens, and what they may be used for. */
function inner(sub_code: string): Outcome {
  const errmsg = `ding talk error[subcode=${sub_code},submsg=不行]`;
  return { errcode: 88, sub_code, sub_msg: "不行", errmsg, request_id: "5imjny7u9xwa" };
}

export const dingtalkVendor: VendorCase = {
  type: "dingtalk",
  start: (clock) => new FakeDingtalk(clock),
};
