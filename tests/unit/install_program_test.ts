/** install.sh and the program: found, checked, put in its place; upgrade, rollback, uninstall. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";
import { mustRun, run } from "../support/process.ts";

const PROGRAM = "usr/local/bin/gatehouse";
const SECURITY = "lib/x86_64-linux-gnu/security";
const MODULE = `${SECURITY}/pam_gatehouse.so`;
const PREVIOUS = "usr/local/lib/gatehouse/previous";

interface Critical {
  readonly id: string;
  readonly what?: string;
  readonly where?: string;
}

/** Of that version. @param doctor what is critical, or its ids; null: it has no doctor */
function program(version: string, doctor: readonly (Critical | string)[] | null = []): string {
  const findings = (doctor ?? []).map((one) => typeof one === "string" ? { id: one } : one)
    .map((one) => ({ where: null, ...one, severity: "critical" }));
  const report = JSON.stringify({ verdict: "ok", findings }, undefined, 2);
  const answer = doctor === null ? "exit 2" : `cat <<'END'\n${report}\nEND`;
  return `#!/bin/sh\ncase $1 in\n  version) echo "gatehouse ${version}" ;;\n  doctor) ${answer}\nesac\n`;
}

/** As install.sh is handed out, the module too. */
async function brings(tree: InstallTree, version: string, text = program(version)): Promise<void> {
  await Deno.writeTextFile(`${tree.kit}/gatehouse`, text, { mode: 0o755 });
  await Deno.writeTextFile(`${tree.kit}/pam_gatehouse.so`, `module ${version}`);
}

/** With that version installed by `server`, which asks for nothing else. */
async function installed(version: string): Promise<InstallTree> {
  const tree = await InstallTree.make();
  await brings(tree, version);
  await mustRun(tree.command("server", "--yes"));
  return tree;
}

const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o7777;

Deno.test("program and module go to their places, and nobody but root can change them", async () => {
  await using tree = await installed("1.0.0");
  assert.equal(await tree.read(PROGRAM), program("1.0.0"));
  assert.equal(await modeOf(tree.at(PROGRAM)), 0o755);
  assert.equal(await tree.read(MODULE), "module 1.0.0");
  assert.equal(await modeOf(tree.at(MODULE)), 0o644);
  assert.equal(await tree.exists(PREVIOUS), false);
});

for (
  const folder of [
    "usr/lib/x86_64-linux-gnu/security",
    "usr/lib/aarch64-linux-gnu/security",
    "usr/lib64/security",
    "lib64/security",
    "usr/lib/security",
  ]
) {
  Deno.test(`the module goes beside pam_unix.so in /${folder}`, async () => {
    await using tree = await InstallTree.make({ [`${folder}/pam_unix.so`]: "" });
    await Deno.remove(tree.at(`${SECURITY}/pam_unix.so`));
    await mustRun(tree.command("server", "--yes"));
    assert.equal(await tree.exists(`${folder}/pam_gatehouse.so`), true);
    assert.equal(await tree.exists(MODULE), false);
  });
}

/** As much of an ELF file as is looked at. @param machine 0x3e: x86-64, 0x03: i386 */
function elf(size: 1 | 2, machine: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, size]);
  bytes.set([machine], 18);
  return bytes;
}

Deno.test("of two folders for modules the one of the module's own processor is taken", async () => {
  await using tree = await InstallTree.make({ "usr/lib/i386-linux-gnu/security/pam_unix.so": "" });
  await Deno.writeFile(tree.at("usr/lib/i386-linux-gnu/security/pam_unix.so"), elf(1, 0x03));
  await Deno.writeFile(tree.at(`${SECURITY}/pam_unix.so`), elf(2, 0x3e));
  await Deno.writeFile(`${tree.kit}/pam_gatehouse.so`, elf(2, 0x3e));
  await mustRun(tree.command("server", "--yes"));
  assert.equal(await tree.exists(MODULE), true);
  assert.equal(await tree.exists("usr/lib/i386-linux-gnu/security/pam_gatehouse.so"), false);
});

Deno.test("PAM without a module is refused, and so is one without pam_unix.so", async () => {
  await using tree = await InstallTree.make();
  await Deno.remove(`${tree.kit}/pam_gatehouse.so`);
  const before = await tree.everything();
  const refused = await tree.install("host", "--yes", "--codes-only");
  assert.equal(refused.code, 78);
  assert.match(refused.err, /the PAM module cannot be installed: there is no pam_gatehouse\.so/);
  await Deno.writeTextFile(`${tree.kit}/pam_gatehouse.so`, "");
  await Deno.remove(tree.at(`${SECURITY}/pam_unix.so`));
  const homeless = await tree.install("host", "--yes", "--codes-only");
  assert.equal(homeless.code, 78);
  assert.match(homeless.err, /there is no pam_unix\.so here/);
  assert.match(homeless.err, /hint: install PAM's modules first .*; or use --mode gate\n/);
  await Deno.writeTextFile(tree.at(`${SECURITY}/pam_unix.so`), "");
  assert.equal((await tree.everything()).length, before.length);
});

async function sums(tree: InstallTree, ...names: readonly string[]): Promise<void> {
  const { out } = await mustRun(["sha256sum", ...names], { cwd: tree.kit });
  await Deno.writeTextFile(`${tree.kit}/SHA256SUMS`, out);
}

Deno.test("what SHA256SUMS says is compared: right ones are said to be, others refused", async () => {
  await using tree = await InstallTree.make();
  await sums(tree, "./gatehouse", "pam_gatehouse.so", "install.sh");
  const right = await mustRun(tree.command("server", "--yes", "--dry-run"));
  assert.match(right.out, /SHA-256 as in SHA256SUMS/);
  const before = await tree.everything();
  for (const name of ["gatehouse", "pam_gatehouse.so"]) {
    const good = await Deno.readTextFile(`${tree.kit}/${name}`);
    await Deno.writeTextFile(`${tree.kit}/${name}`, `${good}#`);
    const wrong = await tree.install("server", "--yes");
    assert.equal(wrong.code, 78);
    assert.ok(wrong.err.includes(`/${name} is not what SHA256SUMS beside it says`), wrong.err);
    await Deno.writeTextFile(`${tree.kit}/${name}`, good);
  }
  assert.equal(await tree.everything(), before);
});

Deno.test("a module that SHA256SUMS does not name is refused beside a program that it does", async () => {
  await using tree = await InstallTree.make();
  await sums(tree, "gatehouse");
  const { code, err } = await tree.install("server", "--yes");
  assert.equal(code, 78);
  assert.match(err, /pam_gatehouse\.so is not what SHA256SUMS/);
});

Deno.test("sums of other files are not the program's", async () => {
  await using tree = await InstallTree.make();
  await Deno.writeTextFile(
    `${tree.kit}/SHA256SUMS`,
    `${"0".repeat(64)}  gatehouse_1.0.0_amd64.deb\n`,
  );
  const { out } = await mustRun(tree.command("server", "--yes"));
  assert.doesNotMatch(out, /SHA-256/);
});

Deno.test("dist/ does where nothing lies beside install.sh", async () => {
  await using tree = await InstallTree.make();
  await Deno.mkdir(`${tree.kit}/dist`);
  await mustRun(["mv", "gatehouse", "pam_gatehouse.so", "dist"], { cwd: tree.kit });
  await mustRun(tree.command("server", "--yes"));
  assert.equal(await tree.exists(PROGRAM), true);
});

Deno.test("without a program a checkout is built with the Deno that it pins, another folder is refused", async () => {
  await using tree = await InstallTree.make();
  await mustRun(["rm", "gatehouse", "pam_gatehouse.so"], { cwd: tree.kit });
  const refused = await tree.install("server", "--yes");
  assert.equal(refused.code, 78);
  assert.match(refused.err, /there is no gatehouse beside /);
  await Deno.mkdir(`${tree.kit}/scripts`);
  const pin = `export const DENO_VERSION = "9.8.7";\n`;
  await Deno.writeTextFile(`${tree.kit}/scripts/toolchain.ts`, pin);
  const npx = `#!/bin/sh\nmkdir dist\necho "$@" >dist/asked\ncp ../other dist/gatehouse\n`;
  await Deno.mkdir(`${tree.kit}/bin`);
  await Deno.writeTextFile(`${tree.kit}/bin/npx`, npx, { mode: 0o755 });
  await Deno.writeTextFile(`${tree.folder.path}/other`, program("1.0.0"), { mode: 0o755 });
  const env = { PATH: `${tree.kit}/bin:/usr/bin:/bin` };
  const dry = await mustRun(tree.command("server", "--yes", "--dry-run"), { env });
  assert.match(dry.out, /would be built/);
  await mustRun(tree.command("server", "--yes"), { env });
  assert.equal(await Deno.readTextFile(`${tree.kit}/dist/asked`), "-y deno@9.8.7 task build\n");
  assert.equal(await tree.read(PROGRAM), program("1.0.0"));
});

Deno.test("a program that does not start is not installed", async () => {
  await using tree = await InstallTree.make();
  await brings(tree, "1.0.0", "#!/bin/sh\nexit 1\n");
  const before = await tree.everything();
  const { code, err } = await tree.install("server", "--yes");
  assert.equal(code, 78);
  assert.match(err, /gatehouse does not start on this machine/);
  assert.equal(await tree.everything(), before);
});

const OPEN = [
  [
    "usr/local",
    ["chmod", "g+w"],
    /\/usr\/local can be written by others/,
    /chmod go-w \/usr\/local/,
  ],
  ["usr/local/bin", ["chmod", "o+w"], /bin can be written by others/, /chmod go-w/],
  ["usr/local/bin", ["chown", "1000"], /bin belongs to uid 1000/, /chown root/],
  ["usr", ["chmod", "g+w"], /\/usr can be written by others/, /chmod go-w/],
] as const;

for (const [folder, [how, what], fault, hint] of OPEN) {
  Deno.test(`/${folder} after ${how} ${what}: refused, for the module would start nothing in it`, async () => {
    await using tree = await InstallTree.make();
    await mustRun([how, what, tree.at(folder)]);
    const { code, err } = await tree.install("server", "--yes");
    assert.equal(code, 78);
    assert.match(err, fault);
    assert.match(err, hint);
    assert.equal(await tree.exists(PROGRAM), false);
  });
}

Deno.test("Debian's old group staff is told apart, with what ends it", async () => {
  await using tree = await InstallTree.make();
  await mustRun(["chown", "0:50", tree.at("usr/local")]);
  await mustRun(["chmod", "2775", tree.at("usr/local")]);
  const { err } = await tree.install("server", "--yes");
  assert.match(err, /group staff, as old Debian has it/);
  assert.match(err, /rm -f \/etc\/staff-group-for-usr-local; chgrp root \/usr\/local/);
});

Deno.test("upgrade takes the new pair, rollback the old one, and again the new one", async () => {
  await using tree = await installed("1.0.0");
  const first = await tree.snapshot();
  await brings(tree, "2.0.0");
  const up = await mustRun(tree.command("upgrade"));
  assert.match(up.out, /gatehouse 1\.0\.0 -> 2\.0\.0/);
  assert.equal(await tree.read(MODULE), "module 2.0.0");
  assert.equal(await tree.read(`${PREVIOUS}/gatehouse`), program("1.0.0"));
  assert.equal(await tree.read(`${PREVIOUS}/pam_gatehouse.so`), "module 1.0.0");
  const back = await mustRun(tree.command("rollback"));
  assert.match(back.out, /gatehouse 2\.0\.0 -> 1\.0\.0/);
  assert.equal(await tree.read(PROGRAM), program("1.0.0"));
  assert.equal(await tree.read(MODULE), "module 1.0.0");
  await mustRun(tree.command("rollback"));
  assert.equal(await tree.read(PROGRAM), program("2.0.0"));
  assert.notEqual(await tree.snapshot(), first);
});

Deno.test("a gate that runs keeps the file that it was started from", async () => {
  await using tree = await installed("1.0.0");
  using running = await Deno.open(tree.at(PROGRAM));
  await brings(tree, "2.0.0");
  await mustRun(tree.command("upgrade"));
  const text = await new Response(running.readable).text();
  assert.equal(text, program("1.0.0"));
});

Deno.test("the same program again is nothing to do", async () => {
  await using tree = await installed("1.0.0");
  const before = await tree.everything();
  assert.match((await mustRun(tree.command("upgrade"))).out, /nothing to do/);
  assert.equal(await tree.everything(), before);
});

Deno.test("upgrade --dry-run and rollback --dry-run change nothing", async () => {
  await using tree = await installed("1.0.0");
  await brings(tree, "2.0.0");
  const before = await tree.everything();
  assert.match(
    (await mustRun(tree.command("upgrade", "--dry-run"))).out,
    /usr\/local\/bin\/gatehouse[^]*^would be: gatehouse 1\.0\.0 -> 2\.0\.0$/m,
  );
  assert.equal(await tree.everything(), before);
  await mustRun(tree.command("upgrade"));
  const upgraded = await tree.everything();
  assert.match(
    (await mustRun(tree.command("rollback", "--dry-run"))).out,
    /^would be: gatehouse 2\.0\.0 -> 1\.0\.0$/m,
  );
  assert.equal(await tree.everything(), upgraded);
});

Deno.test("what the doctor of the new version newly finds critical takes the upgrade back", async () => {
  await using tree = await installed("1.0.0");
  const before = await tree.snapshot();
  await brings(tree, "2.0.0", program("2.0.0", ["sshd.gone", "pam.open"]));
  const { code, err } = await tree.install("upgrade");
  assert.equal(code, 70);
  assert.match(err, /finds what was not there before: pam\.open, sshd\.gone/);
  assert.match(err, /the new version was taken back/);
  assert.equal(await tree.snapshot(), before);
});

Deno.test("what was critical before does not hinder an upgrade, nor does an old version without a doctor", async () => {
  for (const before of [program("1.0.0", ["pam.open"]), program("1.0.0", null)]) {
    await using tree = await InstallTree.make();
    await brings(tree, "1.0.0", before);
    await mustRun(tree.command("server", "--yes"));
    await brings(tree, "2.0.0", program("2.0.0", ["pam.open"]));
    await mustRun(tree.command("upgrade"));
    assert.equal(await tree.read(PROGRAM), program("2.0.0", ["pam.open"]));
  }
});

const FORWARDING = { id: "sshd.forwarding-open", where: "/etc/ssh/sshd_config:3" };

Deno.test("an upgrade is taken back for what is critical elsewhere, though not for other words about the same", async () => {
  // A brace, a quote and a comma in the words are no end of them.
  const old = { ...FORWARDING, what: 'for "alice", {bob}' };
  const elsewhere = { ...FORWARDING, where: "/etc/ssh/sshd_config.d/x.conf" };
  const taken = [[old], [{ ...old, where: "/etc/ssh/sshd_config:9" }], [{ ...old, what: "anew" }]];
  const refused = [[old, elsewhere], [old, { id: old.id, what: old.what }]];
  for (
    const [found, code] of [
      ...taken.map((one) => [one, 0] as const),
      ...refused.map((one) => [one, 70] as const),
    ]
  ) {
    await using tree = await InstallTree.make();
    await brings(tree, "1.0.0", program("1.0.0", [old]));
    await mustRun(tree.command("server", "--yes"));
    await brings(tree, "2.0.0", program("2.0.0", found));
    const upgraded = await tree.install("upgrade");
    assert.equal(upgraded.code, code, `${JSON.stringify(found)}: ${upgraded.err}`);
    if (code !== 0) assert.match(upgraded.err, /not there before: sshd\.forwarding-open\n/);
  }
});

Deno.test("what only the new program in its place finds is new, in the same file, too", async () => {
  await using tree = await InstallTree.make();
  const old = { ...FORWARDING, what: "for alice" };
  await brings(tree, "1.0.0", program("1.0.0", [old]));
  await mustRun(tree.command("server", "--yes"));
  const calm = program("2.0.0", [old]);
  const worse = program("2.0.0", [old, { ...old, what: "for bob" }]).split("doctor) ")[1] ?? "";
  const text = calm.replace(
    "doctor) ",
    `doctor) case $0 in */kit/*) ;; *) ${worse.replace(/\nesac\n$/, "\n")}exit ;; esac\n`,
  );
  await brings(tree, "2.0.0", text);
  const { code, err } = await tree.install("upgrade");
  assert.equal(code, 70, err);
  assert.match(err, /not there before: sshd\.forwarding-open\n/);
});

Deno.test("a new version whose doctor says nothing is taken back, unless the old one had none either", async () => {
  for (const [doctor, code] of [[[], 70], [null, 0]] as const) {
    await using tree = await InstallTree.make();
    await brings(tree, "1.0.0", program("1.0.0", doctor));
    await mustRun(tree.command("server", "--yes"));
    const before = await tree.snapshot();
    await brings(tree, "2.0.0", program("2.0.0", null));
    const upgraded = await tree.install("upgrade");
    assert.equal(upgraded.code, code, upgraded.err);
    if (code === 0) continue;
    assert.match(
      upgraded.err,
      /the doctor says nothing: \/usr\/local\/bin\/gatehouse doctor --json/,
    );
    assert.equal(await tree.snapshot(), before);
  }
});

Deno.test("a new version that starts from where it lay, but not where it is installed, is taken back", async () => {
  await using tree = await installed("1.0.0");
  const before = await tree.snapshot();
  const picky = `#!/bin/sh\ncase $0 in */kit/*) echo "gatehouse 2.0.0" ;; *) exit 1 ;; esac\n`;
  await brings(tree, "2.0.0", picky);
  const { code, err } = await tree.install("upgrade");
  assert.equal(code, 70);
  assert.match(err, /\/usr\/local\/bin\/gatehouse does not start/);
  assert.equal(await tree.snapshot(), before);
});

Deno.test("upgrade and rollback refuse where there is nothing for them, and options that they do not have", async () => {
  await using tree = await InstallTree.make();
  assert.match((await tree.install("upgrade")).err, /gatehouse is not installed here/);
  assert.match((await tree.install("rollback")).err, /no earlier version is kept/);
  const { code, err } = await tree.install("upgrade", "--now");
  assert.equal(code, 2);
  assert.match(err, /upgrade: unknown option: --now/);
  for (const command of ["upgrade", "rollback"]) {
    assert.match((await mustRun(tree.command(command, "--help"))).out, /^usage: install\.sh/);
  }
});

Deno.test("an upgrade leaves what was chosen for the host as it is", async () => {
  await using tree = await InstallTree.make();
  await brings(tree, "1.0.0");
  await tree.host("--mode", "pam", "--services", "sudo", "--users", "alice");
  await brings(tree, "2.0.0");
  await mustRun(tree.command("upgrade"));
  const again = await mustRun(tree.command("host", "--yes"));
  assert.match(again.out, /nothing to do/);
});

Deno.test("uninstall after upgrades leaves nothing of them", async () => {
  await using tree = await InstallTree.make();
  await brings(tree, "1.0.0");
  const before = await tree.snapshot();
  await tree.host();
  for (const version of ["2.0.0", "3.0.0"]) {
    await brings(tree, version);
    await mustRun(tree.command("upgrade"));
  }
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("an upgrade that is ended in the middle can be undone, and leaves the whole of the old version", async () => {
  await using tree = await installed("1.0.0");
  const before = await tree.snapshot();
  await brings(
    tree,
    "2.0.0",
    program("2.0.0").replace("doctor)", "doctor) case $0 in */kit/*) ;; *) kill -9 $PPID ;; esac;"),
  );
  const cut = await run(tree.command("upgrade"));
  assert.equal(cut.signal, "SIGKILL");
  assert.match((await tree.install("upgrade")).err, /an earlier change is still on trial/);
  await mustRun(tree.command("undo"));
  assert.equal(await tree.snapshot(), before);
});
