/**
 * WeCom's side of an application, as its documentation says (developer.work.weixin.qq.com/document/path/
 * 91039, 90236, 94888, 90455): who may ask, how long tokens live, what a message may be, and who gets how many.
 */
import type { Clock } from "../../../lib/ports.ts";
import { type Fields, fields, isJson, parse } from "./json_fields.ts";
import { type Arrived, type Call, json, type Reply } from "./vendor.ts";
import { readCard, readText, readTextCard } from "./wecom_reader.ts";
import { cardFault, hasEscapes, textCardFault, textFault } from "./wecom_rules.ts";

export const CORPID = "ww0123456789abcdef";
export const SECRET = "S3cretOfTheApplication-0123456789abcdefghij";
export const AGENTID = 1_000_002;
const HOUR_MS = 3_600_000;

type Outcome = Readonly<Record<string, unknown>> & { readonly errcode: number };

/** A card that can be changed, by one of its codes. */
interface Card {
  /** The code that its sender got, which names it. */
  readonly handle: string;
  readonly to: string;
  readonly until: number;
}

export class WecomCloud {
  readonly members = new Set(["zhangsan", "lisi"]);
  readonly arrived: Arrived[] = [];
  tokenLifeS = 7_200;
  /** Sent to one member within a minute; more is dropped without a word. */
  perMember = 30;
  /** How WeCom once answered, and private deployments may still: errcode 0 although nobody got it. */
  lenient = false;
  /** The application says where it takes messages; only then it may send buttons. */
  receives = true;
  /** Codes that the next requests to an address are answered with, whatever they say. */
  readonly codes = new Map<string, number[]>();
  readonly #sentAt = new Map<string, number[]>();
  readonly #tasks = new Set<string>();
  readonly #cards = new Map<string, Card>();
  #token: { text: string; until: number } | undefined;
  #issued = 0;

  constructor(private readonly clock: Clock) {}

  /** Ends the token before its time, as WeCom says that it may. */
  revokeToken(): void {
    this.#token = undefined;
  }

  answer({ body, headers, method, path, query }: Call): Reply {
    const code = this.codes.get(path)?.shift();
    if (code !== undefined) return json(fault(code));
    if (path === "/cgi-bin/gettoken" && method === "GET") return json(this.#getToken(query));
    const message = parse(body) ?? {};
    const post = {
      "/cgi-bin/message/send": "send",
      "/cgi-bin/message/update_template_card": "update",
    };
    const what = method === "POST" ? Object.entries(post).find(([one]) => one === path)?.[1] : "";
    if (what !== "send" && what !== "update") return { status: 404, body: "404 page not found" };
    const refused = this.#refused(query, headers, body) ??
      this.#agentFault(message.agentid);
    if (refused !== undefined) return json(fault(refused));
    return json(what === "send" ? this.#send(message) : this.#update(message));
  }

  #getToken(query: URLSearchParams): Outcome {
    if (!query.has("corpid")) return fault(41002);
    if (!query.has("corpsecret")) return fault(41004);
    if (query.get("corpid") !== CORPID) return fault(40013);
    if (query.get("corpsecret") !== SECRET) return fault(40001);
    const now = this.clock.now();
    // Asked again while it is good it is the same one.
    if (this.#token === undefined || now >= this.#token.until) {
      const text = `token-${++this.#issued}-${crypto.randomUUID()}`.padEnd(214, "x");
      this.#token = { text, until: now + this.tokenLifeS * 1000 };
    }
    const { text, until } = this.#token;
    return { ...fault(0), access_token: text, expires_in: Math.ceil((until - now) / 1000) };
  }

  #refused(query: URLSearchParams, headers: Headers, body: string): number | undefined {
    const token = query.get("access_token");
    if (token === null || token === "") return 41001;
    if (token !== this.#token?.text) return 40014;
    if (this.clock.now() >= this.#token.until) return 42001;
    if (!isJson(headers)) return 40035;
    return hasEscapes(body) ? 40033 : undefined;
  }

  #agentFault(agentid: unknown): number | undefined {
    if (agentid === undefined) return 41011;
    if (!Number.isInteger(agentid)) return 40056;
    return agentid === AGENTID ? undefined : 301002;
  }

  #send(message: Fields): Outcome {
    const { touser = "", msgtype } = message;
    const content = fields(message[String(msgtype)]);
    const code = this.#contentFault(msgtype, content);
    if (code !== undefined) return fault(code);
    const users = String(touser);
    if (users === "") return fault(82001);
    return this.#deliver(
      users === "@all" ? [...this.members] : users.split("|"),
      String(msgtype),
      content,
    );
  }

  #contentFault(msgtype: unknown, content: Fields): number | undefined {
    switch (msgtype) {
      case "text":
        return textFault(content);
      case "textcard":
        return textCardFault(content);
      case "template_card":
        if (content.card_type === "button_interaction" && !this.receives) return 43012;
        return cardFault(content, this.#tasks);
      default:
        return 40008;
    }
  }

  #deliver(users: readonly string[], msgtype: string, content: Fields): Outcome {
    const now = this.clock.now();
    // Upper and lower case are one, and WeCom answers in lower case.
    const ids = users.map((user) => user.toLowerCase());
    const unknown = ids.filter((user) => !this.members.has(user));
    if (unknown.length === ids.length && !this.lenient) return fault(81013);
    const seen = msgtype === "text"
      ? readText(String(content.content))
      : msgtype === "textcard"
      ? readTextCard(content)
      : readCard(content);
    const isButtons = content.card_type === "button_interaction";
    const handle = `code-${crypto.randomUUID()}`;
    for (const to of ids.filter((user) => this.members.has(user))) {
      const recent = (this.#sentAt.get(to) ?? []).filter((at) => at > now - 60_000);
      this.#sentAt.set(to, [...recent, now]);
      if (recent.length >= this.perMember) continue;
      this.arrived.push({ to, ...seen, replaces: null });
      if (isButtons) this.#cards.set(handle, { handle, to, until: now + 72 * HOUR_MS });
    }
    if (isButtons) this.#tasks.add(String(content.task_id));
    return {
      ...fault(0),
      invaliduser: unknown.join("|"),
      invalidparty: "",
      invalidtag: "",
      msgid: crypto.randomUUID(),
      ...(isButtons ? { response_code: handle } : {}),
    };
  }

  /** A code is good once. */
  #update({ button, response_code, userids }: Fields): Outcome {
    const code = String(response_code ?? "");
    const card = this.#cards.get(code);
    const { replace_name } = fields(button);
    if (typeof replace_name !== "string" || replace_name === "") return fault(40058);
    if (card === undefined) return fault(42022);
    if (this.clock.now() > card.until) return fault(40058);
    const ids = (Array.isArray(userids) ? userids : []).map((user) => String(user).toLowerCase());
    this.#cards.delete(code);
    if (!ids.includes(card.to)) return { ...fault(0), invaliduser: ids };
    this.arrived.push({
      to: card.to,
      text: replace_name,
      links: [],
      mentions: [],
      buttons: [],
      replaces: card.handle,
    });
    return { ...fault(0), invaliduser: [] };
  }
}

/** WeCom's text goes on with the caller's address and a link, and must not be relied on. */
export function fault(errcode: number): Outcome {
  const hint = `hint: [${crypto.randomUUID()}], from ip: 192.0.2.1`;
  return { errcode, errmsg: errcode === 0 ? "ok" : `no, ${hint}` };
}
