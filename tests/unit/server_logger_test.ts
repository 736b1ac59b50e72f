import { deepEqual, equal } from "node:assert/strict";
import { openLogger } from "../../lib/io/logger.ts";

function written(format: "text" | "json", message: string, fields = {}): string {
  const lines: string[] = [];
  openLogger(format, (line) => lines.push(line))("warning", message, fields);
  equal(lines.length, 1);
  return lines[0] ?? "";
}

Deno.test("a text line has time, level, message and fields", () => {
  const line = written("text", "login denied", { user: "alice", n: 1, what: "two words" });
  equal(
    line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ""),
    'WARNING: login denied user=alice n=1 what="two words"',
  );
});

Deno.test("a JSON line can be parsed", () => {
  const { time, ...rest } = JSON.parse(written("json", "login denied", { user: "alice", n: 1 }));
  equal(new Date(time).toISOString(), time);
  deepEqual(rest, { level: "warning", message: "login denied", user: "alice", n: 1 });
});

Deno.test("no value can end a line, move the cursor or pretend to be another field", () => {
  const hostile = { user: "a\n2026 INFO\u001b[2J\u202e level=x {message} %s" };
  for (const format of ["text", "json"] as const) {
    const line = written(format, "login denied", hostile);
    equal(/[\p{Cc}\p{Cf}]/u.test(line), false);
    equal(line.includes(" level=x {message} %s"), true);
  }
  equal(written("text", "m", { user: "a level=x" }).endsWith('user="a level=x"'), true);
});
