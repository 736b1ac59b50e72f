/** What a vendor's own codes mean for us. One that is not known is read by what stands before its first dot. */
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal, VendorAnswer } from "./channel.ts";
import type { Refuse } from "./refusal.ts";

/** Whose fault a code is, and what helps where that is not what helps against all such faults. */
type Meaning = DeliveryFault | readonly [why: DeliveryFault, hint: string];
type Code = string | number;

interface Marks {
  /** After so many milliseconds the same may go well; null: the table does not say after how many. */
  readonly retryMs?: Readonly<Record<Code, number | null>>;
  /** Of tokens that were good. */
  readonly stale?: readonly Code[];
  /** It is not known that nothing arrived. */
  readonly mayArrive?: readonly Code[];
}

export interface CodeTable {
  readonly refuse: Refuse;
  knows(code: Code): boolean;
  /** @param what as in "answers errcode 40014" @param waitMs as the answer says, where the table does not */
  refusal(code: Code, what: string, waitMs?: number | null): Refusal;
  /** Of an answer that is no refusal, and not what it should be. */
  unusable(answer: VendorAnswer): Refusal;
}

export function codeTable(
  refuse: Refuse,
  codes: Readonly<Record<Code, Meaning>>,
  { mayArrive = [], retryMs = {}, stale = [] }: Marks = {},
): CodeTable {
  const meanings = new Map(Object.entries(codes));
  const waits = new Map(Object.entries(retryMs));
  const [perhaps, ended] = [new Set(mayArrive.map(String)), new Set(stale.map(String))];
  return {
    refuse,
    knows: (code) => keyIn(meanings, code) !== undefined,
    refusal(code, what, waitMs = null) {
      const known = meanings.get(keyIn(meanings, code) ?? "") ?? "rejected";
      const [why, hint] = typeof known === "string" ? [known] : known;
      const soon = keyIn(waits, code);
      return {
        ...refuse(why, what, {
          ...(hint === undefined ? {} : { hint }),
          ...(keyIn(perhaps, code) === undefined ? {} : { mayArrive: true }),
          ...(soon === undefined ? {} : { retryAfterMs: waits.get(soon) ?? waitMs }),
        }),
        ...(keyIn(ended, code) === undefined ? {} : { staleToken: true }),
      };
    },
    unusable: ({ status }) =>
      refuse("unusable", `gives no usable answer (HTTP ${status})`, { mayArrive: true }),
  };
}

/** A code as it may be shown: only such as a code can be. */
export function shownCode(code: string): string {
  return /^[A-Za-z0-9._-]{1,80}$/.exec(code)?.[0] ?? "with a code";
}

interface Keys {
  has(key: string): boolean;
}

function keyIn(keys: Keys, code: Code): string | undefined {
  const whole = String(code);
  const [family = ""] = whole.split(".", 1);
  return [whole, family].find((key) => keys.has(key));
}
