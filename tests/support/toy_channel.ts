/** A vendor that nobody has, for what all channels share: its dialect, its rules, and its letters. */
import type { RequestNotification } from "../../lib/core/notification.ts";
import type { VendorChannel } from "../../lib/io/vendor_notifier.ts";
import {
  type Answered,
  type HttpDialect,
  jsonBody,
  type Refusal,
  type VendorAnswer,
} from "../../lib/notify/channel.ts";
import { refusing, unspoken } from "../../lib/notify/refusal.ts";
import { T0 } from "./logins.ts";
import { type FakeVendor, json, type VendorCase } from "./vendors/vendor.ts";

export const TOY_SECRET = "The-Secret-Of-The-Toy";

const refuse = refusing("toy", {
  recipient: "check the contact",
  rate_limited: "wait",
  settings: "check secret",
  address: "check the address",
  unavailable: "try again",
  unusable: "check url",
  rejected: "look it up",
});

/** Codes: 0 taken, 1 busy, 2 too many, 3 stale token, 4 wrong secret, 5 wrong address. */
export type ToyCode = 0 | 1 | 2 | 3 | 4 | 5;

export function toyDialect(
  url: string,
  { secret = TOY_SECRET, withToken = false, changes = {} }: {
    readonly secret?: string;
    readonly withToken?: boolean;
    readonly changes?: Partial<HttpDialect>;
  } = {},
): HttpDialect {
  const token = {
    request: () => ({ method: "GET" as const, url: `${url}/token?secret=${secret}` }),
    read: (answer: VendorAnswer) => {
      const refusal = refusalOf(answer);
      const { token = "" } = fieldsOf(answer);
      return refusal ?? { ok: true as const, token: String(token), validMs: 7_200_000 };
    },
  };
  return {
    via: "http",
    ...(withToken ? { token } : {}),
    send: (letter, to, at) =>
      to === "nobody-here" ? refuse("recipient", "writes to nobody here") : {
        method: "POST",
        url: `${url}/send?key=${secret}`,
        headers: { authorization: `Bearer ${at.token}` },
        body: jsonBody({ to, id: at.id, title: letter.title, language: letter.language }),
      },
    sent,
    ...changes,
  };
}

function sent(answer: VendorAnswer): Answered {
  return refusalOf(answer) ?? { ok: true, handle: String(fieldsOf(answer)["id"]) };
}

function refusalOf(answer: VendorAnswer): Refusal | undefined {
  const { code, wait_ms = null } = fieldsOf(answer);
  switch (code) {
    case 0:
      return undefined;
    case 1:
      return refuse("unavailable", "is busy", { retryAfterMs: null });
    case 2:
      return refuse("rate_limited", "got too many", {
        retryAfterMs: wait_ms === null ? null : Number(wait_ms),
      });
    case 3:
      return { ...refuse("settings", "wants another token"), staleToken: true };
    case 4:
      return refuse("settings", "refuses the secret");
    case 5:
      return refuse("address", "takes nothing from here");
    default:
      return unspoken(refuse, answer);
  }
}

function fieldsOf({ json }: VendorAnswer): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null ? { ...json } : {};
}

export class ToyVendor implements FakeVendor {
  readonly arrived = [];
  readonly to = "alice";
  readonly nobody = null;
  /** What the next messages are answered with. */
  readonly codes: ToyCode[] = [];
  /** What it wants waited, where it says that there were too many. */
  waitMs: number | null = null;
  /** The bodies of what it took. */
  readonly taken: Readonly<Record<string, unknown>>[] = [];
  tokens = 0;

  settings = (url: string) => ({ url, secret: TOY_SECRET });
  wrongCredentials = (url: string) => ({ url, secret: "wrong" });
  limitNext = () => {
    this.codes.push(2);
    return { againAfterMs: this.waitMs ?? 0 };
  };

  answer: FakeVendor["answer"] = ({ path, query, body }) => {
    if (path === "/token") {
      if (query.get("secret") !== TOY_SECRET) return json({ code: 4 });
      return json({ code: 0, token: `token-${++this.tokens}` });
    }
    const code = this.codes.shift() ?? (query.get("key") === TOY_SECRET ? 0 : 4);
    if (code !== 0) return json({ code, wait_ms: this.waitMs });
    this.taken.push(JSON.parse(body));
    return json({ code, id: `m${this.taken.length}` });
  };
}

export function toyCase(vendor: ToyVendor): VendorCase {
  return { type: "toy", start: () => vendor };
}

export function toyChannel(dialect: HttpDialect): VendorChannel {
  return {
    name: "toys",
    type: "toy",
    reach: "person",
    sends: new Set(["request"]),
    answers: true,
    isContact: () => true,
    contactKey: (contact) => contact,
    language: "en",
    timeZone: "UTC",
    proxy: null,
    dialect,
  };
}

export const TOY_REQUEST: RequestNotification = {
  kind: "request",
  user: "deploy",
  host: "web1",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
  ticket: "AAAAAAAAAAAAAAAA",
  url: "https://auth.example.com/l/AAAAAAAAAAAAAAAA",
  command: null,
  commandWhole: true,
  preauthMs: null,
  connections: 1,
  expiresAt: T0 + 300_000,
  twoPersons: false,
  ...{ reader: "self", shared: false, escalated: false },
  answer: { by: "link" },
};
