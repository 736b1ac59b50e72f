/** What install.sh says and asks: no option is silently ignored, no guard silently gone, nothing kept unnamed. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";
import { mustRun, run, start } from "../support/process.ts";
import { terminal } from "../support/terminal.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;
const TOML = "etc/gatehouse/host.toml";
const JOINED = 'servers = ["https://auth.example.com"]\nhost_token = "x"\n';

/** What functions of install/*.sh print. */
async function say(script: string): Promise<string> {
  const files = ["talk", "plan", "accounts", "sshd", "program", "units", "server", "host"];
  const sourced = files.map((name) => `. ${CHECKOUT}install/${name}.sh`).join("; ");
  const set = `set -eu; HERE=${CHECKOUT} ROOT= STATE=/nonexistent YES=yes`;
  return (await mustRun(["sh", "-c", `${set}; ${sourced}; ${script}`])).out;
}

Deno.test("ssh is not left unguarded by a list of services without a word", async () => {
  for (const mode of ["pam", "gate", "both"]) {
    await using tree = await InstallTree.make();
    await tree.host("--mode", mode);
    const { err } = await tree.host("--mode", "pam", "--services", "sudo");
    assert.match(
      err,
      /warning: sshd is no longer asked; for both: --services sshd,sudo\n/,
      mode,
    );
    // It is so already.
    assert.doesNotMatch((await tree.host("--services", "sudo,su")).err, /no longer asked/);
    assert.doesNotMatch((await tree.host("--services", "sshd,sudo")).err, /no longer asked/);
  }
});

Deno.test("on a terminal it is asked whether ssh is to be guarded no more, and no is no error", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  const before = await tree.everything();
  await using screen = terminal(tree.command("host", "--services", "sudo"));
  await screen.waitFor(/guard ssh no more \(yes, no\)\? \[no\]/);
  await screen.send("\r");
  assert.deepEqual(await screen.closed, { code: 0 });
  assert.match(screen.screen(), /nothing was changed/);
  assert.doesNotMatch(screen.screen(), /error:/);
  assert.equal(await tree.everything(), before);
});

Deno.test("uninstall --dry-run speaks of what is on trial, too", async () => {
  await using tree = await InstallTree.make();
  // Ended in the middle, as it would be by a loss of power.
  await bring(tree, strict("x", "").replace("doctor)", "doctor) kill -9 $PPID;"));
  await tree.install("host", "--yes", "--codes-only");
  const before = await tree.everything();
  const { out } = await mustRun(tree.command("uninstall", "--dry-run"));
  assert.match(out, /^ {2}\/usr\/local\/bin\/gatehouse$/m);
  assert.doesNotMatch(out, /nothing is installed/);
  assert.equal(await tree.everything(), before);
});

Deno.test("install.sh works in a folder that is gone", async () => {
  await using tree = await InstallTree.make();
  // As a program that the runtime starts: it wants a folder to be in.
  const program = await Deno.readTextFile(`${tree.kit}/gatehouse`);
  await Deno.writeTextFile(
    `${tree.kit}/gatehouse`,
    program.replace("\n", "\n/bin/pwd -P >/dev/null || exit 1\n"),
  );
  const gone = `${tree.folder.path}/gone`;
  await Deno.mkdir(gone);
  const words = tree.command("host", "--yes", "--codes-only");
  await mustRun(["sh", "-c", 'cd "$1" && rmdir "$1" && shift && "$@"', "sh", gone, ...words]);
});

const NEXT = "host_say_who() { :; }; WITHIN=300; host_say_next";

Deno.test("what is to be tried in a new session is what is guarded", async () => {
  assert.match(await say(`MODE=pam SERVICES=sshd,sudo; ${NEXT}`), /Log in anew from another/);
  assert.match(await say(`MODE=gate SERVICES=sshd; ${NEXT}`), /Log in anew from another/);
  const sudo = await say(`MODE=pam SERVICES=sudo,su; ${NEXT}`);
  assert.match(sudo, /open a new session and use sudo or su, as somebody who is/);
  assert.doesNotMatch(sudo, /Log in anew/);
});

const IGNORED = [
  [["--mode", "gate", "--services", "sudo"], /--services does not go with --mode gate/],
  [["--mode", "gate", "--services", "sudo"], /hint: .*--mode both --services sudo/],
  [["--mode", "gate", "--first", "password"], /--first does not go with --mode gate/],
  [["--mode", "both", "--first", "key"], /--first does not go with --mode both/],
  [["--services", "sudo,ssh"], /hint: use: --services sudo,sshd$/m],
] as const;

for (const [words, fault] of IGNORED) {
  Deno.test(`install.sh host ${words.join(" ")}: refused, ${fault.source}`, async () => {
    await using tree = await InstallTree.make();
    const before = await tree.everything();
    const { code, err } = await tree.install("host", "--yes", "--codes-only", ...words);
    assert.equal(code, 2, err);
    assert.match(err, fault);
    assert.equal(await tree.everything(), before);
  });
}

Deno.test("an option that goes with another mode is refused for the mode that is installed, too", async () => {
  await using tree = await InstallTree.make();
  await tree.host("--mode", "gate");
  assert.equal((await tree.install("host", "--yes", "--first", "password")).code, 2);
});

Deno.test("--codes-only on a host that has joined is refused, with what says otherwise", async () => {
  await using tree = await InstallTree.make({ [TOML]: JOINED });
  const { code, err } = await tree.install("host", "--yes", "--codes-only");
  assert.equal(code, 78);
  assert.match(err, /\/etc\/gatehouse\/host\.toml names a server/);
});

/** Its doctor finds that critical as soon as sshd has our lines. */
function strict(id: string, witness: string): string {
  const finding = { id, severity: "critical", where: { file: `/${TOML}` }, what: "x", witness };
  const report = JSON.stringify({ verdict: "critical", findings: [finding] }, undefined, 2);
  return `#!/bin/sh
case $1 in
  version) echo "gatehouse 0.0.0" ;;
  doctor)
    if [ -e "\${4-}/etc/ssh/sshd_config.d/50-gatehouse.conf" ]; then cat <<'END'
${report}
END
    else echo '{"verdict": "ok", "findings": []}'; fi ;;
  join) printf 'Token: ' >&2; cat >/dev/null; echo 'servers = ["https://auth.example.com"]' >"$3"
    echo "joined https://auth.example.com as web1; wrote $3" ;;
esac
`;
}

async function bring(tree: InstallTree, program: string): Promise<void> {
  await Deno.writeTextFile(`${tree.kit}/gatehouse`, program, { mode: 0o755 });
}

Deno.test("who has no authenticator yet is named, with the command, and the change stays", async () => {
  await using tree = await InstallTree.make();
  await bring(tree, strict("codes.not-enrolled", "alice, bob and 3 more"));
  const { err } = await tree.host();
  assert.match(err, /warning: without an authenticator, so locked out by this: alice, bob and 3/);
  assert.match(err, /gatehouse enroll --user alice\n.*gatehouse enroll --user bob\n$/);
});

Deno.test("any other critical finding still takes the change back", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  await bring(tree, strict("codes.not-enrolled-at-all", "alice"));
  assert.equal((await tree.install("host", "--yes", "--codes-only")).code, 70);
  assert.equal(await tree.snapshot(), before);
});

Deno.test("a host.toml that lets nobody in takes the change back, also when it was there before", async () => {
  await using tree = await InstallTree.make({ [TOML]: "servers = [\n" });
  const before = await tree.snapshot();
  const finding = `{"id": "host.config-faulty", "severity": "critical", "where": "/${TOML}:2"}`;
  const faulty = `#!/bin/sh
case $1 in
    version) echo "gatehouse 0.0.0" ;;
    doctor) echo '{"verdict": "critical", "findings": [${finding}]}' ;;
esac
`;
  await bring(tree, faulty);
  const { code, err } = await tree.install("host", "--yes");
  assert.equal(code, 70);
  assert.match(
    err,
    /error: with \/etc\/gatehouse\/host\.toml as it is, nobody who is guarded would get in\n/,
  );
  assert.equal(await tree.snapshot(), before);
});

Deno.test("--join says where and as whom, and nothing of what was asked", async () => {
  await using tree = await InstallTree.make();
  await bring(tree, strict("none", ""));
  await Deno.mkdir(tree.at("etc/gatehouse"));
  const words = ["--mode", "gate", "--join", "https://auth.example.com"];
  // The doctor's finding comes behind the step.
  const { out } = await run(tree.command("host", "--yes", ...words), { input: "token\n" });
  assert.match(out, /^ {2}\S+ joined https:\/\/auth\.example\.com as web1$/m);
  assert.doesNotMatch(out, /Token/);
});

/** A tree with a host and a server. */
async function both(): Promise<InstallTree> {
  const tree = await InstallTree.make();
  await tree.host();
  await mustRun(tree.command("server", "--yes"));
  return tree;
}

Deno.test("uninstall lists what goes of host and server, and asks for both on a terminal", async () => {
  await using tree = await both();
  await tree.write("var/lib/gatehouse-server/gatehouse.db", "");
  const before = await tree.everything();
  const { out } = await mustRun(tree.command("uninstall", "--dry-run"));
  assert.match(out, /^ {2}host: \/etc\/ssh\/sshd_config\.d\/50-gatehouse\.conf$/m);
  assert.match(out, /^ {2}server: \/etc\/gatehouse\/server\.toml$/m);
  assert.match(out, /^ {2}program: \/usr\/local\/bin\/gatehouse$/m);
  await using screen = terminal(tree.command("uninstall"));
  await screen.waitFor(
    /stays: the server's data in \/var\/lib\/gatehouse-server, and user gatehouse/,
  );
  await screen.waitFor(/take all of this off this machine \(yes, no\)\? \[no\]/);
  await screen.send("no\r");
  assert.deepEqual(await screen.closed, { code: 0 });
  assert.equal(await tree.everything(), before);
  assert.match((await tree.uninstall()).out, /^the server goes, too; this is put back/m);
});

Deno.test("everything is as it was only where nothing was kept", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  assert.match((await tree.uninstall()).out, /everything is as it was before gatehouse/);
  await tree.host();
  await tree.write("var/lib/gatehouse/codes/alice", "");
  const { out } = await tree.uninstall();
  assert.match(
    out,
    /^kept, for the installer did not write them:\n {2}\/var\/lib\/gatehouse\/codes\/alice$/m,
  );
  assert.doesNotMatch(out, /as it was before/);
});

Deno.test("a server.toml that was edited stays as it is, and no lines of ours are said to be taken out", async () => {
  await using tree = await both();
  const path = "etc/gatehouse/server.toml";
  const text = `${await tree.read(path)}public_url = "https://auth.example.com"\n`;
  await Deno.writeTextFile(tree.at(path), text);
  const { out } = await tree.uninstall();
  assert.equal(await tree.read(path), text);
  assert.match(out, /^kept: \/etc\/gatehouse\/server\.toml as you have changed it$/m);
  assert.doesNotMatch(out, /only the lines of gatehouse/);
  assert.equal(out.match(/server\.toml as you/g)?.length, 1);
  assert.doesNotMatch(out, /as it was before/);
});

Deno.test("what uninstall kept of a file with our lines is said once", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  const drop = "etc/ssh/sshd_config.d/50-gatehouse.conf";
  await Deno.writeTextFile(tree.at(drop), `${await tree.read(drop)}PermitTTY yes\n`);
  const { out } = await tree.uninstall();
  assert.equal(out.match(/^kept: /gm)?.length, 1, out);
});

Deno.test("status names the server, an empty mode of none, and both ways of both", async () => {
  await using server = await InstallTree.make();
  await mustRun(server.command("server", "--yes"));
  const alone = await mustRun(server.command("status"));
  assert.match(alone.out, /^server: installed, 127\.0\.0\.1:8422, data in \/var\/lib\/gatehouse-/m);
  assert.doesNotMatch(alone.out, /^mode:/m);
  await using tree = await InstallTree.make();
  await tree.host("--mode", "both", "--services", "sudo,su");
  const { out } = await mustRun(tree.command("status"));
  assert.match(out, /^mode: gate for ssh, PAM for sudo and su$/m);
  assert.doesNotMatch(out, /^server:/m);
});

Deno.test("what is on trial is not said to be changed since", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  // Ended in the middle, as it would be by a loss of power.
  const ending = strict("x", "").replace("doctor)", "doctor) kill -9 $PPID;");
  await bring(tree, ending);
  await tree.install("host", "--yes", "--mode", "gate");
  const { code, out } = await tree.install("status");
  assert.equal(code, 4, out);
  assert.doesNotMatch(out, /changed since|^gone/m);
});

Deno.test("without a cron that is installed no cron lines are written", async () => {
  await using tree = await InstallTree.make();
  await Deno.remove(tree.at("usr/sbin/cron"));
  const { err } = await tree.host();
  assert.match(err, /neither systemd nor cron/);
  assert.equal(await tree.exists("etc/cron.d/gatehouse"), false);
});

Deno.test("another install.sh than the package's is refused where that is installed", async () => {
  for (const command of ["host", "server", "upgrade", "rollback"]) {
    await using tree = await InstallTree.make({ "usr/share/gatehouse/install.sh": "" });
    const { code, err } = await tree.install(command, "--yes");
    assert.equal(code, 78);
    assert.match(err, /use \/usr\/share\/gatehouse\/install\.sh/);
  }
});

Deno.test("upgrade --dry-run to the same version says that there is nothing to do", async () => {
  await using tree = await both();
  const { out } = await mustRun(tree.command("upgrade", "--dry-run"));
  assert.match(out, /nothing to do: this is gatehouse 0\.0\.0/);
});

Deno.test("a server that nobody here restarts is named by its process", async () => {
  await using tree = await InstallTree.make();
  await mustRun(["mkfifo", "server"], { cwd: tree.root });
  await using fake = start(["bash", "-c", "exec -a /x/gatehouse cat server"], { cwd: tree.root });
  // Once it is what it is: a fifo opens when both ends are there.
  const writer = await Deno.open(tree.at("server"), { write: true });
  const said = await say(`program_path() { readlink -f "$(command -v cat)"; }; server_process`);
  writer.close();
  assert.ok(said.trim().split(" ").includes(String(fake.pid)), said);
  assert.equal(await say("program_path() { echo /x/gatehouse; }; server_process"), "");
});

const FIRST =
  "SERVER_USER=x server_data=/nonexistent server_program=gatehouse; units_are_systemd() { false; }";

Deno.test("the first administrator's link is spoken of only where nobody can sign in yet", async () => {
  await using tree = await InstallTree.make();
  assert.match(await say(`${FIRST}; server_say_first`), /At its first start it prints a link/);
  const data = tree.at("var/lib");
  await Deno.writeTextFile(`${data}/gatehouse.db`, "");
  for (const [rows, spoken] of [["[]", true], [`[{"name":"alice"}]`, false]] as const) {
    await bring(tree, `#!/bin/sh\necho '${rows}'\n`);
    const out = await say(
      `${FIRST}; server_data=${data}; program_path() { echo ${tree.kit}/gatehouse; }; server_say_first`,
    );
    assert.equal(/person invite admin/.test(out), spoken);
  }
});
