/** One suite over all channels: each as a server opens it, against a vendor that keeps its own rules. */
import assert from "node:assert/strict";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { CONTRACT, PLACES } from "../support/vendors/cases.ts";

Deno.test("every channel has somebody at its other end", () => {
  const types = CHANNEL_TYPES.map(({ type }) => type);
  assert.deepEqual([...PLACES.keys()].toSorted(), types.toSorted());
});

for (const [type, open] of PLACES) {
  Deno.test(`contract of ${type}`, async (t) => {
    for (const { name, appliesTo, run } of CONTRACT) {
      await using place = await open();
      if (appliesTo?.(place) === false) continue;
      await t.step(name, () => run(place));
    }
  });
}
