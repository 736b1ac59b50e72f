/** What a page says to somebody who has not proven who they are. */
import { secondsUntil } from "../../lib/core/time.ts";
import type { SignMessages } from "../messages/sign_words.ts";
import type { Proving } from "../sign_in.ts";

export type Refused = Proving & { readonly ok: false };

export interface SaidOfRefusal {
  readonly text: string;
  readonly status: 401 | 422 | 429;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param now milliseconds since the Unix epoch */
export function saidOf(refused: Refused, m: SignMessages, now: number): SaidOfRefusal {
  if (refused.why === "limited") {
    const headers = { "retry-after": String(secondsUntil(refused.retryAt, now)) };
    return { text: m.limited(refused.retryAt, now), status: 429, headers };
  }
  const status = refused.why === "malformed" ? 422 : 401;
  return { text: m.refusals[refused.why], status, headers: {} };
}
