/** A distribution's tree, guarded by the real install.sh, with people on it who can log in: for the doctor to examine. */
import { dirname } from "node:path";
import type { Examined } from "../../lib/core/doctor/finding.ts";
import { PAM_PROTOCOL } from "../../lib/core/pam_protocol.ts";
import { examine } from "../../lib/modes/doctor/examine.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import type { TreeName } from "./install_pam.ts";
import { mustRun } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";
import { KEY } from "./sshd_tree.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;

/** Where each distribution keeps PAM's modules. */
const SECURITY: Readonly<Record<TreeName, string>> = {
  "arch": "/usr/lib/security",
  "debian-12": "/usr/lib/x86_64-linux-gnu/security",
  "fedora-41": "/usr/lib64/security",
  "opensuse-tumbleweed": "/usr/lib64/security",
  "rhel-9": "/usr/lib64/security",
  "sles-15": "/lib64/security",
  "ubuntu-24.04": "/usr/lib/x86_64-linux-gnu/security",
};

/** RFC 6238's secret, in google-authenticator's form. */
export const AUTHENTICATOR = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n" TOTP_AUTH\n';
/** In the trees; carol is made here, in ssh-2fa as alice is. */
const UIDS: Readonly<Record<string, number>> = { alice: 1000, bob: 1001, carol: 1002 };

/** As little of gatehouse as install.sh needs; its own doctor is not what is tested here. */
const PROGRAM = `#!/bin/sh
case $1 in
    version) echo "gatehouse 0.0.0" ;;
    doctor) echo '{"verdict": "ok", "findings": []}' ;;
esac
`;

export class GuardedTree {
  constructor(readonly name: TreeName, readonly root: string) {}

  /** Where it is outside of the tree. */
  at(path: string): string {
    return `${this.root}${path}`;
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(this.at(path));
  }

  /** Also makes the folders above it. */
  async write(path: string, text: string, mode = 0o644, uid = 0): Promise<void> {
    await Deno.mkdir(dirname(this.at(path)), { recursive: true, mode: 0o755 });
    await Deno.writeTextFile(this.at(path), text);
    await Deno.chown(this.at(path), uid, uid);
    await Deno.chmod(this.at(path), mode);
  }

  /** A change that changes nothing is a fault of the case. */
  async edit(path: string, from: string | RegExp, to: string): Promise<void> {
    const before = await this.read(path);
    const after = before.replace(from, () => to);
    if (after === before) throw new Error(`${path} has no ${from}:\n${before}`);
    await Deno.writeTextFile(this.at(path), after);
  }

  async append(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.at(path), text, { append: true, create: false });
  }

  /** In front of everything else. */
  async prepend(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.at(path), text + await this.read(path));
  }

  async mode(path: string, mode: number): Promise<void> {
    await Deno.chmod(this.at(path), mode);
  }

  async remove(path: string): Promise<void> {
    await Deno.remove(this.at(path), { recursive: true });
  }

  /**
   * Their key, and their authenticator: for the gate in their home, for PAM in root's folder.
   * @param byPam nothing asks but PAM
   */
  async person(name: string, uid: number, byPam: boolean): Promise<void> {
    await this.write(`/home/${name}/.ssh/authorized_keys`, `${KEY}\n`, 0o600, uid);
    if (!byPam) {
      await this.write(`/home/${name}/.google_authenticator`, AUTHENTICATOR, 0o400, uid);
    }
    await mustRun(["chown", "-R", `${uid}:${uid}`, this.at(`/home/${name}`)]);
    await this.write(`/var/lib/gatehouse/codes/${name}`, AUTHENTICATOR, 0o400);
    await this.mode("/var/lib/gatehouse/codes", 0o700);
  }

  /** The module's file; libpam finds what it needs in that folder. */
  module(name: string): string {
    return `${SECURITY[this.name]}/${name}.so`;
  }

  async examine(): Promise<Examined> {
    return await examine(openSite(this.root));
  }
}

/** Guarded trees, each made once, and copies of them. */
export class GuardedTrees implements AsyncDisposable {
  readonly #made = new Map<string, Promise<string>>();
  #copies = 0;

  private constructor(private readonly folder: Scratch, private readonly kit: string) {}

  static async open(): Promise<GuardedTrees> {
    const folder = await scratch();
    const kit = await folder.dir("kit");
    for (const part of ["install.sh", "install", "share"]) {
      await mustRun(["cp", "-a", `${CHECKOUT}${part}`, kit]);
    }
    await Deno.writeTextFile(`${kit}/gatehouse`, PROGRAM, { mode: 0o755 });
    const module = `\x7fELF\0pam_gatehouse protocol ${PAM_PROTOCOL}\0`;
    await Deno.writeTextFile(`${kit}/pam_gatehouse.so`, module);
    await mustRun(["chmod", "-R", "go-w", kit]);
    return new GuardedTrees(folder, kit);
  }

  /**
   * @param options of `install.sh host`, in words
   * @param before what people had done before they ran that
   */
  async copy(
    name: TreeName,
    options: string,
    before?: (tree: GuardedTree) => Promise<unknown>,
  ): Promise<GuardedTree> {
    const key = before === undefined ? `${name} ${options}` : `own ${this.#copies}`;
    const made = this.#made.get(key) ?? this.#make(name, options, before);
    this.#made.set(key, made);
    const root = `${this.folder.path}/copy${++this.#copies}`;
    await mustRun(["cp", "-a", await made, root]);
    return new GuardedTree(name, root);
  }

  async #make(
    name: TreeName,
    options: string,
    before?: (tree: GuardedTree) => Promise<unknown>,
  ): Promise<string> {
    const root = `${this.folder.path}/made${this.#made.size}`;
    await mustRun(["cp", "-R", `${CHECKOUT}tests/support/trees/${name}`, root]);
    const tree = new GuardedTree(name, root);
    await tree.write("/etc/hostname", "web1\n");
    await tree.append("/etc/passwd", "carol:x:1002:1002:Carol:/home/carol:/bin/bash\n");
    await tree.append("/etc/group", "carol:x:1002:\nssh-2fa:x:990:alice,carol\n");
    const shadow = Object.keys(UIDS).map((one) => `${one}:$y$j9T$x$x:19000::::::\n`);
    await tree.write("/etc/shadow", `root:*:19000::::::\n${shadow.join("")}`, 0o640);
    await Deno.mkdir(tree.at("/etc/cron.d"), { recursive: true });
    await tree.write("/usr/sbin/cron", "", 0o755);
    for (const [who, uid] of Object.entries(UIDS)) {
      await tree.person(who, uid, options.startsWith("--mode pam"));
    }
    await this.#modules(tree);
    await before?.(tree);
    await mustRun(["chmod", "-R", "go-w", root]);
    await mustRun([
      ...["sh", `${this.kit}/install.sh`, "host", "--root", root, "--yes", "--codes-only"],
      ...options.split(" ").filter((word) => word !== ""),
    ]);
    return root;
  }

  /** All that the distributions' files name; they hold nothing that anybody loads. */
  async #modules(tree: GuardedTree): Promise<void> {
    const { out } = await mustRun(["grep", "-rhoE", "pam_[a-z0-9_]+\\.so", tree.root]);
    const others = ["pam_permit.so", "pam_unix.so", ...ADDED];
    for (const module of new Set([...out.trim().split("\n"), ...others])) {
      await tree.write(`${SECURITY[tree.name]}/${module}`, "");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Modules that cases bring in. */
const ADDED = [
  ...["pam_access.so", "pam_google_authenticator.so", "pam_mkhomedir.so", "pam_sss.so"],
  ...[
    "pam_faillock.so",
    "pam_succeed_if.so",
    "pam_deny.so",
    "pam_time.so",
    "pam_u2f.so",
    "pam_exec.so",
  ],
];
