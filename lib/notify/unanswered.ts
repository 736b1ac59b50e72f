/** What it comes to when a vendor gives no answer at all. */
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal } from "./channel.ts";

/** Of the first four nothing was sent. */
export type Unanswered =
  | "unreached"
  | "unknown_name"
  | "untrusted"
  | "proxy_refuses"
  | "broken_off"
  | "time";

interface Meaning {
  readonly why: DeliveryFault;
  readonly what: string;
  readonly hint: string;
  /** Something was on its way: it may be the answer alone that is lost. */
  readonly mayArrive?: true;
  /** It may be another matter in a moment, and nothing was sent. */
  readonly again?: true;
}

const MEANINGS: Readonly<Record<Unanswered, Meaning>> = {
  unreached: {
    why: "unavailable",
    what: "cannot be reached",
    hint: "check that this server may connect to it (firewall, route); where it may not, set proxy",
    again: true,
  },
  unknown_name: {
    why: "unavailable",
    what: "cannot be reached: its name cannot be resolved",
    hint: "check url, and this server's DNS",
    again: true,
  },
  untrusted: {
    why: "unusable",
    what: "shows a certificate that is not trusted",
    hint:
      "check url; for an authority of your own, run update-ca-certificates and restart the server",
  },
  proxy_refuses: {
    why: "settings",
    what: "cannot be reached: the proxy refuses the user or the password",
    hint: "check user and password in proxy",
  },
  broken_off: {
    why: "unavailable",
    what: "breaks the connection off",
    hint: "check url and proxy; it may also be busy",
    mayArrive: true,
  },
  time: {
    why: "unavailable",
    what: "does not answer in time",
    hint: "check that this server may connect to it (firewall, route); where it may not, set proxy",
    mayArrive: true,
  },
};

/** @param type of the channel @param proxied by a proxy, which is asked in the vendor's place */
export function unanswered(type: string, reason: Unanswered, proxied: boolean): Refusal {
  const { why, what, hint, mayArrive = false, again } = MEANINGS[reason];
  return {
    ok: false,
    why,
    detail: `${type} ${what}`,
    hint: proxied && again ? "check proxy, and that this server may connect to it" : hint,
    mayArrive,
    ...(again ? { retryAfterMs: null } : {}),
  };
}
