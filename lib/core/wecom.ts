/**
 * WeCom's application messages as data: the requests, and what the answers mean. Documented at
 * developer.work.weixin.qq.com/document/path/ 91039 (token), 90236 (messages), 90455 (codes).
 */
import * as v from "valibot";
import { writtenLines } from "./letter.ts";
import { letterOf } from "./messages/letter.ts";
import type { Language } from "./messages/language.ts";
import type {
  Delivery,
  DeliveryFault,
  FailedDelivery,
  Notification,
} from "./notification.ts";

interface VendorRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: unknown;
}
interface VendorAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** The application that sends, and how it writes. */
export interface WecomApp {
  /** Without a final slash. */
  readonly url: string;
  readonly corpid: string;
  readonly secret: string;
  readonly agentid: number;
  readonly language: Language;
  /** IANA name */
  readonly timeZone: string;
}

export function tokenRequest({ url, corpid, secret }: WecomApp): VendorRequest {
  const query = new URLSearchParams({ corpid, corpsecret: secret });
  return { method: "GET", url: `${url}/cgi-bin/gettoken?${query}` };
}

export function messageRequest(
  app: WecomApp,
  token: string,
  message: Notification,
  to: string,
): VendorRequest {
  const { url, agentid } = app;
  return {
    method: "POST",
    url: `${url}/cgi-bin/message/send?${new URLSearchParams({ access_token: token })}`,
    body: { touser: to, msgtype: "text", agentid, text: { content: contentOf(message, app) } },
  };
}

function contentOf(message: Notification, app: WecomApp): string {
  const letter = letterOf(message, message.language ?? app.language, app.timeZone);
  const lines = writtenLines(letter, { own: (text) => text, foreign: clean });
  return [...lines, ...(letter.link === null ? [] : [letter.link.url])].join("\n");
}

/**
 * A text message knows one markup, links (`<a href>`), and makes a link of every address. So what
 * belongs to either becomes its full-width likeness; the backslash too, for JSON's \uXXXX is refused
 * (40033).
 */
function clean(text: string): string {
  return text.replace(
    /[<>&/\\]/g,
    (c) => String.fromCodePoint(c.charCodeAt(0) + 0xfee0),
  );
}

const Status = v.object({ errcode: v.number() });
const Token = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,512}$/)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(86_400)),
});
const Sent = v.object({
  invaliduser: v.optional(v.string(), ""),
  unlicenseduser: v.optional(v.string(), ""),
});

export type TokenAnswer = { ok: true; token: string; validMs: number } | FailedDelivery;

export function readToken(answer: VendorAnswer): TokenAnswer {
  const fault = readStatus(answer);
  if (fault !== undefined) return fault;
  const token = v.safeParse(Token, answer.json);
  if (!token.success) return unusable(answer.status);
  const { access_token, expires_in } = token.output;
  return { ok: true, token: access_token, validMs: expires_in * 1000 };
}

/** The token does not count any more, perhaps sooner than it said; another one may. */
export function isStale(answer: VendorAnswer): boolean {
  const code = errcode(answer);
  return code === 40014 || code === 42001;
}

export function readSent(answer: VendorAnswer): Delivery {
  const fault = readStatus(answer);
  // Without a code it is not WeCom that says no.
  if (fault !== undefined) return { ...fault, mayArrive: errcode(answer) === undefined };
  const sent = v.safeParse(Sent, answer.json);
  if (!sent.success) return { ...unusable(answer.status), mayArrive: true };
  const { invaliduser, unlicenseduser } = sent.output;
  // There is one recipient, so whoever is named here is it: nothing has arrived.
  if (invaliduser !== "") return failure("recipient", "knows no such user (invaliduser)");
  if (unlicenseduser !== "") {
    return failure("recipient", "has no licence for the user (unlicenseduser)");
  }
  return { ok: true, handle: null };
}

/** What a request that brought no answer at all comes to. */
export function unreached(why: "network" | "time"): FailedDelivery {
  return failure(
    "unavailable",
    why === "time" ? "does not answer in time" : "cannot be reached",
  );
}

function readStatus(answer: VendorAnswer): FailedDelivery | undefined {
  const code = errcode(answer);
  if (code === 0) return undefined;
  if (code !== undefined) return failure(CODES[code] ?? "rejected", `answers errcode ${code}`);
  return answer.status >= 500
    ? failure("unavailable", `answers HTTP ${answer.status}`)
    : unusable(answer.status);
}

function errcode({ json }: VendorAnswer): number | undefined {
  const status = v.safeParse(Status, json);
  return status.success ? status.output.errcode : undefined;
}

const CODES: Readonly<Record<number, DeliveryFault>> = {
  [-1]: "unavailable", // busy
  40001: "settings", // wrong secret
  40003: "recipient",
  40013: "settings", // wrong corpid
  40014: "settings", // wrong token, although it is a fresh one
  40031: "recipient", // not in the directory, or not in what the application may see
  40056: "settings", // wrong agentid
  40091: "settings", // as 40001
  41001: "settings", // no token
  41002: "settings", // no corpid
  41004: "settings", // no secret
  41011: "settings", // no agentid
  42001: "settings", // as 40014
  45009: "rate_limited", // calls; a minute later it works again
  45033: "rate_limited", // calls at once
  46004: "recipient",
  48002: "settings", // the application may not send
  50002: "recipient", // outside of what the application may see
  50003: "settings", // the application is switched off
  60011: "recipient", // as 50002
  60020: "address",
  60111: "recipient",
  81013: "recipient", // none of the recipients
  82001: "recipient", // as 81013
  301002: "settings", // the agentid is another application's than the secret
};

const HINTS: Readonly<Record<DeliveryFault, string>> = {
  recipient: "compare the contact with the account in WeCom's directory, and see that the " +
    "application may be seen by it",
  rate_limited: "try again in a minute",
  settings: "compare corpid, secret and agentid in server.toml with the application's page in " +
    "WeCom, and see that it is switched on",
  address: "add this server's address to the application's trusted IPs",
  unavailable: "check that this server can reach WeCom",
  unusable: "check url in server.toml; a proxy may answer in WeCom's place",
  rejected: "look the code up in WeCom's list of error codes",
};

function unusable(status: number): FailedDelivery {
  return failure("unusable", `gives no usable answer (HTTP ${status})`);
}

function failure(why: DeliveryFault, what: string): FailedDelivery {
  return { ok: false, why, detail: `wecom ${what}`, hint: HINTS[why], mayArrive: false };
}
