/**
 * A vendor's cloud, as far as a channel meets it: it keeps to what the vendor documents, and answers with
 * the vendor's own codes. All of them are served by one local server, see server.ts.
 */
import type { Clock } from "../../../lib/ports.ts";

/** A request that came in. */
export interface Call {
  readonly method: string;
  /** Behind the vendor's own prefix, with a slash first. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A message that has reached somebody. */
export interface Arrived {
  /** The contact; of a group the one who is mentioned, or "". */
  readonly to: string;
  /** All that is to be read, as a person sees it: markup taken away, what is escaped unescaped. */
  readonly text: string;
  /** All links that can be followed, also those that the vendor's clients make of plain text. */
  readonly links: readonly string[];
  /** Whom the message calls: mentions, "everybody". */
  readonly mentions: readonly string[];
  /** What the buttons carry; links of buttons are in `links`. */
  readonly buttons: readonly string[];
  /** Set when it takes the place of an earlier one: its handle. */
  readonly replaces: string | null;
}

/**
 * What a vendor's own rules say of a request that it has refused: the same once more after so many
 * milliseconds at least, or nothing for so long that no login waits for it.
 */
export type Rule = { readonly againAfterMs: number } | "never";

/** Settings of a channel, as in [[notify]]. */
export type Settings = Readonly<Record<string, unknown>>;

export interface FakeVendor {
  /** What has arrived, in order. */
  readonly arrived: readonly Arrived[];
  /** A contact that gets messages; "" where the channel knows none. */
  readonly to: string;
  /** One that is well-formed and belongs to nobody; null: the vendor does not tell. */
  readonly nobody: string | null;
  /** The channel is set up right. @param url of this vendor, without a final slash */
  settings(url: string): Settings;
  /** The vendor refuses these. */
  wrongCredentials(url: string): Settings;
  answer(call: Call): Reply | Promise<Reply>;
  /** Refuses the next request for being one too many, in the documented way. */
  limitNext(): Rule;
  /** Refuses the next request for being too busy, in the documented way; none: there is no such way. */
  busyNext?(): Rule;
  /** Ends the access tokens before their time; none: there are no such tokens. */
  expireTokens?(): void;
}

export interface VendorCase {
  /** As `type` in [[notify]]. */
  readonly type: string;
  start(clock: Clock): FakeVendor;
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  const type = { "content-type": "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(value) };
}
