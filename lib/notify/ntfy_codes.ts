/** ntfy's error codes: five digits, the first three those of the HTTP status (server/errors.go). */
import * as v from "valibot";
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { refusing, retryAfter, unspoken } from "./refusal.ts";

const CODES: Readonly<Record<number, DeliveryFault>> = {
  40009: "recipient", // no name of a topic
  40010: "recipient", // a name that ntfy keeps for itself
  40101: "settings", // wrong token, user or password
  40301: "recipient", // may not write to that topic
  40401: "settings", // not the root of an ntfy
  42901: "rate_limited", // requests; one more every few seconds
  42904: "rate_limited", // topics of the whole server
  42908: "rate_limited", // messages of the day
  42909: "address", // wrong passwords
  42910: "rate_limited",
};
/** Only of these a little later there may be room. */
const SOON = new Set([42901]);

const refuse = refusing("ntfy", {
  recipient:
    "compare the contact with the topic's name, and let token or user of [[notify]] write " +
    "to it on the ntfy server",
  rate_limited: "try again later, or raise the limits of the ntfy server",
  settings: "compare url and token (or user and password) in server.toml with the ntfy server",
  address:
    "correct token (or user and password) in server.toml, then wait: ntfy shuts out addresses " +
    "that gave wrong ones too often",
  unavailable: "check that this server can reach the ntfy server",
  unusable: "check url in server.toml; a proxy may answer in ntfy's place",
  rejected: "look the code up in ntfy's list of errors (server/errors.go)",
});

const Fault = v.object({ code: v.pipe(v.number(), v.integer()) });

export function readNtfyFault(answer: VendorAnswer): Refusal {
  const fault = v.safeParse(Fault, answer.json);
  if (!fault.success) return unspoken(refuse, answer);
  const { code } = fault.output;
  const what = `answers code ${code}`;
  if (code >= 50_000) return refuse("unavailable", what, { mayArrive: true, retryAfterMs: null });
  const why = CODES[code] ?? (answer.status === 429 ? "rate_limited" : "rejected");
  return refuse(why, what, SOON.has(code) ? { retryAfterMs: retryAfter(answer) } : {});
}
