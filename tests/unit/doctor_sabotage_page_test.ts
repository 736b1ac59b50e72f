/** docs/sabotage.md is made from the cases that tests/e2e/doctor_sabotage_test.ts runs. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ALL_BROKEN, ALL_GOOD, PAGE, page } from "../support/sabotage_page.ts";

Deno.test("docs/sabotage.md has every case", async () => {
  equal(await Deno.readTextFile(PAGE), page(), "write it anew: tests/support/sabotage_page.ts");
});

Deno.test("there are forty broken ones and twenty good ones, and no two are called the same", () => {
  ok(ALL_BROKEN.length >= 40);
  ok(ALL_GOOD.length >= 20);
  const names = ALL_BROKEN.map(({ what }) => what);
  deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
});
