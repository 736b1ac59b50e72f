/** Gotify, always one's own: gotify.net/api-docs, gotify.net/docs/msgextras. */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { type Answered, channelType, jsonBody, type VendorAnswer } from "./channel.ts";
import { plainLetter } from "./plain.ts";
import { refusing, unspoken } from "./refusal.ts";
import { apiUrl, secret } from "./settings.ts";

/** From 8 on the Android app sounds and pops up, from 4 it sounds, below it is quiet. */
const PRIORITY = { high: 8, plain: 5, low: 2 } as const;

export const gotify = channelType({
  type: "gotify",
  reach: "group",
  answers: false,
  settings: { url: apiUrl, token: secret },
  secrets: ["token"],
  isContact: () => false,
  contact: "nothing: whoever is signed in to Gotify reads all of the application's messages",
  open: ({ url, token }) => ({
    via: "http",
    send: (letter) => ({
      method: "POST",
      url: `${url}/message`,
      headers: { "x-gotify-key": token },
      body: jsonBody(messageOf(letter)),
    }),
    sent,
  }),
});

function messageOf(letter: Letter) {
  const { kind, link, urgent } = letter;
  const { title, body } = plainLetter(letter);
  return {
    title,
    // The page in the browser knows no click: there the link is in the text.
    message: link === null ? body : `${body}\n${link.url}`,
    priority: urgent ? PRIORITY.high : kind === "ended" ? PRIORITY.low : PRIORITY.plain,
    extras: {
      "client::display": { contentType: "text/plain" },
      ...(link === null ? {} : { "client::notification": { click: { url: link.url } } }),
    },
  };
}

const refuse = refusing("gotify", {
  recipient: "look at the application's page in Gotify",
  rate_limited: "try again in a minute; a proxy before Gotify limits this server",
  settings:
    "compare url and token in server.toml with Gotify's page APPS: it must be the token of an " +
    "application, not of a client",
  address: "see that Gotify takes messages from this server's address",
  unavailable: "check that this server can reach Gotify",
  unusable: "check url in server.toml; a proxy may answer in Gotify's place",
  rejected: "look into Gotify's log",
});

const Created = v.object({ id: v.number() });
const Fault = v.object({ errorCode: v.number() });

function sent(answer: VendorAnswer): Answered {
  if (answer.status === 200 && v.is(Created, answer.json)) return { ok: true, handle: null };
  const fault = v.safeParse(Fault, answer.json);
  if (!fault.success) return unspoken(refuse, answer);
  const code = fault.output.errorCode;
  const what = `answers errorCode ${code}`;
  if (code >= 500) return refuse("unavailable", what, { mayArrive: true, retryAfterMs: null });
  // 404: the address is a Gotify's, but not its root.
  return refuse([401, 403, 404].includes(code) ? "settings" : "rejected", what);
}
