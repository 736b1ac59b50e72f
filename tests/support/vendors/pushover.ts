/** Pushover, as pushover.net/api says. */
import { foundLinks } from "./links.ts";
import { asSeen } from "./plain_reader.ts";
import {
  type Arrived,
  type Call,
  type FakeVendor,
  json,
  type Reply,
  type Rule,
  type VendorCase,
} from "./vendor.ts";

const TOKEN = "azGDORePK8gMaC0QOYAMyEEuzJnyUi";

export class FakePushover implements FakeVendor {
  readonly arrived: Arrived[] = [];
  readonly messages: Readonly<Record<string, string>>[] = [];
  readonly to = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";
  readonly nobody = "u00000000000000000000000000000";
  #limited = false;
  #busy = false;

  settings(url: string) {
    return { url, token: TOKEN };
  }

  wrongCredentials(url: string) {
    return { url, token: "a00000000000000000000000000000" };
  }

  limitNext(): Rule {
    this.#limited = true;
    // "Do not retry": not before the month ends.
    return "never";
  }

  busyNext(): Rule {
    this.#busy = true;
    // "Try your request again, but no sooner than 5 seconds from now" (pushover.net/api#friendly).
    return { againAfterMs: 5_000 };
  }

  answer({ method, path, headers, body }: Call): Reply {
    if (this.#busy) {
      this.#busy = false;
      return {
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<h1>Bad Gateway</h1>",
      };
    }
    if (method !== "POST" || path !== "/1/messages.json") {
      return refused(404, {}, "not found");
    }
    const isForm = /^application\/x-www-form-urlencoded\b/.test(headers.get("content-type") ?? "");
    const fields = Object.fromEntries(new URLSearchParams(isForm ? body : ""));
    const { token, user, message = "", title = "", url = "", url_title = "", priority = "0" } =
      fields;
    if (token !== TOKEN) {
      return refused(400, { token: "invalid" }, "application token is invalid");
    }
    if (this.#limited) {
      this.#limited = false;
      const headers = {
        "x-limit-app-limit": "10000",
        "x-limit-app-remaining": "0",
        "x-limit-app-reset": "1767225600",
      };
      return refused(429, {}, "application has exceeded its monthly limit", headers);
    }
    if (user !== this.to) {
      return refused(400, { user: "invalid" }, "user identifier is not a valid user or group");
    }
    if (message.trim() === "") return refused(400, { message: "cannot be blank" }, "message blank");
    const long = ([
      ["message", message, 1_024],
      ["title", title, 250],
      ["url", url, 512],
      ["url_title", url_title, 100],
    ] as const).find(([, text, max]) => [...text].length > max);
    if (long !== undefined) return refused(400, { [long[0]]: "is too long" }, "too long");
    if (!/^(-2|-1|0|1)$/.test(priority)) {
      return refused(400, { priority: "is invalid" }, "priority is invalid");
    }
    if (fields.ttl !== undefined && !/^[1-9][0-9]*$/.test(fields.ttl)) {
      return refused(400, { ttl: "is invalid" }, "ttl is invalid");
    }
    this.#arrive(fields, { title, message, url });
    return json({ status: 1, request: crypto.randomUUID() });
  }

  #arrive(
    fields: Readonly<Record<string, string>>,
    { title, message, url }: Readonly<Record<"title" | "message" | "url", string>>,
  ): void {
    this.messages.push(fields);
    this.arrived.push({
      to: this.to,
      text: asSeen(`${title}\n${message}`),
      links: [
        ...foundLinks(title),
        ...foundLinks(message),
        ...(url === "" ? [] : [url]),
        ...(fields.html === "1" ? ["html"] : []),
      ],
      mentions: [],
      buttons: [],
      replaces: null,
    });
  }
}

function refused(
  status: number,
  field: Readonly<Record<string, string>>,
  error: string,
  headers: Record<string, string> = {},
): Reply {
  const request = crypto.randomUUID();
  return json({ ...field, errors: [error], status: 0, request }, status, headers);
}

export const pushoverVendor: VendorCase = { type: "pushover", start: () => new FakePushover() };
