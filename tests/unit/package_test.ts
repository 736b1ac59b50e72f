/** Packages of a stand-in for the program: the same each time, and with the sums of all that is in them. */
import assert from "node:assert/strict";
import { buildPackages } from "../../scripts/package.ts";
import { type Release, withHelper } from "../../scripts/package_deb.ts";
import { mustRun, run } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const EPOCH = 1_700_000_000;

/** @param name a folder of its own in `folder` */
async function packages(folder: Scratch, name: string): Promise<string> {
  const path = await folder.dir(name);
  const release: Release = {
    program: await folder.file(`${name}/program`, "#!/bin/sh\necho gatehouse 1.2.3\n", 0o700),
    module: await folder.file(`${name}/module`, "module", 0o600),
    version: "1.2.3",
    epoch: EPOCH,
    sbom: "{}\n",
    licences: "licences\n",
  };
  await buildPackages(release, path);
  return path;
}

Deno.test("buildPackages() gives the same bytes again, whatever the clock and the files' own modes say", async () => {
  await using folder = await scratch();
  const first = await packages(folder, "first");
  const second = await packages(folder, "second");
  const sums = async (path: string) => await Deno.readTextFile(`${path}/SHA256SUMS`);
  assert.equal(await sums(first), await sums(second));
  assert.equal((await sums(first)).match(/^[0-9a-f]{64} {2}\S+$/gm)?.length, 3);
});

Deno.test("buildPackages(): the archive's own sums are those of all of its files", async () => {
  await using folder = await scratch();
  const path = await packages(folder, "out");
  await mustRun(["tar", "xzf", "gatehouse-1.2.3-linux-x86_64.tar.gz"], { cwd: path });
  const tree = `${path}/gatehouse-1.2.3`;
  await mustRun(["sha256sum", "--check", "--strict", "SHA256SUMS"], { cwd: tree });
  const listed = (await Deno.readTextFile(`${tree}/SHA256SUMS`)).trim().split("\n")
    .map((line) => line.slice(66));
  const { out } = await mustRun(["find", ".", "-type", "f", "-printf", "%P\\n"], { cwd: tree });
  const there = out.trim().split("\n").filter((name) => name !== "SHA256SUMS");
  assert.deepEqual(listed.toSorted(), there.toSorted());
  for (const name of ["install.sh", "install/plan.sh", "LICENSE", "README.md", "docs/sshd.md"]) {
    assert.ok(there.includes(name), name);
  }
  await Deno.writeTextFile(`${tree}/gatehouse`, "#!/bin/sh\necho gatehouse 6.6.6\n");
  const root = await folder.dir("root");
  const { code, err } = await run([`${tree}/install.sh`, "server", "--yes", "--root", root]);
  assert.equal(code, 78);
  assert.match(err, /is not what SHA256SUMS beside it says/);
});

Deno.test("buildPackages(): everybody may read what is in them, and root alone change it", async () => {
  await using folder = await scratch();
  const path = await packages(folder, "out");
  const { out: tar } = await mustRun([
    "tar",
    "tvzf",
    `${path}/gatehouse-1.2.3-linux-x86_64.tar.gz`,
  ]);
  const { out: deb } = await mustRun([
    "dpkg-deb",
    "--contents",
    `${path}/gatehouse_1.2.3_amd64.deb`,
  ]);
  for (const line of [...tar.trim().split("\n"), ...deb.trim().split("\n")]) {
    assert.match(line, /^[d-]rw[x-]r-[x-]r-[x-] (0\/0|root\/root) .* 2023-11-14 22:13/, line);
  }
});

Deno.test("buildPackages(): the documents name no picture and no document that is not there", async () => {
  await using folder = await scratch();
  const path = await packages(folder, "out");
  await mustRun(["tar", "xzf", "gatehouse-1.2.3-linux-x86_64.tar.gz"], { cwd: path });
  await mustRun(["dpkg-deb", "--extract", "gatehouse_1.2.3_amd64.deb", "deb"], { cwd: path });
  for (const tree of [`${path}/gatehouse-1.2.3`, `${path}/deb/usr/share/doc/gatehouse`]) {
    const { out } = await mustRun(["find", ".", "-name", "*.md"], { cwd: tree });
    const missing: string[] = [];
    let pictures = 0;
    for (const document of out.trim().split("\n")) {
      const text = await Deno.readTextFile(`${tree}/${document}`);
      for (const [, a, b] of text.matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)) {
        const to = (a ?? b ?? "").replace(/#.*/, "");
        if (to === "" || /^[a-z]+:/.test(to)) continue;
        if (to.endsWith(".png")) pictures++;
        const file = new URL(to, `file://${tree}/${document}`);
        const isThere = await Deno.stat(file).then(({ isFile }) => isFile, () => false);
        if (!isThere) missing.push(`${document}: ${to}`);
      }
    }
    // Programs that the bench compares with are in the sources alone.
    assert.deepEqual(missing, ["./bench/README.md: reference/"]);
    assert.ok(pictures > 0);
  }
});

Deno.test("the package's units start its own program", async () => {
  await using folder = await scratch();
  const path = await packages(folder, "out");
  await mustRun(["dpkg-deb", "--extract", "gatehouse_1.2.3_amd64.deb", "tree"], { cwd: path });
  for (const name of ["gatehouse", "gatehouse-sync", "gatehouse-doctor"]) {
    const text = await Deno.readTextFile(`${path}/tree/lib/systemd/system/${name}.service`);
    assert.match(text, /^ExecStart=\/usr\/bin\/gatehouse /m);
    assert.doesNotMatch(text, /\/usr\/local/);
  }
});

Deno.test("withHelper() tells the module once where its helper is", () => {
  const line = "\trequired\tpam_gatehouse.so\n";
  const told = "\trequired\tpam_gatehouse.so helper=/usr/bin/gatehouse\n";
  assert.equal(withHelper(line), told);
  assert.equal(withHelper(told), told);
});
