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

/** Milliseconds of Retry-After, where that counts seconds (RFC 9110 section 10.2.3); else null. */
export function retryAfter({ headers }: VendorAnswer): number | null {
  const seconds = headers["retry-after"] ?? "";
  return /^[0-9]{1,6}$/.test(seconds) ? Number(seconds) * 1000 : null;
}
