/**
 * A WeCom that really listens and keeps to what its documentation says (developer.work.weixin.qq.com/
 * document/path/ 91039, 90236, 90455): who may ask, how long tokens live, what a message may be.
 */
import type { Clock } from "../../lib/ports.ts";

export const CORPID = "ww0123456789abcdef";
export const SECRET = "S3cretOfTheApplication-0123456789abcdefghij";
export const AGENTID = 1_000_002;

export interface WecomMessage {
  readonly to: string;
  readonly text: string;
}

type Reply = Record<string, unknown> & { errcode: number };

export class FakeWecom implements AsyncDisposable {
  readonly members = new Set(["zhangsan", "lisi"]);
  /** What has reached somebody. */
  readonly delivered: WecomMessage[] = [];
  /** Each request's path without its query. */
  readonly asked: string[] = [];
  tokenLifeS = 7_200;
  /** Sent to one member within a minute; more is dropped without a word. */
  perMember = 30;
  /** Codes that the next requests to an address are answered with, whatever they say. */
  readonly codes = new Map<string, number[]>();
  /** What each request waits for before it is answered. */
  hold: (path: string) => Promise<void> = () => Promise.resolve();
  /** How WeCom once answered, and private deployments may still: errcode 0 although nobody got it. */
  lenient = false;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sentAt = new Map<string, number[]>();
  #token: { text: string; until: number } | undefined;
  #issued = 0;

  constructor(private readonly clock: Clock) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  count(path: string): number {
    return this.asked.filter((one) => one === path).length;
  }

  /** The PIN of the latest message. */
  get lastPin(): string {
    const [pin = ""] = /^[0-9]{6}/.exec(this.delivered.at(-1)?.text ?? "") ?? [];
    return pin;
  }

  /** Ends the token before its time, as WeCom says that it may. */
  revokeToken(): void {
    this.#token = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    this.asked.push(pathname);
    await this.hold(pathname);
    const code = this.codes.get(pathname)?.shift();
    if (code !== undefined) return Response.json(fault(code));
    if (pathname === "/cgi-bin/gettoken" && request.method === "GET") {
      return Response.json(this.#getToken(searchParams));
    }
    if (pathname === "/cgi-bin/message/send" && request.method === "POST") {
      const type = request.headers.get("content-type");
      return Response.json(this.#send(searchParams, type, await request.text()));
    }
    return new Response("404 page not found", { status: 404 });
  }

  #getToken(query: URLSearchParams): Reply {
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

  #send(query: URLSearchParams, type: string | null, body: string): Reply {
    const now = this.clock.now();
    const token = query.get("access_token");
    if (token === null || token === "") return fault(41001);
    if (token !== this.#token?.text) return fault(40014);
    if (now >= this.#token.until) return fault(42001);
    if (!/^application\/json\b/.test(type ?? "")) return fault(40035);
    if (/(?<!\\)(\\\\)*\\u[0-9a-f]{4}/i.test(body)) return fault(40033);
    const message = parse(body);
    const { touser = "", agentid, msgtype, text: { content = "" } = {} } = message;
    if (agentid === undefined) return fault(41011);
    if (!Number.isInteger(agentid)) return fault(40056);
    if (agentid !== AGENTID) return fault(301002);
    if (msgtype !== "text") return fault(40008);
    if (content === "") return fault(44004);
    if (new TextEncoder().encode(content).length > 2_048) return fault(45002);
    if (touser === "") return fault(82001);
    return this.#deliver(touser === "@all" ? [...this.members] : touser.split("|"), content, now);
  }

  #deliver(users: readonly string[], text: string, now: number): Reply {
    // Upper and lower case are one, and WeCom answers in lower case.
    const ids = users.map((user) => user.toLowerCase());
    const unknown = ids.filter((user) => !this.members.has(user));
    if (unknown.length === ids.length && !this.lenient) return fault(81013);
    for (const to of ids.filter((user) => this.members.has(user))) {
      const recent = (this.#sentAt.get(to) ?? []).filter((at) => at > now - 60_000);
      this.#sentAt.set(to, [...recent, now]);
      if (recent.length < this.perMember) this.delivered.push({ to, text });
    }
    const msgid = crypto.randomUUID();
    return { ...fault(0), invaliduser: unknown.join("|"), invalidparty: "", invalidtag: "", msgid };
  }
}

interface Message {
  touser?: string;
  agentid?: number;
  msgtype?: string;
  text?: { content?: string };
}

function parse(body: string): Message {
  try {
    return JSON.parse(body) as Message;
  } catch {
    return {};
  }
}

/** WeCom's text goes on with the caller's address and a link, and must not be relied on. */
function fault(errcode: number): Reply {
  const hint = `hint: [${crypto.randomUUID()}], from ip: 192.0.2.1`;
  return { errcode, errmsg: errcode === 0 ? "ok" : `no, ${hint}` };
}
