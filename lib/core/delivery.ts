/** What became of a message that a channel was to send. */

/** Whose fault it is that nothing arrived. */
export type DeliveryFault =
  /** The channel knows nobody of that name, or may not write to them. */
  | "recipient"
  /** Too much was sent; a while later it works again. */
  | "rate_limited"
  /** The channel's settings at this server are wrong. */
  | "settings"
  /** The vendor takes nothing from this server's address. */
  | "address"
  /** The vendor cannot be reached, is too slow, or says that it is busy. */
  | "unavailable"
  /** The answer is none of the vendor's. */
  | "unusable"
  /** Any other refusal. */
  | "rejected";

export type Delivery =
  /** @property handle what the channel calls the message, where it can be changed later; else null */
  | { readonly ok: true; readonly handle: string | null }
  /** For administrators: our own words, never what was sent or a secret. */
  | {
    readonly ok: false;
    readonly why: DeliveryFault;
    readonly detail: string;
    readonly hint: string;
    /** It is not known that nothing arrived: the channel may have taken it. */
    readonly mayArrive: boolean;
  };
/** A handle where the channel gives a message no name: what changes it goes by the request's ticket. */
export const BY_TICKET = "ticket";
export type FailedDelivery = Extract<Delivery, { ok: false }>;
