/** Ways to break host.toml and the files beside it. */
import { EmergencyCode } from "../../lib/io/emergency_file.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { type Broken, HOST_TOML, PAM_SSHD } from "./sabotage.ts";
import { AUTHENTICATOR, type GuardedTree } from "./sabotage_tree.ts";

const PAM = "--mode pam";
const GATE = "--mode gate";
const PROGRAM = "/usr/local/bin/gatehouse";
const CODES = "/var/lib/gatehouse/codes";
const ALICES = "/home/alice/.google_authenticator";
const EMERGENCY = "/etc/gatehouse/emergency";
const SERVER = `servers = ["https://auth.example.com"]
server_keys = ["ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
host = "web1"
host_token = "ghh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
`;

const policy = (line: string) => (tree: GuardedTree) =>
  tree.append(HOST_TOML, `[policy]\n${line}\n`);
const codes = (line: string) => (tree: GuardedTree) => tree.append(HOST_TOML, `[codes]\n${line}\n`);

export const HOST_SETTINGS: readonly Broken[] = [
  {
    what: "host.toml has a key that there is not",
    tree: "debian-12",
    install: PAM,
    change: (tree) => tree.append(HOST_TOML, 'timeuot = "60s"\n'),
    finds: "critical host.config-faulty",
    at: [HOST_TOML, "timeuot"],
  },
  {
    what: "host.toml is no TOML",
    tree: "rhel-9",
    install: GATE,
    change: (tree) => tree.append(HOST_TOML, "language = en\n"),
    finds: "critical host.config-faulty",
    at: [HOST_TOML, "language = en"],
  },
  {
    what: "host.toml is gone",
    tree: "arch",
    install: GATE,
    change: (tree) => tree.remove(HOST_TOML),
    finds: "critical host.config-missing",
    at: [HOST_TOML],
  },
  {
    what: "while no server answers, everybody gets in: offline = allow",
    tree: "ubuntu-24.04",
    install: PAM,
    change: (tree) => tree.write(HOST_TOML, `${SERVER}[policy]\noffline = "allow"\n`),
    finds: "warning host.offline-allows",
    at: [HOST_TOML, "offline"],
  },
  {
    what: "every IPv4 address is exempt",
    tree: "debian-12",
    install: GATE,
    change: policy('exempt_sources = ["0.0.0.0/0"]'),
    finds: "critical host.exempt-everywhere",
    at: [HOST_TOML, "exempt_sources"],
  },
  {
    what: "two halves of the address space are exempt",
    tree: "sles-15",
    install: PAM,
    change: policy('exempt_sources = ["::/1", "8000::/1"]'),
    finds: "critical host.exempt-everywhere",
    at: [HOST_TOML, "exempt_sources"],
  },
  {
    what: "everybody who is guarded is exempt",
    tree: "fedora-41",
    install: PAM,
    change: policy('exempt_groups = ["ssh-2fa"]'),
    finds: "critical host.exempt-everybody",
    at: [HOST_TOML, "exempt_groups"],
    also: ["warning host.exempt-accounts"],
  },
  {
    what: "commands without a terminal are not asked for",
    tree: "opensuse-tumbleweed",
    install: GATE,
    change: policy('noninteractive = "skip"'),
    finds: "critical host.commands-unasked",
    at: [HOST_TOML, "noninteractive"],
  },
  {
    what: "who has no authenticator is let in",
    tree: "debian-12",
    install: PAM,
    change: policy('unenrolled = "allow"'),
    finds: "warning host.unenrolled-allowed",
    at: [HOST_TOML, "unenrolled"],
  },
  {
    what: "a code may be used twice",
    tree: "arch",
    install: GATE,
    change: codes('reuse = "file"'),
    finds: "warning host.codes-reused",
    at: [HOST_TOML, "reuse"],
  },
  {
    what: "for a week after a code none is asked for",
    tree: "ubuntu-24.04",
    install: PAM,
    change: codes('grace_period = "168h"'),
    finds: "warning host.grace-period",
    at: [HOST_TOML, "grace_period"],
  },
  {
    what: "authenticators may belong to anybody",
    tree: "rhel-9",
    install: PAM,
    change: codes("no_strict_owner = true"),
    finds: "warning host.codes-of-anybody",
    at: [HOST_TOML, "no_strict_owner"],
  },
  {
    what: "others may read authenticators",
    tree: "debian-12",
    install: GATE,
    change: codes('allowed_perm = "0644"'),
    finds: "warning host.codes-readable",
    at: [HOST_TOML, "allowed_perm"],
  },
  {
    what: "the server is asked without TLS",
    tree: "sles-15",
    install: PAM,
    change: (tree) => tree.write(HOST_TOML, SERVER.replace("https:", "http:")),
    finds: "warning host.server-without-tls",
    at: [HOST_TOML, "servers"],
    also: ["warning host.offers-unsigned"],
  },
  {
    what: "each account that is guarded is exempt by a group of its own",
    tree: "debian-12",
    install: PAM,
    change: policy('exempt_groups = ["alice", "carol"]'),
    finds: "critical host.exempt-everybody",
    at: [HOST_TOML, "exempt_groups"],
    also: ["warning host.exempt-accounts"],
  },
  {
    what: "our line asks for an approval, and there is no server",
    tree: "debian-12",
    install: PAM,
    change: (tree) => tree.edit(PAM_SSHD, "pam_gatehouse.so", "pam_gatehouse.so mode=approve"),
    finds: "critical host.mode-needs-server",
    at: [PAM_SSHD, "auth"],
  },
  {
    what: "our line takes codes alone, nobody has one, and there is a server",
    tree: "rhel-9",
    install: PAM,
    change: async (tree) => {
      await tree.edit(PAM_SSHD, "pam_gatehouse.so", "pam_gatehouse.so mode=code");
      await tree.write(HOST_TOML, `${SERVER}signed_offers = true\n[policy]\noffline = "deny"\n`);
      for (const who of ["alice", "carol"]) await tree.remove(`${CODES}/${who}`);
    },
    finds: "critical codes.not-enrolled",
    at: [HOST_TOML],
    also: ["warning emergency.missing"],
  },
];

export const HOST_FILES: readonly Broken[] = [
  {
    what: "our line names a host.toml that is not there",
    tree: "arch",
    install: PAM,
    change: (tree) =>
      tree.edit(PAM_SSHD, "pam_gatehouse.so", "pam_gatehouse.so config=/etc/gatehouse/own.toml"),
    finds: "critical host.config-missing",
    at: ["/etc/gatehouse/own.toml"],
  },
  {
    what: "everybody can write host.toml",
    tree: "debian-12",
    install: GATE,
    change: (tree) => tree.mode(HOST_TOML, 0o666),
    finds: "critical host.config-open",
    at: [HOST_TOML],
  },
  {
    what: "the folder of host.toml belongs to an account",
    tree: "arch",
    install: PAM,
    change: (tree) => Deno.chown(tree.at("/etc/gatehouse"), 1001, 1001),
    finds: "critical host.config-open",
    at: ["/etc/gatehouse"],
  },
  {
    what: "the gate runs as the account, which cannot read host.toml",
    tree: "fedora-41",
    install: GATE,
    change: (tree) => tree.mode(HOST_TOML, 0o600),
    finds: "critical host.config-unreadable",
    at: [HOST_TOML],
  },
  {
    what: "others can write the program that PAM starts",
    tree: "ubuntu-24.04",
    install: PAM,
    change: (tree) => tree.mode(PROGRAM, 0o775),
    finds: "critical host.program-open",
    at: [PROGRAM],
  },
  {
    what: "the program that PAM's line names is not there",
    tree: "debian-12",
    install: PAM,
    change: async (tree) => {
      await tree.write("/bin/sh", "", 0o755);
      await tree.edit(PAM_SSHD, "pam_gatehouse.so", "pam_gatehouse.so helper=/opt/gatehouse");
    },
    finds: "critical host.program-missing",
    at: ["/opt/gatehouse"],
  },
  {
    what: "others can write the module that PAM loads",
    tree: "rhel-9",
    install: PAM,
    change: (tree) => tree.mode(tree.module("pam_gatehouse"), 0o666),
    finds: "critical host.module-open",
    at: ["/usr/lib64/security/pam_gatehouse.so"],
  },
  {
    what: "module and program are of two releases",
    tree: "sles-15",
    install: PAM,
    change: (tree) =>
      tree.write(tree.module("pam_gatehouse"), "\x7fELF\0pam_gatehouse protocol 1000\0"),
    finds: "critical host.module-version",
    at: ["/lib64/security/pam_gatehouse.so"],
  },
  {
    what: "others can read the key that codes are sealed to",
    tree: "debian-12",
    install: PAM,
    change: (tree) => tree.write("/var/lib/gatehouse/host.key", "{}", 0o644),
    finds: "critical host.key-open",
    at: ["/var/lib/gatehouse/host.key"],
  },
  {
    what: "others can write into the folder of authenticators",
    tree: "ubuntu-24.04",
    install: PAM,
    change: (tree) => tree.mode(CODES, 0o777),
    finds: "critical codes.folder-open",
    at: [CODES],
  },
  {
    what: "others can look into the folder of authenticators",
    tree: "fedora-41",
    install: PAM,
    change: (tree) => tree.mode(CODES, 0o755),
    finds: "info codes.folder-open",
    at: [CODES],
  },
  {
    what: "others can write into the folder of used codes",
    tree: "arch",
    install: PAM,
    change: async (tree) => {
      await Deno.mkdir(tree.at("/var/lib/gatehouse/spent"));
      await tree.mode("/var/lib/gatehouse/spent", 0o777);
    },
    finds: "critical codes.spent-open",
    at: ["/var/lib/gatehouse/spent"],
  },
  {
    what: "others can read an authenticator",
    tree: "debian-12",
    install: GATE,
    change: (tree) => tree.mode(ALICES, 0o644),
    finds: "warning codes.file-open",
    at: [ALICES],
  },
  {
    what: "an authenticator belongs to another account",
    tree: "rhel-9",
    install: GATE,
    change: (tree) => Deno.chown(tree.at(ALICES), 1001, 1001),
    finds: "warning codes.file-refused",
    at: [ALICES],
  },
  {
    what: "google-authenticator left copies of secrets behind",
    tree: "opensuse-tumbleweed",
    install: GATE,
    change: (tree) => tree.write(`${ALICES}~`, AUTHENTICATOR, 0o600, 1000),
    finds: "warning codes.debris",
    at: [`${ALICES}~`],
  },
  {
    what: "nobody has an authenticator, and there is no server",
    tree: "sles-15",
    install: PAM,
    change: async (tree) => {
      for (const who of ["alice", "carol"]) await tree.remove(`${CODES}/${who}`);
    },
    finds: "critical codes.not-enrolled",
    at: [HOST_TOML],
    also: ["warning emergency.missing"],
  },
  {
    what: "one account has no authenticator",
    tree: "ubuntu-24.04",
    install: GATE,
    change: (tree) => tree.remove("/home/carol/.google_authenticator"),
    finds: "warning codes.not-enrolled",
    at: [HOST_TOML],
  },
  {
    what: "codes were fetched from a server, and nothing fetches them again",
    tree: "debian-12",
    install: PAM,
    change: async (tree) => {
      await tree.write(
        `${CODES}/alice`,
        AUTHENTICATOR.replace("\n", '\n" GATEHOUSE_SYNCED 1767225600 1769817600\n'),
        0o400,
      );
      await tree.remove("/etc/cron.d/gatehouse");
    },
    finds: "warning codes.sync-unscheduled",
  },
  {
    what: "the emergency code is the host's name",
    tree: "debian-12",
    install: PAM,
    change: (tree) => EmergencyCode.at(tree.at(EMERGENCY)).set("web1", systemRandom),
    finds: "warning emergency.weak",
    at: [EMERGENCY],
  },
  {
    what: "others can read the emergency code's hash",
    tree: "fedora-41",
    install: PAM,
    change: (tree) => tree.write(EMERGENCY, "", 0o644),
    finds: "warning emergency.unusable",
    at: [EMERGENCY],
  },
  {
    what: "accounts come from a directory that may not list them all",
    tree: "debian-12",
    install: PAM,
    change: (tree) => tree.edit("/etc/nsswitch.conf", /^passwd:.*$/m, "passwd: files ldap"),
    finds: "warning host.accounts-unlisted",
    at: ["/etc/nsswitch.conf"],
  },
  {
    what: "an authenticator that PAM's was made from was left in a home",
    tree: "debian-12",
    install: PAM,
    change: (tree) => tree.write(ALICES, AUTHENTICATOR, 0o400, 1000),
    finds: "warning codes.unread",
    at: [ALICES],
  },
  {
    what: "an old authenticator that counts no more was left in a home",
    tree: "sles-15",
    install: PAM,
    change: (tree) => tree.write(ALICES, AUTHENTICATOR.replace("GEZD", "MFRG"), 0o400, 1000),
    finds: "info codes.unread",
    at: [ALICES],
  },
  {
    what: "host.toml names another place, and the gate reads no home any more",
    tree: "arch",
    install: GATE,
    change: async (tree) => {
      await codes('secret = "/etc/codes/${USER}"')(tree);
      for (const [who, uid] of [["alice", 1000], ["carol", 1002]] as const) {
        await tree.write(`/etc/codes/${who}`, AUTHENTICATOR, 0o400, uid);
      }
      await tree.mode(ALICES, 0o444);
    },
    finds: "warning codes.unread",
    at: [ALICES],
    also: ["warning codes.file-open"],
  },
  {
    what: "our line starts a program of an account's",
    tree: "debian-12",
    install: PAM,
    change: async (tree) => {
      await tree.write("/home/alice/gatehouse", "#!/bin/sh\n", 0o755, 1000);
      await tree.edit(
        PAM_SSHD,
        "pam_gatehouse.so",
        "pam_gatehouse.so helper=/home/alice/gatehouse",
      );
    },
    finds: "critical host.program-open",
    at: ["/home/alice"],
  },
  {
    what: "everybody can read SSH2FA's list of secrets",
    tree: "debian-12",
    install: PAM,
    change: async (tree) => {
      await tree.write("/etc/totp", "bob:GEZDGNBVGY3TQOJQ\n", 0o644);
      await codes('totp_secrets = "/etc/totp"')(tree);
    },
    finds: "warning codes.list-open",
    at: ["/etc/totp"],
  },
];
