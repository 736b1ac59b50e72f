/**
 * install.sh killed at every step, and its undo and uninstall too: what is left can always be taken back to
 * the byte, or is all there.
 */
import assert from "node:assert/strict";
import { DEBIAN_SSHD, InstallTree } from "../support/install.ts";
import { Cut } from "../support/install_cut.ts";

const HOST = ["host", "--yes", "--codes-only", "--services", "sshd,sudo"] as const;
/** A block in sshd_config, and a folder that has to be made. */
const FILES = { "etc/ssh/sshd_config": DEBIAN_SSHD.replace(/^Include.*\n/, "") };
const HOWS = ["before", "torn"] as const;

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

for (const how of HOWS) {
  Deno.test(`install.sh host killed at every step (${how}): undo leaves every byte as before, or it is all there`, async () => {
    await using tree = await InstallTree.make(FILES);
    const cut = await Cut.make(tree);
    const before = await tree.snapshot();
    assert.equal((await cut.run(0, how, ...HOST)).code, 0);
    const steps = await cut.steps(how);
    const installed = guarded(await tree.snapshot());
    await tree.uninstall();
    const ends = { before: 0, installed: 0 };
    for (const at of steps) {
      assert.equal((await cut.run(at, how, ...HOST)).signal, "SIGKILL", `step ${at}`);
      const undone = await tree.install("undo");
      assert.equal(undone.code, 0, `step ${at}: ${undone.err}`);
      const after = await tree.snapshot();
      if (after === before) {
        ends.before++;
        continue;
      }
      // It was over: only notes were still to be written.
      assert.equal(guarded(after), installed, `step ${at}`);
      ends.installed++;
      await tree.uninstall();
      assert.equal(await tree.snapshot(), before, `step ${at}`);
    }
    assert.ok(ends.before > 5 && ends.installed > 1, JSON.stringify(ends));
  });
}

for (const how of HOWS) {
  Deno.test(`undo killed at every step (${how}): the next one does the rest`, async () => {
    await using tree = await InstallTree.make(FILES);
    const cut = await Cut.make(tree);
    const before = await tree.snapshot();
    // The last step before it would be kept: all files are in place.
    await cut.run(0, how, ...HOST);
    const all = (await cut.steps("before")).length;
    await tree.uninstall();
    const late = await lastPending(tree, cut, all);
    await cut.run(0, how, "undo");
    const steps = await cut.steps(how);
    for (const at of steps) {
      await cut.run(late, "before", ...HOST);
      assert.equal((await cut.run(at, how, "undo")).signal, "SIGKILL", `step ${at}`);
      const { code, err } = await tree.install("undo");
      assert.equal(code, 0, err);
      assert.equal(await tree.snapshot(), before, `step ${at}`);
    }
    assert.ok(steps.length > 1);
  });

  Deno.test(`uninstall killed at every step (${how}): the next one does the rest`, async () => {
    await using tree = await InstallTree.make(FILES);
    const cut = await Cut.make(tree);
    const before = await tree.snapshot();
    await tree.install(...HOST);
    await cut.run(0, how, "uninstall");
    const steps = await cut.steps(how);
    assert.equal(await tree.snapshot(), before);
    for (const at of steps) {
      await tree.install(...HOST);
      assert.equal(
        (await cut.run(at, how, "uninstall")).signal,
        "SIGKILL",
        `step ${at}`,
      );
      const { code, err } = await tree.install("uninstall");
      assert.equal(code, 0, err);
      assert.equal(await tree.snapshot(), before, `step ${at}`);
    }
    assert.ok(steps.length > 1);
  });
}

/** The step at which a kill leaves the most to undo. */
async function lastPending(tree: InstallTree, cut: Cut, all: number): Promise<number> {
  for (let at = all;; at--) {
    await cut.run(at, "before", ...HOST);
    if (await tree.exists("var/lib/gatehouse-install/pending")) return at;
    await tree.uninstall();
  }
}
