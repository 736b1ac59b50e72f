import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { bypasses } from "../../lib/core/doctor/pam_bypass.ts";
import { asked, explore, type Outcomes, type Way } from "../../lib/core/doctor/pam_paths.ts";
import { type CredentialOutcomes, credentialsSucceed } from "../../lib/core/doctor/pam_setcred.ts";
import { runCall, runPass } from "../../lib/core/pam_stack/calls.ts";
import { agrees, isGatehouse } from "../../lib/core/pam_stack/gatehouse_line.ts";
import { proofOf } from "../../lib/core/pam_stack/module_results.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import {
  PAM_RESULTS,
  type PamEntry,
  type PamResult,
  type PamStack,
} from "../../lib/core/pam_stack/stack.ts";

function stackOf(auth: string, included = ""): PamStack {
  const files: Record<string, string> = { "/etc/pam.d/sshd": auth, "/etc/pam.d/more": included };
  const stack = readStack("sshd", "auth", { text: (path) => files[path] });
  if ("refused" in stack) throw new Error(stack.refused);
  return stack;
}

/** What every line may answer, by its module. */
const usual: Outcomes = (entry) =>
  entry.module === "pam_permit.so" ? ["success"] : ["success", "auth_err", "ignore"];

const control = fc.oneof(
  fc.constantFrom("required", "requisite", "sufficient", "optional"),
  fc.array(
    fc.tuple(
      fc.constantFrom("success", "ignore", "auth_err", "default"),
      fc.constantFrom("ignore", "ok", "done", "bad", "die", "reset", "1", "2", "3"),
    ).map((pair) => pair.join("=")),
    { minLength: 1, maxLength: 3 },
  ).map((pairs) => `[${pairs.join(" ")}]`),
);
const line = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(control, fc.constantFrom("gatehouse", "unix", "permit", "u2f", "env")),
  },
  { weight: 1, arbitrary: fc.constant(["include", ""]) },
  { weight: 1, arbitrary: fc.constant(["substack", ""]) },
  // A line without a module fails, and its control still counts.
  { weight: 1, arbitrary: control.map((control) => [control, undefined]) },
).map(([control, module]) => {
  if (module === "") return `auth ${control} more`;
  return module === undefined ? `auth ${control}` : `auth ${control} pam_${module}.so`;
});
const stack = fc.tuple(
  fc.array(line, { minLength: 1, maxLength: 4 }),
  fc.array(line.filter((one) => !one.endsWith("more")), { maxLength: 2 }),
).map(([lines, included]) => stackOf(`${lines.join("\n")}\n`, `${included.join("\n")}\n`));

/** Every assignment of results to lines. */
function* assignments(entries: readonly PamEntry[], outcomes: Outcomes): Generator<PamResult[]> {
  const [first, ...rest] = entries;
  if (first === undefined) return yield [];
  for (const result of first.kind === "module" ? outcomes(first) : ["abort" as const]) {
    for (const others of assignments(rest, outcomes)) yield [result, ...others];
  }
}

function describe({ result, facts }: Pick<Way, "result" | "facts">): string {
  return JSON.stringify([result, facts.agreed, facts.passed, facts.proofs]);
}

/** What libpam's simulator comes to, without any search. */
function byForce(stack: PamStack, outcomes: Outcomes): Set<string> {
  const ends = new Set<string>();
  for (const results of assignments(stack.entries, outcomes)) {
    const { result, path } = runPass(
      stack,
      "authenticate",
      (_, __, index) => results[index] ?? "abort",
    );
    const said = path.filter(({ entry }) => entry.kind === "module");
    const ours = said.filter(({ entry }) => isGatehouse(entry));
    const proofs = new Set(
      said.filter(({ result }) => result === "success").map(({ entry }) => proofOf(entry)),
    );
    ends.add(describe({
      result,
      facts: {
        agreed: ours.some(({ result }) => result !== undefined && agrees(result)),
        passed: ours.some(({ result }) => result === "success"),
        proofs: (["password", "factor", "unknown"] as const).filter((proof) => proofs.has(proof)),
      },
    }));
  }
  return ends;
}

Deno.test("explore() finds exactly what trying every assignment of results finds", () => {
  fc.assert(
    fc.property(stack, (stack) => {
      const { ways, complete } = explore(stack, usual);
      ok(complete);
      deepEqual(ways.map(describe).sort(), [...byForce(stack, usual)].sort());
    }),
    { numRuns: 500 },
  );
});

Deno.test("a way's results, run through the simulator, come to the way's end", () => {
  fc.assert(
    fc.property(stack, (stack) => {
      for (const way of explore(stack, usual).ways) {
        const results = new Map(way.steps.map(({ index, result }) => [index, result]));
        const run = runPass(stack, "authenticate", (_, __, index) => {
          const result = results.get(index);
          ok(result !== undefined, "a line was asked that the way knows nothing of");
          return result;
        });
        equal(run.result, way.result);
      }
    }),
  );
});

Deno.test("bypasses() is empty exactly where nobody gets by, and each of its ways does", () => {
  fc.assert(
    fc.property(stack, (stack) => {
      fc.pre(stack.entries.some(isGatehouse));
      const found = bypasses(stack, usual);
      const exists = [...byForce(stack, usual)].some((end) => /^\["success",false/.test(end));
      equal(found.length > 0, exists);
      for (const { way, cause } of found) {
        equal(way.result, "success");
        equal(way.facts.agreed, false);
        ok(way.steps.includes(cause));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("asked() knows every line that some assignment of results comes to", () => {
  fc.assert(
    fc.property(stack, (stack) => {
      const indexes = new Set<number>();
      for (const results of assignments(stack.entries, usual)) {
        const { path } = runPass(
          stack,
          "authenticate",
          (_, __, index) => results[index] ?? "abort",
        );
        for (const { entry, index } of path) if (entry.kind === "module") indexes.add(index);
      }
      deepEqual([...asked(stack, usual)].sort(), [...indexes].sort());
    }),
  );
});

Deno.test("credentialsSucceed() agrees with trying every assignment for both calls", () => {
  const again: CredentialOutcomes = ({ module }) =>
    module === "pam_env.so"
      ? ["ignore"]
      : module === "pam_u2f.so"
      ? ["ignore", "success"]
      : ["success"];
  fc.assert(
    fc.property(stack, (stack) => {
      let passes = false;
      let both = false;
      for (const results of assignments(stack.entries, usual)) {
        const chosen = (index: number) => results[index] ?? "abort";
        if (runPass(stack, "authenticate", (_, __, index) => chosen(index)).result !== "success") {
          continue;
        }
        passes = true;
        for (const answers of assignments(stack.entries, (entry) => again(entry, undefined))) {
          const { result } = runCall(
            stack,
            "setcred",
            (_, pass, index) => pass === "setcred" ? answers[index] ?? "abort" : chosen(index),
          );
          both ||= result === "success";
        }
      }
      equal(credentialsSucceed(stack, usual, again), both || !passes);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a stack of a hundred lines is searched at once", () => {
  const many = stackOf(
    "auth [success=ok ignore=ignore default=ignore] pam_env.so\n".repeat(100) +
      "auth required pam_gatehouse.so\n",
  );
  const { ways, complete } = explore(many, usual);
  ok(complete);
  ok(ways.some(({ result }) => result === "success"));
  ok(ways.length < 20);
});

Deno.test("a stack with too many states is given up, and that is said", () => {
  // Substacks remember what was thought in front of them: here each any of thirty things.
  const [entry] = stackOf("auth required pam_env.so\n").entries;
  ok(entry !== undefined);
  const actions = { ...entry.actions };
  PAM_RESULTS.forEach((result, at) => actions[result] = at % 2 === 0 ? "ok" : "bad");
  const entries = Array.from({ length: 30 }, (_, at): PamEntry => ({
    ...entry,
    kind: at % 2 === 0 ? "module" : "substack",
    level: Math.floor(at / 2),
    actions,
  }));
  const answers = PAM_RESULTS.filter((result) => result !== "incomplete");
  const deep: PamStack = { service: "sshd", type: "auth", entries, oddities: [] };
  equal(explore(deep, () => answers).complete, false);
});
