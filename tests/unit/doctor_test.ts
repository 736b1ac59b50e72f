/** `gatehouse doctor` on trees: what it finds, prints, mends, and ends with. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { runCommand } from "../../commands.ts";
import { parseHostConfig } from "../../lib/config/host.ts";
import { Exit } from "../../lib/core/errors.ts";
import { PAM_PROTOCOL } from "../../lib/core/pam_protocol.ts";
import { siteFiles } from "../../lib/io/site_files.ts";
import { doctor } from "../../lib/modes/doctor/doctor.ts";
import { examineHost } from "../../lib/modes/doctor/host.ts";
import { examineRunning } from "../../lib/modes/doctor/host_running.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { ALICE, BLOCK, DoctorTree, STATE } from "../support/doctor_tree.ts";
import { assertRefused } from "../support/failure.ts";
import { CollectedOut } from "../support/out.ts";
import { mustRun } from "../support/process.ts";

const TOML = "/etc/gatehouse/host.toml";
const ALICES = "/home/alice/.google_authenticator";
const BOBS = "/home/bob/.google_authenticator";
const PAM_SSHD = "/etc/pam.d/sshd";

/** With the C library, which stays open once it was opened. */
function test(name: string, fn: (tree: DoctorTree) => Promise<void>): void {
  Deno.test({
    name,
    sanitizeResources: false,
    fn: async () => {
      await using tree = await DoctorTree.make();
      await fn(tree);
    },
  });
}

test("a host in order has no finding of its own, and says what was proven", async (tree) => {
  deepEqual(await tree.found(), []);
  const { status, text } = await tree.doctor();
  match(text, /^web1: all is well/);
  match(text, /2 accounts: each has an authenticator that can be used/);
  equal(status, Exit.ok);
});

/** What is broken, and which findings of the host's own must appear. */
const BROKEN: readonly (readonly [
  name: string,
  how: (tree: DoctorTree) => Promise<unknown>,
  found: readonly string[],
])[] = [
  ["host.toml is missing", async (tree) => {
    await Deno.remove(`${tree.path}${TOML}`);
  }, [`critical host.config-missing ${TOML}`]],
  ["host.toml has two faults", async (tree) => {
    await tree.host('servers = []\ncolour = 1\ntimeout = "1h"\n');
  }, [`critical host.config-faulty ${TOML}:3`, `critical host.config-faulty ${TOML}:2`]],
  ["host.toml is a folder", async (tree) => {
    await Deno.remove(`${tree.path}${TOML}`);
    await Deno.mkdir(`${tree.path}${TOML}`);
  }, [`critical host.config-faulty ${TOML}`]],
  ["host.toml is no TOML", async (tree) => {
    await tree.host("servers = []\nlanguage = en\n");
  }, [`critical host.config-faulty ${TOML}:2`]],
  ["host.toml can be written by everybody", async (tree) => {
    await tree.write(TOML, "servers = []\n", 0o666);
  }, [`critical host.config-open ${TOML}`]],
  ["host.toml belongs to alice", async (tree) => {
    await tree.write(TOML, "servers = []\n", 0o644, ALICE);
  }, [`critical host.config-open ${TOML}`]],
  ["its folder can be written by everybody", async (tree) => {
    await tree.own("/etc/gatehouse", 0, 0o777);
  }, ["critical host.config-open /etc/gatehouse"]],
  ["accounts cannot read host.toml, and the gate runs as they", async (tree) => {
    await tree.write(TOML, "servers = []\n", 0o600);
  }, [`critical host.config-unreadable ${TOML}`]],
  ["the whole Internet is exempt", async (tree) => {
    await tree.host('servers = []\n[policy]\nexempt_sources = ["0.0.0.0/0", "::/0"]\n');
  }, [`critical host.exempt-everywhere ${TOML}:3`]],
  ["everybody is exempt", async (tree) => {
    await tree.host('servers = []\n[policy]\nexempt_groups = ["ssh-2fa"]\n');
  }, [`critical host.exempt-everybody ${TOML}:3`, `warning host.exempt-accounts ${TOML}:3`]],
  ["an authenticator is missing", async (tree) => {
    await Deno.remove(`${tree.path}${ALICES}`);
  }, [`warning codes.not-enrolled ${TOML}`]],
  ["an authenticator can be read by everybody", async (tree) => {
    await tree.write(ALICES, STATE, 0o644, ALICE);
  }, [`warning codes.file-open ${ALICES}`]],
  ["an authenticator is bob's", async (tree) => {
    await tree.write(ALICES, STATE, 0o600, ALICE + 1);
  }, [`warning codes.file-refused ${ALICES}`]],
  ["an authenticator is a link", async (tree) => {
    await Deno.rename(`${tree.path}${ALICES}`, `${tree.path}${ALICES}.x`);
    await Deno.symlink(".google_authenticator.x", `${tree.path}${ALICES}`);
  }, [`warning codes.file-refused ${ALICES}`]],
  ["an authenticator is damaged", async (tree) => {
    await tree.write(ALICES, "!!!\n", 0o600, ALICE);
  }, [`warning codes.file-refused ${ALICES}`]],
  ["google-authenticator left its debris", async (tree) => {
    await tree.write(`${ALICES}~`, STATE, 0o600, ALICE);
    await tree.write(`${ALICES}~aB3xYz`, STATE, 0o400, ALICE);
    await tree.write(`${ALICES}~notes`, STATE, 0o600, ALICE);
  }, [`warning codes.debris ${ALICES}~`]],
  ["others can write into the folder of used codes", async (tree) => {
    await tree.host('servers = []\n[codes]\nspent = "/var/lib/gatehouse/spent"\n');
    await tree.own("/var/lib/gatehouse/spent", 0, 0o777);
  }, ["critical codes.spent-open /var/lib/gatehouse/spent"]],
  ["others can look into the folder of authenticators", async (tree) => {
    await tree.own("/var/lib/gatehouse/codes", 0, 0o755);
  }, ["info codes.folder-open /var/lib/gatehouse/codes"]],
  ["others can read the host's key", async (tree) => {
    await tree.write("/var/lib/gatehouse/host.key", "{}", 0o644);
  }, ["critical host.key-open /var/lib/gatehouse/host.key"]],
  ["the host's key is alice's", async (tree) => {
    await tree.write("/var/lib/gatehouse/host.key", "{}", 0o600, ALICE);
  }, ["warning host.key-unusable /var/lib/gatehouse/host.key"]],
  ["accounts come from LDAP as well", async (tree) => {
    await tree.write("/etc/nsswitch.conf", "passwd: files ldap\n");
  }, ["warning host.accounts-unlisted /etc/nsswitch.conf"]],
];
for (const [name, how, found] of BROKEN) {
  test(`found: ${name}`, async (tree) => {
    await how(tree);
    deepEqual(await tree.found(), found);
  });
}

/** PAM asks as well, so the module and its program count. */
async function byPam(tree: DoctorTree, line = "pam_gatehouse.so"): Promise<void> {
  await tree.write("/etc/pam.d/sudo", `auth required pam_unix.so\nauth required ${line}\n`);
  await tree.write("/usr/lib/security/pam_gatehouse.so", module(PAM_PROTOCOL), 0o644);
}
const module = (version: number) => `\x7fELF\0pam_gatehouse protocol ${version}\0`;

test("the module and what it starts are examined", async (tree) => {
  await byPam(tree);
  deepEqual(await tree.found(/^host\./), []);
  await tree.write("/usr/lib/security/pam_gatehouse.so", module(PAM_PROTOCOL + 1), 0o666);
  const so = "/usr/lib/security/pam_gatehouse.so";
  deepEqual(await tree.found(/^host\./), [
    `critical host.module-open ${so}`,
    `critical host.module-version ${so}`,
  ]);
  await tree.write(so, "\x7fELF\0pam_unix\0");
  deepEqual(await tree.found(/^host\./), [`warning host.module-version ${so}`]);
});

test("a program that PAM's line names must be there, and root's alone", async (tree) => {
  await byPam(tree, "pam_gatehouse.so helper=/opt/gatehouse");
  deepEqual(await tree.found(/^host\./), [], "a tree of configuration alone has no programs");
  await tree.write("/bin/sh", "", 0o755);
  deepEqual(await tree.found(/^host\./), ["critical host.program-missing /opt/gatehouse"]);
  await tree.write("/opt/gatehouse", "", 0o775);
  deepEqual(await tree.found(/^host\./), ["critical host.program-open /opt/gatehouse"]);
  await tree.write("/opt/gatehouse", "", 0o644);
  deepEqual(await tree.found(/^host\./), ["critical host.program-missing /opt/gatehouse"]);
});

test("each host.toml that a line names is examined", async (tree) => {
  await byPam(tree, "pam_gatehouse.so config=/etc/gatehouse/sudo.toml");
  deepEqual(await tree.found(/^host\./), [
    "critical host.config-missing /etc/gatehouse/sudo.toml",
  ]);
  deepEqual(await tree.found(/^host\./, { config: TOML }), []);
});

test("an emergency code is looked at as PAM would", async (tree) => {
  const path = "/etc/gatehouse/emergency";
  await byPam(tree);
  deepEqual(await tree.found(/^emergency/), [`info emergency.missing ${path}`]);
  await Deno.remove(`${tree.path}${ALICES}`);
  deepEqual(await tree.found(/^emergency/), [`warning emergency.missing ${path}`]);
  await tree.write(path, "12345678\n", 0o600);
  deepEqual(await tree.found(/^emergency/), [`warning emergency.unusable ${path}`]);
  const { EmergencyCode } = await import("../../lib/io/emergency_file.ts");
  const { systemRandom } = await import("../../lib/io/random.ts");
  const code = EmergencyCode.at(`${tree.path}${path}`);
  await code.set("7Q4K-9ZXC-VB2M-8WJH-T5RD-3PNF", systemRandom);
  deepEqual(await tree.found(/^emergency/), []);
  await code.set("password", systemRandom);
  deepEqual(await tree.found(/^emergency/), [`warning emergency.weak ${path}`]);
  await Deno.chmod(`${tree.path}${path}`, 0o644);
  deepEqual(await tree.found(/^emergency/), [`warning emergency.unusable ${path}`]);
});

test("fetched codes that nothing fetches again are found, also by cron", async (tree) => {
  const synced = `${STATE.split("\n")[0]}\n" GATEHOUSE_SYNCED 1767225600 1769817600\n" TOTP_AUTH\n`;
  await tree.own("/var/lib/gatehouse/codes", 0, 0o700);
  await tree.write("/var/lib/gatehouse/codes/alice", synced, 0o400);
  deepEqual(await tree.found(), ["warning codes.sync-unscheduled"]);
  await tree.write("/etc/cron.d/gatehouse", "# gatehouse sync\n");
  deepEqual(await tree.found(), ["warning codes.sync-unscheduled"]);
  await tree.write("/etc/cron.d/gatehouse", "*/15 * * * * root gatehouse sync --quiet\n");
  deepEqual(await tree.found(), []);
  await Deno.remove(`${tree.path}/etc/cron.d/gatehouse`);
  await tree.own("/etc/systemd/system/timers.target.wants", 0);
  await Deno.symlink(
    "/usr/lib/systemd/system/gatehouse-sync.timer",
    `${tree.path}/etc/systemd/system/timers.target.wants/gatehouse-sync.timer`,
  );
  deepEqual(await tree.found(), []);
});

test("the exit status says how bad it is", async (tree) => {
  equal((await tree.doctor()).status, Exit.ok);
  await tree.write("/etc/nsswitch.conf", "passwd: files ldap\n");
  equal((await tree.doctor()).status, 1);
  await Deno.remove(`${tree.path}${TOML}`);
  equal((await tree.doctor({ json: true })).status, Exit.config);
});

test("a machine that nobody has set up is not said to be well", async (tree) => {
  await Deno.remove(`${tree.path}${TOML}`);
  await Deno.remove(`${tree.path}/etc/ssh/sshd_config.d/50-gatehouse.conf`);
  deepEqual(await tree.found(), ["warning host.not-set-up"]);
  await tree.write("/etc/gatehouse/server.toml", "");
  deepEqual(await tree.found(), ["info host.not-set-up"]);
});

test("accounts whose shell lets nobody in need no authenticator", async (tree) => {
  await tree.append("/etc/passwd", "robot:x:4203:4200::/:/usr/sbin/nologin\n");
  deepEqual(await tree.found(), []);
  await tree.append("/etc/passwd", "carol:x:4204:4200::/home/carol:/bin/sh\n");
  deepEqual(await tree.found(), [`warning codes.not-enrolled ${TOML}`]);
});

test("files of sshd and PAM that others could change are found, and mended", async (tree) => {
  const dropIn = "/etc/ssh/sshd_config.d/50-gatehouse.conf";
  await Deno.chmod(`${tree.path}${dropIn}`, 0o664);
  await Deno.chown(`${tree.path}/etc/pam.d/common-auth`, ALICE, ALICE);
  deepEqual(await tree.found(/config-open/), [
    `critical sshd.config-open ${dropIn}`,
    "critical pam.config-open /etc/pam.d/common-auth",
  ]);
  await tree.doctor({ fix: true });
  deepEqual(await tree.found(/config-open/), []);
});

test("what a part cannot examine is a finding, and the other parts are examined", async (tree) => {
  await mustRun(["mkfifo", `${tree.path}/etc/login.defs`]);
  const { findings } = JSON.parse((await tree.doctor({ json: true })).text);
  const ids = findings.map(({ id }: { id: string }) => id);
  ok(
    ids.includes("doctor.unknown") && ids.some((id: string) => /^(sshd|pam)\./.test(id)),
    ids.join(),
  );
});

test("--fix mends what it may, says so, and examines again", async (tree) => {
  await tree.write(TOML, "servers = []\n", 0o666);
  await tree.write(ALICES, STATE, 0o644, ALICE);
  await tree.write(`${ALICES}~`, STATE, 0o644, ALICE);
  const { status, text } = await tree.doctor({ fix: true });
  const [first, second, third, verdict] = text.split("\n");
  deepEqual([first, second, third].sort(), [
    `done: chmod 0600 ${ALICES}`,
    `done: chmod 0644 ${TOML}`,
    `done: rm ${ALICES}~`,
  ]);
  match(verdict ?? "", /^web1: all is well/);
  equal(status, Exit.ok);
  deepEqual([tree.mode(TOML), tree.mode(ALICES)], [0o644, 0o600]);
});

test("--fix says that there is nothing for it to do", async (tree) => {
  const said = "not done: nothing that was found can be mended by --fix";
  equal((await tree.doctor({ fix: true })).text.split("\n")[0], said);
  const out = new CollectedOut();
  await doctor({ root: tree.path, fix: true, json: true }, out);
  deepEqual(out.errors, [said]);
  equal(out.lines.length, 1);
});

test("--quiet prints nothing where all is well, and all where it is not", async (tree) => {
  for (const json of [false, true]) {
    deepEqual(await tree.doctor({ quiet: true, fix: true, json }), { status: 0, text: "" });
  }
  await Deno.remove(`${tree.path}${ALICES}`);
  const { status, text } = await tree.doctor({ quiet: true });
  equal(status, 1);
  equal(text, (await tree.doctor()).text);
});

test("the machine is called as its host.toml says", async (tree) => {
  await tree.host('servers = []\nhost = "front"\n');
  match((await tree.doctor()).text, /^front: /);
  equal(JSON.parse((await tree.doctor({ json: true })).text).host, "front");
  await tree.host("servers = 3\n");
  match((await tree.doctor()).text, /^web1: /);
});

/** What is to be done about alice, who has no authenticator. */
async function mendOfEnrolment(tree: DoctorTree, by: "gate" | "pam"): Promise<string> {
  const site = openSite(tree.path);
  const guarded = site.accounts.filter(({ name }) => name === "alice");
  const reliance = { pam: [], gate: [], emptied: false, pamAlone: [], service: "sshd" };
  const { findings } = await examineHost(site, { ...reliance, [by]: guarded });
  return findings.find(({ id }) => id === "codes.not-enrolled")?.mend ?? "";
}

test("who is not enrolled is told of the command that works there", async (tree) => {
  await Deno.remove(`${tree.path}${ALICES}`);
  const root = "gatehouse enroll --user alice";
  equal(
    await mendOfEnrolment(tree, "gate"),
    `gatehouse enroll, as the account itself; or as root: ${root}`,
  );
  const dropIn = `${tree.path}/etc/ssh/sshd_config.d/50-gatehouse.conf`;
  await tree.append("/etc/pam.d/sshd", "auth required pam_gatehouse.so\n");
  equal(await mendOfEnrolment(tree, "pam"), `as root: ${root} -s ${CODES}/alice`);
  await Deno.remove(dropIn);
  equal(await mendOfEnrolment(tree, "pam"), `as root: ${root}`);
});

test("a host without servers is not told of any", async (tree) => {
  await Deno.remove(`${tree.path}/etc/ssh/sshd_config.d/50-gatehouse.conf`);
  await tree.append("/etc/pam.d/sshd", "auth required pam_gatehouse.so\n");
  const site = openSite(tree.path);
  const reliance = { pam: [], gate: [], emptied: false, pamAlone: [], service: "sshd" };
  const { findings } = await examineHost(site, reliance);
  const said = findings.filter(({ id }) => /^(codes|emergency|host\.config)/.test(id));
  ok(said.some(({ id }) => id === "host.config-readable"));
  ok(said.some(({ id }) => id === "emergency.missing"));
  for (const { means } of said) doesNotMatch(means, /server|token/);
});

test("--fix with --json prints nothing else on stdout", async (tree) => {
  await tree.write(TOML, "servers = []\n", 0o666);
  const out = new CollectedOut();
  await doctor({ root: tree.path, fix: true, json: true }, out);
  equal(out.lines.length, 1);
  equal(JSON.parse(out.text).verdict, "ok");
  deepEqual(out.errors, [`done: chmod 0644 ${TOML}`]);
});

test("nothing that stands in the files reaches the terminal as it is", async (tree) => {
  const evil = "\x1b[2Jevil\u202e";
  await tree.write("/etc/hostname", `${evil}\n`);
  await tree.write("/etc/ssh/sshd_config.d/50-gatehouse.conf", `${BLOCK}Match User ${evil}\n`);
  await tree.host(`servers = []\n"${"\\u001b[2J"}" = 1\n`);
  await tree.append("/etc/passwd", `${evil}:x:7:7::/home/alice:/bin/sh\n`);
  for (const json of [false, true]) {
    const { text } = await tree.doctor({ json });
    ok(!text.includes("\x1b") && !text.includes("\u202e"), JSON.stringify(text));
  }
});

test("the command line takes what it says, and refuses what makes no sense", async (tree) => {
  const root = ["--root", tree.path];
  for (
    const [words, fault] of [
      [["--every", "5m"], /^--every belongs to --watch$/],
      [["--watch", "/x", "--json"], /^--watch prints nothing/],
      [["--watch", "/x", "--fix"], /^--watch prints nothing/],
      [["--watch", "/x", "--quiet"], /^--watch prints nothing/],
      [["--watch", "/x", "--every", "soon"], /^--every must be a number/],
      [["--report", ...root], /^--report tells of this machine$/],
      [["--config", "host.toml"], /^host\.toml is relative$/],
      [["--root", `${tree.path}/none`], /^there is no folder/],
      [["extra"], /^too many arguments|unknown command/],
      [[...root, "simulate", "sshd"], /^options of a command are written behind it$/],
    ] as const
  ) {
    const failure = await assertRefused(() => runCommand(["doctor", ...words]), Exit.usage, fault);
    ok(failure.hint);
  }
});

test("--watch writes its file, and ends with SIGTERM", async (tree) => {
  const file = `${tree.path}/gatehouse.prom`;
  using changes = Deno.watchFs(tree.path, { recursive: false });
  const running = doctor({ root: tree.path, watch: file, every: "1h" }, new CollectedOut());
  for await (const { kind, paths } of changes) {
    if (kind === "rename" && paths.includes(file)) break;
  }
  match(await Deno.readTextFile(file), /^gatehouse_doctor_up 1$/m);
  Deno.kill(Deno.pid, "SIGTERM");
  equal(await running, Exit.ok);
});

const CODES = "/var/lib/gatehouse/codes";

test("where PAM asks, authenticators are looked for in root's own folder", async (tree) => {
  await byPam(tree);
  const enrolled = () => tree.found(/^codes/, { by: "pam" });
  deepEqual(await enrolled(), [`critical codes.not-enrolled ${TOML}`]);
  await tree.own(CODES, 0, 0o700);
  for (const name of ["alice", "bob"]) await tree.write(`${CODES}/${name}`, STATE, 0o400);
  deepEqual(await enrolled(), []);
  await tree.host('servers = []\n[codes]\ntotp_secrets = "/etc/totp"\n');
  await Deno.remove(`${tree.path}${CODES}/bob`);
  deepEqual(await enrolled(), [`warning codes.not-enrolled ${TOML}`]);
  await tree.write("/etc/totp", "bob:GEZDGNBVGY3TQOJQ\n", 0o600);
  deepEqual(await enrolled(), []);
});

/** Nothing asks but PAM, for sshd. */
async function byPamAlone(tree: DoctorTree): Promise<void> {
  await tree.write("/etc/ssh/sshd_config.d/50-gatehouse.conf", "");
  await tree.write(PAM_SSHD, "auth required pam_gatehouse.so\n");
}

test("authenticators in homes that PAM does not read are told of, the worse where they count", async (tree) => {
  await byPamAlone(tree);
  const unread = () => tree.found(/^codes\.unread/, { by: "pam" });
  deepEqual(await unread(), [`info codes.unread ${ALICES}`]);
  await tree.own(CODES, 0, 0o700);
  await tree.write(`${CODES}/alice`, STATE.replace("GEZD", "MFRG"), 0o400);
  deepEqual(await unread(), [`info codes.unread ${ALICES}`]);
  await tree.write(`${CODES}/bob`, STATE, 0o400);
  deepEqual(await unread(), [`warning codes.unread ${BOBS}`]);
  match((await tree.doctor()).text, /2 authenticators in homes are read by nothing here/);
});

test("authenticators in homes that anything here reads are no finding", async (tree) => {
  const unread = () => tree.found(/^codes\.unread/, { by: "pam" });
  deepEqual(await unread(), [], "the gate reads them");
  await byPamAlone(tree);
  const pam = await Deno.readTextFile(`${tree.path}${PAM_SSHD}`);
  await tree.host('servers = []\n[codes]\nsecret = "~/.google_authenticator"\n');
  deepEqual(await unread(), [], "host.toml names them");
  await tree.host("servers = []\n");
  await tree.write(PAM_SSHD, pam.replace(".so", ".so secret=%h/.google_authenticator"));
  deepEqual(await unread(), [], "our line names them");
  await tree.write(PAM_SSHD, pam.replace(".so", ".so config=/etc/gatehouse/own.toml"));
  deepEqual(await unread(), [], "another host.toml decides, too");
  await tree.write(PAM_SSHD, pam);
  await tree.append("/etc/pam.d/login", "auth required pam_google_authenticator.so nullok\n");
  deepEqual(await unread(), [], "google-authenticator itself reads them");
  await tree.write("/etc/pam.d/login", "auth required pam_unix.so\n");
  await tree.write("/etc/pam.d/login.bak", "auth required pam_google_authenticator.so\n");
  deepEqual(await unread(), [`info codes.unread ${ALICES}`], "a copy is no service");
});

test("where our line takes codes alone, no server makes up for a missing one", async (tree) => {
  await byPamAlone(tree);
  const server = 'servers = ["https://auth.example.com"]\nhost = "web1"\n' +
    `server_keys = ["ed25519:${"A".repeat(43)}"]\nhost_token = "ghh_secret-of-this-host"\n`;
  await tree.host(`${server}[policy]\noffline = "deny"\n`);
  const enrolled = () => tree.found(/^codes\.not-enrolled|mode-needs/, { by: "pam" });
  deepEqual(await enrolled(), []);
  await tree.write(PAM_SSHD, "auth required pam_gatehouse.so mode=code\n");
  deepEqual(await enrolled(), [`critical codes.not-enrolled ${TOML}`]);
});

test("a line that asks for what no server is there to give is told of", async (tree) => {
  await byPamAlone(tree);
  const found = () => tree.found(/^host\.mode-needs/, { by: "pam" });
  deepEqual(await found(), []);
  for (const mode of ["approve", "pin"]) {
    await tree.write(PAM_SSHD, `auth required pam_gatehouse.so mode=${mode}\n`);
    deepEqual(await found(), [`critical host.mode-needs-server ${PAM_SSHD}:1`]);
  }
  await tree.write(PAM_SSHD, "auth required pam_gatehouse.so mode=code\n");
  await tree.write("/etc/pam.d/sshd.dpkg-old", "auth required pam_gatehouse.so mode=pin\n");
  deepEqual(await found(), [], "a copy is no service");
});

test("SSH2FA's list of secrets is open to others", async (tree) => {
  await tree.host('servers = []\n[codes]\ntotp_secrets = "/etc/totp"\n');
  const found = () => tree.found(/^codes\.list-open/);
  deepEqual(await found(), []);
  await tree.write("/etc/totp", "bob:GEZDGNBVGY3TQOJQ\n", 0o600);
  deepEqual(await found(), []);
  await tree.write("/etc/totp", "bob:GEZDGNBVGY3TQOJQ\n", 0o640);
  deepEqual(await found(), ["warning codes.list-open /etc/totp"]);
});

test("an authenticator that nothing reads is open to others like any other", async (tree) => {
  await tree.host('servers = []\n[codes]\nsecret = "/etc/codes/${USER}"\n');
  await tree.write(ALICES, STATE, 0o644, ALICE);
  deepEqual(await tree.found(/^codes\.file-open/), [`warning codes.file-open ${ALICES}`]);
});

test("an exempt account needs no authenticator", async (tree) => {
  await Deno.remove(`${tree.path}${ALICES}`);
  await tree.host('servers = []\n[policy]\nexempt_users = ["alice"]\n');
  deepEqual(await tree.found(/^codes/), []);
});

test("an account that makes files without end does not keep the doctor looking at each", async (tree) => {
  for (let each = 0; each < 30; each++) {
    await tree.write(`${ALICES}~aaaa${each + 10}`, STATE, 0o600, ALICE);
  }
  const { text } = await tree.doctor({ config: TOML });
  match(text, /20 files left over by google-authenticator/);
});

Deno.test({
  name: "the running machine: a server that does not answer, and what it means",
  sanitizeResources: false,
  fn: async () => {
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = gone.addr;
    gone.close();
    const text = `servers = ["http://127.0.0.1:${port}"]
server_keys = ["ed25519:${"A".repeat(43)}"]
host = "web1"
host_token = "ghh_secret-of-this-host"
policy.offline = "deny"
`;
    const { findings, proven } = await examineRunning({
      files: siteFiles(""),
      file: "/nowhere/host.toml",
      config: parseHostConfig(text, TOML),
      byGate: true,
    });
    const server = findings.find(({ id }) => id === "host.server-unreachable");
    equal(server?.severity, "critical");
    match(server?.means ?? "", /Nobody gets in/);
    deepEqual(proven, []);
  },
});
