import { deepEqual, equal } from "node:assert/strict";
import type { DeliveryFault } from "../../lib/core/delivery.ts";
import { codeTable, shownCode } from "../../lib/notify/code_table.ts";
import { refusing } from "../../lib/notify/refusal.ts";

const HINTS: Record<DeliveryFault, string> = {
  ...{ recipient: "r", rate_limited: "l", settings: "s", address: "a" },
  ...{ unavailable: "u", unusable: "n", rejected: "j" },
};
const TABLE = codeTable(
  refusing("toy", HINTS),
  {
    [-1]: "unavailable",
    7: ["settings", "turn it"],
    40014: "settings",
    Throttling: "rate_limited",
    "Throttling.Day": ["rate_limited", "tomorrow"],
  },
  { retryMs: { [-1]: null, Throttling: 5_000 }, stale: [40014], mayArrive: [-1, "Inner"] },
);
const of = (code: string | number, waitMs?: number) => {
  const { detail: _, ok: __, ...rest } = TABLE.refusal(code, "answers", waitMs);
  return rest;
};

Deno.test("a code says whose fault it is, what helps, and whether the same may go well again", () => {
  const plain = { hint: "s", why: "settings", mayArrive: false };
  deepEqual(of(-1), { why: "unavailable", hint: "u", mayArrive: true, retryAfterMs: null });
  deepEqual(of(-1, 9), { why: "unavailable", hint: "u", mayArrive: true, retryAfterMs: 9 });
  deepEqual(of(7, 9), { ...plain, hint: "turn it" });
  deepEqual(of(40014), { ...plain, staleToken: true });
  equal(TABLE.refusal(7, "answers code 7").detail, "toy answers code 7");
});

Deno.test("a code that is not known is read by what stands before its first dot", () => {
  const limited = { why: "rate_limited", mayArrive: false, retryAfterMs: 5_000 };
  for (const code of ["Throttling", "Throttling.Api", "Throttling.Api.More"]) {
    deepEqual(of(code, 9), { ...limited, hint: "l" }, code);
  }
  deepEqual(of("Throttling.Day"), { ...limited, hint: "tomorrow" });
  deepEqual(of("Inner.Timeout"), { why: "rejected", hint: "j", mayArrive: true });
  for (const code of ["", ".", "Throttlings", "7x", "constructor", "toString.x", 8, 0]) {
    deepEqual(of(code), { why: "rejected", hint: "j", mayArrive: false }, String(code));
    equal(TABLE.knows(code), false, String(code));
  }
});

Deno.test("a code is shown only as a code can be", () => {
  equal(shownCode("isv.A_B-1"), "isv.A_B-1");
  for (const code of ["", "a b", "a\n", "验", "x".repeat(81)]) {
    equal(shownCode(code), "with a code");
  }
});
