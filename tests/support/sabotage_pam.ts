/** Ways to break PAM's files. */
import { type Broken, DROP_IN, EARLIER, PAM_SSHD } from "./sabotage.ts";
import type { GuardedTree } from "./sabotage_tree.ts";

/** The password's stack, with our line behind it; sudo as well. */
const PASSWORD = "--mode pam --first password --services sshd,sudo";
const KEY_FIRST = "--mode pam";
const OURS = "auth    required    pam_gatehouse.so";
const OURS_BY_KEY = "auth    [success=done ignore=ignore default=die]    pam_gatehouse.so";
const SUDO = "/etc/pam.d/sudo";

const inSshd = (from: string | RegExp, to: string) => (tree: GuardedTree) =>
  tree.edit(PAM_SSHD, from, to);
/** In front of the stack of sshd. */
const inFront = (...lines: string[]) => (tree: GuardedTree) =>
  tree.edit(PAM_SSHD, /^/, lines.map((line) => `${line}\n`).join(""));

export const PAM_BYPASSES: readonly Broken[] = [
  {
    what: "our line was removed",
    tree: "debian-12",
    install: KEY_FIRST,
    change: inSshd(/^# gatehouse begin\n[^]*# gatehouse end\n/m, ""),
    finds: "critical pam.not-in-stack",
    at: [PAM_SSHD],
  },
  {
    what: "the service's file is gone, and `other` takes its place",
    tree: "rhel-9",
    install: KEY_FIRST,
    change: (tree) => tree.remove(PAM_SSHD),
    finds: "critical pam.not-in-stack",
    at: [PAM_SSHD],
    also: [
      "critical pam.account-always-fails",
      "critical pam.session-always-fails",
      "warning pam.nologin-missing",
    ],
  },
  {
    what: "everybody can write PAM's file for sshd",
    tree: "fedora-41",
    install: KEY_FIRST,
    change: (tree) => tree.mode(PAM_SSHD, 0o666),
    finds: "critical pam.config-open",
    at: [PAM_SSHD],
  },
  {
    what: "the password's common file belongs to an account",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => Deno.chown(tree.at("/etc/pam.d/common-auth"), 1001, 1001),
    finds: "critical pam.config-open",
    at: ["/etc/pam.d/common-auth"],
  },
  {
    what: "our line is optional, behind a password",
    tree: "ubuntu-24.04",
    install: PASSWORD,
    change: inSshd(OURS, "auth optional pam_gatehouse.so"),
    finds: "critical pam.not-required",
    at: [PAM_SSHD, "auth optional pam_gatehouse.so"],
  },
  {
    what: "our line is optional, behind a key",
    tree: "rhel-9",
    install: KEY_FIRST,
    change: inSshd(OURS_BY_KEY, "auth optional pam_gatehouse.so"),
    finds: "critical pam.not-required",
    at: [PAM_SSHD, "auth optional pam_gatehouse.so"],
  },
  {
    what: "our line ignores what is not a success: default=ignore",
    tree: "arch",
    install: KEY_FIRST,
    change: inSshd("default=die]", "default=ignore]"),
    finds: "critical pam.not-required",
    at: [PAM_SSHD, "auth    [success=done ignore=ignore default=ignore]"],
  },
  {
    what: "a later line resets what our line said",
    tree: "opensuse-tumbleweed",
    install: PASSWORD,
    change: inSshd(
      OURS,
      `${OURS}\nauth [default=reset] pam_permit.so\nauth required pam_permit.so`,
    ),
    finds: "critical pam.not-required",
    at: [PAM_SSHD, "auth [default=reset]"],
    // The password's no is taken back as well.
    also: ["critical pam.no-first-factor"],
  },
  {
    what: "a sufficient pam_permit stands in front of everything",
    tree: "sles-15",
    install: PASSWORD,
    change: inFront("auth sufficient pam_permit.so"),
    finds: "critical pam.sufficient-above",
    at: [PAM_SSHD, "auth sufficient pam_permit.so"],
    also: ["critical pam.no-first-factor", "warning pam.permit-in-front"],
  },
  {
    what: "an optional pam_permit stands in front of pam_unix, as in many guides",
    tree: "fedora-41",
    install: PASSWORD,
    change: inFront("auth optional pam_permit.so"),
    finds: "warning pam.permit-in-front",
    at: [PAM_SSHD, "auth optional pam_permit.so"],
  },
  {
    what: "a sufficient pam_unix stands above our line",
    tree: "debian-12",
    install: PASSWORD,
    change: inFront("auth sufficient pam_unix.so"),
    finds: "critical pam.sufficient-above",
    at: [PAM_SSHD, "auth sufficient pam_unix.so"],
  },
  {
    what: "a sufficient pam_unix stands above our line, and a key is asked for",
    tree: "arch",
    install: KEY_FIRST,
    change: inFront("auth sufficient pam_unix.so"),
    finds: "critical pam.sufficient-above",
    at: [PAM_SSHD, "auth sufficient pam_unix.so"],
  },
  {
    what: "a line in front jumps over one line more than it was to",
    tree: "debian-12",
    install: KEY_FIRST,
    change: inFront("auth [success=3 default=ignore] pam_unix.so"),
    finds: "critical pam.jumps-over",
    at: [PAM_SSHD, "auth [success=3"],
  },
  {
    what: "common-auth jumps as if there were four lines more in it, to a pam_permit behind ours",
    tree: "ubuntu-24.04",
    install: PASSWORD,
    change: async (tree) => {
      await inSshd(OURS, `${OURS}\nauth required pam_permit.so`)(tree);
      await tree.edit("/etc/pam.d/common-auth", "[success=2", "[success=6");
    },
    finds: "critical pam.jumps-over",
    at: ["/etc/pam.d/common-auth", "auth\t[success=6"],
  },
  {
    what: "common-auth ends the stack: [success=done]",
    tree: "debian-12",
    install: PASSWORD,
    change: (tree) => tree.edit("/etc/pam.d/common-auth", "[success=1", "[success=done"),
    finds: "critical pam.sufficient-above",
    at: ["/etc/pam.d/common-auth", "auth\t[success=done"],
  },
  {
    what: "a substack became an include again, whose password is sufficient",
    tree: "sles-15",
    install: PASSWORD,
    change: inSshd(/^auth +substack/m, "auth include"),
    finds: "critical pam.sufficient-above",
    at: ["/etc/pam.d/common-auth", "auth\tsufficient"],
  },
  {
    what: "the same in sudo, after its package's file was put back by hand",
    tree: "fedora-41",
    install: "--mode both",
    change: (tree) => tree.edit(SUDO, /^auth +substack/m, "auth include"),
    finds: "critical pam.sufficient-above",
    at: ["/etc/pam.d/system-auth", "auth        sufficient"],
    // A finger does, too.
    also: ["warning pam.other-factor"],
  },
  {
    what: "the condition in front of our line is the wrong way round: ingroup",
    tree: "debian-12",
    install: KEY_FIRST,
    change: inSshd("user notingroup", "user ingroup"),
    finds: "critical pam.gate-lets-by",
    at: [PAM_SSHD, "auth    [success=1 default=ignore]    pam_succeed_if.so"],
    // All others are asked for the factor, and in the place of their passwords.
    also: ["critical pam.no-first-factor"],
  },
  {
    what: "the condition in front of our line names another group than sshd does",
    tree: "fedora-41",
    install: PASSWORD,
    change: inSshd("notingroup ssh-2fa", "notingroup wheel"),
    finds: "critical pam.gate-lets-by",
    at: [PAM_SSHD, "auth    [success=1 default=ignore]    pam_succeed_if.so"],
  },
  {
    what: "one of the accounts is missing in the condition in front of our line",
    tree: "opensuse-tumbleweed",
    install: "--mode pam --users alice,carol",
    change: inSshd("notin alice:carol", "notin carol"),
    finds: "critical pam.gate-lets-by",
    at: [PAM_SSHD, "auth    [success=1 default=ignore]    pam_succeed_if.so"],
  },
  {
    what: "sshd sends one account to PAM, and the condition in front of our line means two",
    tree: "debian-12",
    install: KEY_FIRST,
    change: async (tree) => {
      await tree.edit(DROP_IN, "Match Group ssh-2fa", "Match User carol");
      await tree.write(EARLIER, "PasswordAuthentication no\n");
    },
    finds: "warning pam.not-sent",
    at: [PAM_SSHD, "auth    [success=1 default=ignore]    pam_succeed_if.so"],
  },
  {
    what: "whether our line is asked depends on the place",
    tree: "debian-12",
    install: PASSWORD,
    change: async (tree) => {
      await tree.write("/etc/security/local.conf", "+:ALL:10.0.0.0/8\n-:ALL:ALL\n");
      const place =
        "auth [success=1 default=ignore] pam_access.so accessfile=/etc/security/local.conf";
      await inSshd(OURS, `${place}\n${OURS}`)(tree);
    },
    finds: "warning pam.let-by-place",
    at: [PAM_SSHD, "auth [success=1 default=ignore] pam_access.so"],
  },
  {
    what: "our line stands in account, where it asks nothing",
    tree: "debian-12",
    install: PASSWORD,
    change: inSshd(OURS, "account    required    pam_gatehouse.so"),
    finds: "critical pam.wrong-type",
    at: [PAM_SSHD, "account    required    pam_gatehouse.so"],
  },
  {
    what: "google-authenticator is sufficient above our line",
    tree: "rhel-9",
    install: PASSWORD,
    change: inSshd(OURS, `auth sufficient pam_google_authenticator.so\n${OURS}`),
    finds: "warning pam.other-factor",
    at: [PAM_SSHD, "auth sufficient pam_google_authenticator.so"],
    also: ["warning pam.asked-twice"],
  },
  {
    what: "a module that nobody knows is sufficient above our line",
    tree: "arch",
    install: KEY_FIRST,
    change: async (tree) => {
      await tree.write(tree.module("pam_corporate"), "");
      await inFront("auth sufficient pam_corporate.so")(tree);
    },
    finds: "warning pam.bypass-unknown",
    at: [PAM_SSHD, "auth sufficient pam_corporate.so"],
  },
  {
    what: "in sudo our line is sufficient, with a password behind it",
    tree: "sles-15",
    install: "--mode both",
    change: (tree) =>
      tree.edit(SUDO, OURS, "auth sufficient pam_gatehouse.so\nauth required pam_unix.so"),
    finds: "critical pam.not-required",
    at: [SUDO, "auth sufficient pam_gatehouse.so"],
  },
  {
    what: "a sufficient pam_rootok stands above our line, and sshd is root",
    tree: "debian-12",
    install: PASSWORD,
    change: inFront("auth sufficient pam_rootok.so"),
    finds: "critical pam.sufficient-above",
    at: [PAM_SSHD, "auth sufficient pam_rootok.so"],
    also: ["critical pam.no-first-factor"],
  },
  {
    what: "a condition above our line is sufficient for those whom it is to ask",
    tree: "rhel-9",
    install: PASSWORD,
    change: inSshd(OURS, `auth sufficient pam_succeed_if.so user ingroup ssh-2fa\n${OURS}`),
    finds: "critical pam.sufficient-above",
    at: [PAM_SSHD, "auth sufficient pam_succeed_if.so"],
  },
  {
    what: "PAM's file for sshd is a link into a home",
    tree: "ubuntu-24.04",
    install: KEY_FIRST,
    change: async (tree) => {
      await tree.write("/home/alice/sshd", await tree.read(PAM_SSHD), 0o644, 1000);
      await tree.remove(PAM_SSHD);
      await Deno.symlink("/home/alice/sshd", tree.at(PAM_SSHD));
    },
    finds: "critical pam.config-open",
    at: ["/home/alice"],
  },
  {
    what: "a file that PAM includes from elsewhere belongs to an account",
    tree: "arch",
    install: PASSWORD,
    change: async (tree) => {
      await tree.write("/srv/pam/own", "auth optional pam_faildelay.so\n", 0o644, 1001);
      await tree.append("/etc/pam.d/system-auth", "auth include /srv/pam/own\n");
    },
    finds: "critical pam.config-open",
    at: ["/srv/pam/own"],
  },
  {
    what: "PAM's file for sshd is empty",
    tree: "debian-12",
    install: KEY_FIRST,
    change: (tree) => tree.write(PAM_SSHD, ""),
    finds: "critical pam.not-in-stack",
    at: [PAM_SSHD],
    also: ["warning pam.nologin-missing"],
  },
  {
    what: "sudo-i was put back as its package has it",
    tree: "debian-12",
    install: PASSWORD,
    change: (tree) => tree.edit("/etc/pam.d/sudo-i", /^auth .*\n/gm, ""),
    finds: "warning pam.twin-unasked",
    at: ["/etc/pam.d/sudo-i"],
  },
  {
    what: "su-l was put back as its package has it",
    tree: "opensuse-tumbleweed",
    install: "--mode pam --services sshd,sudo,su,login",
    change: (tree) =>
      tree.write(
        "/etc/pam.d/su-l",
        "auth sufficient pam_rootok.so\nauth include common-auth\naccount include common-account\nsession include common-session\n",
      ),
    finds: "warning pam.twin-unasked",
    at: ["/etc/pam.d/su-l"],
  },
];

export const PAM_LOCKOUTS: readonly Broken[] = [
  {
    what: "a file that is included is missing",
    tree: "fedora-41",
    install: PASSWORD,
    change: inFront("auth include local-auth"),
    finds: "critical pam.nobody-passes",
    at: [PAM_SSHD, "auth include local-auth"],
    also: ["warning pam.include-missing"],
  },
  {
    what: "a file that @include names is missing",
    tree: "debian-12",
    install: KEY_FIRST,
    change: (tree) => tree.remove("/etc/pam.d/common-session"),
    finds: "critical pam.refused",
    at: [PAM_SSHD, "@include common-session"],
  },
  {
    what: "the module's file is missing",
    tree: "rhel-9",
    install: KEY_FIRST,
    change: (tree) => tree.remove(tree.module("pam_gatehouse")),
    finds: "critical pam.module-not-there",
    at: [PAM_SSHD, OURS_BY_KEY],
  },
  {
    what: "the file of a module that is required is missing",
    tree: "opensuse-tumbleweed",
    install: PASSWORD,
    change: inFront("auth required pam_tally2.so deny=3"),
    finds: "critical pam.nobody-passes",
    at: [PAM_SSHD, "auth required pam_tally2.so"],
    also: ["warning pam.module-not-there"],
  },
  {
    what: "an option of our line is misspelt",
    tree: "ubuntu-24.04",
    install: KEY_FIRST,
    change: inSshd("pam_gatehouse.so", "pam_gatehouse.so mode=codes"),
    finds: "critical pam.options-refused",
    at: [PAM_SSHD, `${OURS_BY_KEY} mode=codes`],
  },
  {
    what: "use_first_pass, and nothing in front asks",
    tree: "debian-12",
    install: KEY_FIRST,
    change: inSshd("pam_gatehouse.so", "pam_gatehouse.so use_first_pass"),
    finds: "warning pam.nothing-to-use",
    at: [PAM_SSHD, OURS_BY_KEY],
  },
  {
    what: "nobody can pass: a requisite pam_deny in front",
    tree: "arch",
    install: KEY_FIRST,
    change: inFront("auth requisite pam_deny.so"),
    finds: "critical pam.nobody-passes",
    at: [PAM_SSHD, "auth requisite pam_deny.so"],
  },
  {
    what: "pam_setcred fails after each login: no line is left that answers it",
    tree: "debian-12",
    install: KEY_FIRST,
    change: async (tree) => {
      await tree.edit(PAM_SSHD, "@include common-auth\n", "");
      await tree.edit(
        PAM_SSHD,
        /^auth +\[success=2[^]*?(?=# gatehouse end)/m,
        "auth required pam_exec.so quiet /usr/local/bin/gatehouse pam\n",
      );
    },
    finds: "critical pam.setcred-fails",
    at: [PAM_SSHD, "auth required pam_exec.so"],
    // There an account that is exempt is a success, and bob's password is not asked for.
    also: ["critical pam.no-first-factor"],
  },
  {
    what: "no session can be opened",
    tree: "sles-15",
    install: KEY_FIRST,
    change: inFront("session requisite pam_deny.so"),
    finds: "critical pam.session-always-fails",
    at: [PAM_SSHD, "session requisite pam_deny.so"],
  },
  {
    what: "no account is allowed",
    tree: "ubuntu-24.04",
    install: "--mode gate",
    change: inFront("account required pam_deny.so"),
    finds: "critical pam.account-always-fails",
    at: [PAM_SSHD, "account required pam_deny.so"],
  },
  {
    what: "the gate's jump in sudo goes too far for those who are not guarded",
    tree: "debian-12",
    install: "--mode both",
    change: (tree) =>
      tree.edit(
        SUDO,
        /\[success=1 default=ignore\](?= +pam_succeed_if)/,
        "[success=2 default=ignore]",
      ),
    finds: "info pam.shut-out",
    at: [SUDO, "auth    [success=2 default=ignore]    pam_succeed_if.so"],
  },
  {
    what: "pam_faillock's authfail is there for everybody, not behind a wrong password",
    tree: "debian-12",
    install: PASSWORD,
    change: inFront("auth [default=die] pam_faillock.so authfail"),
    finds: "critical pam.nobody-passes",
    at: [PAM_SSHD, "auth [default=die] pam_faillock.so"],
  },
  {
    what: "access.conf denies everybody",
    tree: "rhel-9",
    install: KEY_FIRST,
    change: async (tree) => {
      await tree.write("/etc/security/access.conf", "-:ALL:ALL\n");
      await inFront("account required pam_access.so")(tree);
    },
    finds: "critical pam.account-always-fails",
    at: [PAM_SSHD, "account required pam_access.so"],
  },
  {
    what: "a group is asked for that nobody who is guarded is in",
    tree: "ubuntu-24.04",
    install: PASSWORD,
    change: inFront("auth requisite pam_succeed_if.so user ingroup games"),
    finds: "critical pam.nobody-passes",
    at: [PAM_SSHD, "auth requisite pam_succeed_if.so"],
  },
];

export const PAM_MISTAKES: readonly Broken[] = [
  {
    what: "an account's password is empty, and sudo takes it: nullok",
    tree: "debian-12",
    install: "--mode both",
    change: (tree) => tree.edit("/etc/shadow", /^carol:[^:]*:/m, "carol::"),
    finds: "critical pam.nullok",
    at: ["/etc/pam.d/common-auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok"],
  },
  {
    what: "nullok on our line",
    tree: "arch",
    install: PASSWORD,
    change: inSshd("pam_gatehouse.so", "pam_gatehouse.so nullok"),
    finds: "warning pam.nullok-ours",
    at: [PAM_SSHD, `${OURS} nullok`],
  },
  {
    what: "pam_nologin is missing",
    tree: "debian-12",
    install: KEY_FIRST,
    change: inSshd(/^account +required +pam_nologin\.so\n/m, ""),
    finds: "warning pam.nologin-missing",
    at: ["/etc/pam.d/common-account"],
  },
  {
    what: "our lines were moved in front of the password's, so the factor is asked for first",
    tree: "ubuntu-24.04",
    install: PASSWORD,
    change: async (tree) => {
      await tree.edit(PAM_SSHD, "@include common-auth\n", "");
      await tree.edit(PAM_SSHD, "# gatehouse end\n", "# gatehouse end\n@include common-auth\n");
    },
    finds: "warning pam.asked-too-early",
    at: [PAM_SSHD, OURS],
  },
  {
    what: "a wrong password ends the login at once, and tells so: requisite",
    tree: "opensuse-tumbleweed",
    install: PASSWORD,
    change: inSshd(/^auth +substack +common-auth$/m, "auth requisite pam_unix.so"),
    finds: "info pam.order-tells",
    at: [PAM_SSHD, "auth requisite pam_unix.so"],
  },
  {
    what: "google-authenticator's line was left beside ours",
    tree: "debian-12",
    install: PASSWORD,
    change: inSshd(OURS, `${OURS}\nauth required pam_google_authenticator.so nullok`),
    finds: "warning pam.asked-twice",
    at: [PAM_SSHD, "auth required pam_google_authenticator.so"],
  },
  {
    what: "a control is misspelt",
    tree: "fedora-41",
    install: PASSWORD,
    change: inFront("auth [succes=ok default=bad] pam_env.so"),
    finds: "warning pam.control-unknown",
    at: [PAM_SSHD, "auth [succes=ok"],
    // Everything counts as a failure then.
    also: ["critical pam.nobody-passes"],
  },
  {
    what: "a line's type is misspelt",
    tree: "rhel-9",
    install: PASSWORD,
    change: inFront("auht required pam_env.so"),
    finds: "warning pam.line-faulty",
    at: [PAM_SSHD, "auht required"],
    also: ["critical pam.nobody-passes"],
  },
  {
    what: "the service `other` lets everybody in",
    tree: "arch",
    install: KEY_FIRST,
    change: (tree) =>
      tree.write(
        "/etc/pam.d/other",
        "auth required pam_permit.so\naccount required pam_permit.so\n",
      ),
    finds: "warning pam.other-permissive",
    at: ["/etc/pam.d/other", "auth required pam_permit.so"],
  },
  {
    what: "forward_pass, and nobody checks the password that was typed with the code",
    tree: "rhel-9",
    install: KEY_FIRST,
    change: async (tree) => {
      await tree.edit(PAM_SSHD, OURS_BY_KEY, "auth    required    pam_gatehouse.so forward_pass");
      await tree.edit(PAM_SSHD, /^auth +substack.*\n/m, "");
    },
    finds: "warning pam.forward-pass",
    at: [PAM_SSHD, "auth    required    pam_gatehouse.so forward_pass"],
  },
  {
    what: "sshd takes variables from ~/.pam_environment, and SetEnv was taken out",
    tree: "debian-12",
    install: "--mode gate",
    change: (tree) => tree.edit(DROP_IN, / *SetEnv .*\n/, ""),
    finds: "warning pam.user-readenv",
    at: [PAM_SSHD, "session    required     pam_env.so user_readenv=1"],
    also: ["warning sshd.setenv-missing"],
  },
  {
    what: "sudo has our line, and a file of sudoers says NOPASSWD",
    tree: "debian-12",
    install: PASSWORD,
    change: async (tree) => {
      await tree.write("/etc/sudoers", "@includedir /etc/sudoers.d\n", 0o440);
      await tree.write("/etc/sudoers.d/alice", "alice ALL=(ALL) NOPASSWD: ALL\n", 0o440);
    },
    finds: "warning pam.sudo-unasked",
    at: ["/etc/sudoers.d/alice", "alice ALL=(ALL) NOPASSWD: ALL"],
  },
  {
    what: "our line is there twice in a row",
    tree: "rhel-9",
    install: PASSWORD,
    change: inSshd(OURS, `${OURS}\nauth required pam_gatehouse.so debug`),
    finds: "warning pam.ours-twice",
    at: [PAM_SSHD, "auth required pam_gatehouse.so debug"],
  },
  {
    what: "our line is in the file that sshd's includes as well",
    tree: "ubuntu-24.04",
    install: PASSWORD,
    change: (tree) =>
      tree.append("/etc/pam.d/common-auth", "auth required pam_gatehouse.so nullok\n"),
    finds: "warning pam.ours-twice",
    at: [PAM_SSHD, OURS],
    also: ["warning pam.nullok-ours"],
  },
  {
    what: "the gate was added by hand for those whom PAM asks already",
    tree: "debian-12",
    install: "--mode gate",
    change: async (tree) => {
      await tree.edit(
        DROP_IN,
        "ForceCommand",
        "AuthenticationMethods publickey,keyboard-interactive:pam\n    KbdInteractiveAuthentication yes\n    ForceCommand",
      );
      await tree.edit(PAM_SSHD, "@include common-auth", `@include common-auth\n${OURS}`);
    },
    finds: "warning pam.gate-too",
    at: [PAM_SSHD, OURS],
  },
];
