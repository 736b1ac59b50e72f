/** docs/sabotage.md, row by row: nothing that is broken goes undetected, nothing good is accused. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Finding } from "../../lib/core/doctor/finding.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { binary } from "../support/binary.ts";
import { run } from "../support/process.ts";
import type { Broken, Good } from "../support/sabotage.ts";
import { ALL_BROKEN, ALL_GOOD } from "../support/sabotage_page.ts";
import { type GuardedTree, GuardedTrees } from "../support/sabotage_tree.ts";

/** Most of the time goes to install.sh and sshd, which are processes of their own. */
const AT_ONCE = 3;
/** The compiled doctor looks at these as well. */
const COMPILED_EVERY = 40;

interface Examined {
  readonly tree: GuardedTree;
  readonly findings: readonly Finding[];
}

/** Results in the order of the cases, a few of which are made at once. */
async function examineAll<Case extends Broken | Good>(
  trees: GuardedTrees,
  cases: readonly Case[],
): Promise<(readonly [Case, Examined])[]> {
  const results = new Map<Case, Examined>();
  const rest = [...cases];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let one; (one = rest.shift()) !== undefined;) {
      const tree = await trees.copy(
        one.tree,
        one.install,
        "before" in one ? one.before : undefined,
      );
      await one.change?.(tree);
      results.set(one, { tree, findings: (await tree.examine()).findings });
    }
  }));
  return [...results].toSorted(([a], [b]) => cases.indexOf(a) - cases.indexOf(b));
}

/** "critical sshd.refused", each once, without what is only good to know. */
function alarms(findings: readonly Pick<Finding, "id" | "severity">[]): string[] {
  const found = findings.filter(({ severity }) => severity !== "info");
  return [...new Set(found.map(({ id, severity }) => `${severity} ${id}`))].sort();
}

function isWhere({ at, finds }: Broken, { tree, findings }: Examined): boolean {
  const found = findings.filter(({ id, severity }) => `${severity} ${id}` === finds);
  if (at === undefined) return found.some(({ where }) => where === undefined);
  const [file, beginning] = at;
  const lines = beginning === undefined
    ? []
    : openSite(tree.root).files.text(file)?.split("\n") ?? [];
  return found.some(({ where }) =>
    where?.file === file &&
    (beginning === undefined || lines[(where.line ?? 0) - 1]?.trim().startsWith(beginning))
  );
}

function places(findings: readonly Finding[]): string {
  return findings.map(({ id, severity, where, what }) =>
    `${severity} ${id} ${where?.file ?? ""}:${where?.line ?? ""} ${what}`
  ).join("\n");
}

Deno.test({
  name: "docs/sabotage.md, row by row",
  // The C library stays open once it was opened.
  sanitizeResources: false,
  fn: async (t) => {
    await using trees = await GuardedTrees.open();
    for (const [one, { findings }] of await examineAll(trees, ALL_GOOD)) {
      await t.step(`not accused: ${titleOf(one)}`, () => {
        deepEqual(alarms(findings), [...one.says ?? []].sort(), places(findings));
      });
    }
    const broken = await examineAll(trees, ALL_BROKEN);
    for (const [one, examined] of broken) {
      await t.step(`found: ${titleOf(one)}`, () => {
        const { also = [], finds } = one;
        const expected = [finds, ...also].filter((each) => !each.startsWith("info "));
        deepEqual(alarms(examined.findings), [...new Set(expected)].sort());
        ok(isWhere(one, examined), `${finds} elsewhere:\n${places(examined.findings)}`);
      });
    }
    for (const [one, { findings, tree }] of broken.filter((_, at) => at % COMPILED_EVERY === 0)) {
      await t.step(`found by the executable: ${titleOf(one)}`, async () => {
        const { code, out } = await run([binary(), "doctor", "--root", tree.root, "--json"]);
        deepEqual(alarms(JSON.parse(out).findings), alarms(findings));
        equal(code, alarms(findings).some((each) => each.startsWith("critical")) ? 78 : 1);
      });
    }
  },
});

function titleOf({ install, tree, what }: Broken | Good): string {
  return `${what} (${tree}, ${install})`;
}
