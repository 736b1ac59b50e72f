/** What a killed install.sh has left in the temporary folder goes with the next one; look-alikes do not. */
import assert from "node:assert/strict";
import { mustRun, run } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const INSTALL = new URL("../../install", import.meta.url).pathname;

/** @param script with install.sh's functions, and `folder` as its temporary one */
async function sweep(folder: Scratch, script = ""): Promise<string[]> {
  const functions = ["talk", "plan", "rollback", "leftover"];
  const sourced = functions.map((name) => `. ${INSTALL}/${name}.sh`).join("; ");
  await mustRun(["sh", "-euc", `${sourced}; ${script}\nleftover_sweep`], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", TMPDIR: folder.path, ROOT: "", STATE: "/none" },
  });
  return await names(folder);
}

async function names(folder: Scratch): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name)).toSorted();
}

/** A plan's folder as an installer leaves it. @param sign PID, START, BOOT */
async function plan(folder: Scratch, name: string, sign: string): Promise<void> {
  const path = await folder.dir(name);
  await Deno.chmod(path, 0o700);
  await folder.file(`${name}/owner`, `${sign}\n`);
  await folder.file(`${name}/program`, "large");
}

/** Of this boot and container, as rollback_boot() has it. */
async function here(): Promise<string> {
  const script = `. ${INSTALL}/rollback.sh; rollback_boot`;
  return (await mustRun(["sh", "-euc", script], { env: { PATH: "/usr/bin:/bin" } })).out.trim();
}

Deno.test("the folder of an installer that was killed goes, and that of one that works stays", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await scratch();
  const functions = ["plan", "rollback", "leftover"].map((name) => `. ${INSTALL}/${name}.sh`);
  const killed = await run(
    ["sh", "-euc", `${functions.join("; ")}; plan_begin; leftover_sign; kill -9 $$`],
    { env: { PATH: "/usr/bin:/bin", TMPDIR: folder.path, ROOT: "", STATE: "/none" } },
  );
  assert.notEqual(killed.code, 0);
  const [left = ""] = await names(folder);
  assert.match(left, /^gatehouse-plan\.\w{6}$/);
  // Its own is there while it sweeps.
  const after = await sweep(folder, "plan_begin; leftover_sign");
  assert.equal(after.length, 1);
  assert.notDeepEqual(after, [left]);
});

Deno.test("of another boot it goes; of another container, or without a sign, it stays", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await scratch();
  const boot = await here();
  const [id = ""] = boot.split(" ");
  await plan(folder, "gatehouse-plan.before", `1 1 ${"0".repeat(id.length)} 5`);
  await plan(folder, "gatehouse-plan.reused", `1 1 ${boot}`);
  await plan(folder, "gatehouse-plan.others", `1 1 ${id} 999999999`);
  await plan(folder, "gatehouse-plan.noboot", "1 1");
  await Deno.chmod(await folder.dir("gatehouse-plan.nosign"), 0o700);
  assert.deepEqual(await sweep(folder), [
    "gatehouse-plan.noboot",
    "gatehouse-plan.nosign",
    "gatehouse-plan.others",
  ]);
});

Deno.test("what somebody else could have made stays: other owners, other modes, links, other names", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await scratch();
  const dead = `1 1 ${await here()}`;
  await plan(folder, "gatehouse-plan.theirs", dead);
  await Deno.chown(`${folder.path}/gatehouse-plan.theirs`, 65534, 65534);
  await plan(folder, "gatehouse-plan.opened", dead);
  await Deno.chmod(`${folder.path}/gatehouse-plan.opened`, 0o777);
  await plan(folder, "gatehouse-plan.longer-name", dead);
  await plan(folder, "mine", dead);
  await Deno.symlink("mine", `${folder.path}/gatehouse-plan.linked`);
  await folder.file("gatehouse-plan.afile1", "");
  const before = await names(folder);
  assert.deepEqual(await sweep(folder), before);
  assert.ok(await Deno.stat(`${folder.path}/mine/program`));
});
