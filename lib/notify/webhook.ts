/**
 * Programs of one's own, by signed HTTP requests: Standard Webhooks
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), which has libraries for
 * receivers in many languages.
 */
import { Webhook } from "standardwebhooks";
import * as v from "valibot";
import { BY_TICKET } from "../core/delivery.ts";
import type { Letter } from "../core/letter.ts";
import {
  type Answered,
  channelType,
  jsonBody,
  type Moment,
  type VendorAnswer,
  type VendorRequest,
} from "./channel.ts";
import { eventData, eventOf, isProgramContact, PROGRAM_CONTACT } from "./event.ts";
import { refusing, retryAfter } from "./refusal.ts";
import { apiUrl } from "./settings.ts";

/** The specification wants keys of 24 to 64 bytes. */
const signingSecret = v.pipe(
  v.string("must be text in quotes"),
  v.check(
    (text) =>
      /^whsec_(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) &&
      keyBytes(text) >= 24 && keyBytes(text) <= 64,
    'must be "whsec_" and 24 to 64 random bytes in Base64; ' +
      'echo "whsec_$(openssl rand -base64 32)" makes one',
  ),
);

function keyBytes(secret: string): number {
  const base64 = secret.slice("whsec_".length);
  return base64.length / 4 * 3 - (/=*$/.exec(base64)?.[0].length ?? 0);
}

export const webhook = channelType({
  type: "webhook",
  reach: "group",
  answers: false,
  changesRing: true,
  settings: { url: apiUrl, secret: signingSecret },
  secrets: ["secret"],
  isContact: isProgramContact,
  contact: PROGRAM_CONTACT,
  open({ url, secret }) {
    const signer = new Webhook(secret);
    const post = (letter: Letter, to: string, at: Moment) => request(url, signer, letter, to, at);
    return {
      via: "http",
      send: post,
      sent,
      update: (letter, to, _handle, at) => post(letter, to, at),
    };
  },
});

function request(
  url: string,
  signer: Webhook,
  letter: Letter,
  to: string,
  { id, now }: Moment,
): VendorRequest {
  const event = eventOf(letter);
  const at = new Date(now);
  const body = jsonBody({
    type: event.type,
    timestamp: at.toISOString(),
    data: eventData(letter, event, to),
  });
  const name = `msg_${id}`;
  return {
    method: "POST",
    url,
    headers: {
      "webhook-id": name,
      "webhook-timestamp": String(Math.floor(now / 1000)),
      "webhook-signature": signer.sign(name, at, body.text),
    },
    body,
  };
}

const refuse = refusing("webhook", {
  recipient: "see what the receiver says of it",
  rate_limited: "let the receiver take more, or try again later",
  settings: "compare url and secret in server.toml with the receiver's settings",
  address: "see that the receiver takes requests from this server's address",
  unavailable: "check that the receiver runs, and that this server can reach it",
  unusable: "check url in server.toml",
  rejected: "see in the receiver's log why it does not take what gatehouse sends",
});

/** "Operational considerations" of the specification: 2xx is taken, 410 is for good, the rest may pass. */
function sent(answer: VendorAnswer): Answered {
  const { status } = answer;
  if (status >= 200 && status < 300) return { ok: true, handle: BY_TICKET };
  const what = `receiver answers HTTP ${status}`;
  if (status >= 300 && status < 400) {
    const hint = "write the address that it redirects to as url into server.toml";
    return refuse("settings", what, { hint });
  }
  if (status === 410) {
    const hint = "the receiver wants nothing more: remove this [[notify]] from server.toml, or " +
      "correct its url";
    return refuse("settings", what, { hint });
  }
  if (status === 401 || status === 403 || status === 404) return refuse("settings", what);
  const retryAfterMs = retryAfter(answer);
  if (status === 429) return refuse("rate_limited", what, { retryAfterMs });
  if (status >= 500) return refuse("unavailable", what, { mayArrive: true, retryAfterMs });
  return refuse("rejected", what);
}
