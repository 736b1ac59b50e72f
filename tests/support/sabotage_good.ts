/** Trees in which nothing is broken, however people have set them up. */
import { DROP_IN, EARLIER, type Good, HOST_TOML, PAM_SSHD } from "./sabotage.ts";
import { AUTHENTICATOR, type GuardedTree } from "./sabotage_tree.ts";
import { KEY } from "./sshd_tree.ts";

const MAIN = "/etc/ssh/sshd_config";
const ALICES_KEYS = "/home/alice/.ssh/authorized_keys";
const PASSWORD = "--mode pam --first password --services sshd,sudo";

const earlier = (...lines: string[]) => (tree: GuardedTree) =>
  tree.write(EARLIER, lines.map((line) => `${line}\n`).join(""));
const inFront = (...lines: string[]) => (tree: GuardedTree) =>
  tree.edit(PAM_SSHD, /^/, lines.map((line) => `${line}\n`).join(""));

const authenticators = async (tree: GuardedTree) => {
  for (const [who, uid] of [["alice", 1000], ["carol", 1002]] as const) {
    await tree.write(`/home/${who}/.google_authenticator`, AUTHENTICATOR, 0o400, uid);
  }
};

export const VARIATIONS: readonly Good[] = [
  {
    what: "a Match block with a chroot for another group, which has sftp alone",
    tree: "debian-12",
    install: "--mode gate",
    before: async (tree) => {
      await tree.append("/etc/group", "customers:x:991:bob\n");
      await tree.append(
        MAIN,
        "Match Group customers\n    ChrootDirectory /srv\n    ForceCommand internal-sftp\n    AllowTcpForwarding no\n",
      );
    },
  },
  {
    what: "an earlier Match block with a forced command for an account that is not guarded",
    tree: "fedora-41",
    install: "--mode gate",
    before: earlier("Match User bob", "    ForceCommand /usr/bin/backup"),
  },
  {
    what: "Port 2222 and two addresses to listen at",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: earlier("Port 2222", "ListenAddress 192.0.2.1", "ListenAddress [2001:db8::1]:2200"),
  },
  {
    what: "more harmless variables from clients",
    tree: "debian-12",
    install: "--mode gate",
    change: earlier("AcceptEnv LC_* TZ COLORTERM GIT_AUTHOR_*"),
  },
  {
    what: "an earlier AuthenticationMethods outside of every Match, before which ours goes",
    tree: "rhel-9",
    install: "--mode pam",
    before: earlier("AuthenticationMethods publickey"),
  },
  {
    what: "an earlier Match with things that do not matter",
    tree: "arch",
    install: "--mode gate",
    change: earlier("Match Address 10.0.0.0/8", "    X11Forwarding no", "    Banner /etc/issue"),
  },
  {
    what: "a list of accounts in the place of a group",
    tree: "opensuse-tumbleweed",
    install: "--mode pam --users alice,carol",
  },
  {
    what: "a list of accounts, and the gate",
    tree: "sles-15",
    install: "--mode gate --users alice,bob,carol",
  },
  {
    what: "everybody is guarded, root as well",
    tree: "debian-12",
    install: "--mode pam --all",
    before: earlier("PermitRootLogin yes"),
    change: async (tree) => {
      await tree.write("/root/.ssh/authorized_keys", `${KEY}\n`, 0o600);
      for (const who of ["root", "bob"]) {
        await tree.write(
          `/var/lib/gatehouse/codes/${who}`,
          'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n" TOTP_AUTH\n',
          0o400,
        );
      }
    },
  },
  {
    what: "everybody is guarded by the gate, and root cannot log in",
    tree: "rhel-9",
    install: "--mode gate --all",
    before: earlier("PermitRootLogin no"),
  },
  {
    what: "AllowGroups and DenyUsers",
    tree: "fedora-41",
    install: "--mode pam",
    change: earlier("AllowGroups ssh-2fa", "DenyUsers bob root"),
  },
  {
    what: "few kinds of keys, and a key with restrict",
    tree: "debian-12",
    install: "--mode pam",
    before: earlier("PubkeyAcceptedAlgorithms ssh-ed25519,sk-ssh-ed25519@openssh.com"),
    change: (tree) => tree.edit(ALICES_KEYS, KEY, `restrict,pty,from="10.0.0.0/8" ${KEY}`),
  },
  {
    what: "a key with a command of its own, inside PAM, which obeys it",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: (tree) => tree.edit(ALICES_KEYS, KEY, `command="/usr/bin/rrsync /srv" ${KEY}`),
  },
  {
    what: "keys come from a command, and root cannot log in",
    tree: "arch",
    install: "--mode pam",
    before: async (tree) => {
      await earlier(
        "AuthorizedKeysCommand /usr/bin/keys %u",
        "AuthorizedKeysCommandUser nobody",
        "PermitRootLogin no",
      )(tree);
      await tree.remove("/home/carol/.ssh");
    },
  },
  {
    what: "certificates of an authority, by which root can log in",
    tree: "debian-12",
    install: "--mode gate",
    change: earlier("TrustedUserCAKeys /etc/ssh/ca.pub"),
    says: ["warning sshd.root-unguarded"],
  },
  {
    what: "several Include lines, one of them relative",
    tree: "debian-12",
    install: "--mode gate",
    before: async (tree) => {
      await tree.write("/etc/ssh/more/a.conf", "ClientAliveInterval 30\n");
      await tree.edit(
        MAIN,
        /^Include .*\n/m,
        "Include more/*.conf /etc/ssh/none.conf\nInclude /etc/ssh/sshd_config.d/*.conf\n",
      );
    },
  },
  {
    what: "sshd_config with CR LF, remarks and odd spelling",
    tree: "debian-12",
    install: "--mode pam",
    before: async (tree) => {
      const text = await tree.read(MAIN);
      const odd = text.replace("UsePAM yes", "# UsePAM no\nusepam=yes # as it came").replaceAll(
        "\n",
        "\r\n",
      );
      await tree.write(MAIN, odd);
    },
  },
  {
    what: "passwords are off for sshd itself",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: earlier("PasswordAuthentication no"),
  },
  {
    what: "pam_faillock around the password",
    tree: "arch",
    install: PASSWORD,
    change: (tree) => tree.prepend(PAM_SSHD, "auth required pam_faillock.so preauth\n"),
  },
  {
    what: "pam_access and a group in account",
    tree: "debian-12",
    install: "--mode pam",
    change: inFront("account required pam_access.so"),
  },
  {
    what: "home directories are made at the first login",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: (tree) =>
      tree.append("/etc/pam.d/common-session", "session optional pam_mkhomedir.so\n"),
  },
  {
    what: "SSSD in the password's stack",
    tree: "sles-15",
    install: PASSWORD,
  },
  {
    what: "sudo asks for the factor, too, and sshd in PAM",
    tree: "opensuse-tumbleweed",
    install: "--mode pam --services sshd,sudo,su,login",
  },
  {
    what: "codes alone, in our line's own words",
    tree: "debian-12",
    install: PASSWORD,
    change: (tree) =>
      tree.edit(PAM_SSHD, "pam_gatehouse.so", "pam_gatehouse.so mode=code timeout=50 noqr debug"),
  },
  {
    what: "a server, and nobody gets in while it does not answer",
    tree: "rhel-9",
    install: "--mode pam",
    change: (tree) =>
      tree.write(
        HOST_TOML,
        'servers = ["https://auth.example.com"]\nserver_keys = ["ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]\n' +
          'host = "web1"\nhost_token = "ghh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"\nsigned_offers = true\n[policy]\noffline = "deny"\n',
        0o600,
      ),
  },
  {
    what: "one account is exempt by name",
    tree: "fedora-41",
    install: "--mode pam",
    change: (tree) => tree.append(HOST_TOML, '[policy]\nexempt_users = ["carol"]\n'),
    says: ["warning host.exempt-accounts"],
  },
  {
    what: "one network is exempt",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => tree.append(HOST_TOML, '[policy]\nexempt_sources = ["192.0.2.0/24"]\n'),
    says: ["warning host.exempt-sources"],
  },
  {
    what: "one account is left out of all by a Match line of its own",
    tree: "debian-12",
    install: "--mode gate --all",
    before: earlier("PermitRootLogin no"),
    change: async (tree) => {
      await tree.edit(DROP_IN, "Match all", "Match User bob\n    ForceCommand none\nMatch all");
    },
    says: ["warning sshd.factor-missing"],
  },
  {
    what: "copies that editors and packages leave beside the files",
    tree: "debian-12",
    install: "--mode pam",
    change: async (tree) => {
      await tree.write("/etc/pam.d/sshd.dpkg-old", "auth sufficient pam_permit.so\n");
      await tree.write(`${DROP_IN}.bak`, "Match User alice\n    AuthenticationMethods any\n");
    },
  },
  {
    what: "AllowUsers with names of hosts, and DenyUsers with an address",
    tree: "rhel-9",
    install: "--mode gate",
    change: earlier("AllowUsers bob alice@*.example.com carol", "DenyUsers carol@10.0.0.0/8 root"),
  },
  {
    what: "a drop-in for each of three hundred accounts, and one that is included twice",
    tree: "debian-12",
    install: "--mode pam",
    before: async (tree) => {
      for (let number = 0; number < 300; number++) {
        const lines = `Match User none${number}\n    X11Forwarding no\n`;
        await tree.write(`/etc/ssh/sshd_config.d/60-${number}.conf`, lines);
      }
      await tree.write("/etc/ssh/more/a.conf", "ClientAliveInterval 30\n");
      await tree.append(MAIN, "Include more/*.conf\nInclude /etc/ssh/more/a.conf\n");
    },
  },
  {
    what: "two lines of ours, each for a group of its own",
    tree: "debian-12",
    install: PASSWORD,
    change: (tree) =>
      tree.edit(
        PAM_SSHD,
        "auth    required    pam_gatehouse.so",
        [
          "auth [success=1 default=ignore] pam_succeed_if.so quiet user = carol",
          "auth [success=2 default=die] pam_gatehouse.so timeout=50",
          "auth [success=1 default=die] pam_gatehouse.so",
          "auth required pam_deny.so",
          "auth required pam_permit.so",
        ].join("\n"),
      ),
  },
  {
    what: "a second line of ours, where the first has said no",
    tree: "fedora-41",
    install: PASSWORD,
    change: (tree) =>
      tree.edit(
        PAM_SSHD,
        "auth    required    pam_gatehouse.so",
        "auth sufficient pam_gatehouse.so\nauth required pam_gatehouse.so",
      ),
  },
  {
    what: "PAM reads authenticators in homes: codes.secret",
    tree: "ubuntu-24.04",
    install: "--mode pam",
    change: async (tree) => {
      await tree.append(HOST_TOML, '[codes]\nsecret = "${HOME}/.google_authenticator"\n');
      await authenticators(tree);
    },
  },
  {
    what: "PAM reads authenticators in homes: secret= of our line",
    tree: "arch",
    install: "--mode pam",
    change: async (tree) => {
      const line = "pam_gatehouse.so secret=~/.google_authenticator";
      await tree.edit(PAM_SSHD, "pam_gatehouse.so", line);
      await authenticators(tree);
    },
  },
  {
    what: "google-authenticator is still asked by another service",
    tree: "debian-12",
    install: "--mode pam",
    change: async (tree) => {
      await tree.append("/etc/pam.d/login", "auth required pam_google_authenticator.so\n");
      await authenticators(tree);
    },
  },
  {
    what: "files of root's are included from elsewhere, by sshd and by PAM",
    tree: "arch",
    install: PASSWORD,
    change: async (tree) => {
      await tree.write("/srv/conf/a.conf", "X11Forwarding no\n");
      await tree.append(MAIN, "Include /srv/conf/*.conf\n");
      await tree.write("/srv/pam/own", "auth optional pam_faildelay.so\n");
      await tree.append("/etc/pam.d/system-auth", "auth include /srv/pam/own\n");
    },
  },
  {
    what: "a second name of an account, with no shell to work in",
    tree: "fedora-41",
    install: "--mode pam",
    change: (tree) => tree.append("/etc/passwd", "al:x:1000:1000::/home/alice:/sbin/nologin\n"),
  },
  {
    what: "the gate behind PAM, which asks for the password alone",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) =>
      tree.edit(
        DROP_IN,
        "ForceCommand",
        "AuthenticationMethods publickey,keyboard-interactive:pam\n    KbdInteractiveAuthentication yes\n    ForceCommand",
      ),
  },
  {
    what: "no terminal for an account that is not guarded, and StrictModes yes",
    tree: "rhel-9",
    install: "--mode gate",
    change: earlier("StrictModes yes", "Match User bob", "    PermitTTY no"),
  },
  {
    what: "the path of the gate in quotes",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) =>
      tree.edit(DROP_IN, "exec /usr/local/bin/gatehouse", "exec '/usr/local/bin/gatehouse'"),
  },
  {
    what: "an approval is asked for, there is a server, and SSH2FA's list is root's alone",
    tree: "debian-12",
    install: "--mode pam",
    change: async (tree) => {
      await tree.edit(PAM_SSHD, "pam_gatehouse.so", "pam_gatehouse.so mode=approve");
      await tree.write("/etc/totp", "bob:GEZDGNBVGY3TQOJQ\n", 0o600);
      await tree.write(
        HOST_TOML,
        'servers = ["https://auth.example.com"]\nserver_keys = ["ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]\n' +
          'host = "web1"\nhost_token = "ghh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"\nsigned_offers = true\n[codes]\ntotp_secrets = "/etc/totp"\n',
        0o600,
      );
    },
  },
];
