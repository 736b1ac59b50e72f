/** install.sh where its surroundings or its words are somebody else's choice. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";
import { run } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

Deno.test("nothing that the environment names is removed or used as our own", async () => {
  await using tree = await InstallTree.make();
  await using precious = await scratch();
  await precious.file("kept", "kept\n");
  const { code, err } = await run(tree.command("undo"), {
    env: { PATH: "/usr/bin:/bin", PLAN: precious.path, plan_kept: "x" },
  });
  assert.equal(code, 0, err);
  assert.equal(await Deno.readTextFile(`${precious.path}/kept`), "kept\n");
});

Deno.test("a plan is made in no folder that an account can change, and no program is taken from where one stands", async () => {
  await using tree = await InstallTree.make();
  await using own = await scratch();
  await Deno.chown(own.path, 1000, 1000);
  await own.file("id", '#!/bin/sh\ntouch "$0.run"\necho 0\n');
  await Deno.chmod(`${own.path}/id`, 0o755);
  const { code, err } = await run(tree.command("host", "--yes", "--codes-only", "--dry-run"), {
    cwd: own.path,
    env: { PATH: ":.:bin:/usr/bin:/bin", TMPDIR: `${own.path}/none` },
  });
  assert.equal(code, 0, err);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(own.path))).map(({ name }) => name), ["id"]);
  const plans = `. ${tree.kit}/install/plan.sh; plan_temporary`;
  const asked = async (folder: string) =>
    (await run(["sh", "-c", plans], { env: { PATH: "/usr/bin:/bin", TMPDIR: folder, ROOT: "" } }))
      .out;
  assert.equal(await asked(own.path), "/tmp\n");
  assert.equal(await asked(tree.kit), `${tree.kit}\n`);
  await Deno.chmod(tree.kit, 0o777);
  assert.equal(await asked(tree.kit), "/tmp\n");
});

for (
  const [option, list] of [
    ...["*", "alice bob", "alice\nbob", "alice,,bob", "alice,", ",alice"].map((
      each,
    ) => ["--users", each]),
    ...["*", "sshd sudo", "sshd\nsudo", "sshd,,sudo"].map((each) => ["--services", each]),
    ...["*", "ssh-2fa root", "ssh-2fa\nroot"].map((each) => ["--group", each]),
  ] as [string, string][]
) {
  Deno.test(`install.sh host ${option} ${JSON.stringify(list)} is refused, whatever folder it is called in`, async () => {
    await using tree = await InstallTree.make();
    await using folder = await scratch();
    await folder.file("alice", "");
    const { code, err } = await run(tree.command("host", "--yes", "--codes-only", option, list), {
      cwd: folder.path,
    });
    assert.equal(code, 78, err);
    assert.match(err, /letters, digits/);
  });
}
