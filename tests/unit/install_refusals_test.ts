/** What install.sh host refuses, each with the reason and the next step, and nothing changed. */
import assert from "node:assert/strict";
import { DEBIAN_SSHD, InstallTree } from "../support/install.ts";
import { mustRun, run } from "../support/process.ts";

interface Refusal {
  readonly name: string;
  readonly files?: Readonly<Record<string, string | undefined>>;
  /** Behind `host --yes`. */
  readonly args: readonly string[];
  /** Done to the tree before. */
  readonly prepare?: (tree: InstallTree) => Promise<unknown>;
  readonly error: RegExp;
}

const PAM = ["--codes-only"];
const GATE = ["--codes-only", "--mode", "gate"];
const sshd = (lines: string) => ({ "etc/ssh/sshd_config": DEBIAN_SSHD + lines });
const keys = (lines: string) => ({ "home/alice/.ssh/authorized_keys": lines });

const REFUSALS: readonly Refusal[] = [
  {
    name: "no sshd_config",
    files: { "etc/ssh/sshd_config": undefined },
    args: PAM,
    error: /there is no sshd_config here: sshd is not installed/,
  },
  {
    name: "a sshd_config that sshd refuses as it is",
    files: sshd("NoSuchKeyword yes\n"),
    args: PAM,
    error: /sshd refuses its configuration as it is: .*(Bad configuration|Unsupported|bad)/i,
  },
  {
    name: "a ForceCommand for all, in gate mode",
    files: { "etc/ssh/sshd_config": `ForceCommand /usr/bin/menu\n${DEBIAN_SSHD}` },
    args: GATE,
    error: /alice has a ForceCommand: \/usr\/bin\/menu/,
  },
  {
    name: "a ForceCommand in a Match block behind ours, in gate mode",
    files: sshd("Match Group alice\n    ForceCommand internal-sftp\n"),
    args: GATE,
    error: /alice has a ForceCommand: internal-sftp/,
  },
  {
    name: "a ForceCommand in another file of sshd_config.d, in gate mode",
    files: {
      "etc/ssh/sshd_config.d/90-menu.conf": "Match User a*\n    ForceCommand /usr/bin/menu\n",
    },
    args: GATE,
    error: /alice has a ForceCommand: \/usr\/bin\/menu/,
  },
  {
    name: "a ForceCommand in a file that begins with an empty line, in gate mode",
    files: { "etc/ssh/sshd_config.d/90-menu.conf": "\nForceCommand /usr/bin/menu\n" },
    args: GATE,
    error: /alice has a ForceCommand: \/usr\/bin\/menu/,
  },
  {
    name: "a ChrootDirectory, in gate mode",
    files: sshd("Match Group ssh-*,!bob\n    ChrootDirectory /srv/%u\n"),
    args: GATE,
    error: /alice has a ChrootDirectory: \/srv\/%u/,
  },
  {
    name: "a key with command=, in gate mode",
    files: keys(
      'ssh-ed25519 AAAA one\nno-pty,from="10.0.0.1,10.0.0.2",command="/usr/bin/backup" ssh-ed25519 AAAA two\n',
    ),
    args: GATE,
    error: /alice has a key with command="…" in \/home\/alice\/\.ssh\/authorized_keys/,
  },
  {
    name: "a key with command= where AuthorizedKeysFile leads, in gate mode",
    files: {
      ...sshd("AuthorizedKeysFile /etc/ssh/keys/%u\n"),
      "etc/ssh/keys/alice": 'Command="x" ssh-ed25519 AAAA\n',
    },
    args: GATE,
    error: /alice has a key with command="…" in \/etc\/ssh\/keys\/alice/,
  },
  {
    name: "SetEnv that differs among those to be guarded, in gate mode",
    files: sshd("Match User alice\n    SetEnv A=1\nMatch User bob\n    SetEnv A=2\n"),
    args: [...GATE, "--users", "alice,bob"],
    error: /SetEnv is not the same for all who are to be guarded/,
  },
  {
    name: "SetEnv with a quote in its value, in gate mode",
    files: sshd('SetEnv A=say\\"hi\n'),
    args: GATE,
    error: /SetEnv has quotes or backslashes in it, which cannot be kept/,
  },
  {
    name: "a line that stands before ours and says otherwise",
    files: {
      "etc/ssh/sshd_config.d/10-own.conf":
        "Match User alice\n    KbdInteractiveAuthentication no\nMatch all\n",
    },
    args: PAM,
    error:
      /for alice another line of sshd_config wins: kbdinteractiveauthentication is no, not yes/,
  },
  {
    name: "other AuthenticationMethods",
    files: sshd("Match Group alice\n    AuthenticationMethods publickey,password\n"),
    args: PAM,
    error: /alice has AuthenticationMethods publickey,password/,
  },
  {
    name: "UsePAM no",
    files: { "etc/ssh/sshd_config": DEBIAN_SSHD.replace("UsePAM yes", "UsePAM no") },
    args: PAM,
    error: /UsePAM is no/,
  },
  {
    name: "PubkeyAuthentication no, where a key comes first",
    files: sshd("PubkeyAuthentication no\n"),
    args: PAM,
    error: /PubkeyAuthentication is no for alice/,
  },
  {
    name: "an account without a key, where a key comes first",
    files: keys("# none yet\n\n"),
    args: PAM,
    error: /alice has no key, and could not log in any more/,
  },
  {
    name: "root guarded, and PermitRootLogin is for keys alone",
    args: [...PAM, "--users", "alice,root"],
    error: /root is to be guarded, but PermitRootLogin is without-password/,
  },
  {
    name: "all guarded, root among them, and PermitRootLogin is for keys alone",
    args: [...PAM, "--all"],
    error: /root is to be guarded/,
  },
  {
    name: "no host.toml, no server, and no word of codes alone",
    args: [],
    error: /there is no \/etc\/gatehouse\/host\.toml/,
  },
  {
    name: "another server than the one in host.toml",
    files: { "etc/gatehouse/host.toml": 'servers = ["https://a.example.com"]\n' },
    args: ["--join", "https://b.example.com", "token"],
    error: /host\.toml names another server already/,
  },
  {
    name: "another server in an array over several lines",
    files: {
      "etc/gatehouse/host.toml":
        "servers = [ # \"https://b.example.com\"\n  'https://a.example.com',\n]\n",
    },
    args: ["--join", "https://b.example.com", "token"],
    error: /host\.toml names another server already/,
  },
  {
    name: "a host.toml that accounts cannot read, in gate mode",
    files: { "etc/gatehouse/host.toml": "servers = []\n" },
    args: GATE,
    prepare: (tree) => Deno.chmod(tree.at("etc/gatehouse/host.toml"), 0o600),
    error: /host\.toml is root's alone, and the gate runs as the account/,
  },
  {
    name: "no program",
    args: PAM,
    prepare: (tree) => Deno.remove(`${tree.kit}/gatehouse`),
    error: /there is no gatehouse beside/,
  },
  {
    name: "no module, in PAM",
    args: PAM,
    prepare: (tree) => Deno.remove(`${tree.kit}/pam_gatehouse.so`),
    error: /the PAM module cannot be installed/,
  },
  {
    name: "a folder of the program that others can write",
    args: PAM,
    prepare: (tree) => Deno.chmod(tree.at("usr/local/bin"), 0o777),
    error: /\/usr\/local\/bin can be written by others/,
  },
  {
    name: "a folder of sshd's files that others can write",
    args: PAM,
    prepare: (tree) => Deno.chmod(tree.at("etc/ssh/sshd_config.d"), 0o777),
    error: /\/etc\/ssh\/sshd_config\.d is not root's alone: everybody can write it/,
  },
  {
    name: "a folder of sshd's files that a group can write",
    args: PAM,
    prepare: async (tree) => {
      await Deno.chown(tree.at("etc/ssh/sshd_config.d"), 0, 1000);
      await Deno.chmod(tree.at("etc/ssh/sshd_config.d"), 0o775);
    },
    error: /\/etc\/ssh\/sshd_config\.d is not root's alone: group 1000 can write it/,
  },
  {
    name: "a file of sshd's that is not root's",
    files: { "etc/ssh/sshd_config": DEBIAN_SSHD.replace(/^Include.*\n/, "") },
    args: PAM,
    prepare: (tree) => Deno.chown(tree.at("etc/ssh/sshd_config"), 1000, 1000),
    error: /\/etc\/ssh\/sshd_config is not root's alone: it belongs to uid 1000/,
  },
  {
    name: "a drop-in of ours by name alone",
    files: { "etc/ssh/sshd_config.d/50-gatehouse.conf": "PasswordAuthentication no\n" },
    args: PAM,
    error: /50-gatehouse\.conf is there already, written by somebody else/,
  },
  {
    name: "marks of ours without their end",
    files: sshd("# gatehouse begin\nMatch User bob\n"),
    args: PAM,
    error: /"# gatehouse begin" without its "# gatehouse end"/,
  },
  {
    name: "an account that is not there",
    args: [...PAM, "--users", "alice,nobody-of-that-name"],
    error: /no such account: nobody-of-that-name/,
  },
  {
    name: "a group whose name is a pattern for sshd",
    args: [...PAM, "--group", "ssh-*"],
    error: /the group has a name that neither sshd nor PAM takes/,
  },
  {
    name: "a change that was interrupted",
    args: PAM,
    prepare: (tree) =>
      mustRun(["mkdir", "-p", "-m", "0700", tree.at("var/lib/gatehouse-install/pending")]),
    error: /an earlier change is still on trial\ninstall\.sh: hint: .*install\.sh undo/,
  },
];

for (const { name, files, args, prepare, error } of REFUSALS) {
  Deno.test(`install.sh host refuses and changes nothing: ${name}`, async () => {
    await using tree = await InstallTree.make(files);
    await prepare?.(tree);
    const before = await tree.everything();
    const result = await tree.install("host", "--yes", ...args);
    assert.match(result.err, error);
    assert.match(result.err, /^install\.sh: error: [^\n]+\ninstall\.sh: hint: [^\n]+\n$/);
    assert.equal(result.code, 78);
    assert.equal(await tree.everything(), before);
  });
}

Deno.test("install.sh host takes what stands in nobody's way", async () => {
  // As the refusals above, but not for those who are guarded, or not in that mode.
  const taken: readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[] = [
    [sshd("Match User bob\n    ForceCommand /usr/bin/menu\n"), GATE],
    [sshd("ForceCommand /usr/bin/menu\n"), PAM],
    [sshd("Match Group ssh-*,!alice\n    ForceCommand /usr/bin/menu\n"), GATE],
    [sshd("Match User bob\n    AuthenticationMethods publickey,password\n"), PAM],
    [sshd("AuthenticationMethods publickey\n"), PAM],
    [sshd("PermitRootLogin no\n"), [...PAM, "--all"]],
    [keys("# none\n"), [...PAM, "--first", "password"]],
    [keys('ssh-ed25519 AAAA says ,command="no" in its comment\n'), GATE],
    [sshd("SetEnv LANG=C.UTF-8\n"), GATE],
  ];
  for (const [files, args] of taken) {
    await using tree = await InstallTree.make(files);
    const { code, err } = await tree.install("host", "--yes", "--dry-run", ...args);
    assert.equal(err, "");
    assert.equal(code, 0);
  }
});

Deno.test("SetEnv that holds for those who are guarded is repeated in our line", async () => {
  await using tree = await InstallTree.make(sshd('SetEnv LANG=C.UTF-8 "GREETING=good day"\n'));
  await tree.host("--mode", "gate");
  const text = await tree.read("etc/ssh/sshd_config.d/50-gatehouse.conf");
  assert.match(text, / XDG_DATA_DIRS=\/nonexistent "LANG=C.UTF-8" "GREETING=good day"\n/);
});

Deno.test("install.sh refuses to work for anybody but root", async () => {
  await using tree = await InstallTree.make();
  const { code, err } = await run([
    "setpriv",
    "--reuid=65534",
    "--clear-groups",
    ...tree.command("host"),
  ]);
  assert.equal(code, 78);
  assert.match(err, /error: install\.sh host must be run as root\n/);
});

Deno.test("status says that it cannot see, not that nothing is there, to who is not root", async () => {
  await using tree = await InstallTree.make();
  const ask = ["setpriv", "--reuid=65534", "--clear-groups", ...tree.command("status")];
  // Else that account could not start it at all.
  await mustRun(["chmod", "a+rx", tree.folder.path]);
  assert.match((await run(ask)).out, /not installed/);
  await tree.host();
  const { code, out, err } = await run(ask);
  assert.equal(code, 77);
  assert.equal(out, "");
  assert.match(err, /error: what is installed root alone can see\n/);
  assert.match(err, /hint: run: sudo .*install\.sh status\n/);
});

Deno.test("install.sh explains wrong words, with status 2", async () => {
  await using tree = await InstallTree.make();
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["hots"], /no such command: hots/],
    [["--dry-run", "host"], /the command comes first, options behind it: --dry-run/],
    [["server", "--port", "1"], /unknown option: --port\n.*hint: see install\.sh server --help/],
    [["host", "--mdoe", "pam"], /unknown option: --mdoe/],
    [["host", "--mode"], /--mode needs a value/],
    [["host", "--mode", "pma"], /--mode pma: must be one of pam, gate, both/],
    [["host", "--codes-only", "--first", "cert"], /--first cert: must be one of key, password/],
    [["host", "--group", "g", "--users", "alice"], /--group and --users cannot be combined/],
    [["host", "--codes-only", "--join", "https://a.example.com"], /--codes-only and --join/],
    [["host", "--yes", "--join", "auth.example.com", "x"], /--join auth.example.com: must begin/],
    [["host", "--codes-only", "--within", "5"], /--within takes seconds, 60 to 3600/],
    [["status", "--mode", "pam"], /unknown option: --mode/],
  ];
  for (const [[command = "", ...args], error] of wrong) {
    const { code, err } = await tree.install(command, ...args);
    assert.match(err, error);
    assert.equal(code, 2);
  }
});

Deno.test("install.sh lets no name steer the terminal", async () => {
  await using tree = await InstallTree.make();
  const { err } = await tree.install("host", "--yes", "--codes-only", "--users", "a\x1b[2Jb");
  assert.match(err, /letters, digits/);
  assert.ok(!err.includes("\x1b"), err);
});
