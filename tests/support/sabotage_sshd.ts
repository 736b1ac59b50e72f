/** Ways to break how sshd is set up. */
import { type Broken, DROP_IN, EARLIER } from "./sabotage.ts";
import type { GuardedTree } from "./sabotage_tree.ts";
import { KEY } from "./sshd_tree.ts";

const MAIN = "/etc/ssh/sshd_config";
const PROGRAM = "/usr/local/bin/gatehouse";
const ALICES_KEYS = "/home/alice/.ssh/authorized_keys";

/** A drop-in of somebody else's that sshd reads before ours. */
const earlier = (...lines: string[]) => (tree: GuardedTree) =>
  tree.write(EARLIER, lines.map((line) => `${line}\n`).join(""));
const inOurs = (from: string | RegExp, to: string) => (tree: GuardedTree) =>
  tree.edit(DROP_IN, from, to);

export const SSHD_AROUND: readonly Broken[] = [
  {
    what: "an earlier Match takes AuthenticationMethods back for one account",
    tree: "debian-12",
    install: "--mode pam",
    change: earlier("Match User alice", "    AuthenticationMethods any"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "AuthenticationMethods any"],
    // Then the stack, which relies on the key, is open to passwords.
    also: ["critical pam.no-first-factor"],
  },
  {
    what: "an earlier Match turns the forced command off",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: earlier("Match Group wheel,sudo", "    ForceCommand none"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "ForceCommand none"],
  },
  {
    what: "an earlier Match forces another command",
    tree: "arch",
    install: "--mode both",
    change: earlier("Match User carol", "    ForceCommand internal-sftp"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "ForceCommand internal-sftp"],
  },
  {
    what: "a drop-in that is sorted in front of ours has a Match for everybody",
    tree: "rhel-9",
    install: "--mode pam",
    change: earlier("Match all", "    AuthenticationMethods publickey"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "AuthenticationMethods publickey"],
    also: ["warning pam.not-asked"],
  },
  {
    what: "the Include line was removed",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => tree.edit(MAIN, /^Include .*\n/m, ""),
    finds: "critical sshd.not-included",
    at: [DROP_IN],
    also: ["critical sshd.factor-missing"],
  },
  {
    what: "our drop-in was renamed, and no Include means it any more",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: (tree) => Deno.rename(tree.at(DROP_IN), tree.at(`${DROP_IN}.disabled`)),
    finds: "critical sshd.not-included",
    at: [`${DROP_IN}.disabled`],
    also: [
      "critical sshd.factor-missing",
      "critical pam.no-first-factor",
      "warning pam.not-asked",
    ],
  },
  {
    what: "the Include line was moved below a Match line, which swallows it",
    tree: "debian-12",
    install: "--mode gate",
    change: async (tree) => {
      await tree.edit(MAIN, /^Include .*\n/m, "");
      await tree.append(
        MAIN,
        "Match Address 10.0.0.0/8\n    Include /etc/ssh/sshd_config.d/*.conf\n",
      );
    },
    finds: "critical sshd.factor-missing",
    at: [DROP_IN, "ForceCommand exec"],
    also: ["warning sshd.include-in-match"],
  },
  {
    what: "our block holds for connections from inside only: Match Address the wrong way round",
    tree: "debian-12",
    install: "--mode pam",
    change: inOurs("Match Group ssh-2fa", "Match Group ssh-2fa Address 10.0.0.0/8,192.168.0.0/16"),
    finds: "critical sshd.factor-missing",
    at: [DROP_IN, "AuthenticationMethods publickey,keyboard-interactive:pam"],
    also: ["critical pam.no-first-factor"],
  },
  {
    what: "who comes by IPv6 is not asked",
    tree: "opensuse-tumbleweed",
    install: "--mode pam",
    change: earlier("Match Address ::/0", "    AuthenticationMethods publickey"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "AuthenticationMethods publickey"],
  },
  {
    what: "one network is let in without the gate",
    tree: "debian-12",
    install: "--mode both",
    change: earlier("Match Address 198.51.100.0/24", "    ForceCommand none"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "ForceCommand none"],
  },
  {
    what: "a second Port, with a Match LocalPort that has no gate",
    tree: "sles-15",
    install: "--mode gate",
    change: (tree) =>
      tree.prepend(
        MAIN,
        "Port 22\nPort 2022\nMatch LocalPort 2022\n    ForceCommand none\nMatch all\n",
      ),
    finds: "critical sshd.factor-missing",
    at: [MAIN, "ForceCommand none"],
  },
  {
    what: "a second ListenAddress, with a Match LocalAddress of its own",
    tree: "arch",
    install: "--mode pam",
    change: earlier(
      "ListenAddress 0.0.0.0",
      "ListenAddress 10.9.8.7",
      "Match LocalAddress 10.9.8.7",
      "    AuthenticationMethods publickey",
    ),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "AuthenticationMethods publickey"],
  },
  {
    what: "a negated group: everybody but bob's group is let by",
    tree: "fedora-41",
    install: "--mode pam",
    change: earlier("Match Group *,!bob", "    AuthenticationMethods publickey"),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "AuthenticationMethods publickey"],
    also: ["warning pam.not-asked"],
  },
  {
    what: "an alternative in AuthenticationMethods is without the factor",
    tree: "rhel-9",
    install: "--mode pam",
    change: inOurs("keyboard-interactive:pam", "keyboard-interactive:pam publickey"),
    finds: "critical sshd.factor-missing",
    at: [DROP_IN, "AuthenticationMethods publickey,keyboard-interactive:pam publickey"],
    also: ["warning pam.not-asked"],
  },
  {
    what: "the forced command is not the gate alone: `|| true`",
    tree: "debian-12",
    install: "--mode gate",
    change: inOurs("gatehouse gate", "gatehouse gate || exec $SHELL"),
    finds: "critical sshd.factor-missing",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "the group has no members any more",
    tree: "arch",
    install: "--mode gate",
    change: (tree) => tree.edit("/etc/group", /^(ssh-2fa:.*:).*$/m, "ssh-2fa:x:990:"),
    finds: "critical sshd.nobody-guarded",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "the group's name is misspelt in our Match line",
    tree: "debian-12",
    install: "--mode pam",
    change: inOurs("Match Group ssh-2fa", "Match Group ssh2fa"),
    finds: "critical sshd.nobody-guarded",
    at: [DROP_IN, "AuthenticationMethods"],
    also: ["critical pam.no-first-factor", "warning pam.not-asked"],
  },
  {
    what: "the forced command became a script that nobody can look into",
    tree: "fedora-41",
    install: "--mode gate",
    change: inOurs(/ForceCommand .*/, "ForceCommand /usr/local/sbin/ask-first"),
    finds: "critical sshd.nobody-guarded",
    at: [MAIN],
  },
  {
    what: "who comes from a name that the DNS gives is let by",
    tree: "sles-15",
    install: "--mode pam",
    change: (tree) =>
      tree.prepend(
        MAIN,
        "UseDNS yes\nMatch Host *.example.com\n    AuthenticationMethods publickey\nMatch all\n",
      ),
    finds: "critical sshd.factor-missing",
    at: [MAIN, "AuthenticationMethods publickey"],
  },
  {
    what: "a Match exec that may hold or not",
    tree: "debian-12",
    install: "--mode gate",
    change: earlier('Match exec "/usr/bin/test -e /run/open"', "    ForceCommand none"),
    finds: "warning sshd.criterion-unknown",
    at: [EARLIER, "Match exec"],
  },
  {
    what: "Kerberos is an alternative without the factor",
    tree: "fedora-41",
    install: "--mode pam --first password --services sshd,sudo",
    change: inOurs("keyboard-interactive:pam", "keyboard-interactive:pam gssapi-with-mic"),
    finds: "critical sshd.factor-missing",
    at: [DROP_IN, "AuthenticationMethods"],
    also: ["warning pam.not-asked"],
  },
  {
    what: "everybody can write our drop-in",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: (tree) => tree.mode(DROP_IN, 0o666),
    finds: "critical sshd.config-open",
    at: [DROP_IN],
  },
  {
    what: "the folder of the drop-ins belongs to an account",
    tree: "arch",
    install: "--mode gate",
    change: (tree) => Deno.chown(tree.at("/etc/ssh/sshd_config.d"), 1001, 1001),
    finds: "critical sshd.config-open",
    at: ["/etc/ssh/sshd_config.d"],
  },
  {
    what: "sshd refuses the configuration",
    tree: "debian-12",
    install: "--mode pam",
    change: earlier("UsePAM perhaps"),
    finds: "critical sshd.refused",
    at: [EARLIER, "UsePAM perhaps"],
  },
  {
    what: "a drop-in is a folder, which sshd cannot read",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: (tree) => Deno.mkdir(tree.at("/etc/ssh/sshd_config.d/60-own.conf")),
    finds: "critical sshd.unreadable",
    at: ["/etc/ssh/sshd_config.d/60-own.conf"],
  },
  {
    what: "each file includes the next three times, and sshd would read for hours",
    tree: "fedora-41",
    install: "--mode pam",
    change: async (tree) => {
      await tree.prepend(MAIN, "Include /etc/ssh/more/1.conf\n");
      for (let level = 1; level < 15; level++) {
        const next = `Include more/${level + 1}.conf\n`;
        await tree.write(`/etc/ssh/more/${level}.conf`, next.repeat(3));
      }
      await tree.write("/etc/ssh/more/15.conf", "X11Forwarding no\n");
    },
    finds: "warning sshd.too-many-files",
    at: ["/etc/ssh/more/13.conf", "Include"],
  },
  {
    what: "a file that is included from elsewhere belongs to an account",
    tree: "debian-12",
    install: "--mode pam",
    change: async (tree) => {
      await tree.write("/srv/conf/a.conf", "X11Forwarding no\n", 0o644, 1001);
      await tree.append(MAIN, "Include /srv/conf/*.conf\n");
    },
    finds: "critical sshd.config-open",
    at: ["/srv/conf/a.conf"],
  },
  {
    what: "a drop-in is a link into a home",
    tree: "rhel-9",
    install: "--mode gate",
    change: async (tree) => {
      await tree.write("/home/alice/own.conf", "X11Forwarding no\n", 0o644, 1000);
      await Deno.symlink("/home/alice/own.conf", tree.at(EARLIER));
    },
    finds: "critical sshd.config-open",
    at: ["/home/alice"],
  },
  {
    what: "an account that is guarded has a second name, which is not",
    tree: "fedora-41",
    install: "--mode pam",
    change: (tree) => tree.append("/etc/passwd", "al:x:1000:1000::/home/alice:/bin/bash\n"),
    finds: "warning sshd.same-uid",
    at: ["/etc/passwd"],
  },
  {
    what: "root has a second name and a key",
    tree: "arch",
    install: "--mode gate",
    change: async (tree) => {
      await tree.append("/etc/passwd", "toor:x:0:0::/root2:/bin/bash\n");
      await tree.write("/root2/.ssh/authorized_keys", `${KEY}\n`, 0o600);
    },
    finds: "warning sshd.root-unguarded",
  },
  {
    what: "for one account a host's key is enough",
    tree: "debian-12",
    install: "--mode pam",
    change: earlier(
      "Match User alice",
      "    AuthenticationMethods hostbased",
      "    HostbasedAuthentication yes",
    ),
    finds: "critical sshd.factor-missing",
    at: [EARLIER, "AuthenticationMethods"],
  },
  {
    what: "the gate is given what the client has sent",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: inOurs("gatehouse gate", "gatehouse gate $SSH_ORIGINAL_COMMAND"),
    finds: "critical sshd.factor-missing",
    at: [DROP_IN, "ForceCommand exec"],
  },
];

export const SSHD_GATE: readonly Broken[] = [
  {
    what: "DisableForwarding was taken out",
    tree: "debian-12",
    install: "--mode gate",
    change: inOurs(/ *DisableForwarding yes\n/, ""),
    finds: "critical sshd.forwarding-open",
    at: [DROP_IN, "ForceCommand exec"],
    also: ["warning sshd.forwarding-open"],
  },
  {
    what: "DisableForwarding became a list that forgets Unix sockets",
    tree: "rhel-9",
    install: "--mode gate",
    change: inOurs(
      "DisableForwarding yes",
      "AllowTcpForwarding no\n    AllowAgentForwarding no\n    X11Forwarding no",
    ),
    finds: "critical sshd.forwarding-open",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "DisableForwarding became a list that forgets the agent",
    tree: "arch",
    install: "--mode gate",
    change: inOurs(
      "DisableForwarding yes",
      "AllowTcpForwarding no\n    AllowStreamLocalForwarding no\n    X11Forwarding no",
    ),
    finds: "warning sshd.forwarding-open",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "an earlier Match turns DisableForwarding off",
    tree: "opensuse-tumbleweed",
    install: "--mode gate",
    change: earlier("Match Address 10.0.0.0/8", "    DisableForwarding no"),
    finds: "critical sshd.forwarding-open",
    at: [EARLIER, "DisableForwarding no"],
    also: ["warning sshd.forwarding-open"],
  },
  {
    what: "tunnels are permitted",
    tree: "debian-12",
    install: "--mode both",
    change: earlier("PermitTunnel point-to-point"),
    finds: "critical sshd.tunnel-open",
    at: [EARLIER, "PermitTunnel"],
  },
  {
    what: "a line was added behind our block, and what ended it was taken out",
    tree: "sles-15",
    install: "--mode gate",
    change: async (tree) => {
      await tree.edit(MAIN, "Match all\n# gatehouse end\n", "# gatehouse end\n");
      await tree.append(MAIN, "PermitTunnel yes\n");
    },
    finds: "critical sshd.tunnel-open",
    at: [MAIN, "PermitTunnel yes"],
  },
  {
    what: "PermitUserRC was taken out",
    tree: "fedora-41",
    install: "--mode gate",
    change: inOurs(/ *PermitUserRC no\n/, ""),
    finds: "warning sshd.user-rc",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "accounts may set variables in ~/.ssh/environment",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: earlier("PermitUserEnvironment yes"),
    finds: "warning sshd.user-environment",
    at: [EARLIER, "PermitUserEnvironment yes"],
  },
  {
    what: "clients may set variables of the dynamic loader",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => tree.edit(MAIN, "AcceptEnv LANG LC_*", "AcceptEnv LANG LC_* LD_*"),
    finds: "critical sshd.accept-env",
    at: [MAIN, "AcceptEnv"],
  },
  {
    what: "clients may set every variable",
    tree: "sles-15",
    install: "--mode gate",
    change: (tree) => tree.prepend(MAIN, "AcceptEnv *\n"),
    finds: "critical sshd.accept-env",
    at: [MAIN, "AcceptEnv *"],
  },
  {
    what: "SetEnv was taken out",
    tree: "arch",
    install: "--mode gate",
    change: inOurs(/ *SetEnv .*\n/, ""),
    finds: "warning sshd.setenv-missing",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "an earlier Match has a SetEnv of its own, which takes the place of ours",
    tree: "rhel-9",
    install: "--mode gate",
    change: earlier("Match User carol", "    SetEnv EDITOR=vi"),
    finds: "warning sshd.setenv-missing",
    at: [EARLIER, "SetEnv EDITOR=vi"],
  },
  {
    what: "ExposeAuthInfo was taken out",
    tree: "debian-12",
    install: "--mode both",
    change: inOurs(/ *ExposeAuthInfo yes\n/, ""),
    finds: "warning sshd.key-not-shown",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "the sftp subsystem is another program",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => tree.edit(MAIN, /^Subsystem.*$/m, "Subsystem sftp /opt/own/transfer"),
    finds: "warning sshd.subsystem",
    at: [MAIN, "Subsystem"],
  },
  {
    what: "everybody can write the program of ForceCommand",
    tree: "fedora-41",
    install: "--mode gate",
    change: (tree) => tree.mode(PROGRAM, 0o777),
    finds: "critical sshd.gate-program",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "the folder of that program belongs to an account",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: (tree) => Deno.chown(tree.at("/usr/local/bin"), 1001, 1001),
    finds: "critical sshd.gate-program",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "ForceCommand names the program without its folder",
    tree: "debian-12",
    install: "--mode gate",
    change: inOurs("exec /usr/local/bin/gatehouse", "exec gatehouse"),
    finds: "critical sshd.gate-program",
    at: [DROP_IN, "ForceCommand exec gatehouse"],
  },
  {
    what: "the program is gone",
    tree: "sles-15",
    install: "--mode gate",
    change: (tree) => tree.remove(PROGRAM),
    finds: "critical sshd.gate-program",
    at: [MAIN, "ForceCommand exec"],
  },
  {
    what: "the gate is to start in a chroot",
    tree: "arch",
    install: "--mode gate",
    change: earlier("ChrootDirectory /srv"),
    finds: "warning sshd.gate-in-chroot",
    at: [EARLIER, "ChrootDirectory"],
  },
  {
    what: "a key is for one command, which the gate replaces",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => tree.edit(ALICES_KEYS, KEY, `command="/usr/bin/rrsync /srv" ${KEY}`),
    finds: "warning sshd.key-command-replaced",
    at: [ALICES_KEYS, "command="],
  },
  {
    what: "an account's shell is tcsh",
    tree: "rhel-9",
    install: "--mode gate",
    change: (tree) => tree.edit("/etc/passwd", "carol:/bin/bash", "carol:/bin/tcsh"),
    finds: "warning sshd.shell-reads-files",
    at: ["/etc/passwd"],
  },
  {
    what: "that program is a link into a home",
    tree: "debian-12",
    install: "--mode gate",
    change: async (tree) => {
      await tree.remove(PROGRAM);
      await tree.write("/home/alice/gatehouse", "#!/bin/sh\n", 0o755, 1000);
      await Deno.symlink("/home/alice/gatehouse", tree.at(PROGRAM));
    },
    finds: "critical sshd.gate-program",
    at: [DROP_IN, "ForceCommand exec"],
  },
  {
    what: "nobody gets a terminal, so the gate can ask for no code",
    tree: "rhel-9",
    install: "--mode gate",
    change: earlier("PermitTTY no"),
    finds: "warning sshd.no-terminal",
    at: [EARLIER, "PermitTTY"],
  },
  {
    what: "the gate is told of a host.toml of an account's",
    tree: "fedora-41",
    install: "--mode gate",
    change: async (tree) => {
      await tree.write("/home/alice/host.toml", "servers = []\n", 0o644, 1000);
      await tree.edit(DROP_IN, "gatehouse gate", "gatehouse gate --config /home/alice/host.toml");
    },
    finds: "critical host.config-open",
    at: ["/home/alice"],
  },
];

export const SSHD_PAM: readonly Broken[] = [
  {
    what: "UsePAM no",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: (tree) => tree.edit(MAIN, "UsePAM yes", "UsePAM no"),
    finds: "critical sshd.pam-off",
    at: [MAIN, "UsePAM no"],
    also: ["critical sshd.no-method-left", "warning pam.not-asked"],
  },
  {
    what: "KbdInteractiveAuthentication no for an account",
    tree: "debian-12",
    install: "--mode pam",
    change: earlier("Match User carol", "    KbdInteractiveAuthentication no"),
    finds: "critical sshd.prompts-off",
    at: [EARLIER, "KbdInteractiveAuthentication no"],
    also: ["warning sshd.no-method-left"],
  },
  {
    what: "KbdInteractiveAuthentication was taken out of our block",
    tree: "fedora-41",
    install: "--mode pam",
    change: inOurs(/ *KbdInteractiveAuthentication yes\n/, ""),
    finds: "critical sshd.prompts-off",
    at: ["/etc/ssh/sshd_config.d/50-redhat.conf", "KbdInteractiveAuthentication no"],
    also: ["critical sshd.no-method-left", "warning pam.not-asked"],
  },
  {
    what: "PubkeyAuthentication no",
    tree: "arch",
    install: "--mode pam",
    change: earlier("PubkeyAuthentication no"),
    finds: "critical sshd.keys-off",
    at: [EARLIER, "PubkeyAuthentication no"],
    also: ["critical sshd.no-method-left", "warning pam.not-asked"],
  },
  {
    what: "a password in the place of the key: the PAM stack asks for the factor alone",
    tree: "debian-12",
    install: "--mode pam",
    change: inOurs("keyboard-interactive:pam", "keyboard-interactive:pam password"),
    finds: "critical pam.no-first-factor",
    at: ["/etc/pam.d/sshd", "auth"],
    also: ["warning sshd.password-alternative"],
  },
  {
    what: "the factor is asked for before the key",
    tree: "rhel-9",
    install: "--mode pam",
    change: inOurs(
      "publickey,keyboard-interactive:pam",
      "keyboard-interactive:pam,publickey",
    ),
    finds: "warning sshd.asked-too-early",
    at: [DROP_IN, "AuthenticationMethods"],
  },
  {
    what: "root has a key, and is not guarded",
    tree: "debian-12",
    install: "--mode pam",
    change: (tree) => tree.write("/root/.ssh/authorized_keys", `${KEY}\n`, 0o600),
    finds: "warning sshd.root-unguarded",
  },
  {
    what: "root has a password, may use it, and is not guarded",
    tree: "sles-15",
    install: "--mode gate",
    change: async (tree) => {
      await tree.prepend(MAIN, "PermitRootLogin yes\nPasswordAuthentication yes\n");
      await tree.edit("/etc/shadow", "root:*:", "root:$y$j9T$x$x:");
    },
    finds: "warning sshd.root-unguarded",
  },
  {
    what: "root is guarded, and PermitRootLogin lets nobody answer",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: (tree) => tree.edit("/etc/group", "990:alice", "990:root,alice"),
    finds: "warning sshd.root-shut-out",
  },
  {
    what: "LoginGraceTime is over before anybody can approve",
    tree: "arch",
    install: "--mode pam",
    change: earlier("LoginGraceTime 20"),
    finds: "warning sshd.grace-too-short",
    at: [EARLIER, "LoginGraceTime 20"],
  },
  {
    what: "host.toml lets a login wait longer than sshd does",
    tree: "fedora-41",
    install: "--mode pam",
    change: (tree) => tree.append("/etc/gatehouse/host.toml", 'timeout = "300s"\n'),
    finds: "warning sshd.grace-too-short",
  },
  {
    what: "MaxAuthTries 1",
    tree: "opensuse-tumbleweed",
    install: "--mode pam",
    change: earlier("MaxAuthTries 1"),
    finds: "warning sshd.few-tries",
    at: [EARLIER, "MaxAuthTries 1"],
  },
  {
    what: "an account lost its key",
    tree: "sles-15",
    install: "--mode pam",
    change: (tree) => tree.remove("/home/carol/.ssh"),
    finds: "warning sshd.no-key",
  },
  {
    what: "everybody can write an account's home, so sshd takes no key of it",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: (tree) => tree.mode("/home/alice", 0o777),
    finds: "warning sshd.keys-unknown",
    at: [ALICES_KEYS],
  },
  {
    what: "keys are looked for where there are none",
    tree: "debian-12",
    install: "--mode pam",
    change: earlier("AuthorizedKeysFile /etc/ssh/keys/%u", "PasswordAuthentication no"),
    finds: "critical sshd.no-key",
    at: [EARLIER, "AuthorizedKeysFile"],
  },
  {
    what: "AllowUsers names nobody who is guarded",
    tree: "rhel-9",
    install: "--mode gate",
    change: earlier("AllowUsers bob root dave@10.0.0.0/8"),
    finds: "warning sshd.names-shut-out",
    at: [EARLIER, "AllowUsers"],
  },
  {
    what: "AllowGroups forgets the group that is guarded",
    tree: "arch",
    install: "--mode pam",
    change: earlier("Match Address *", "    AllowGroups bob games"),
    finds: "warning sshd.names-shut-out",
    at: [EARLIER, "AllowGroups"],
  },
  {
    what: "DenyGroups has the group that is guarded",
    tree: "debian-12",
    install: "--mode pam",
    change: earlier("DenyGroups games", "DenyGroups ssh-2fa"),
    finds: "warning sshd.names-shut-out",
    at: [EARLIER, "DenyGroups ssh-2fa"],
  },
  {
    what: "DenyUsers has all who are guarded, each in another way",
    tree: "opensuse-tumbleweed",
    install: "--mode gate",
    change: earlier("DenyUsers ali* carol@*"),
    finds: "warning sshd.names-shut-out",
    at: [EARLIER, "DenyUsers"],
  },
  {
    what: "StrictModes no: keys count that everybody can write",
    tree: "debian-12",
    install: "--mode pam",
    change: async (tree) => {
      await earlier("StrictModes no")(tree);
      await tree.mode(ALICES_KEYS, 0o666);
    },
    finds: "warning sshd.strict-modes-off",
    at: [EARLIER, "StrictModes"],
  },
];
