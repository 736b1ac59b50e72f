/** Units and cron lines that hosts get, and the server's: whole, as systemd sees them, and hardened. */
import assert from "node:assert/strict";
import { runCommand } from "../../commands.ts";
import { Failure } from "../../lib/core/errors.ts";
import { ROOT } from "../../scripts/run.ts";
import { InstallTree } from "../support/install.ts";
import { mustRun, run } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const UNITS = "etc/systemd/system";
const TIMERS = `${UNITS}/timers.target.d/50-gatehouse.conf`;
const CRON = "etc/cron.d/gatehouse";

async function systemdTree(): Promise<InstallTree> {
  const made = await InstallTree.make({ "lib/systemd/systemd": "" });
  await Deno.chmod(made.at("lib/systemd/systemd"), 0o755);
  return made;
}

Deno.test("a host with systemd gets both timers, started with the others", async () => {
  await using tree = await systemdTree();
  await tree.host();
  for (const name of ["sync", "doctor"]) {
    assert.match(
      await tree.read(`${UNITS}/gatehouse-${name}.service`),
      /^ExecStart=\/usr\/local\/bin\/gatehouse /m,
    );
    assert.equal(await tree.exists(`${UNITS}/gatehouse-${name}.timer`), true);
  }
  assert.match(await tree.read(TIMERS), /^Wants=gatehouse-sync\.timer gatehouse-doctor\.timer$/m);
  assert.equal(await tree.exists(CRON), false);
});

Deno.test("a host without systemd gets cron lines, each host at minutes of its own", async () => {
  const minutes = new Set<string>();
  for (const name of ["web1", "web2", "db"]) {
    await using tree = await InstallTree.make({ "etc/cron.d/x": "", "etc/hostname": `${name}\n` });
    await tree.host();
    const text = await tree.read(CRON);
    const [, minute = ""] = /^(\d+)-59\/15 \* \* \* \* root \[ ! -e \S+ \] \|\| \S+ sync --quiet /m
      .exec(text) ?? [];
    assert.ok(Number(minute) < 15, text);
    minutes.add(minute);
    assert.match(
      text,
      /^\d+ \* \* \* \* root \/usr\/local\/bin\/gatehouse doctor --report --quiet /m,
    );
    assert.equal(((await Deno.stat(tree.at(CRON))).mode ?? 0) & 0o777, 0o644);
  }
  assert.ok(minutes.size > 1);
});

Deno.test("where there is neither, a host is told what to run", async () => {
  await using tree = await InstallTree.make();
  await Deno.remove(tree.at("etc/cron.d"), { recursive: true });
  const { err } = await tree.host();
  assert.match(err, /neither systemd nor cron with its cron\.d is here/);
  assert.match(
    err,
    /every hour: \S+\/gatehouse doctor --report --quiet; .* \S+\/gatehouse sync --quiet\n/,
  );
});

Deno.test("uninstall takes units and cron lines away", async () => {
  for (const make of [systemdTree, () => InstallTree.make({ "etc/cron.d/x": "" })]) {
    await using tree = await make();
    const before = await tree.snapshot();
    await tree.host();
    await tree.uninstall();
    assert.equal(await tree.snapshot(), before);
  }
});

/** With a program in the place of ours, which systemd-analyze wants to be there. */
async function verifiable(name: string, folder: string): Promise<string> {
  const text = await Deno.readTextFile(`${ROOT}/share/systemd/${name}`);
  const path = `${folder}/${name}`;
  await Deno.writeTextFile(path, text.replaceAll("/usr/local/bin/gatehouse", "/bin/true"));
  return path;
}

const SERVICES = ["gatehouse", "gatehouse-sync", "gatehouse-doctor"];

Deno.test("systemd has nothing to say against the units", async () => {
  await using folder = await scratch();
  const names = [
    ...SERVICES.map((name) => `${name}.service`),
    "gatehouse-sync.timer",
    "gatehouse-doctor.timer",
  ];
  for (const name of names) await verifiable(name, folder.path);
  for (const name of names) {
    const { code, err } = await run(["systemd-analyze", "verify", `${folder.path}/${name}`]);
    assert.deepEqual({ name, code, err }, { name, code: 0, err: "" });
  }
});

async function exposure(name: string): Promise<number> {
  const { out } = await mustRun([
    ...["systemd-analyze", "security", "--offline=true", "--no-pager"],
    `${ROOT}/share/systemd/${name}.service`,
  ]);
  return Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(out)?.[1]);
}

Deno.test("the server's exposure is what docs/packages.md says, and under 2.0", async () => {
  const seen = await exposure("gatehouse");
  assert.ok(seen < 2, String(seen));
  const docs = await Deno.readTextFile(`${ROOT}/docs/packages.md`);
  assert.ok(docs.includes(`**${seen.toFixed(1)}**`), `docs/packages.md should say ${seen}`);
});

Deno.test("what runs on hosts as root is exposed as little as its work allows", async () => {
  assert.ok(await exposure("gatehouse-sync") < 3);
  // It has to see what a login sees.
  assert.ok(await exposure("gatehouse-doctor") < 3.5);
});

Deno.test("no unit forbids memory that is written and run, for the program is compiled while it runs", async () => {
  for (const name of SERVICES) {
    const text = await Deno.readTextFile(`${ROOT}/share/systemd/${name}.service`);
    assert.doesNotMatch(text, /^MemoryDenyWriteExecute/m);
  }
});

/** What the command line makes of it, when it is only to say what it takes. */
async function assertKnown(line: string): Promise<void> {
  const [program, ...words] = line.split(" ");
  assert.equal(program, "/usr/local/bin/gatehouse", line);
  const [command, ...options] = words;
  assert.ok(options.every((word) => /^--[a-z]+$/.test(word)), line);
  // Options are read one after another: it would complain of the first that it does not know.
  await assert.rejects(
    runCommand([command ?? "", ...options, "--no-such-option"]),
    (error) => error instanceof Failure && error.message.includes("--no-such-option"),
    line,
  );
}

Deno.test("units and cron say nothing that the command line does not know", async () => {
  for (const name of ["sync", "doctor"]) {
    const unit = await Deno.readTextFile(`${ROOT}/share/systemd/gatehouse-${name}.service`);
    await assertKnown(/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "");
  }
  await using tree = await InstallTree.make({ "etc/cron.d/x": "" });
  await tree.host();
  const lines = [
    ...(await tree.read(CRON)).matchAll(/(\/usr\/local\/bin\/gatehouse [^|>]*) 2>&1/g),
  ];
  assert.equal(lines.length, 2);
  for (const [, line = ""] of lines) await assertKnown(line);
});
