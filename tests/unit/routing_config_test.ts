/** server.toml: who is asked, and when. */
import { deepEqual } from "node:assert/strict";
import { parseServerConfig } from "../../lib/config/server.ts";
import { Failure } from "../../lib/core/errors.ts";

function faults(toml: string): string[] {
  try {
    parseServerConfig(toml, "server.toml");
  } catch (error) {
    if (error instanceof Failure) return error.message.split("\n");
    throw error;
  }
  return [];
}

Deno.test("routing says when a person is asked by the next contact", () => {
  const nextAfter = (toml: string) => parseServerConfig(toml, "server.toml").routing.next_after;
  deepEqual(nextAfter(""), 20_000);
  deepEqual(nextAfter('[routing]\nnext_after = "0s"'), 0);
  deepEqual(nextAfter('[routing]\nnext_after = "300s"'), 300_000);
  deepEqual(faults('[routing]\nnext_after = "301s"'), [
    'server.toml: routing.next_after: must be at most 300 s, found "301s"',
  ]);
  deepEqual(faults("[routing]\nnext = 1"), ["server.toml: routing.next: unknown key"]);
});

Deno.test("accounts take two persons, have somebody to be asked later, or both", () => {
  const accounts = (more: string) =>
    parseServerConfig(`[[accounts]]\nmatch = ["root@*"]\n${more}`, "server.toml").accounts;
  const match = ["root@*"];
  deepEqual(accounts("approvers = 2"), [{ match, approvers: 2 }]);
  deepEqual(accounts('escalate = ["bob", "Zhang San"]'), [
    { match, escalate: ["bob", "Zhang San"] },
  ]);
  deepEqual(accounts('approvers = 2\nescalate = ["bob"]\nescalate_after = "1m"'), [
    { match, approvers: 2, escalate: ["bob"], escalate_after: 60_000 },
  ]);
});

Deno.test("accounts that say nothing, or half of it, are faults", () => {
  const of = (more: string) => faults(`[[accounts]]\nmatch = ["root@*"]\n${more}`);
  const first = (all: readonly string[]) => all.map((fault) => fault.split(", found")[0]);
  deepEqual(first(of("")), ["server.toml: [[accounts]] 1: must have approvers or escalate"]);
  deepEqual(first(of('approvers = 2\nescalate_after = "30s"')), [
    "server.toml: [[accounts]] 1: must not have escalate_after without escalate",
  ]);
  deepEqual(first(of("escalate = []")), [
    "server.toml: [[accounts]] 1: escalate: must name at least one",
  ]);
  deepEqual(first(of('escalate = ["a,b"]')), [
    "server.toml: [[accounts]] 1: escalate, entry 1: must be 1 to 64 printable characters without comma and colon",
  ]);
});
