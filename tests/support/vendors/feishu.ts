/**
 * An app's bot in Feishu (open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/
 * tenant_access_token_internal, /document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create and patch, /document/
 * ukTMukTMukTM/uUzN04SN3QjL1cDN): its keys, how long tokens live, what a message may be, and how many.
 */
import type { Clock } from "../../../lib/ports.ts";
import { readCard } from "./feishu_reader.ts";
import { cardFault } from "./feishu_rules.ts";
import { type Fields, fields, isJson, parse, size } from "./json_fields.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

export const APP_ID = "cli_a1b2c3d4e5f6a7b8";
const APP_SECRET = "S3cretOfTheApp0123456789abcdefgh";
export const VERIFICATION_TOKEN = "v3rificationTokenOfTheApp0123456";
export const ENCRYPT_KEY = "encryptKeyOfTheApp0123";

const TOKEN_MS = 7_200_000;
const HOUR_MS = 3_600_000;
const MAX_BYTES = 30 * 1_024;
const MESSAGES = "/open-apis/im/v1/messages";

export interface FeishuUser {
  readonly open_id: string;
  readonly user_id: string;
  readonly email: string;
}

interface Message {
  readonly id: string;
  readonly to: string;
  readonly at: number;
  card: Fields;
}

export class FakeFeishu implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly users: readonly FeishuUser[] = [
    {
      open_id: "ou_7d8a6e6df7621556ce0d21922b676706",
      user_id: "b1c2d3e4",
      email: "alice@example.com",
    },
    {
      open_id: "ou_84aad35d084aa403a838cf73ee18467a",
      user_id: "f5a6b7c8",
      email: "bob@example.com",
    },
  ];
  readonly to = "ou_7d8a6e6df7621556ce0d21922b676706";
  readonly nobody = "ou_00000000000000000000000000000000";
  /** Users outside of where the app may be used. */
  readonly outside = new Set<string>();
  readonly messages: Message[] = [];
  /** What the next requests but those for a token are answered, whatever they say. */
  readonly replies: Reply[] = [];
  readonly #uuids = new Map<string, { at: number; id: string }>();
  readonly #sentAt = new Map<string, number[]>();
  #tokens: { text: string; until: number }[] = [];
  #issued = 0;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return {
      type: "feishu",
      app_id: APP_ID,
      app_secret: APP_SECRET,
      verification_token: VERIFICATION_TOKEN,
      encrypt_key: ENCRYPT_KEY,
      buttons: true,
      url,
    };
  }

  wrongCredentials(url: string) {
    return { ...this.settings(url), app_secret: "wrong" };
  }

  limitNext(): Rule {
    this.replies.push(
      json({ code: 99991400, msg: "request trigger frequency limit" }, 429, {
        "x-ogw-ratelimit-limit": "100",
        "x-ogw-ratelimit-reset": "2",
      }),
    );
    return { againAfterMs: 2_000 };
  }

  expireTokens(): void {
    this.#tokens = [];
  }

  answer(call: Call): Reply {
    if (call.path === "/open-apis/auth/v3/tenant_access_token/internal" && call.method === "POST") {
      return this.#getToken(call);
    }
    const reply = this.replies.shift();
    if (reply !== undefined) return reply;
    const [, id] = /^\/open-apis\/im\/v1\/messages\/([^/]+)$/.exec(call.path) ?? [];
    const known = call.path === MESSAGES ? "POST" : id === undefined ? undefined : "PATCH";
    if (known !== call.method) return { status: 404, body: "404 page not found" };
    const refused = this.#unauthorized(call.headers);
    if (refused !== undefined) return refused;
    const body = isJson(call.headers) ? parse(call.body) : undefined;
    if (body === undefined) return failed(99992402, "field validation failed");
    return id === undefined ? this.#send(call.query, body) : this.#change(id, body);
  }

  #getToken({ body, headers }: Call): Reply {
    const { app_id, app_secret } = (isJson(headers) ? parse(body) : undefined) ?? {};
    if (app_id !== APP_ID) return failed(10003, "invalid param");
    if (app_secret !== APP_SECRET) return failed(10014, "app secret invalid");
    const now = this.clock.now();
    // The same until half an hour before it ends, and then both are good.
    let token = this.#tokens.at(-1);
    if (token === undefined || token.until - now < HOUR_MS / 2) {
      token = { text: `t-${++this.#issued}${crypto.randomUUID()}`, until: now + TOKEN_MS };
      this.#tokens.push(token);
    }
    const expire = Math.floor((token.until - now) / 1000);
    return json({ code: 0, msg: "ok", tenant_access_token: token.text, expire });
  }

  #unauthorized(headers: Headers): Reply | undefined {
    const [, given] = /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "") ?? [];
    if (given === undefined) return failed(99991661, "Missing access token for authorization");
    const token = this.#tokens.find(({ text }) => text === given);
    return token !== undefined && this.clock.now() < token.until
      ? undefined
      : failed(99991663, "Invalid access token for authorization");
  }

  #send(query: URLSearchParams, { content, msg_type, receive_id, uuid }: Fields): Reply {
    const type = query.get("receive_id_type");
    if (type !== "open_id" && type !== "user_id" && type !== "email") {
      return failed(99992402, "field validation failed");
    }
    const user = this.users.find((one) => one[type] === receive_id);
    if (user === undefined) return failed(230001, "ext=invalid receive_id.");
    if (this.outside.has(user.open_id)) {
      return failed(230013, "Bot has NO availability to this user");
    }
    if (msg_type !== "interactive") return failed(230001, "ext=invalid msg_type");
    if (uuid !== undefined && (typeof uuid !== "string" || uuid.length > 50)) {
      return failed(230001, "ext=invalid uuid");
    }
    const card = cardIn(content);
    if ("status" in card) return card;
    const now = this.clock.now();
    const earlier = typeof uuid === "string" ? this.#uuids.get(uuid) : undefined;
    if (earlier !== undefined && now - earlier.at < HOUR_MS) return sent(earlier.id);
    const recent = (this.#sentAt.get(user.open_id) ?? []).filter((at) => at > now - 1_000);
    if (recent.length >= 5) return failed(230020, "This operation triggers the frequency limit.");
    this.#sentAt.set(user.open_id, [...recent, now]);
    const id = `om_${String(this.messages.length + 1).padStart(32, "0")}`;
    if (typeof uuid === "string") this.#uuids.set(uuid, { at: now, id });
    const to = String(receive_id);
    this.messages.push({ id, to, at: now, card: card.card });
    this.arrived.push({ to, ...readCard(card.card), replaces: null });
    return sent(id);
  }

  #change(id: string, { content }: Fields): Reply {
    const message = this.messages.find((one) => one.id === id);
    if (message === undefined) return failed(230001, "ext=invalid message_id");
    if (this.clock.now() - message.at > 14 * 24 * HOUR_MS) {
      return failed(230031, "The message is out of the update window");
    }
    const card = cardIn(content);
    if ("status" in card) return card;
    if (![message.card, card.card].every(({ config }) => fields(config).update_multi === true)) {
      return failed(230099, "Failed to create card content, ext=update_multi");
    }
    message.card = card.card;
    this.arrived.push({ to: message.to, ...readCard(card.card), replaces: id });
    return json({ code: 0, msg: "success", data: {} });
  }
}

function cardIn(content: unknown): { readonly card: Fields } | Reply {
  if (typeof content !== "string") return failed(230001, "ext=invalid content");
  if (size(content) > MAX_BYTES) {
    return failed(230025, "The length of the message content reaches its limit.");
  }
  const card = parse(content);
  const fault = card === undefined ? "JSON" : cardFault(card, true);
  return card === undefined || fault !== undefined
    ? failed(230099, `Failed to create card content, ext=${fault}`)
    : { card };
}

function sent(message_id: string): Reply {
  return json({ code: 0, msg: "success", data: { message_id, msg_type: "interactive" } });
}

function failed(code: number, msg: string): Reply {
  return json({ code, msg, error: { log_id: "20240911085251BEA8869709BAD4373B10" } }, 400);
}

export const feishuVendor: VendorCase = {
  type: "feishu",
  start: (clock) => new FakeFeishu(clock),
};
