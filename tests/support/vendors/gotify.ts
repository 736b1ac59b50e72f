/** A Gotify behind a proxy that limits requests, as gotify.net/api-docs says. */
import * as v from "valibot";
import { foundLinks } from "./links.ts";
import { isJson } from "./json_fields.ts";
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

const APP = "AWU9ugP.bD9hoTk";
/** Reads messages; it is the mistake that is made most. */
export const CLIENT = "CkX2N1zMmd.pWWv";
const Extras = v.object({
  "client::display": v.optional(v.object({ contentType: v.string() })),
  "client::notification": v.optional(v.object({ click: v.object({ url: v.string() }) })),
});
const Message = v.object({
  title: v.optional(v.string(), ""),
  message: v.pipe(v.string(), v.minLength(1)),
  priority: v.optional(v.pipe(v.number(), v.integer()), 0),
  extras: v.optional(Extras, {}),
});
type Message = v.InferOutput<typeof Message>;

export class FakeGotify implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly messages: Message[] = [];
  readonly to = "";
  readonly nobody = null;
  #limited = false;
  #busy = false;

  settings(url: string) {
    return { url, token: APP };
  }

  wrongCredentials(url: string) {
    return { url, token: "A00000000000000" };
  }

  limitNext(): Rule {
    this.#limited = true;
    return { againAfterMs: 1_000 };
  }

  busyNext(): Rule {
    this.#busy = true;
    return { againAfterMs: 0 };
  }

  answer({ method, path, headers, body }: Call): Reply {
    if (this.#limited) {
      this.#limited = false;
      return { status: 429, headers: { "retry-after": "1" }, body: "Too Many Requests" };
    }
    if (method !== "POST" || path !== "/message") return fault(404, "Not Found", "page not found");
    const token = headers.get("x-gotify-key");
    if (token === CLIENT) {
      return fault(403, "Forbidden", "you are not allowed to access this api");
    }
    if (token !== APP) {
      const what =
        "you need to provide a valid access token or user credentials to access this api";
      return fault(401, "Unauthorized", what);
    }
    if (this.#busy) {
      this.#busy = false;
      return fault(500, "Internal Server Error", "database is locked");
    }
    const read = v.safeParse(Message, isJson(headers) ? parsed(body) : undefined);
    if (!read.success) return fault(400, "Bad Request", "Field 'message' is required");
    this.#arrive(read.output);
    const date = "2026-01-01T00:00:00Z";
    return json({ ...read.output, id: this.messages.length, appid: 5, date });
  }

  #arrive(message: Message): void {
    const { title, extras } = message;
    this.messages.push(message);
    const click = extras["client::notification"]?.click.url;
    this.arrived.push({
      to: "",
      text: asSeen(`${title}\n${message.message}`),
      links: [
        ...foundLinks(title),
        ...foundLinks(message.message),
        ...(click === undefined ? [] : [click]),
        ...(extras["client::display"]?.contentType === "text/markdown" ? ["markdown"] : []),
      ],
      mentions: [],
      buttons: [],
      replaces: null,
    });
  }
}

function fault(errorCode: number, error: string, errorDescription: string): Reply {
  return json({ error, errorCode, errorDescription }, errorCode);
}

export const gotifyVendor: VendorCase = { type: "gotify", start: () => new FakeGotify() };
