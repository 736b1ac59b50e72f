/** Refusals, as dialects make them of what a vendor answers. */
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal, VendorAnswer } from "./channel.ts";

interface More {
  /** Where it is known better than by the fault. */
  readonly hint?: string;
  /** It is not known that nothing arrived; false by default. */
  readonly mayArrive?: boolean;
  /** The same again may go well, see `Refusal`. */
  readonly retryAfterMs?: number | null;
}
/** @param what as in "slack answers HTTP 500" */
export type Refuse = (why: DeliveryFault, what: string, more?: More) => Refusal;

/** @param hints which setting is wrong, and what to do */
export function refusing(
  type: string,
  hints: Readonly<Record<DeliveryFault, string>>,
): Refuse {
  return (why, what, more = {}) => ({
    ok: false,
    why,
    detail: `${type} ${what}`,
    hint: hints[why],
    mayArrive: false,
    ...more,
  });
}

/**
 * Of an answer that is not in the vendor's own form: nobody knows whether it took the message. But a page
 * with 4xx is somebody's no, as of a filter that does not like what is in this one.
 */
export function unspoken(refuse: Refuse, answer: VendorAnswer): Refusal {
  const { status } = answer;
  if (status === 429) {
    return refuse("rate_limited", "answers HTTP 429", { retryAfterMs: retryAfter(answer) });
  }
  if (status >= 500) return refuse("unavailable", `answers HTTP ${status}`, { mayArrive: true });
  const refusal = refuse("unusable", `gives no usable answer (HTTP ${status})`);
  return status >= 400 ? { ...refusal, why: "rejected" } : { ...refusal, mayArrive: true };
}

/** Milliseconds; a vendor that means more is wrong. */
const LONGEST_WAIT_MS = 999_999_000;

/**
 * Milliseconds of Retry-After: seconds, or a date, by the clock that the answer itself shows (RFC 9110
 * sections 10.2.3 and 6.6.1). Null: it says neither.
 */
export function retryAfter({ headers }: VendorAnswer): number | null {
  const wish = headers["retry-after"] ?? "";
  if (/^[0-9]{1,6}$/.test(wish)) return Number(wish) * 1000;
  const ms = httpDate(wish) - httpDate(headers["date"] ?? "");
  return ms <= LONGEST_WAIT_MS ? Math.max(0, ms) : null;
}

/** NaN: it is none, or in one of the old forms. */
function httpDate(text: string): number {
  const isDate = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;
  return isDate.test(text) ? Date.parse(text) : NaN;
}
