/** install/pam.sh on the distributions' trees (tests/support/trees): its edits, and what they hold on libpam. */
import { dirname } from "node:path";
import { mustRun, type Result, run } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

export const TREES = [
  "arch",
  "debian-12",
  "fedora-41",
  "opensuse-tumbleweed",
  "rhel-9",
  "sles-15",
  "ubuntu-24.04",
] as const;
export type TreeName = typeof TREES[number];

/** As install/uninstall.sh does, around the server's units. */
export const PUT_ALL_BACK =
  "{ for phase in last first early; do plan_restore_phase $phase || exit 1; done; plan_restore_end; }";

/** What install.sh's options set. */
export interface Choice {
  readonly mode?: "pam" | "gate" | "both";
  readonly first?: "key" | "password";
  readonly services?: string;
  readonly users?: string;
  readonly group?: string;
  readonly all?: boolean;
}

/** In the order in which libpam looks. */
const FOLDERS = ["etc/pam.d", "usr/lib/pam.d", "usr/etc/pam.d"] as const;

export class PamTree implements AsyncDisposable {
  private constructor(readonly folder: Scratch, readonly root: string) {}

  /** @param files others than in the tree, by path */
  static async make(name: TreeName, files: Readonly<Record<string, string>> = {}) {
    const folder = await scratch();
    const tree = new PamTree(folder, `${folder.path}/root`);
    await mustRun(["cp", "-a", `${CHECKOUT}/tests/support/trees/${name}`, tree.root]);
    await mustRun(["chown", "-Rh", "0:0", tree.root]);
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${tree.root}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${tree.root}/${path}`, text);
    }
    await mustRun(["chmod", "-R", "go-w", tree.root]);
    return tree;
  }

  /** Plans, shows, and applies it when all went well. @param temp where the plan lies meanwhile */
  async install(choice: Choice = {}, temp = "/tmp"): Promise<Result> {
    return await this.#sh(
      "plan_begin; pam_plan; plan_show; plan_apply last; plan_keep; pam_finish",
      choice,
      temp,
    );
  }

  /** As `install.sh uninstall` does. */
  async uninstall(): Promise<Result> {
    return await this.#sh(`pam_unplan; ${PUT_ALL_BACK}`, {});
  }

  async family(): Promise<string> {
    const { out } = await this.#sh("pam_family", {});
    return out.trimEnd();
  }

  async #sh(what: string, choice: Choice, temp = "/tmp"): Promise<Result> {
    const parts = ["talk", "plan", "program", "pam"].map((part) =>
      `. ${CHECKOUT}/install/${part}.sh`
    );
    return await run(
      ["dash", "-c", ["set -eu", ...parts, "trap plan_drop EXIT", what].join("\n")],
      {
        env: {
          PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
          HERE: CHECKOUT,
          TMPDIR: temp,
          ROOT: this.root,
          STATE: `${this.root}/var/lib/gatehouse-install`,
          MODE: choice.mode ?? "pam",
          FIRST: choice.first ?? "key",
          SERVICES: choice.services ?? "sshd",
          USERS: choice.users ?? "",
          GROUP: choice.group ?? (choice.users === undefined ? "ssh-2fa" : ""),
          ALL: choice.all === true ? "yes" : "no",
          YES: "yes",
        },
      },
    );
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.root}/${path}`);
  }

  /** The files of pam.d that count, by name. */
  async services(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const folder of FOLDERS) {
      for (const name of await namesIn(`${this.root}/${folder}`)) {
        if (!found.has(name)) found.set(name, await this.#follow(`${folder}/${name}`));
      }
    }
    return found;
  }

  /** Links of authselect are absolute: they mean the tree. */
  async #follow(path: string): Promise<string> {
    const { isSymlink } = await Deno.lstat(`${this.root}/${path}`);
    if (!isSymlink) return await this.read(path);
    const to = await Deno.readLink(`${this.root}/${path}`);
    return await this.#follow(to.startsWith("/") ? to.slice(1) : `${dirname(path)}/${to}`);
  }

  /** Every file below etc and usr, with its content. */
  async everything(): Promise<string> {
    const { out } = await mustRun(
      ["sh", "-c", "find etc usr -printf '%p %y %m %l\\n'; find etc usr -type f | xargs sha256sum"],
      { cwd: this.root },
    );
    return out.split("\n").toSorted().join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
