/** `install.sh host --join` where the server cannot be joined: said in one line, with what to do, and all is as before. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";

const JOIN = ["--yes", "--mode", "gate", "--join", "https://auth.example.com", "token"] as const;

/** What the program does when it is to join. */
async function joins(tree: InstallTree, what: string): Promise<void> {
  const path = `${tree.kit}/gatehouse`;
  const text = await Deno.readTextFile(path);
  const changed = text.replace(
    "    join)\n",
    `    join)\ncat >/dev/null\n${what} ;;\n    joined)\n`,
  );
  assert.notEqual(changed, text);
  await Deno.writeTextFile(path, changed);
}

Deno.test("why a server cannot be joined is one line and a hint, with the program's status", async () => {
  for (const status of [75, 77, 78]) {
    await using tree = await InstallTree.make();
    await joins(
      tree,
      `printf 'Token: \ngatehouse: error: https://auth.example.com is not trusted\ngatehouse: hint: trust it\n' >&2; exit ${status}`,
    );
    const before = await tree.snapshot();
    const { code, err } = await tree.install("host", ...JOIN);
    assert.equal(code, status);
    assert.equal(
      err,
      "install.sh: error: cannot join: https://auth.example.com is not trusted\n" +
        "install.sh: hint: trust it; everything is as it was before\n",
    );
    assert.equal(await tree.snapshot(), before);
  }
});

Deno.test("all that is said is shown of a program that does not say why it cannot join", async () => {
  await using tree = await InstallTree.make();
  await joins(tree, "printf 'Killed\\033[2J\\n' >&2; exit 137");
  const before = await tree.snapshot();
  const { code, err } = await tree.install("host", ...JOIN);
  assert.equal(code, 70);
  assert.equal(
    err,
    "Killed[2J\ninstall.sh: error: cannot join https://auth.example.com\n" +
      "install.sh: hint: everything is as it was before\n",
  );
  assert.equal(await tree.snapshot(), before);
});
