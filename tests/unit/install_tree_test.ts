/** install.sh --root: whoever wrote the tree does not choose files beside it. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";

const RECORD = "var/lib/gatehouse-install/kept/files";

/** Each with all that it was told and did to the rest. */
async function refusedAll(tree: InstallTree, why: RegExp): Promise<void> {
  const before = await tree.everything();
  for (const command of ["uninstall", "status", "undo"]) {
    const { code, err } = await tree.install(command, "--yes");
    assert.equal(code, 78, `${command}: ${err}`);
    assert.match(err, why);
  }
  assert.equal(await tree.everything(), before);
}

Deno.test("what a tree records of itself does not lead out of it by ..", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  const outside = `${tree.folder.path}/outside`;
  await Deno.writeTextFile(outside, "mine");
  const record = await tree.read(RECORD);
  await tree.write(RECORD, record.replace(/ \/etc\/ssh\/\S+\n/, " /etc/../../outside\n"));
  await refusedAll(
    tree,
    /error: the tree records a path that leads elsewhere: \/etc\/\.\.\/\.\.\/outside\n/,
  );
  assert.equal(await Deno.readTextFile(outside), "mine");
  await tree.write(RECORD, record);
  await tree.uninstall();
});

Deno.test("what a tree records of itself does not lead out of it by a link", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  await Deno.rename(tree.at("etc/ssh"), tree.at("etc/ssh.was"));
  await Deno.symlink("/etc/ssh.was", tree.at("etc/ssh"));
  await refusedAll(tree, /error: the tree records a path that leads elsewhere: \/etc\/ssh\//);
});
