/** Pushover: pushover.net/api (messages, limits, "Being Friendly to our API"). */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { type Answered, channelType, formBody, type VendorAnswer } from "./channel.ts";
import { fitted } from "./fitted.ts";
import { plainLetter } from "./plain.ts";
import { refusing, unspoken } from "./refusal.ts";
import { apiUrl, matching } from "./settings.ts";

/** In characters. */
const MAX = { title: 250, message: 1_024, urlTitle: 100 };
/** Requests and PINs last no longer than minutes: the vendor deletes them from the devices then. */
const LIVES_S = 600;
/** "At least 5 seconds" are to pass before the same is tried again, after HTTP 5xx only. */
const PAUSE_MS = 5_000;

export const pushover = channelType({
  type: "pushover",
  reach: "person",
  answers: false,
  secretContacts: true,
  settings: {
    url: v.optional(apiUrl, "https://api.pushover.net"),
    token: matching(/^[A-Za-z0-9]{30}$/, "the API token of an application, 30 letters and digits"),
  },
  secrets: ["token"],
  isContact: (text) => /^[A-Za-z0-9]{30}$/.test(text),
  contact: "the key of a user, 30 letters and digits",
  open: ({ url, token }) => ({
    via: "http",
    send: (letter, user) => ({
      method: "POST",
      url: `${url}/1/messages.json`,
      body: formBody({ token, user, ...messageOf(letter) }),
    }),
    sent,
  }),
});

function messageOf(letter: Letter): Readonly<Record<string, string>> {
  const { kind, link, urgent } = letter;
  const { title, body } = fitted(letter, plainLetter, fits);
  return {
    title,
    message: body,
    // 1 goes through the user's quiet hours.
    priority: urgent ? "1" : "0",
    ...(kind === "request" || kind === "pin" ? { ttl: String(LIVES_S) } : {}),
    ...(link === null
      ? {}
      : { url: link.url, url_title: [...link.text].slice(0, MAX.urlTitle).join("") }),
  };
}

function fits({ title, body }: { readonly title: string; readonly body: string }): boolean {
  return [...title].length <= MAX.title && [...body].length <= MAX.message;
}

const refuse = refusing("pushover", {
  recipient: "compare the contact with the user key on the person's page at pushover.net",
  rate_limited: "the messages of this month are used up; wait for the next one or buy more",
  settings: "compare token in server.toml with the application's page at pushover.net",
  address: "ask Pushover why it takes nothing from this server's address",
  unavailable: "check that this server can reach Pushover",
  unusable: "check url in server.toml; a proxy may answer in Pushover's place",
  rejected: "look at the application's page at pushover.net",
});

/** A refused field is named by its own key, with "invalid" or the like. */
const Said = v.object({
  status: v.number(),
  token: v.optional(v.unknown()),
  user: v.optional(v.unknown()),
});

function sent(answer: VendorAnswer): Answered {
  const said = v.safeParse(Said, answer.json);
  const { status } = answer;
  const what = `answers HTTP ${status}`;
  if (status >= 500) {
    return refuse("unavailable", what, { mayArrive: true, retryAfterMs: PAUSE_MS });
  }
  if (!said.success) return unspoken(refuse, answer);
  if (said.output.status === 1) return { ok: true, handle: null };
  // Not before the first of the next month (X-Limit-App-Reset).
  if (status === 429) return refuse("rate_limited", what);
  if (said.output.token !== undefined) return refuse("settings", `${what}, token refused`);
  if (said.output.user !== undefined) return refuse("recipient", `${what}, user refused`);
  return refuse("rejected", what);
}
