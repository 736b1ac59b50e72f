/** One suite over all channels: each as a server opens it, against a vendor that keeps its own rules. */
import assert from "node:assert/strict";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { CONTRACT, LACKING, PLACES } from "../support/vendors/cases.ts";

const types = CHANNEL_TYPES.map(({ type }) => type);

Deno.test("every channel has somebody at its other end", () => {
  assert.deepEqual([...PLACES.keys()].toSorted(), types.toSorted());
});

Deno.test("a case is left out where cases.ts says so with a reason, and nowhere else", async () => {
  const lacking: [name: string, type: string][] = [];
  for (const [type, open] of PLACES) {
    await using place = await open();
    for (const { name, lacks } of CONTRACT) {
      if (lacks?.(place) === true) lacking.push([name, type]);
    }
  }
  const documented = Object.entries(LACKING).flatMap(([name, by]) =>
    Object.entries(by).map(([type, reason]) => {
      assert.ok(reason.length > 10, `${name}, ${type}: no reason`);
      return [name, type];
    })
  );
  assert.deepEqual(lacking.toSorted(), documented.toSorted());
});

for (const [type, open] of PLACES) {
  Deno.test(`contract of ${type}`, async (t) => {
    for (const { name, run } of CONTRACT) {
      if (LACKING[name]?.[type] !== undefined) continue;
      await using place = await open();
      await t.step(name, () => run(place));
    }
  });
}
