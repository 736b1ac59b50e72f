/** A Bark server of one's own, as route_push.go and route_auth.go of Finb/bark-server say, and Apple. */
import * as v from "valibot";
import { foundLinks } from "./links.ts";
import { isJson, size } from "./json_fields.ts";
import { asSeen, parsed } from "./plain_reader.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const AUTH = { user: "bark", password: "s3cret-of-bark" };
const Message = v.object({
  device_key: v.optional(v.string(), ""),
  title: v.optional(v.string(), ""),
  body: v.optional(v.string(), "NoContent"),
  url: v.optional(v.string(), ""),
  level: v.optional(v.picklist(["critical", "active", "timeSensitive", "passive"]), "active"),
  group: v.optional(v.string(), ""),
  id: v.optional(v.string(), ""),
  markdown: v.optional(v.string()),
});
type Message = v.InferOutput<typeof Message>;

export class FakeBark implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly messages: Message[] = [];
  readonly to = "ynJ5Ft4atkMkWeo2PAvFhF";
  readonly nobody = "QpZ3Rk8vbnXwTy6LmCeHsD";
  readonly #shown = new Set<string>();
  /** What Apple says to the next one. */
  #apple = "";

  settings(url: string) {
    return { url, ...AUTH };
  }

  wrongCredentials(url: string) {
    return { url, ...AUTH, password: "wrong" };
  }

  limitNext(): Rule {
    this.#apple = "TooManyRequests";
    // "Too many requests were made consecutively to the same device token", says Apple.
    return "never";
  }

  busyNext(): Rule {
    this.#apple = "ServiceUnavailable";
    return { againAfterMs: 0 };
  }

  /** The app is gone from the phone. */
  uninstall(): void {
    this.#apple = "Unregistered";
  }

  answer({ method, path, headers, body }: Call): Reply {
    if (headers.get("authorization") !== `Basic ${btoa(`${AUTH.user}:${AUTH.password}`)}`) {
      return { status: 418, headers: { "content-type": "text/plain" }, body: "I'm a teapot" };
    }
    if (method !== "POST" || path !== "/push") return said(404, `Cannot ${method} ${path}`);
    const read = v.safeParse(Message, isJson(headers) ? parsed(body) : undefined);
    if (!read.success) return said(400, "request bind failed: Unprocessable Entity");
    const message = read.output;
    if (message.device_key === "") return said(400, "device key is empty");
    if (message.device_key !== this.to) {
      const what = `failed to get [${message.device_key}] device token from database`;
      return said(400, `failed to get device token: ${what}`);
    }
    const reason = this.#apple === "" && tooLarge(message) ? "PayloadTooLarge" : this.#apple;
    this.#apple = "";
    if (reason !== "") return said(500, `push failed: APNS push failed: ${reason}`);
    this.#arrive(message);
    return said(200, "success");
  }

  #arrive(message: Message): void {
    const { body, device_key: to, id, title, url } = message;
    this.messages.push(message);
    this.arrived.push({
      to,
      text: asSeen(`${title}\n${body}`),
      links: [
        ...foundLinks(title),
        ...foundLinks(body),
        ...(url === "" ? [] : [url]),
        ...(message.markdown === undefined ? [] : ["markdown"]),
      ],
      mentions: [],
      buttons: [],
      replaces: this.#shown.has(id) ? "ticket" : null,
    });
    if (id !== "") this.#shown.add(id);
  }
}

/** What Bark's server sends on, all in all. */
function tooLarge({ title, body, device_key: _key, ...rest }: Message): boolean {
  const aps = {
    "mutable-content": 1,
    category: "myNotificationCategory",
    "thread-id": rest.group,
    "interruption-level": rest.level,
    sound: "1107",
    alert: { title, body },
  };
  return size(JSON.stringify({ aps, ...rest })) > 4_096;
}

function said(code: number, message: string): Reply {
  return json({ code, message, timestamp: 1_700_000_000 }, code);
}

export const barkVendor: VendorCase = { type: "bark", start: () => new FakeBark() };
