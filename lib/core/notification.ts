/** What people are told through a channel, and what became of it. No channel's dialect is in here. */

/** The PIN of one login. All texts but the PIN are as they came: each channel makes them harmless. */
export interface PinNotification {
  readonly kind: "pin";
  readonly pin: string;
  readonly user: string;
  readonly host: string;
  readonly service: string;
  readonly source: string;
  /** The account that asks, where that is another than `user`; else null. */
  readonly requester: string | null;
  /** When the login was started. Times are milliseconds since the Unix epoch. */
  readonly at: number;
  readonly validMs: number;
}

/** The emergency code of a host let somebody in: for administrators. Texts as above. */
export interface EmergencyNotification {
  readonly kind: "emergency_code";
  readonly user: string;
  readonly host: string;
  readonly service: string;
  readonly source: string;
  readonly requester: string | null;
  /** When the server heard of it. */
  readonly at: number;
}

/** The same where one message each would have been too many. */
export interface EmergencySummary {
  readonly kind: "emergency_codes";
  readonly host: string;
  /** Uses that no message has told of. */
  readonly count: number;
  /** When the server heard of the first of them. */
  readonly since: number;
}

export type Alert = EmergencyNotification | EmergencySummary;
export type Notification = PinNotification | Alert;

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
  | { readonly ok: true }
  /** For administrators: our own words, never what was sent or a secret. */
  | {
    readonly ok: false;
    readonly why: DeliveryFault;
    readonly detail: string;
    readonly hint: string;
    /** It is not known that nothing arrived: the channel may have taken it. */
    readonly mayArrive: boolean;
  };
export type FailedDelivery = Extract<Delivery, { ok: false }>;

/** One HTTP request to a vendor, as data. */
export interface VendorRequest {
  readonly method: "GET" | "POST";
  /** May hold a secret: never shown. */
  readonly url: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface VendorAnswer {
  readonly status: number;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
}
