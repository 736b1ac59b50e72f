/** An ntfy with accounts, as docs.ntfy.sh/publish/ and its server/errors.go say. */
import * as v from "valibot";
import { size } from "./json_fields.ts";
import { foundLinks } from "./links.ts";
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

const TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";
const Message = v.object({
  topic: v.optional(v.string(), ""),
  title: v.optional(v.string(), ""),
  message: v.optional(v.string(), ""),
  priority: v.optional(v.number(), 3),
  tags: v.optional(v.array(v.string()), []),
  click: v.optional(v.string(), ""),
  markdown: v.optional(v.boolean(), false),
  actions: v.optional(
    v.array(v.object({ action: v.string(), label: v.string(), url: v.optional(v.string(), "") })),
    [],
  ),
  sequence_id: v.optional(v.string(), ""),
});
type Message = v.InferOutput<typeof Message>;

export class FakeNtfy implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly messages: Message[] = [];
  readonly to = "alice-7Qk2mZrW9xPd";
  /** The token may not write to it. */
  readonly nobody = "bob-1mZrW9xPd7Qk2";
  readonly #ids = new Set<string>();
  #limited = false;
  #busy = false;

  settings(url: string) {
    return { url, token: TOKEN };
  }

  wrongCredentials(url: string) {
    return { url, token: "tk_00000000000000000000000000000" };
  }

  limitNext(): Rule {
    this.#limited = true;
    // "Please be nice": visitors get one more request every five seconds, and it does not say when.
    return { againAfterMs: 0 };
  }

  busyNext(): Rule {
    this.#busy = true;
    return { againAfterMs: 0 };
  }

  answer({ method, path, headers, body }: Call): Reply {
    if (path !== "/" || method !== "POST") return fault(40401, "page not found");
    if (this.#busy) {
      this.#busy = false;
      return fault(50001, "internal server error");
    }
    const authorization = headers.get("authorization");
    if (authorization !== null && !grants(authorization)) return fault(40101, "unauthorized");
    if (this.#limited) {
      this.#limited = false;
      return fault(42901, "limit reached: too many requests, please be nice");
    }
    const read = v.safeParse(Message, parsed(body));
    if (!read.success) return fault(40017, "invalid request: request body must be message JSON");
    const { topic, priority, actions, message, title } = read.output;
    if (!/^[-_A-Za-z0-9]{1,64}$/.test(topic)) return fault(40009, "invalid request: topic invalid");
    if (RESERVED.has(topic)) return fault(40010, "invalid request: topic name is disallowed");
    if (authorization === null || topic !== this.to) return fault(40301, "forbidden");
    if (!Number.isInteger(priority) || priority < 1 || priority > 5) {
      return fault(40007, "invalid priority parameter");
    }
    if (
      actions.length > 3 || actions.some(({ action, label, url }) => !isView(action, label, url))
    ) {
      return fault(40018, "invalid request: actions invalid");
    }
    // More is taken for a file, and this server takes none.
    if (size(message) > 4_096) {
      return fault(40014, "invalid request: attachments not allowed");
    }
    const id = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
    this.#arrive(read.output, id);
    const time = 1_700_000_000;
    return json({ id, time, expires: time + 43_200, event: "message", topic, title, message });
  }

  #arrive(message: Message, id: string): void {
    const { sequence_id, topic, title, click, actions } = message;
    this.messages.push(message);
    this.arrived.push({
      to: topic,
      text: asSeen(`${title}\n${message.message}`),
      links: [
        ...foundLinks(title),
        ...foundLinks(message.message),
        ...(click === "" ? [] : [click]),
        ...actions.map(({ url }) => url),
        ...(message.markdown ? ["markdown"] : []),
      ],
      mentions: [],
      buttons: [],
      replaces: this.#ids.has(sequence_id) ? sequence_id : null,
    });
    this.#ids.add(id);
  }
}

const RESERVED = new Set([
  "docs",
  "static",
  "file",
  "app",
  "account",
  "settings",
  "signup",
  "login",
]);

function grants(authorization: string): boolean {
  return authorization === `Bearer ${TOKEN}` || authorization === `Basic ${btoa("alice:s3cret")}`;
}

function isView(action: string, label: string, url: string): boolean {
  return action === "view" && label !== "" && URL.canParse(url);
}

function fault(code: number, error: string): Reply {
  const http = Math.trunc(code / 100);
  return json({ code, http, error, link: "https://ntfy.sh/docs/" }, http);
}

export const ntfyVendor: VendorCase = { type: "ntfy", start: () => new FakeNtfy() };
