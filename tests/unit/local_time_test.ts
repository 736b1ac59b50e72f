import assert from "node:assert/strict";
import { localTime } from "../../lib/core/time.ts";
import { T0 } from "../support/logins.ts";

Deno.test("localTime() is a wall clock's, with its distance from UTC", () => {
  assert.equal(localTime(T0, "UTC"), "2026-01-01 00:00:00 UTC");
  assert.equal(localTime(T0, "Asia/Shanghai"), "2026-01-01 08:00:00 UTC+08:00");
  assert.equal(localTime(T0, "America/St_Johns"), "2025-12-31 20:30:00 UTC-03:30");
  assert.equal(localTime(Date.UTC(2026, 6, 1), "Europe/Berlin"), "2026-07-01 02:00:00 UTC+02:00");
});
