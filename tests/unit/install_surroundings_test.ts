/** install.sh host where something is other than usual: sshd, host.toml, the doctor, what an earlier try left. */
import assert from "node:assert/strict";
import { DEBIAN_SSHD, InstallTree } from "../support/install.ts";
import { mustRun, run } from "../support/process.ts";

const DROP_IN = "etc/ssh/sshd_config.d/50-gatehouse.conf";
const KEY = "etc/gatehouse/host.key";
const SERVER = "https://auth.example.com";

for (const mode of ["pam", "gate", "both"]) {
  Deno.test(`install.sh host --mode ${mode} on a machine without sshd: a tree is changed, with a warning`, async () => {
    await using tree = await InstallTree.make();
    const before = await tree.snapshot();
    const hidden = 'mount --bind /dev/null "$(command -v sshd)" && exec "$@"';
    const { code, err } = await run([
      ...["unshare", "--mount", "sh", "-c", hidden, "sh"],
      ...tree.command("host", "--yes", "--codes-only", "--mode", mode),
    ]);
    assert.equal(code, 0, err);
    assert.match(err, /^install\.sh: warning: no sshd on this machine/);
    assert.match(await tree.read(DROP_IN), /^Match Group ssh-2fa$/m);
    await tree.uninstall();
    assert.equal(await tree.snapshot(), before);
  });
}

Deno.test("options of other builds are no fault of a tree, in any of its files; others are", async () => {
  const options = "PerSourcePenalties crash:3600s\nGSSAPIKeyExchange no\n";
  await using tree = await InstallTree.make({
    "etc/ssh/sshd_config": `${DEBIAN_SSHD}RequiredRSASize 2048\nKerberosUseKuserok yes\n`,
    "etc/ssh/sshd_config.d/10-own.conf": options,
  });
  const before = await tree.snapshot();
  const { err } = await tree.host("--mode", "gate");
  assert.match(err, /the sshd of this machine does not know persourcepenalties, so that line/);
  assert.match(err, /does not know kerberosusekuserok/);
  assert.match(await tree.read(DROP_IN), /ForceCommand exec /);
  assert.equal(await tree.read("etc/ssh/sshd_config.d/10-own.conf"), options);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);

  await tree.write("etc/ssh/sshd_config.d/10-own.conf", `${options}NoSuchOption yes\n`);
  const refused = await tree.install("host", "--yes", "--codes-only");
  assert.equal(refused.code, 78);
  assert.match(
    refused.err,
    /it is: \/etc\/ssh\/sshd_config\.d\/10-own\.conf: line 3: Bad configuration option: NoSuchOption\n/,
  );
});

/** The real one, but it has another banner for bob where our lines are read. */
const PARTIAL_SSHD = `#!/bin/sh
/usr/sbin/sshd "$@" || exit
case "$*" in *user=bob,*) ;; *) exit 0 ;; esac
while [ "$1" != -f ]; do shift; done
if grep -qs "gatehouse begin" "$2" $(sed -n 's/^Include //p' "$2" | tr -d '"'); then echo banner /etc/changed; fi
`;

Deno.test("a change that shows for somebody who is not guarded is refused", async () => {
  await using tree = await InstallTree.make();
  await Deno.mkdir(`${tree.kit}/bin`);
  await Deno.writeTextFile(`${tree.kit}/bin/sshd`, PARTIAL_SSHD, { mode: 0o755 });
  const before = await tree.everything();
  const { code, err } = await run(tree.command("host", "--yes", "--codes-only"), {
    env: { PATH: `${tree.kit}/bin:/usr/bin:/bin` },
  });
  assert.equal(code, 78);
  assert.match(
    err,
    /sshd would treat bob, who is not guarded, in another way: banner \/etc\/changed/,
  );
  assert.equal(await tree.everything(), before);
});

const JOINED = [
  `servers = ["${SERVER}"]`,
  `servers = [\n  "${SERVER}",\n]`,
  `# servers = []\n"servers" = [ # ours ]\n  '${SERVER}/' # "]"\n]\n[policy]\nservers = []`,
  `  servers=["https://other.example.com",\n\n"${SERVER}"] # both`,
];

Deno.test("a server that host.toml names already is not joined again, however its array is written", async () => {
  for (const text of JOINED) {
    await using tree = await InstallTree.make({ "etc/gatehouse/host.toml": `${text}\n` });
    const join = ["--mode", "gate", "--join", `${SERVER}/`] as const;
    const { code, out, err } = await tree.install("host", "--yes", ...join);
    assert.equal(code, 0, err);
    assert.doesNotMatch(out, /joined/, text);
    assert.equal(await tree.read("etc/gatehouse/host.toml"), `${text}\n`);
  }
});

async function doctorSays(tree: InstallTree, says: string): Promise<void> {
  const path = `${tree.kit}/gatehouse`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(/doctor\) .*/, `doctor) ${says} ;;`));
}

Deno.test("the key of this host stays when a change is taken back, so the token joins again; uninstall removes it", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  const join = ["--mode", "gate", "--join", SERVER, "token"] as const;
  await doctorSays(tree, "exit 1");
  const failed = await tree.install("host", "--yes", ...join);
  assert.equal(failed.code, 70);
  assert.match(failed.err, /the doctor says nothing/);
  assert.match(failed.out, /kept: \/etc\/gatehouse\/host\.key, for the next try/);
  assert.equal(await tree.exists("etc/gatehouse/host.toml"), false);
  assert.equal(await tree.exists(DROP_IN), false);
  const key = await tree.read(KEY);
  assert.equal(((await Deno.stat(tree.at(KEY))).mode ?? 0) & 0o7777, 0o600);

  await doctorSays(tree, `echo '{"verdict": "ok", "findings": []}'`);
  const again = await tree.install("host", "--yes", ...join);
  assert.equal(again.code, 0, again.err);
  assert.equal(await tree.read(KEY), key);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

/** Once our lines are there. */
const worseDoctor = (before: object, after: object) => {
  const report = (findings: object) =>
    `echo '${JSON.stringify({ verdict: "critical", findings: [findings] })}'`;
  return `if [ -e "$4/${DROP_IN}" ]; then ${report(after)}; else ${report(before)}; fi`;
};

Deno.test("what is critical before hides nothing of the same id in another file, or about another account", async () => {
  const old = {
    id: "sshd.open",
    severity: "critical",
    where: "/a:3",
    what: "one",
  };
  const cases = [
    [{ ...old, where: "/a:9" }, 0],
    [{ ...old, where: "/b:3" }, 70],
    [{ ...old, what: "another" }, 70],
  ] as const;
  for (const [found, code] of cases) {
    await using tree = await InstallTree.make();
    const before = await tree.snapshot();
    await doctorSays(tree, worseDoctor(old, found));
    const result = await tree.install("host", "--yes", "--codes-only");
    assert.equal(result.code, code, `${JSON.stringify(found)}: ${result.err}`);
    if (code === 0) continue;
    assert.match(result.err, /the doctor finds what was not there before: sshd\.open\n/);
    assert.equal(await tree.snapshot(), before);
  }
});

Deno.test("a group that nobody is in yet is no reason to take the change back; a guard that misses its members is", async () => {
  for (const [members, code] of [["", 0], ["alice", 70]] as const) {
    await using tree = await InstallTree.make({
      "etc/group": `root:x:0:\nalice:x:1000:\nbob:x:1001:\nssh-2fa:x:990:${members}\n`,
    });
    await doctorSays(
      tree,
      worseDoctor({}, { id: "sshd.nobody-guarded", severity: "critical", what: "nobody" }),
    );
    const result = await tree.install("host", "--yes", "--codes-only");
    assert.equal(result.code, code, result.err);
    assert.match(result.out + result.err, /to guard somebody|not there before: sshd\.nobody/);
  }
});

Deno.test("uninstall stops where somebody's own line still names gatehouse, and ends when it is gone", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  await tree.host();
  await tree.write("etc/pam.d/polkit-1", "# pam_gatehouse.so\nauth required pam_gatehouse.so\n");
  const { code, err } = await tree.install("uninstall");
  assert.equal(code, 78);
  assert.match(err, /\/etc\/pam\.d\/polkit-1 still names gatehouse, so the program stays/);
  assert.equal(await tree.exists("usr/local/bin/gatehouse"), true);
  await tree.write("etc/pam.d/polkit-1", "# pam_gatehouse.so\n");
  await tree.uninstall();
  await Deno.remove(tree.at("etc/pam.d/polkit-1"));
  assert.equal(await tree.snapshot(), before);
});

Deno.test("uninstall forgets why a change was taken back once", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  await tree.host();
  await Deno.writeTextFile(tree.at("var/lib/gatehouse-install/last"), "taken back: x\n");
  await mustRun(tree.command("uninstall", "--dry-run"));
  assert.equal(await tree.exists("var/lib/gatehouse-install/last"), true);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("a plan that is shown keeps a host's token to itself", async () => {
  await using tree = await InstallTree.make();
  await tree.write("etc/gatehouse/host.toml", 'servers = []\nhost_token = "old-secret"\n');
  const show = `. "$1/install/plan.sh"; plan_begin
    printf 'servers = ["x"]\\nhost_token = "new-secret"\\n' | plan_stage /etc/gatehouse/host.toml 0644
    plan_show; plan_drop`;
  const { out } = await mustRun(["sh", "-euc", show, "sh", tree.kit], {
    env: { ROOT: tree.root, STATE: tree.at("state"), TMPDIR: tree.folder.path },
  });
  assert.match(out, /^\+servers = \["x"\]\n\+host_token = \(not shown\)$/m);
  assert.doesNotMatch(out, /secret/);
});
