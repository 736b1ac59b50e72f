/** Files that even root cannot replace, as after `chattr +i`: told before anything is changed, and no hindrance to going back. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";
import { type Result, run } from "../support/process.ts";

/** install.sh, where a program fails as soon as a word of its command line ends in `end`. */
async function without(
  tree: InstallTree,
  name: string,
  end: string,
  ...words: readonly [string, ...string[]]
): Promise<Result> {
  const folder = `${tree.folder.path}/bin`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/${name}`,
    `#!/bin/sh
for word; do case $word in *${end}) echo "${name}: Operation not permitted" >&2; exit 1 ;; esac; done
exec /usr/bin/${name} "$@"
`,
    { mode: 0o755 },
  );
  return await run(tree.command(...words), { env: { PATH: `${folder}:/usr/sbin:/usr/bin` } });
}

const PLACES = [
  ["host", "/etc/pam.d/sshd"],
  ["host", "/etc/ssh/sshd_config.d"],
  ["host", "/var/lib"],
  ["server", "/usr/local/bin/gatehouse"],
] as const;

for (const [command, place] of PLACES) {
  Deno.test(`install.sh ${command} names ${place}, which cannot be changed, before it changes anything`, async () => {
    await using tree = await InstallTree.make({ "usr/local/bin/gatehouse": "another one\n" });
    const before = await tree.snapshot();
    const words = command === "host" ? ["--codes-only", "--yes"] : ["--yes"];
    const { code, err } = await without(tree, "chmod", place, command, ...words);
    assert.equal(code, 78);
    assert.match(err, new RegExp(`error: ${place} cannot be changed\n.*hint: is it immutable`));
    assert.equal(await tree.snapshot(), before);
  });
}

Deno.test("no room for what is to be installed is said, with what helps", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.everything();
  const { code, err } = await without(tree, "cp", "/kit/gatehouse", "server", "--yes");
  assert.equal(code, 78);
  assert.match(err, /error: what is to be installed finds no room in .*\n.*hint: .*TMPDIR=DIR\n/);
  assert.equal(await tree.everything(), before);
});

Deno.test("a file that could not be replaced needs not be put back, so all is as before", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  const { code, err } = await without(
    tree,
    "mv",
    "/etc/pam.d/sshd",
    "host",
    "--codes-only",
    "--yes",
  );
  assert.equal(code, 70);
  assert.match(
    err,
    /error: PAM's files were not changed\n.*hint: everything is as it was before\n/,
  );
  assert.equal(await tree.snapshot(), before);
});
