/** install.sh on a tree of its own: what it is given, what it says, and what the tree looks like afterwards. */
import { dirname } from "node:path";
import type { TreeName } from "./install_pam.ts";
import { mustRun, type Result, run } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;

/** What Debian's openssh-server brings, shortened. */
export const DEBIAN_SSHD = `Include /etc/ssh/sshd_config.d/*.conf

#Port 22
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
`;

const ACCOUNTS: Readonly<Record<string, string>> = {
  "etc/passwd": [
    "root:x:0:0:root:/root:/bin/bash",
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin",
    "alice:x:1000:1000:Alice:/home/alice:/bin/bash",
    "bob:x:1001:1001:Bob:/home/bob:/bin/bash",
    "",
  ].join("\n"),
  "etc/group": "root:x:0:\nalice:x:1000:\nbob:x:1001:\nssh-2fa:x:990:alice\n",
  "etc/shadow": "root:*:1::::::\nalice:$y$1$1:1::::::\nbob:$y$1$1:1::::::\n",
  "home/alice/.ssh/authorized_keys": "ssh-ed25519 AAAA alice\n",
  "home/bob/.ssh/authorized_keys": "ssh-ed25519 AAAA bob\n",
};

const DEBIAN_PAM: Readonly<Record<string, string>> = {
  "etc/debian_version": "12.5\n",
  "etc/pam.d/common-auth": [
    "auth\t[success=1 default=ignore]\tpam_unix.so nullok",
    "auth\trequisite\t\t\tpam_deny.so",
    "auth\trequired\t\t\tpam_permit.so",
    "",
  ].join("\n"),
  "etc/pam.d/common-account": "account required pam_unix.so\n",
  "etc/pam.d/common-session": "session required pam_unix.so\n",
  "etc/pam.d/sshd": [
    "# PAM configuration for the Secure Shell service",
    "@include common-auth",
    "account    required     pam_nologin.so",
    "@include common-account",
    "@include common-session",
    "",
  ].join("\n"),
  "etc/pam.d/sudo": "@include common-auth\n@include common-account\n",
  "etc/pam.d/su": "auth sufficient pam_rootok.so\n@include common-auth\n@include common-account\n",
  "etc/pam.d/login": "@include common-auth\n@include common-account\n",
};

/** A program that does as little of gatehouse as install.sh needs: its doctor finds nothing. */
const PROGRAM = `#!/bin/sh
case $1 in
    version) echo "gatehouse 0.0.0" ;;
    doctor) echo '{"verdict": "ok", "findings": []}' ;;
    join)
        printf 'Token: ' >&2
        read -r token
        if [ "$2" = --config ]; then file=$3; else file=/etc/gatehouse/host.toml; fi
        mkdir -p "\${file%/*}"
        [ -e "\${file%/*}/host.key" ] || (umask 077 && mktemp -u XXXXXXXXXXXX >"\${file%/*}/host.key")
        printf 'servers = ["https://auth.example.com"]\\nhost_token = "%s"\\n' "$token" >"$file"
        echo "joined" ;;
esac
`;

export class InstallTree implements AsyncDisposable {
  private constructor(readonly folder: Scratch, readonly root: string, readonly kit: string) {}

  /**
   * A tree with sshd, PAM and the accounts root, alice (in ssh-2fa) and bob.
   * @param files more of it, or other texts, by path; undefined: not there
   */
  static async make(
    files: Readonly<Record<string, string | undefined>> = {},
  ): Promise<InstallTree> {
    const tree = await InstallTree.#kit();
    const all = { ...ACCOUNTS, ...DEBIAN_PAM, "etc/ssh/sshd_config": DEBIAN_SSHD, ...files };
    for (const [path, text] of Object.entries(all)) {
      if (text !== undefined) await tree.write(path, text);
    }
    await tree.#furnish();
    return tree;
  }

  /** A distribution's (tests/support/trees), with the accounts root, alice and bob. */
  static async of(name: TreeName): Promise<InstallTree> {
    const tree = await InstallTree.#kit();
    await mustRun(["cp", "-a", `${CHECKOUT}tests/support/trees/${name}`, tree.root]);
    await mustRun(["chown", "-Rh", "0:0", tree.root]);
    await tree.write("home/alice/.ssh/authorized_keys", "ssh-ed25519 AAAA alice\n");
    await tree.#furnish();
    return tree;
  }

  /** What install.sh is started from, and no tree yet. */
  static async #kit(): Promise<InstallTree> {
    const folder = await scratch();
    const tree = new InstallTree(folder, `${folder.path}/root`, `${folder.path}/kit`);
    await Deno.mkdir(tree.kit);
    await mustRun(["cp", "-a", `${CHECKOUT}install.sh`, `${CHECKOUT}install`, tree.kit]);
    await mustRun(["cp", "-a", `${CHECKOUT}share`, tree.kit]);
    await Deno.writeTextFile(`${tree.kit}/gatehouse`, PROGRAM, { mode: 0o755 });
    await Deno.writeTextFile(`${tree.kit}/pam_gatehouse.so`, "a module, as it were\n");
    return tree;
  }

  /** Folders and modules that every machine has. */
  async #furnish(): Promise<void> {
    for (
      const name of ["var/lib", "etc/cron.d", "etc/ssh/sshd_config.d", "usr/local/bin", SECURITY]
    ) {
      await Deno.mkdir(this.at(name), { recursive: true });
    }
    await Deno.writeTextFile(this.at(`${SECURITY}/pam_unix.so`), "");
    await Deno.mkdir(this.at("usr/sbin"), { recursive: true });
    await Deno.writeTextFile(this.at("usr/sbin/cron"), "", { mode: 0o755 });
    await mustRun(["chmod", "-R", "go-w", this.folder.path]);
  }

  /** Where it is outside of the tree. */
  at(path: string): string {
    return `${this.root}/${path}`;
  }

  async write(path: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(this.at(path)), { recursive: true });
    await Deno.writeTextFile(this.at(path), text);
    await mustRun(["touch", "-d", "2021-03-04T05:06:07Z", this.at(path)]);
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(this.at(path));
  }

  async exists(path: string): Promise<boolean> {
    return await Deno.lstat(this.at(path)).then(() => true, () => false);
  }

  command(command: string, ...args: readonly string[]): string[] {
    return ["sh", `${this.kit}/install.sh`, command, "--root", this.root, ...args];
  }

  async install(command: string, ...args: readonly string[]): Promise<Result> {
    return await run(this.command(command, ...args));
  }

  /** `install.sh host`, unattended, codes alone. @throws when it fails */
  async host(...args: readonly string[]): Promise<Result> {
    return await mustRun(this.command("host", "--yes", "--codes-only", ...args));
  }

  async uninstall(): Promise<Result> {
    return await mustRun(this.command("uninstall"));
  }

  /** Each file in a line: kind, mode, owner, time, content. Folders have no time: what is made and removed in them changes it. */
  async snapshot(): Promise<string> {
    const find = ["find", ".", "-printf", "%p %y %m %U:%G %l %T@\\n"];
    const { out: files } = await mustRun(find, { cwd: this.root });
    const { out: sums } = await mustRun(
      ["find", ".", "-type", "f", "-exec", "sha256sum", "{}", "+"],
      { cwd: this.root },
    );
    const lines = files.split("\n").map((line) =>
      / d \d+ /.test(line) ? line.replace(/ \S+$/, "") : line
    );
    return [...lines, ...sums.split("\n")].toSorted().join("\n");
  }

  /** With the folders' times, too. */
  async everything(): Promise<string> {
    const find = ["find", ".", "-printf", "%p %y %m %U:%G %l %T@ %C@\\n"];
    const { out } = await mustRun(find, { cwd: this.root });
    return out.split("\n").toSorted().join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

const SECURITY = "lib/x86_64-linux-gnu/security";
