import assert from "node:assert/strict";
import { run } from "../support/process.ts";

const SCRIPT = new URL("../support/last_permission.ts", import.meta.url).pathname;

for (
  const [words, outcome] of [
    [["gate", "--config", "/nowhere/host.toml"], "a program cannot"],
    [["pam", "--config", "/nowhere/host.toml"], "a program cannot"],
    [["version"], "a program starts"],
  ] as const
) {
  Deno.test(`in \`gatehouse ${words[0]}\` ${outcome}`, async () => {
    const options = ["-A", "--no-prompt", "--quiet", "--no-lock"];
    const { out } = await run([Deno.execPath(), "run", ...options, SCRIPT, ...words]);
    assert.equal(out.split("\n").findLast((line) => line.startsWith("a program ")), outcome);
  });
}
