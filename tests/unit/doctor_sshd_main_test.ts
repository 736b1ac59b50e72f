/** Which sshd counts as the one that runs; and the file that a running sshd's `-f` names: used only where it is root's alone. */
import { equal, match } from "node:assert/strict";
import { runningSshds } from "../../lib/io/sshd_running.ts";
import { siteFiles } from "../../lib/io/site_files.ts";
import { namedConfig, notRoots } from "../../lib/modes/doctor/sshd_main.ts";
import { scratch } from "../support/scratch.ts";

async function found(change: (root: string) => Promise<void>) {
  await using folder = await scratch();
  const root = await folder.dir("root");
  await Deno.mkdir(`${root}/home/alice`, { recursive: true });
  await Deno.writeTextFile(`${root}/home/alice/ok.conf`, "Include /etc/shadow\n");
  for (const path of ["", "/home", "/home/alice", "/home/alice/ok.conf"]) {
    await Deno.chown(root + path, 0, 0);
    await Deno.chmod(root + path, 0o755);
  }
  await change(root);
  return notRoots("/home/alice/ok.conf", siteFiles(root));
}

Deno.test("-f of root's alone is used", async () => {
  equal(await found(() => Promise.resolve()), undefined);
  equal(namedConfig(["-o", "UsePAM=no", "-f", "/etc/other"]), "/etc/other");
  equal(namedConfig(["-o", "UsePAM=no"]), undefined);
});

Deno.test("-f of somebody else's, or below a folder of theirs, is a critical finding", async () => {
  const file = await found((root) => Deno.chown(`${root}/home/alice/ok.conf`, 1000, 1000));
  equal(file?.severity, "critical");
  match(file?.what ?? "", /ok\.conf is not root's$/);
  const folder = await found((root) => Deno.chown(`${root}/home/alice`, 1000, 1000));
  match(folder?.what ?? "", /\/home\/alice is not root's$/);
  const open = await found((root) => Deno.chmod(`${root}/home/alice/ok.conf`, 0o666));
  match(open?.what ?? "", /can be written by others$/);
});

Deno.test("a process that only bears sshd's name is none of those that run", async () => {
  await using folder = await scratch();
  const program = `${folder.path}/sshd`;
  await Deno.symlink("/bin/sleep", program);
  const process = new Deno.Command(program, { args: ["300"] }).spawn();
  try {
    const { listeners } = await runningSshds();
    equal(listeners?.some(({ pid }) => pid === process.pid), false);
  } finally {
    process.kill();
    await process.status;
  }
});
