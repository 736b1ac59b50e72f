/**
 * A receiver that keeps to Standard Webhooks (github.com/standard-webhooks/standard-webhooks,
 * spec/standard-webhooks.md): signature, age and one use of each id.
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import * as v from "valibot";
import type { Clock } from "../../../lib/ports.ts";
import { isJson } from "./json_fields.ts";
import { parsed } from "./plain_reader.ts";
import type { Arrived, Call, FakeVendor, Reply, Rule, VendorCase } from "./vendor.ts";

export const WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwvbg2mXIh0G8=";
const PATH = "/hooks/gatehouse";
/** "A reasonable tolerance": that of the libraries. */
const TOLERANCE_S = 300;

const Event = v.object({
  type: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$/)),
  timestamp: v.pipe(v.string(), v.isoTimestamp()),
  data: v.looseObject({
    kind: v.string(),
    to: v.string(),
    ticket: v.optional(v.string()),
    url: v.optional(v.string()),
    message: v.object({
      language: v.picklist(["en", "zh-CN"]),
      title: v.string(),
      lines: v.array(v.string()),
    }),
  }),
});
export type WebhookEvent = v.InferOutput<typeof Event>;

export class FakeReceiver implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly events: WebhookEvent[] = [];
  readonly to = "";
  readonly nobody = null;
  /** It wants nothing more. */
  gone = false;
  readonly #seen = new Set<string>();
  #next: Reply | undefined;

  constructor(private readonly clock: Clock) {}

  settings(url: string) {
    return { url: `${url}${PATH}`, secret: WEBHOOK_SECRET };
  }

  wrongCredentials(url: string) {
    return { url: `${url}${PATH}`, secret: `whsec_${btoa("another key of 32 bytes, no less")}` };
  }

  limitNext(): Rule {
    this.#next = { status: 429, headers: { "retry-after": "1" }, body: "" };
    return { againAfterMs: 1_000 };
  }

  busyNext(): Rule {
    this.#next = { status: 503, body: "" };
    // Whatever is no 2xx is to be sent again, but 410.
    return { againAfterMs: 0 };
  }

  answer(call: Call): Reply {
    const { method, path, headers, body } = call;
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) return next;
    if (this.gone) return { status: 410, body: "" };
    if (path !== PATH) return { status: 404, body: "" };
    if (method !== "POST") return { status: 405, body: "" };
    if (!isJson(headers)) return { status: 415, body: "" };
    const id = headers.get("webhook-id") ?? "";
    if (!this.#isSigned(id, headers, body)) return { status: 401, body: "" };
    // "To protect against replays" an id counts once; that it was taken is no fault of who sends it again.
    if (this.#seen.has(id)) return { status: 204, body: "" };
    const event = v.safeParse(Event, parsed(body));
    if (!event.success) return { status: 400, body: "" };
    this.#seen.add(id);
    this.#arrive(event.output);
    return { status: 204, body: "" };
  }

  /** By another library than the one that signs. */
  #isSigned(id: string, headers: Headers, body: string): boolean {
    const timestamp = headers.get("webhook-timestamp") ?? "";
    if (id === "" || id.includes(".") || !/^[1-9][0-9]{9}$/.test(timestamp)) return false;
    if (Math.abs(this.clock.now() / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
    const key = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");
    const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    return (headers.get("webhook-signature") ?? "").split(" ").includes(`v1,${hmac}`);
  }

  #arrive(event: WebhookEvent): void {
    const { data } = event;
    const { message, ticket, to, url } = data;
    this.events.push(event);
    const text = [message.title, ...message.lines].join("\n");
    const earlier = this.events.some((one) => one !== event && one.data.ticket === ticket);
    this.arrived.push({
      to,
      text,
      // What is made of the text is the program's own.
      links: url === undefined ? [] : [url],
      mentions: [],
      buttons: [],
      replaces: event.type === "login.ended" && earlier ? "event" : null,
    });
  }
}

export const webhookVendor: VendorCase = {
  type: "webhook",
  start: (clock) => new FakeReceiver(clock),
};
