import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  briefly,
  DEBIAN_CONFIG,
  DROP_IN,
  examineTree,
  GATE_BLOCK,
  KEY,
  only,
  PAM_BLOCK,
  type TreeFiles,
} from "../support/sshd_tree.ts";

const MAIN = "/etc/ssh/sshd_config";
const UNGUARDED = "info sshd.unguarded";
const FEW = "info sshd.few-startups";

Deno.test("a stock Debian with the gate's drop-in has nothing above info", async () => {
  const examined = await examineTree({ [DROP_IN]: GATE_BLOCK });
  deepEqual(briefly(examined), [UNGUARDED]);
  match(only(examined, "sshd.unguarded").what, /^bob can log in/);
  deepEqual(examined.proven, [
    "alice: the factor is asked for in each of 2 kinds of connection",
  ]);
  deepEqual(examined.reliance.gate.map(({ name }) => name), ["alice"]);
  deepEqual(examined.reliance.pam, []);
});

Deno.test("a stock Debian with PAM's drop-in has nothing above info", async () => {
  const examined = await examineTree({ [DROP_IN]: PAM_BLOCK });
  deepEqual(briefly(examined), [FEW, UNGUARDED]);
  deepEqual(examined.reliance.pam.map(({ name }) => name), ["alice"]);
  // bob has no AuthenticationMethods, and PasswordAuthentication is on.
  deepEqual(examined.reliance.pamAlone, ["daemon", "bob"]);
});

Deno.test("by the password first PAM alone decides", async () => {
  const { reliance } = await examineTree({
    [DROP_IN]: PAM_BLOCK.replace("publickey,", ""),
    "/etc/shadow": "alice:$y$hash:1::::::\n",
  });
  deepEqual(
    reliance.pamAlone,
    ["alice", "daemon", "bob"].toSorted((a, b) =>
      reliance.pamAlone.indexOf(a) - reliance.pamAlone.indexOf(b)
    ),
  );
});

Deno.test("sshd empties variables for the gate only where all of its sessions are emptied", async () => {
  const gate = (...lines: string[]) => GATE_BLOCK.replace(/ *SetEnv .*\n/, lines.join("\n"));
  const [set = ""] = /SetEnv .*/.exec(GATE_BLOCK) ?? [];
  const emptied = async (files: TreeFiles) => (await examineTree(files)).reliance.emptied;
  equal(await emptied({ [DROP_IN]: GATE_BLOCK }), true);
  equal(await emptied({ [DROP_IN]: gate(`Match User bob\n${set}\n`) }), false);
  equal(await emptied({ [DROP_IN]: gate(`Match Address 10.0.0.0/8\n${set}\n`) }), false);
  equal(await emptied({ [DROP_IN]: GATE_BLOCK.replace("LD_PRELOAD= ", "") }), false);
});

Deno.test("--config names the host.toml whose timeout counts, and that says that there is one", async () => {
  const own = "/etc/gatehouse/own.toml";
  const block = PAM_BLOCK.replace("Match", "LoginGraceTime 90\nMatch");
  const files = { [DROP_IN]: block, [own]: 'servers = []\ntimeout = "100s"\n' };
  const grace = "warning sshd.grace-too-short";
  const found = async (config?: string) =>
    briefly(await examineTree(files, undefined, config)).join("\n");
  ok(!(await found()).includes(grace));
  ok((await found(own)).includes(grace));
  const gone = (root: string) => Deno.remove(`${root}/etc/gatehouse/host.toml`);
  const unguarded = { [DROP_IN]: "", [own]: "" };
  const nobody = `critical sshd.nobody-guarded ${MAIN}:`;
  ok(briefly(await examineTree(unguarded, gone, own)).includes(nobody));
  ok(!briefly(await examineTree(unguarded, gone)).includes(nobody));
});

Deno.test("that nobody is guarded is worded for the ways in that there are", async () => {
  const found = async (method: string, pam: string) => {
    const main = `${DEBIAN_CONFIG}AuthenticationMethods ${method}\n`;
    const files = { [DROP_IN]: "", [MAIN]: main, "/etc/pam.d/sshd": pam };
    const { what, means } = only(await examineTree(files), "sshd.nobody-guarded");
    return `${what}. ${means}`;
  };
  const [unix, ours] = ["auth required pam_unix.so\n", "auth required pam_gatehouse.so\n"];
  match(await found("publickey", unix), /sshd asks nobody.* Who has a key/);
  match(await found("any", ours), /does not insist on PAM\. Who has a key/);
  match(await found("password", unix), /sshd asks nobody.* Who has the password/);
  match(
    await found("password", unix + ours),
    /by passwords alone\. That way PAM can show one prompt/,
  );
});

Deno.test("what another distribution's sshd knows is passed over, and said", async () => {
  const examined = await examineTree({
    [DROP_IN]: GATE_BLOCK,
    "/etc/ssh/sshd_config.d/40-rhel.conf": [
      "SyslogFacility AUTHPRIV",
      "GSSAPIEnablek5users no",
      "Ciphers unheard-of@example.com",
      "RSAMinSize 2048",
      "HostKey /etc/ssh/ssh_host_none_key",
      "X11Forwarding yes",
      "",
    ].join("\n"),
  });
  deepEqual(briefly(examined), [
    "info sshd.option-unknown /etc/ssh/sshd_config.d/40-rhel.conf:2",
    UNGUARDED,
  ]);
});

/** What is in the tree beside a Debian's with the drop-in, and the finding that has to be there. */
const BROKEN: readonly (readonly [name: string, files: TreeFiles, finding: string])[] = [
  [
    "a typing error",
    { [MAIN]: `${DEBIAN_CONFIG}PermitRootLgin no\n` },
    `critical sshd.refused ${MAIN}:8`,
  ],
  [
    "an earlier drop-in that takes the gate away",
    { "/etc/ssh/sshd_config.d/10-own.conf": "Match User alice\nForceCommand none\n" },
    "critical sshd.factor-missing /etc/ssh/sshd_config.d/10-own.conf:2",
  ],
  [
    "an earlier Match for addresses",
    { "/etc/ssh/sshd_config.d/10-own.conf": "Match Address 10.0.0.0/8\nForceCommand none\n" },
    "critical sshd.factor-missing /etc/ssh/sshd_config.d/10-own.conf:2",
  ],
  [
    "a condition beside the group",
    { [DROP_IN]: GATE_BLOCK.replace("ssh-2fa", "ssh-2fa Address 192.0.2.0/24") },
    `critical sshd.factor-missing ${DROP_IN}:2`,
  ],
  [
    "no Include",
    { [MAIN]: DEBIAN_CONFIG.replace(/^Include.*\n/, "") },
    `critical sshd.not-included ${DROP_IN}`,
  ],
  [
    "an Include inside of a Match",
    {
      [MAIN]: `UsePAM yes\nMatch Address 10.0.0.0/8\nInclude /etc/ssh/sshd_config.d/*.conf\n`,
    },
    `warning sshd.include-in-match ${MAIN}:3`,
  ],
  [
    "a group without members",
    { "/etc/group": "ssh-2fa:x:5100:\n" },
    `critical sshd.nobody-guarded ${DROP_IN}:2`,
  ],
  [
    "methods that all do without PAM, which has the factor",
    {
      [DROP_IN]:
        "AuthenticationMethods any\nMatch User alice\nAuthenticationMethods publickey,publickey\n",
      "/etc/pam.d/sshd": "auth required pam_gatehouse.so\n",
    },
    `critical sshd.nobody-guarded ${DROP_IN}:3`,
  ],
  ["no block at all", { [DROP_IN]: "" }, `critical sshd.nobody-guarded ${MAIN}`],
  [
    "a command beside the gate",
    { [DROP_IN]: GATE_BLOCK.replace(" gate\n", " gate || true\n") },
    `critical sshd.factor-missing ${DROP_IN}:2`,
  ],
  [
    "no exec",
    { [DROP_IN]: GATE_BLOCK.replace("exec ", "") },
    `info sshd.gate-without-exec ${DROP_IN}:2`,
  ],
  [
    "forwarding",
    { [DROP_IN]: GATE_BLOCK.replace("DisableForwarding yes", "AllowTcpForwarding local") },
    `critical sshd.forwarding-open ${DROP_IN}:3`,
  ],
  [
    "a tunnel",
    { [DROP_IN]: `${GATE_BLOCK}    PermitTunnel point-to-point\n` },
    `critical sshd.tunnel-open ${DROP_IN}:7`,
  ],
  [
    "rc files",
    { [DROP_IN]: GATE_BLOCK.replace("PermitUserRC no", "PermitUserRC yes") },
    `warning sshd.user-rc ${DROP_IN}:4`,
  ],
  [
    "SetEnv that leaves out a variable",
    { [DROP_IN]: GATE_BLOCK.replace("SHLVL=9 ", "") },
    `warning sshd.setenv-missing ${DROP_IN}:6`,
  ],
  [
    "an earlier SetEnv",
    { "/etc/ssh/sshd_config.d/10-own.conf": "Match all\nSetEnv FOO=bar\n" },
    "warning sshd.setenv-missing /etc/ssh/sshd_config.d/10-own.conf:2",
  ],
  [
    "all variables of clients",
    { [MAIN]: DEBIAN_CONFIG.replace("LANG LC_*", "*") },
    `critical sshd.accept-env ${MAIN}:6`,
  ],
  [
    "BASH_ENV of clients, which SetEnv empties",
    { [MAIN]: DEBIAN_CONFIG.replace("LANG LC_*", "LANG BASH_ENV") },
    `warning sshd.accept-env ${MAIN}:6`,
  ],
  [
    "users' environment",
    { [MAIN]: `${DEBIAN_CONFIG}PermitUserEnvironment yes\n` },
    `warning sshd.user-environment ${MAIN}:8`,
  ],
  [
    "no ExposeAuthInfo",
    { [DROP_IN]: GATE_BLOCK.replace("ExposeAuthInfo yes", "") },
    `warning sshd.key-not-shown ${DROP_IN}:2`,
  ],
  [
    "another program for sftp",
    { [MAIN]: DEBIAN_CONFIG.replace("/usr/lib/openssh/sftp-server", "/opt/own-sftp") },
    `warning sshd.subsystem ${MAIN}:7`,
  ],
  [
    "a subsystem of its own",
    { [MAIN]: `${DEBIAN_CONFIG}Subsystem netconf /usr/bin/netconf\n` },
    `info sshd.subsystem ${MAIN}:7`,
  ],
  [
    "a gate that is not there",
    { [DROP_IN]: GATE_BLOCK.replace("/local", "/absent") },
    `critical sshd.gate-program ${DROP_IN}:2`,
  ],
  [
    "a gate that is looked for",
    { [DROP_IN]: GATE_BLOCK.replace("/usr/local/bin/", "") },
    `critical sshd.gate-program ${DROP_IN}:2`,
  ],
  [
    "csh",
    { "/etc/passwd": "alice:x:5001:5001::/home/alice:/bin/tcsh\n" },
    "warning sshd.shell-reads-files /etc/passwd:",
  ],
  [
    "nologin",
    { "/etc/passwd": "alice:x:5001:5001::/home/alice:/usr/sbin/nologin\n" },
    "info sshd.shell-refuses /etc/passwd:",
  ],
  [
    "a shell that nobody knows",
    { "/etc/passwd": "alice:x:5001:5001::/home/alice:/usr/bin/xonsh\n" },
    "warning sshd.shell-reads-files /etc/passwd:",
  ],
  [
    "a key that is tied to a command",
    { "/home/alice/.ssh/authorized_keys": `# x\nrestrict,command="rsync \\"a\\"" ${KEY}\n` },
    "warning sshd.key-command-replaced /home/alice/.ssh/authorized_keys:2",
  ],
  [
    "keys of a program",
    {
      [MAIN]: `${DEBIAN_CONFIG}AuthorizedKeysCommand /bin/keys\nAuthorizedKeysCommandUser nobody\n`,
    },
    "info sshd.keys-elsewhere",
  ],
  [
    "root with a key",
    { "/root/.ssh/authorized_keys": `${KEY}\n` },
    "warning sshd.root-unguarded",
  ],
  [
    "root by Kerberos",
    { [MAIN]: `${DEBIAN_CONFIG}GSSAPIAuthentication yes\n`, "/etc/krb5.keytab": "" },
    "warning sshd.root-unguarded",
  ],
  [
    "a name of a host, without names",
    { [MAIN]: `${DEBIAN_CONFIG}Match Host *.example.com\nX11Forwarding no\n` },
    `info sshd.host-never-matches ${MAIN}:8`,
  ],
  [
    "a criterion that nobody knows",
    { [MAIN]: `${DEBIAN_CONFIG}Match Exec "touch /tmp/never"\nForceCommand none\n` },
    `warning sshd.criterion-unknown ${MAIN}:8`,
  ],
  [
    "a chroot",
    { [DROP_IN]: `${GATE_BLOCK}    ChrootDirectory /srv\n` },
    `warning sshd.gate-in-chroot ${DROP_IN}:7`,
  ],
  [
    "no terminal",
    { "/etc/ssh/sshd_config.d/10-own.conf": "PermitTTY no\n" },
    "warning sshd.no-terminal /etc/ssh/sshd_config.d/10-own.conf:1",
  ],
  [
    "keys that others can write",
    { "/etc/ssh/sshd_config.d/10-own.conf": "StrictModes no\n" },
    "warning sshd.strict-modes-off /etc/ssh/sshd_config.d/10-own.conf:1",
  ],
  [
    "a second name of alice's, with a key and in no group",
    {
      "/etc/passwd":
        "alice:x:5001:5001::/home/alice:/bin/bash\nal:x:5001:5002::/home/alice:/bin/bash\n",
    },
    "warning sshd.same-uid /etc/passwd:",
  ],
];

for (const [name, files, finding] of BROKEN) {
  Deno.test(`examineSshd() with the gate finds ${name}`, async () => {
    const found = briefly(await examineTree({ [DROP_IN]: GATE_BLOCK, ...files }));
    ok(
      found.map((line) => line.replace(/:$/, "")).includes(finding.replace(/:$/, "")),
      found.join("\n"),
    );
  });
}

const BROKEN_IN_PAM: typeof BROKEN = [
  [
    "any method",
    { "/etc/ssh/sshd_config.d/10-own.conf": "Match User alice\nAuthenticationMethods any\n" },
    "critical sshd.factor-missing /etc/ssh/sshd_config.d/10-own.conf:2",
  ],
  [
    "an alternative without PAM",
    { [DROP_IN]: PAM_BLOCK.replace(":pam", ":pam publickey") },
    `critical sshd.factor-missing ${DROP_IN}:2`,
  ],
  [
    "no UsePAM",
    { [MAIN]: DEBIAN_CONFIG.replace("UsePAM yes", "UsePAM no") },
    `critical sshd.pam-off ${MAIN}:3`,
  ],
  [
    "no prompts",
    { [DROP_IN]: PAM_BLOCK.replace(/Kbd.*yes/, "") },
    `critical sshd.prompts-off ${MAIN}:2`,
  ],
  [
    "no keys",
    { [DROP_IN]: `${PAM_BLOCK}    PubkeyAuthentication no\n` },
    `critical sshd.keys-off ${DROP_IN}:4`,
  ],
  [
    "the factor before the key",
    { [DROP_IN]: PAM_BLOCK.replace(/publickey,(\S+)/, "$1,publickey") },
    `warning sshd.asked-too-early ${DROP_IN}:2`,
  ],
  [
    "a password as an alternative",
    { [DROP_IN]: PAM_BLOCK.replace(":pam", ":pam password") },
    `warning sshd.password-alternative ${DROP_IN}:2`,
  ],
  [
    "too little time",
    { [MAIN]: `${DEBIAN_CONFIG}LoginGraceTime 30\n` },
    `warning sshd.grace-too-short ${MAIN}:8`,
  ],
  [
    "room for one who waits",
    { [MAIN]: `${DEBIAN_CONFIG}MaxStartups 1\n` },
    `warning sshd.few-startups ${MAIN}:8`,
  ],
  [
    "no key, where sshd is told to look in the usual place",
    {
      [DROP_IN]: `${PAM_BLOCK}    AuthorizedKeysFile .ssh/authorized_keys\n`,
      "/home/alice/.ssh/authorized_keys": "",
    },
    "warning sshd.no-key",
  ],
  [
    "keys are looked for nowhere",
    { [DROP_IN]: `${PAM_BLOCK}    AuthorizedKeysFile none\n` },
    `warning sshd.no-key ${DROP_IN}:4`,
  ],
  [
    "few tries",
    { [DROP_IN]: `${PAM_BLOCK}    MaxAuthTries 1\n` },
    `warning sshd.few-tries ${DROP_IN}:4`,
  ],
  [
    "the old name of a keyword",
    { [DROP_IN]: PAM_BLOCK.replace("KbdInteractive", "ChallengeResponse") },
    `info sshd.old-name ${DROP_IN}:3`,
  ],
  [
    "accounts without a key",
    { "/home/alice/.ssh/authorized_keys": "" },
    "warning sshd.no-key",
  ],
  [
    "nobody with a key",
    { "/home/alice/.ssh/authorized_keys": "", "/home/bob/.ssh/authorized_keys": "" },
    "critical sshd.no-key",
  ],
  [
    "root, whom sshd refuses",
    { "/etc/group": "ssh-2fa:x:5100:alice,root\nalice:x:5001:\n" },
    "warning sshd.root-shut-out",
  ],
  [
    "one account that is left out by name",
    {
      [DROP_IN]:
        "AuthenticationMethods publickey,keyboard-interactive:pam\nKbdInteractiveAuthentication yes\n",
      [MAIN]: `${DEBIAN_CONFIG}Match User bob\nAuthenticationMethods publickey\n`,
    },
    `warning sshd.factor-missing ${MAIN}:9`,
  ],
];

for (const [name, files, finding] of BROKEN_IN_PAM) {
  Deno.test(`examineSshd() with PAM finds ${name}`, async () => {
    const found = briefly(await examineTree({ [DROP_IN]: PAM_BLOCK, ...files }));
    ok(found.includes(finding), found.join("\n"));
  });
}

Deno.test("a block that does not hold somewhere is at fault alone", async () => {
  const found = briefly(
    await examineTree({ [DROP_IN]: PAM_BLOCK.replace("ssh-2fa", "ssh-2fa Address 10.0.0.0/8") }),
  );
  deepEqual(found.filter((line) => line.startsWith("critical")), [
    `critical sshd.factor-missing ${DROP_IN}:2`,
  ]);
});

Deno.test("the vendor's file counts where /etc/ssh has none", async () => {
  const vendor = "/usr/etc/ssh/sshd_config";
  const examined = await examineTree(
    { [DROP_IN]: GATE_BLOCK, [vendor]: `PermitTunnel yes\n${DEBIAN_CONFIG}` },
    (root) => Deno.remove(`${root}${MAIN}`),
  );
  deepEqual(briefly(examined), [`critical sshd.tunnel-open ${vendor}:1`, UNGUARDED]);
});

Deno.test("services that ask are found in each folder of PAM, and in what they include", async () => {
  const suse = { [DROP_IN]: "", "/etc/os-release": "ID=sles\nID_LIKE=suse\n" };
  const found = async (files: TreeFiles) => briefly(await examineTree({ ...suse, ...files }));
  const ours = "auth required pam_gatehouse.so\n";
  const critical = `critical sshd.nobody-guarded ${MAIN}:`;
  ok((await found({})).includes(critical));
  ok((await found({ "/etc/pam.d/sudo": `#${ours}` })).includes(critical));
  for (
    const files of [
      { "/usr/lib/pam.d/sudo": ours },
      { "/usr/etc/pam.d/sudo": "auth substack own", "/usr/lib/pam.d/own": ours },
    ]
  ) {
    ok((await found(files)).includes("info sshd.not-guarded"));
  }
});

Deno.test("keys that everybody could change count for nothing", async () => {
  const examined = await examineTree(
    { [DROP_IN]: PAM_BLOCK },
    (root) => Deno.chmod(`${root}/home/alice/.ssh`, 0o777),
  );
  deepEqual(only(examined, "sshd.keys-unknown").where, {
    file: "/home/alice/.ssh/authorized_keys",
  });
});

Deno.test("what sshd refuses says nothing of whom it sends to PAM", async () => {
  const examined = await examineTree({ [DROP_IN]: `${PAM_BLOCK}UsePAM perhaps\n` });
  deepEqual(briefly(examined), [`critical sshd.refused ${DROP_IN}:4`]);
  equal(examined.reliance.unknown, true);
});

Deno.test("the witness comes from where the factor is missing", async () => {
  const witness = async (match: string) => {
    const own = { "/etc/ssh/sshd_config.d/10-own.conf": `${match}\nForceCommand none\n` };
    const main = { [MAIN]: `${DEBIAN_CONFIG}Port 22\nPort 2222\n` };
    const examined = await examineTree({ [DROP_IN]: GATE_BLOCK, ...own, ...main });
    return only(examined, "sshd.factor-missing").witness;
  };
  equal(await witness("Match Address 10.1.0.0/16"), "alice from 10.1.0.1 by publickey");
  equal(
    await witness("Match Address fd00::/8 LocalPort 2222"),
    "alice from fd00::1 to [2001:db8::1]:2222 by publickey",
  );
  equal(
    await witness("Match LocalAddress 198.51.100.4"),
    "alice from 192.0.2.7 to 198.51.100.4:22 by publickey",
  );
  equal(
    await witness("Match RDomain guests"),
    "alice from 192.0.2.7 in routing domain guests by publickey",
  );
});

Deno.test("whom sshd lets in nowhere is no way round the factor", async () => {
  const own = (lines: string) => ({
    [DROP_IN]: GATE_BLOCK,
    "/etc/ssh/sshd_config.d/10-own.conf": `Match Address 10.0.0.0/8\nForceCommand none\n${lines}\n`,
  });
  const missing = async (lines: string) =>
    briefly(await examineTree(own(lines))).some((line) => line.includes("factor-missing"));
  equal(await missing(""), true);
  equal(await missing("DenyUsers al*"), false);
  equal(await missing("DenyGroups ssh-2fa"), false);
  equal(await missing("AllowUsers bob alice@192.0.2.0/24"), false);
  equal(await missing("AllowUsers bob alice@10.3.0.0/16"), true);
  equal(await missing("AllowGroups bob"), false);
});

Deno.test("a list of names that leaves nobody who is guarded is told of", async () => {
  const own = "/etc/ssh/sshd_config.d/10-own.conf";
  const found = async (...lines: string[]) => {
    const files = { [DROP_IN]: GATE_BLOCK, [own]: lines.map((line) => `${line}\n`).join("") };
    const all = briefly(await examineTree(files));
    return all.filter((line) => line.includes("sshd.names-shut-out")).join();
  };
  const at = (line: number) => `warning sshd.names-shut-out ${own}:${line}`;
  equal(await found("DenyUsers bob", "DenyUsers al*"), at(2));
  equal(await found("DenyUsers alice@*"), at(1));
  equal(await found("DenyGroups games ssh-2fa"), at(1));
  equal(await found("AllowUsers bob", "AllowUsers bo? root"), at(1));
  equal(await found("AllowGroups bob"), at(1));
  equal(
    await found("Match Address 10.0.0.0/8", "AllowUsers bob", "Match all", "DenyUsers alice"),
    at(4),
  );
  for (
    const line of [
      "AllowUsers bob alice@10.3.0.0/16",
      "AllowUsers bob alice@*.example.com",
      "DenyUsers bob alice@10.0.0.0/8",
      "AllowGroups bob ssh-*",
      "PermitRootLogin no",
      "Match Address 10.0.0.0/8\nAllowUsers bob",
    ]
  ) equal(await found(line), "", line);
  const nobody = { [DROP_IN]: GATE_BLOCK.replace("ssh-2fa", "daemon"), [own]: "AllowUsers bob\n" };
  ok(!briefly(await examineTree(nobody)).some((line) => line.includes("names-shut-out")));
});

Deno.test("where StrictModes is off, keys that everybody can write are keys", async () => {
  const open = (root: string) => Deno.chmod(`${root}/home/alice/.ssh/authorized_keys`, 0o666);
  const found = async (value: string) => {
    const own = { "/etc/ssh/sshd_config.d/10-own.conf": `StrictModes ${value}\n` };
    const all = briefly(await examineTree({ ...own, [DROP_IN]: PAM_BLOCK }, open));
    return all.filter((line) => /keys-unknown|no-key|strict/.test(line)).map((line) =>
      line.split(" ")[1]
    );
  };
  deepEqual(await found("no"), ["sshd.strict-modes-off"]);
  deepEqual(await found("yes"), ["sshd.keys-unknown"]);
});

Deno.test("who meets the gate, and always PAM before it, is told to the examination of PAM", async () => {
  const after = async (methods: string) => {
    const lines = `    AuthenticationMethods ${methods}\n    KbdInteractiveAuthentication yes\n`;
    return (await examineTree({ [DROP_IN]: GATE_BLOCK + lines })).reliance.gateAfterPam;
  };
  deepEqual(await after("publickey,keyboard-interactive:pam"), ["alice"]);
  deepEqual(await after("publickey keyboard-interactive:pam"), []);
});

Deno.test("nothing of an account's makes the doctor follow, wait or run", async () => {
  const examined = await examineTree({ [DROP_IN]: PAM_BLOCK }, async (root) => {
    await Deno.remove(`${root}/home/alice/.ssh/authorized_keys`);
    await Deno.symlink("/etc/shadow", `${root}/home/alice/.ssh/authorized_keys`);
    await new Deno.Command("chown", {
      args: ["-h", "5001", `${root}/home/alice/.ssh/authorized_keys`],
    }).output();
    await Deno.remove(`${root}/home/bob/.ssh/authorized_keys`);
    await new Deno.Command("mkfifo", { args: [`${root}/home/bob/.ssh/authorized_keys`] }).output();
    await Deno.writeTextFile(`${root}/etc/group`, "ssh-2fa:x:5100:alice,bob\n");
  });
  const found = examined.findings.filter(({ id }) => id === "sshd.keys-unknown");
  deepEqual(found.map(({ what }) => what), [
    "the keys of alice were not examined: /home/alice/.ssh/authorized_keys is behind a link of uid 5001",
    "the keys of bob were not examined: /home/bob/.ssh/authorized_keys is not a regular file",
  ]);
});

Deno.test("who may change the gate's program may change who is asked", async () => {
  const gate = "/usr/local/bin/gatehouse";
  const found = async (change: (root: string) => Promise<void>) =>
    only(await examineTree({ [DROP_IN]: GATE_BLOCK }, change), "sshd.gate-program").what;
  equal(
    await found((root) => Deno.chmod(`${root}/usr/local/bin`, 0o775)),
    `${gate} depends on /usr/local/bin, which others can write`,
  );
  equal(
    await found((root) => Deno.chmod(`${root}/usr/local/bin`, 0o1777)),
    `${gate} depends on /usr/local/bin, which others can write`,
  );
  equal(
    await found((root) => Deno.chown(`${root}${gate}`, 5002, 5002)),
    `${gate} depends on ${gate}, which is not root's`,
  );
  equal(
    await found((root) => Deno.chmod(`${root}${gate}`, 0o700)),
    `${gate} cannot be executed by everybody`,
  );
});

Deno.test("thousands of accounts and twenty Match blocks are few questions", async () => {
  const users = Array.from({ length: 5_000 }, (_, index) => `user${index}`);
  const passwd = users.map((name, index) =>
    `${name}:x:${6_000 + index}:100::/home/${name}:/bin/sh`
  );
  const blocks = Array.from(
    { length: 20 },
    (_, index) => `Match Address 10.${index}.0.0/16\nX11Forwarding no\n`,
  );
  const examined = await examineTree({
    "/etc/passwd": passwd.join("\n"),
    "/etc/group": `users:x:100:\nssh-2fa:x:5100:${users.slice(0, 4_000).join()}\n`,
    [MAIN]: `${DEBIAN_CONFIG}${blocks.join("")}`,
    [DROP_IN]: GATE_BLOCK,
  });
  equal(examined.reliance.gate.length, 4_000);
  deepEqual(examined.proven, [
    "user0, user1, user2, user3, user4, user5, user6, user7 and 3992 more: the factor is asked for in each of 22 kinds of connection",
  ]);
});

for (
  const system of [
    "arch",
    "debian-12",
    "fedora-41",
    "rhel-9",
    "sles-15",
    "ubuntu-24.04",
  ]
) {
  Deno.test(`neither block is accused of anything on ${system}`, async () => {
    const folder = new URL(`../support/trees/${system}/etc/ssh/`, import.meta.url);
    const files = await filesBelow(folder, "/etc/ssh/");
    for (const block of [GATE_BLOCK, PAM_BLOCK]) {
      const included = files[MAIN]?.match(/^\s*Include\s.*sshd_config\.d/im) !== null;
      const ours = included
        ? { [DROP_IN]: block }
        : { [MAIN]: `UsePAM yes\n${files[MAIN]}\n${block}` };
      const examined = await examineTree({ ...files, ...ours });
      deepEqual(briefly(examined).filter((line) => !line.startsWith("info ")), []);
      equal(examined.reliance.gate.length + examined.reliance.pam.length, 1);
    }
  });
}

async function filesBelow(folder: URL, path: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const at = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) Object.assign(files, await filesBelow(at, `${path}${name}/`));
    else files[`${path}${name}`] = await Deno.readTextFile(at);
  }
  return files;
}

/** The gate but for a connection that the line names. */
function opened(match: string) {
  return examineTree({
    "/etc/ssh/sshd_config.d/10-own.conf": `${match}\nForceCommand none\nMatch all\n`,
    [DROP_IN]: GATE_BLOCK,
  });
}

for (
  const line of [
    "Match Address 127.0.0.25?",
    "Match Address 203.0.113.1?9",
    "Match Address 127.0.*,!127.0.0.*",
    "Match LocalPort 2222",
    "Match LocalPort 2222 Address 10.*",
  ]
) {
  Deno.test(`${line}: connections for which it holds are asked about`, async () => {
    const examined = await opened(line);
    equal(only(examined, "sshd.factor-missing").severity, "critical");
    deepEqual(examined.proven, []);
  });
}

Deno.test("of two patterns each is asked about alone", async () => {
  const examined = await examineTree({
    "/etc/ssh/sshd_config.d/10-own.conf":
      "Match Address 127.0.0.*\nForceCommand exec /usr/local/bin/gatehouse gate\nMatch Address 127.0.*\nForceCommand none\nMatch all\n",
    [DROP_IN]: GATE_BLOCK,
  });
  const missing = examined.findings.filter(({ id }) => id === "sshd.factor-missing");
  ok(missing.some(({ witness }) => /from 127\.0\.[1-9]/.test(witness ?? "")));
});

Deno.test("a pattern that no example meets is a finding, and nothing is proven", async () => {
  const examined = await opened("Match Address 3??.1.1.*");
  equal(only(examined, "sshd.situation-unreached").severity, "warning");
  deepEqual(examined.proven, []);
});

Deno.test("a list of patterns that are met is no finding", async () => {
  const examined = await examineTree({
    "/etc/ssh/sshd_config.d/10-own.conf":
      "Match Address 10.*,192.168.1.*,fe80:*,10.1.?.7\nX11Forwarding no\nMatch Address *\nX11Forwarding no\nMatch all\n",
    [DROP_IN]: GATE_BLOCK,
  });
  equal(briefly(examined).filter((one) => one.includes("unreached")).length, 0);
});
