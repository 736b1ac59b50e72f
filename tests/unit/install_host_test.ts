/** install.sh on trees: what it writes, and that taking it back leaves every byte as it was. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DEBIAN_SSHD, InstallTree } from "../support/install.ts";
import { TREES as DISTRIBUTIONS } from "../support/install_pam.ts";
import { mustRun } from "../support/process.ts";

const DROP_IN = "etc/ssh/sshd_config.d/50-gatehouse.conf";
const WITHOUT_INCLUDE = DEBIAN_SSHD.replace(/^Include.*\n/, "");

Deno.test("install.sh host --dry-run shows what it would write and changes nothing", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.everything();
  const { code, out } = await tree.install("host", "--yes", "--codes-only", "--dry-run");
  assert.equal(code, 0);
  assert.match(out, /^\+Match Group ssh-2fa$/m);
  assert.match(out, /^\+ {4}AuthenticationMethods publickey,keyboard-interactive:pam$/m);
  assert.match(out, /guarded: members of group ssh-2fa: alice/);
  assert.equal(await tree.everything(), before);
});

const TREES: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  "as Debian has it": {},
  "without an Include": { "etc/ssh/sshd_config": WITHOUT_INCLUDE },
  "without an Include, behind a Match block": {
    "etc/ssh/sshd_config": `${WITHOUT_INCLUDE}Match User bob\n    PermitTTY no\n`,
  },
  "an Include that is a Match block's own": {
    "etc/ssh/sshd_config":
      `UsePAM yes\nMatch User bob\n    Include /etc/ssh/sshd_config.d/*.conf\n`,
  },
  "no newline at the end": { "etc/ssh/sshd_config": WITHOUT_INCLUDE.trimEnd() },
  "lines that end in CR LF": { "etc/ssh/sshd_config": WITHOUT_INCLUDE.replaceAll("\n", "\r\n") },
  "a file of the vendor in /usr/etc": {
    "etc/ssh/sshd_config": undefined,
    "usr/etc/ssh/sshd_config": DEBIAN_SSHD,
  },
  "other files in sshd_config.d": {
    "etc/ssh/sshd_config.d/10-own.conf": "ClientAliveInterval 30\n",
    "etc/ssh/sshd_config.d/50-redhat.conf": "KbdInteractiveAuthentication no\nUsePAM yes\n",
  },
};

for (const [name, files] of Object.entries(TREES)) {
  for (const mode of ["pam", "gate", "both"]) {
    Deno.test(`install.sh host --mode ${mode}, then uninstall, ${name}: every byte, mode and time as before`, async () => {
      await using tree = await InstallTree.make(files);
      const before = await tree.snapshot();
      await tree.host("--mode", mode);
      const installed = await tree.snapshot();
      assert.notEqual(installed, before);
      const { code, out } = await tree.install("host", "--yes", "--mode", mode);
      assert.equal(code, 0);
      assert.match(out, /nothing to do/);
      assert.equal(await tree.snapshot(), installed);
      await tree.uninstall();
      assert.equal(await tree.snapshot(), before);
    });
  }
}

for (const name of DISTRIBUTIONS) {
  Deno.test(`install.sh host on ${name}: PAM, then the gate, then uninstall: every byte as before`, async () => {
    await using tree = await InstallTree.of(name);
    const before = await tree.snapshot();
    await tree.host("--users", "alice");
    assert.match(await tree.read("etc/pam.d/sshd"), /^# gatehouse begin$[^]*pam_gatehouse\.so/m);
    const lines = await tree.read(await tree.exists(DROP_IN) ? DROP_IN : "etc/ssh/sshd_config");
    assert.match(
      lines,
      /^Match User alice\n {4}AuthenticationMethods publickey,keyboard-interactive:pam\n/m,
    );
    await tree.host("--mode", "gate");
    const other = await tree.read(await tree.exists(DROP_IN) ? DROP_IN : "etc/ssh/sshd_config");
    assert.match(other, /^Match User alice\n {4}ForceCommand exec /m);
    assert.doesNotMatch(
      await tree.read("etc/pam.d/sshd").catch(() => ""),
      /gatehouse/,
    );
    await tree.uninstall();
    assert.equal(await tree.snapshot(), before);
  });
}

Deno.test("a sshd_config that is a link stays one, and the file that it leads to comes back", async () => {
  await using tree = await InstallTree.make({
    "etc/ssh/sshd_config": undefined,
    "srv/config/sshd": WITHOUT_INCLUDE,
  });
  // An absolute link means the tree's own folder.
  await Deno.symlink("/srv/config/sshd", tree.at("etc/ssh/sshd_config"));
  const before = await tree.snapshot();
  await tree.host();
  assert.equal(await Deno.readLink(tree.at("etc/ssh/sshd_config")), "/srv/config/sshd");
  assert.match(await tree.read("srv/config/sshd"), /# gatehouse begin/);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("where the Include is, the drop-in holds the lines; else the end of sshd_config does", async () => {
  await using debian = await InstallTree.make();
  await debian.host();
  assert.equal(await debian.read("etc/ssh/sshd_config"), DEBIAN_SSHD);
  assert.match(
    await debian.read(DROP_IN),
    /^# gatehouse begin\n[^]*\nMatch all\n# gatehouse end\n$/,
  );

  const old = `${WITHOUT_INCLUDE}Match User bob\n    PermitTTY no`;
  await using other = await InstallTree.make({ "etc/ssh/sshd_config": old });
  await other.host("--mode", "gate");
  const text = await other.read("etc/ssh/sshd_config");
  assert.ok(text.startsWith(`${old}\n# gatehouse begin\n`), text);
  assert.match(
    text,
    /Match Group ssh-2fa\n {4}ForceCommand exec \/usr\/local\/bin\/gatehouse gate\n/,
  );
  assert.ok(text.endsWith("\nMatch all\n# gatehouse end\n"), text);
  assert.equal(await other.exists(DROP_IN), false);
});

Deno.test("a second run with other choices changes what is there, and uninstall still goes back to the start", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  await tree.host();
  await tree.host("--mode", "gate", "--users", "bob");
  const text = await tree.read(DROP_IN);
  assert.match(text, /Match User bob\n {4}ForceCommand/);
  assert.doesNotMatch(text, /AuthenticationMethods|ssh-2fa/);
  assert.equal(text.match(/# gatehouse begin/g)?.length, 1);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("what somebody wrote since stays when gatehouse goes", async () => {
  await using tree = await InstallTree.make({ "etc/ssh/sshd_config": WITHOUT_INCLUDE });
  await tree.host();
  const changed = `Banner /etc/issue\n${await tree.read("etc/ssh/sshd_config")}PermitTTY yes\n`;
  await tree.write("etc/ssh/sshd_config", changed);
  const { out } = await tree.uninstall();
  assert.equal(
    await tree.read("etc/ssh/sshd_config"),
    `Banner /etc/issue\n${WITHOUT_INCLUDE}PermitTTY yes\n`,
  );
  assert.match(out, /kept: \/etc\/ssh\/sshd_config was changed since/);
});

Deno.test("what somebody wrote into our block's file stays where it is on a second run", async () => {
  await using tree = await InstallTree.make({ "etc/ssh/sshd_config": WITHOUT_INCLUDE });
  await tree.host();
  await tree.write(
    "etc/ssh/sshd_config",
    `${await tree.read("etc/ssh/sshd_config")}PermitTTY yes\n`,
  );
  await tree.host("--users", "bob");
  const text = await tree.read("etc/ssh/sshd_config");
  assert.match(text, /Match User bob\n[^]*# gatehouse end\nPermitTTY yes\n$/);
});

Deno.test("a file that somebody removed since stays removed", async () => {
  await using tree = await InstallTree.make({ "etc/ssh/sshd_config": WITHOUT_INCLUDE });
  await tree.host();
  await Deno.remove(tree.at("etc/ssh/sshd_config"));
  const { out } = await tree.uninstall();
  assert.match(out, /kept: \/etc\/ssh\/sshd_config stays removed/);
  assert.equal(await tree.exists("etc/ssh/sshd_config"), false);
});

Deno.test("owner, mode and attributes of a file stay when lines are added to it", async () => {
  await using tree = await InstallTree.make({ "etc/ssh/sshd_config": WITHOUT_INCLUDE });
  await Deno.chmod(tree.at("etc/ssh/sshd_config"), 0o600);
  await Deno.chown(tree.at("etc/ssh/sshd_config"), 0, 990);
  const before = await tree.snapshot();
  await tree.host();
  const { mode, uid, gid } = await Deno.stat(tree.at("etc/ssh/sshd_config"));
  assert.deepEqual([(mode ?? 0) & 0o7777, uid, gid], [0o600, 0, 990]);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("a group that is missing is made, in the tree's own files", async () => {
  await using tree = await InstallTree.make({ "etc/group": "root:x:0:\nlast:x:999:" });
  const before = await tree.snapshot();
  const { out } = await tree.host("--mode", "gate", "--group", "guarded");
  assert.equal(await tree.read("etc/group"), "root:x:0:\nlast:x:999:\nguarded:x:998:\n");
  assert.match(
    out,
    /members of group guarded: nobody\nto guard somebody: usermod -aG guarded NAME/,
  );
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("--join hands the token over by stdin, shows it nowhere, and uninstall removes what it wrote", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.snapshot();
  const argv = tree.command(
    "host",
    "--yes",
    "--mode",
    "gate",
    "--join",
    "https://auth.example.com",
  );
  const { out, err } = await mustRun(argv, { input: "gh-secret-token\n" });
  assert.doesNotMatch(out + err, /gh-secret-token/);
  assert.match(out, / joined\n/);
  assert.match(await tree.read("etc/gatehouse/host.toml"), /host_token = "gh-secret-token"/);
  const again = await tree.install("host", "--yes", "--dry-run", "--mode", "pam");
  assert.doesNotMatch(again.out + again.err, /gh-secret-token/);
  await tree.uninstall();
  assert.equal(await tree.snapshot(), before);
});

Deno.test("status says what is installed, for whom, and what was changed since", async () => {
  await using tree = await InstallTree.make();
  assert.equal((await tree.install("status")).code, 3);
  await tree.host();
  const { code, out } = await tree.install("status");
  assert.equal(code, 0);
  assert.match(
    out,
    /^program: gatehouse 0\.0\.0\nmode: pam \(sshd\)\nguarded: members of group ssh-2fa: alice\n/,
  );
  assert.doesNotMatch(out, /changed since/);
  await tree.write(DROP_IN, `${await tree.read(DROP_IN)}# mine\n`);
  assert.match(
    (await tree.install("status")).out,
    /changed since: \/etc\/ssh\/sshd_config\.d\/50-gatehouse\.conf/,
  );
});

/** Lines that sshd takes anywhere in the global part, or in a Match block, and that stand in nobody's way. */
const anywhere = fc.constantFrom(
  "",
  "# a comment",
  "   # gatehouse",
  "\tPermitTTY yes",
  "X11Forwarding=no",
  '"AllowAgentForwarding" yes',
  "Banner none",
  "ClientAliveInterval 30 # seconds",
  "acceptenv LANG LC_*",
);
const global = fc.oneof(
  anywhere,
  fc.constantFrom(
    "Include /etc/ssh/sshd_config.d/*.conf",
    "include sshd_config.d/*.conf",
    '  Include "/etc/ssh/sshd_config.d/*.conf"',
    "Include /etc/ssh/none/*.conf",
    "LoginGraceTime 90",
  ),
);
const match = fc.tuple(
  fc.constantFrom("User bob", "Group wheel,!bob", "all", "Address 192.0.2.0/24", "User alice"),
  fc.array(anywhere, { maxLength: 3 }),
).map(([criteria, lines]) => [`Match ${criteria}`, ...lines]);
const sshdConfig = fc.record({
  globals: fc.array(global, { maxLength: 6 }),
  matches: fc.array(match, { maxLength: 3 }),
  end: fc.constantFrom("\n", "\r\n"),
  last: fc.boolean(),
}).map(({ globals, matches, end, last }) =>
  ["UsePAM yes", ...globals, ...matches.flat()].join(end) + (last ? end : "")
);

Deno.test("whatever sshd_config says: the factor is in force, and uninstall leaves every byte as it was", async () => {
  await fc.assert(
    fc.asyncProperty(sshdConfig, fc.constantFrom("pam", "gate"), async (config, mode) => {
      await using tree = await InstallTree.make({ "etc/ssh/sshd_config": config });
      const before = await tree.snapshot();
      // It would not succeed where sshd itself says otherwise of alice or of bob.
      await tree.host("--mode", mode);
      await tree.uninstall();
      assert.equal(await tree.snapshot(), before);
    }),
    { numRuns: 25 },
  );
});
