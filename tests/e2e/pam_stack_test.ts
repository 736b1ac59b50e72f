/** The reader and the simulator of PAM's stacks against the libpam of this machine. */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { LibpamHost } from "../support/libpam_host.ts";
import { answerOf, modulesOf } from "../support/pam_answer.ts";
import { SERVICE, type World, worlds } from "../support/pam_worlds.ts";

const STACKS = 4_000;
/** Another one finds other stacks; a failure prints it, with the path to the smallest stack that fails. */
const SEED = 1_520;

/** How often that was met, by far. */
const LEAST = {
  ok: 5_000,
  done: 2_000,
  bad: 5_000,
  die: 1_000,
  reset: 500,
  ignore: 2_000,
  jump: 2_000,
  "in a substack": 5_000,
  refused: 50,
  denied: 5_000,
  "another result": 5_000,
};

Deno.test(`${STACKS} stacks end as in libpam, in every call`, async () => {
  await using libpam = await LibpamHost.start();
  const isThere = modulesOf(libpam);
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      libpam.configure(world);
      const theirs = await libpam.ask(SERVICE);
      const ours = answerOf(world, isThere, count);
      deepEqual(ours, theirs, described(world));
      count("stacks");
    }),
    { numRuns: STACKS, seed: SEED },
  );
  equal(seen.get("stacks"), STACKS);
  // Else they would all be denied at their first line.
  for (const [what, least] of Object.entries(LEAST)) {
    ok((seen.get(what) ?? 0) >= least, `${what} only ${seen.get(what)} times`);
  }
});

function described(world: World): string {
  return Object.entries(world).map(([path, text]) => `--- ${path}\n${text}`).join("\n");
}
