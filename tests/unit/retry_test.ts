import assert from "node:assert/strict";
import fc from "fast-check";
import { waitBefore } from "../../lib/core/retry.ts";

Deno.test("waitBefore() waits longer each time, with a share that chance decides", () => {
  assert.deepEqual(
    [1, 2].map((made) => [0, 255].map((chance) => waitBefore(made, null, 30_000, chance))),
    [[400, 800], [1_600, 3_200]],
  );
});

Deno.test("waitBefore() makes no fourth attempt", () => {
  assert.equal(waitBefore(2, null, 30_000, 0) !== undefined, true);
  assert.equal(waitBefore(3, null, 30_000, 0), undefined);
});

Deno.test("waitBefore() never comes back before the vendor wants it", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5 }),
    fc.option(fc.integer({ min: 0, max: 100_000 })),
    fc.integer({ min: 0, max: 40_000 }),
    fc.integer({ min: 0, max: 255 }),
    (made, wish, left, chance) => {
      const wait = waitBefore(made, wish, left, chance);
      if (wait === undefined) return;
      assert.ok(wait >= (wish ?? 0) && wait < left);
    },
  ));
});

Deno.test("waitBefore() does not begin what cannot end in time", () => {
  assert.equal(waitBefore(1, 20_000, 21_400, 0), 20_000);
  assert.equal(waitBefore(1, 20_000, 20_999, 0), undefined);
});
