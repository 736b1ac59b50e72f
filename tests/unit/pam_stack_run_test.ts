import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import { begin, type PamState, stateKey, step } from "../../lib/core/pam_stack/run.ts";
import { runCall, runPass } from "../../lib/core/pam_stack/calls.ts";
import { knownResult } from "../../lib/core/pam_stack/known_modules.ts";
import {
  PAM_RESULTS,
  PAM_TYPES,
  type PamResult,
  type PamStack,
  type PamType,
} from "../../lib/core/pam_stack/stack.ts";
import { filesOf, SERVICE, type World, worlds } from "../support/pam_worlds.ts";

function stackOf(lines: readonly string[], type: PamType = "auth", others: World = {}): PamStack {
  const files = filesOf({ ...others, [`/etc/pam.d/${SERVICE}`]: `${lines.join("\n")}\n` });
  const stack = readStack(SERVICE, type, files);
  if ("refused" in stack) throw new Error(stack.refused);
  return stack;
}

function ends(stack: PamStack, results: readonly PamResult[]): PamResult | undefined {
  let state: PamState = begin(stack);
  for (const result of results) state = step(stack, state, result);
  return state.result;
}

Deno.test("step() asks entry by entry, and ends with libpam's verdict", () => {
  const stack = stackOf(["auth required a.so", "auth sufficient b.so", "auth requisite c.so"]);
  equal(begin(stack).next, 0);
  equal(ends(stack, ["success"]), undefined);
  equal(ends(stack, ["success", "success"]), "success");
  equal(ends(stack, ["success", "auth_err", "maxtries"]), "maxtries");
  equal(ends(stack, ["auth_err", "success", "success"]), "auth_err");
  equal(ends(stack, ["ignore", "ignore", "ignore"]), "perm_denied");
  equal(ends(stack, ["incomplete"]), "incomplete");
});

Deno.test("step() keeps done, die and jumps inside their substack", () => {
  const inner = (text: string) => ({ "/etc/pam.d/inner": `${text}\nauth required x.so\n` });
  const around = ["auth substack inner", "auth required last.so"];
  const next = (text: string, result: PamResult) => {
    const stack = stackOf(around, "auth", inner(text));
    return step(stack, begin(stack), result).next;
  };
  equal(next("auth sufficient a.so", "success"), 3);
  equal(next("auth requisite a.so", "auth_err"), 3);
  equal(next("auth [success=1] a.so", "success"), 3);
  equal(next("auth [success=2] a.so", "success"), 3);
  const far = stackOf(around, "auth", inner("auth [success=2] a.so"));
  equal(ends(far, ["success", "success"]), "perm_denied");
  const whole = stackOf(["auth [success=1] a.so", ...around], "auth", inner(""));
  equal(step(whole, begin(whole), "success").next, 3);
});

Deno.test("step() resets to what was thought in front of the substack", () => {
  const inner = { "/etc/pam.d/inner": "auth required x.so\nauth [default=reset] y.so\n" };
  const stack = stackOf(["auth required a.so", "auth substack inner"], "auth", inner);
  equal(ends(stack, ["success", "auth_err", "success"]), "success");
  equal(ends(stack, ["maxtries", "success", "success"]), "maxtries");
  const top = stackOf(["auth required x.so", "auth [default=reset] y.so", "auth optional z.so"]);
  equal(ends(top, ["auth_err", "success", "success"]), "success");
});

Deno.test("begin() runs through lines that fail by themselves", () => {
  equal(begin(stackOf(["auth required"])).result, "perm_denied");
  const stack = stackOf(["auth sufficient", "auth required a.so"]);
  equal(ends(stack, ["success"]), "success");
  equal(begin(stackOf(["account required a.so"])).result, "perm_denied");
});

Deno.test("pam_setcred goes the way of pam_authenticate, and returns its own results", () => {
  const stack = stackOf([
    "auth [success=1 default=ignore] pam_debug.so auth=success cred=cred_err",
    "auth requisite pam_debug.so cred=cred_expired",
    "auth sufficient pam_debug.so auth=auth_err cred=success",
    "auth required pam_debug.so cred=cred_unavail",
  ]);
  const { result, path } = runCall(
    stack,
    "setcred",
    (entry, pass) => knownResult(entry, pass) ?? "ignore",
  );
  equal(result, "cred_unavail");
  const credentials = path.filter(({ pass }) => pass === "setcred");
  deepEqual(credentials.map(({ index, result, action }) => [index, result, action]), [
    [0, "cred_err", 1],
    [2, "success", "ignore"],
    [3, "cred_unavail", "ok"],
  ]);
  equal(
    runPass(stack, "setcred", (entry, pass) => knownResult(entry, pass) ?? "ignore").result,
    "cred_expired",
  );
});

Deno.test("pam_chauthtok changes nothing when its check fails", () => {
  const stack = stackOf(["password required pam_debug.so prechauthtok=try_again"], "password");
  const { result, path } = runCall(
    stack,
    "chauthtok",
    (entry, pass) => knownResult(entry, pass) ?? "ignore",
  );
  equal(result, "try_again");
  deepEqual(path.map(({ pass }) => pass), ["prechauthtok"]);
});

Deno.test("states of one stateKey() end alike, whatever follows", () => {
  const results = fc.infiniteStream(
    fc.constantFrom<PamResult>("success", "success", "auth_err", ...PAM_RESULTS),
  );
  fc.assert(
    fc.property(
      worlds,
      fc.constantFrom(...PAM_TYPES),
      results,
      results,
      (world, type, first, rest) => {
        const stack = readStack(SERVICE, type, filesOf(world));
        if ("refused" in stack) return;
        const follow = [...rest.take(stack.entries.length)];
        const known = new Map<string, PamResult | undefined>();
        for (let tries = 0; tries < 20; tries++) {
          let state = begin(stack);
          while (state.next !== undefined) {
            const key = stateKey(state);
            const end = followed(stack, state, follow);
            if (known.has(key)) equal(end, known.get(key));
            known.set(key, end);
            state = step(stack, state, first.next().value ?? "success");
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

function followed(stack: PamStack, from: PamState, results: readonly PamResult[]) {
  let state = from;
  while (state.next !== undefined) state = step(stack, state, results[state.next] ?? "success");
  return state.result;
}
