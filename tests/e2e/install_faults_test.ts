/**
 * install.sh killed at every step that changes the tree, and its undo and uninstall too: what is left can
 * always be taken back to the byte, or is all there.
 *
 * A step is a program that changes files. Killed in front of each one that writes below the tree's root, and
 * in the middle of each cp and cat that does, it leaves every state that there is on the disk. Of the steps
 * in between, which only read the tree or work on the plan in a folder for temporary files, every 16th is
 * taken. Two trees at once, for there are hardly fewer processors.
 */
import assert from "node:assert/strict";
import { DEBIAN_SSHD, InstallTree } from "../support/install.ts";
import { Cut } from "../support/install_cut.ts";
import { mustRun } from "../support/process.ts";

const HOST = ["host", "--yes", "--codes-only", "--services", "sshd,sudo"] as const;
/** A block in sshd_config, and a folder that has to be made. */
const FILES = { "etc/ssh/sshd_config": DEBIAN_SSHD.replace(/^Include.*\n/, "") };
const HOWS = ["before", "torn"] as const;
type How = typeof HOWS[number];

interface World {
  readonly tree: InstallTree;
  readonly cut: Cut;
  readonly before: string;
}

/** What the machine has beside the installer's own notes. */
function machine(snapshot: string): string {
  return snapshot.split("\n").filter((line) => !line.includes("./var/lib/gatehouse-install")).join(
    "\n",
  );
}

/** Without times: a file that is installed has that of its installation. */
function guarded(snapshot: string): string {
  return machine(snapshot).replaceAll(/ \S+$/gm, "");
}

/** The tree as it is now, to be had again. */
async function save({ tree }: World): Promise<() => Promise<unknown>> {
  const copy = `${tree.folder.path}/saved`;
  await mustRun(["cp", "-a", tree.root, copy]);
  return () => mustRun(["sh", "-ec", 'rm -rf "$2" && cp -a "$1" "$2"', "sh", copy, tree.root]);
}

/**
 * @param prepare in each world; answers what each step begins with, and which steps there are
 * @returns how many steps there were
 */
async function atEachStep(
  prepare: (world: World) => Promise<{
    readonly steps: readonly number[];
    readonly run: (at: number) => Promise<void>;
  }>,
): Promise<number> {
  const counts = await Promise.all([0, 1].map(async (turn) => {
    await using tree = await InstallTree.make(FILES);
    const cut = await Cut.make(tree);
    const { steps, run } = await prepare({ tree, cut, before: await tree.snapshot() });
    for (const [index, at] of steps.entries()) if (index % 2 === turn) await run(at);
    return steps.length;
  }));
  assert.equal(counts[0], counts[1], "both have the same steps");
  return counts[0] ?? 0;
}

async function killed({ cut }: World, at: number, how: How, ...words: [string, ...string[]]) {
  assert.equal((await cut.run(at, how, ...words)).signal, "SIGKILL", `step ${at}`);
}

for (const how of HOWS) {
  Deno.test(`install.sh host killed at every step (${how}): undo leaves every byte as before, or it is all there`, async () => {
    const ends = { before: 0, installed: 0 };
    await atEachStep(async (world) => {
      const { tree, cut, before } = world;
      assert.equal((await cut.run(0, how, ...HOST)).code, 0);
      const steps = await cut.steps(how);
      const installed = guarded(await tree.snapshot());
      await tree.uninstall();
      const run = async (at: number) => {
        await killed(world, at, how, ...HOST);
        const undone = await tree.install("undo");
        assert.equal(undone.code, 0, `step ${at}: ${undone.err}`);
        const after = await tree.snapshot();
        if (after === before) {
          ends.before++;
          return;
        }
        // It was over: only notes were still to be written.
        assert.equal(guarded(after), installed, `step ${at}`);
        ends.installed++;
        await tree.uninstall();
        assert.equal(await tree.snapshot(), before, `step ${at}`);
      };
      return { steps, run };
    });
    assert.ok(ends.before > 5 && ends.installed > 1, JSON.stringify(ends));
  });

  Deno.test(`undo killed at every step (${how}): the next one does the rest`, async () => {
    const count = await atEachStep(async (world) => {
      const { tree, cut, before } = world;
      await cut.run(0, how, ...HOST);
      // The last step before it would be kept: all files are in place.
      const late = await cut.step(/\/pending \S+\/keeping$/);
      await tree.uninstall();
      await killed(world, late, "before", ...HOST);
      const again = await save(world);
      await cut.run(0, how, "undo");
      assert.equal(await tree.snapshot(), before);
      const steps = await cut.steps(how);
      const run = async (at: number) => {
        await again();
        await killed(world, at, how, "undo");
        const { code, err } = await tree.install("undo");
        assert.equal(code, 0, err);
        assert.equal(await tree.snapshot(), before, `step ${at}`);
      };
      return { steps, run };
    });
    assert.ok(count > 1);
  });

  Deno.test(`uninstall killed at every step (${how}): the next one does the rest`, async () => {
    const count = await atEachStep(async (world) => {
      const { tree, cut, before } = world;
      await tree.install(...HOST);
      const again = await save(world);
      await cut.run(0, how, "uninstall");
      assert.equal(await tree.snapshot(), before);
      const steps = await cut.steps(how);
      const run = async (at: number) => {
        await again();
        await killed(world, at, how, "uninstall");
        const { code, err } = await tree.install("uninstall");
        assert.equal(code, 0, err);
        assert.equal(await tree.snapshot(), before, `step ${at}`);
      };
      return { steps, run };
    });
    assert.ok(count > 1);
  });
}
