import assert from "node:assert/strict";
import { exemption, type Facts, type PolicyRules } from "../../lib/core/policy.ts";

const strict: PolicyRules = {
  noninteractive: "require",
  exempt_users: [],
  exempt_groups: [],
  exempt_sources: [],
};
const shell: Facts = {
  user: "alice",
  tty: true,
  hasCommand: false,
  exemptGroup: () => undefined,
  exemptSource: () => undefined,
};

Deno.test("exemption() exempts nobody unless a rule says so", () => {
  for (const tty of [true, false]) {
    for (const hasCommand of [true, false]) {
      assert.equal(exemption(strict, { ...shell, tty, hasCommand }), undefined);
    }
  }
});

Deno.test("exemption() names the rule", () => {
  const rules = {
    ...strict,
    exempt_users: ["backup", "alice"],
    exempt_groups: ["robots"],
    exempt_sources: ["10.0.0.0/8"],
  };
  const facts = { ...shell, exemptGroup: () => "robots", exemptSource: () => "10.0.0.0/8" };
  assert.equal(exemption(rules, facts), "exempt_users alice");
  assert.equal(exemption(rules, { ...facts, user: "Alice" }), "exempt_groups robots");
  assert.equal(
    exemption({ ...rules, exempt_groups: [] }, { ...facts, user: "bob" }),
    "exempt_sources 10.0.0.0/8",
  );
});

Deno.test("exemption() looks up groups and networks only for rules about them", () => {
  const asked = () => assert.fail("looked up for nothing");
  const facts = { ...shell, exemptGroup: asked, exemptSource: asked };
  assert.equal(exemption(strict, facts), undefined);
  assert.equal(
    exemption({ ...strict, exempt_users: ["alice"], exempt_groups: ["x"] }, facts),
    "exempt_users alice",
  );
});

Deno.test("exemption() skips only commands without a terminal", () => {
  const rules = { ...strict, noninteractive: "skip" as const };
  const cases: [tty: boolean, hasCommand: boolean, rule: string | undefined][] = [
    [false, true, "noninteractive skip"],
    [true, true, undefined], // ssh -t host command
    [true, false, undefined],
    [false, false, undefined], // ssh -T host: a shell all the same
  ];
  for (const [tty, hasCommand, rule] of cases) {
    assert.equal(exemption(rules, { ...shell, tty, hasCommand }), rule);
  }
});
