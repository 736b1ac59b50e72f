/** One suite over all channels: each as a server opens it, against a vendor that keeps its own rules. */
import assert from "node:assert/strict";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { VENDORS } from "../support/vendors/all.ts";
import { CONTRACT } from "../support/vendors/cases.ts";
import { openPlace } from "../support/vendors/place.ts";

/** They speak something else than HTTP, and have tests of their own. */
const OTHERS = ["email", "command"];

Deno.test("every channel that speaks HTTP has a vendor to be tried on", () => {
  const types = CHANNEL_TYPES.map(({ type }) => type).filter((type) => !OTHERS.includes(type));
  assert.deepEqual(VENDORS.map(({ type }) => type).toSorted(), types.toSorted());
});

for (const vendor of VENDORS) {
  Deno.test(`contract of ${vendor.type}`, async (t) => {
    for (const { name, appliesTo, run } of CONTRACT) {
      await using place = await openPlace(vendor);
      if (appliesTo?.(place) === false) continue;
      await t.step(name, () => run(place));
    }
  });
}
