/** Bark on iPhones: bark.day.app, and API_V2.md of github.com/Finb/bark-server. */
import * as v from "valibot";
import { BY_TICKET } from "../core/delivery.ts";
import type { Letter } from "../core/letter.ts";
import { account, accountFaults, basicAuth } from "./account.ts";
import {
  type Answered,
  channelType,
  jsonBody,
  type Refusal,
  type VendorAnswer,
} from "./channel.ts";
import { fitted, utf8Length } from "./fitted.ts";
import { plainLetter } from "./plain.ts";
import { refusing, retryAfter, unspoken } from "./refusal.ts";
import { apiUrl } from "./settings.ts";

/**
 * Apple takes 4,096 bytes of payload (developer.apple.com/documentation/usernotifications/
 * generating-a-remote-notification), and Bark's server adds some of its own.
 */
const MAX_PAYLOAD = 3_584;

export const bark = channelType({
  type: "bark",
  reach: "person",
  answers: false,
  secretContacts: true,
  changesRing: true,
  settings: {
    url: v.optional(apiUrl, "https://api.day.app"),
    /** A server of one's own may want these. */
    ...account,
  },
  secrets: ["password"],
  faults: accountFaults,
  isContact: (text) => /^[A-Za-z0-9_-]{8,64}$/.test(text),
  contact: "the key of a device, which the address shown in the app has behind its host",
  open({ url, user, password }) {
    const headers = user === undefined ? {} : basicAuth(user, password ?? "");
    const push = (letter: Letter, device: string) => ({
      method: "POST" as const,
      url: `${url}/push`,
      headers,
      body: jsonBody({ device_key: device, ...fitted(letter, messageOf, fits) }),
    });
    return {
      via: "http",
      send: (letter, to) => push(letter, to),
      sent,
      // What is replaced goes by the ticket. Before Bark 1.5.2 it is one message more.
      update: (letter, to) => push(letter, to),
    };
  },
});

function messageOf(letter: Letter) {
  const { kind, link, ticket, urgent } = letter;
  return {
    ...plainLetter(letter),
    // As timeSensitive it is shown when the phone is set to be quiet.
    level: urgent ? "timeSensitive" : kind === "ended" ? "passive" : "active",
    group: "gatehouse",
    ...(link === null ? {} : { url: link.url }),
    ...(ticket === null ? {} : { id: ticket }),
  };
}

function fits(message: ReturnType<typeof messageOf>): boolean {
  return utf8Length(JSON.stringify(message)) <= MAX_PAYLOAD;
}

const refuse = refusing("bark", {
  recipient: "compare the contact with the key that the Bark app shows; the app must have been " +
    "opened since it was installed",
  rate_limited: "try again in some minutes",
  settings: "compare url, user and password in server.toml with the Bark server",
  address: "wait a day: Bark shuts out addresses that sent too many bad requests",
  unavailable: "check that this server can reach the Bark server, and that one can reach Apple",
  unusable: "check url in server.toml; a proxy may answer in Bark's place",
  rejected: "look into the log of the Bark server",
});

const Said = v.object({ code: v.number(), message: v.optional(v.string(), "") });

function sent(answer: VendorAnswer): Answered {
  // Its basic authentication answers so, in plain text (route_auth.go).
  if (answer.status === 418 || answer.status === 401) {
    return refuse("settings", `answers HTTP ${answer.status}`);
  }
  const said = v.safeParse(Said, answer.json);
  if (!said.success) return unspoken(refuse, answer);
  const { code, message } = said.output;
  if (code === 200) return { ok: true, handle: BY_TICKET };
  const what = `answers code ${code}`;
  switch (code) {
    // Of what we send only the key can be wrong.
    case 400:
    case 410:
      return refuse("recipient", what);
    case 429:
      return refuse("rate_limited", what, { retryAfterMs: retryAfter(answer) });
    case 500:
      return appleRefuses(what, message);
    default:
      return refuse(code > 500 ? "unavailable" : "rejected", what);
  }
}

/** Apple's reason is in the text alone. */
function appleRefuses(what: string, message: string): Refusal {
  const [reason = ""] = REASONS.exec(message) ?? [];
  if (reason === "TooManyRequests") return refuse("rate_limited", `${what}, ${reason}`);
  if (reason === "PayloadTooLarge") return refuse("rejected", `${what}, ${reason}`);
  if (reason !== "") return refuse("recipient", `${what}, ${reason}`);
  return refuse("unavailable", what, { mayArrive: true, retryAfterMs: null });
}
/** developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns */
const REASONS =
  /\b(BadDeviceToken|DeviceTokenNotForTopic|Unregistered|ExpiredToken|TooManyRequests|PayloadTooLarge)\b/;
