import assert from "node:assert/strict";
import { mustRun } from "../support/process.ts";

const READER = new URL("../support/surroundings_reader.ts", import.meta.url).pathname;

Deno.test("a variable that is not UTF-8 is neither an error nor as good as not set", async () => {
  const set = String.raw`A=$(printf '\377') B=$(printf 'a\377\303b') C=名 D=`;
  const reader = [Deno.execPath(), "run", "-A", "--quiet", READER];
  const argv = ["sh", "-c", `export ${set}; exec "$@"`, "sh", ...reader];
  const { out } = await mustRun([...argv, "A", "B", "C", "D", "NOT_SET_HERE"]);
  assert.deepEqual(JSON.parse(out), ["\ufffd", "a\ufffd\ufffdb", "名", null, null]);
});
