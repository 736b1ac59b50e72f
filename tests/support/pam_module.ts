/** pam_gatehouse.so under libpam: services of our own, and helpers of our own in gatehouse's place. */
import { buildPamModule } from "../../scripts/pam_module.ts";
import { isAlive } from "./process_tree.ts";
import { type Running, start, type StartOptions } from "./process.ts";
import { Scratch } from "./scratch.ts";
import { GUARD_MS } from "./transcript.ts";

/**
 * `say` and `hear` lines, the first of which is the module's greeting; `note NAME TEXT` makes a file
 * HELPER.NAME, whole at once.
 */
const PRELUDE = `#!/bin/sh
say() { printf '%s\\n' "$1"; }
hear() { IFS= read -r heard || heard='(end)'; printf '%s\\n' "$heard" >>"$0.heard"; }
note() { printf '%s\\n' "$2" >"$0.part"; mv "$0.part" "$0.$1"; }
hear
`;

/** What a helper may do: it notes its id and waits, and notes that it was asked to end. */
export const WAITS =
  `trap 'echo SIGTERM >"$0.end"; exit' TERM; note pid $$; while :; do sleep 0.01; done`;

export interface PamLogin {
  readonly module: PamModule;
  /** What the helper does, for sh, after it has heard the greeting. */
  readonly helper?: string;
  /** Its path, when it is not to be made. */
  readonly helperPath?: string;
  /** Default: root. */
  readonly user?: string;
  /** Further options of the module. */
  readonly options?: readonly string[];
  /** Lines of the service: `MODULE` stands for the module with its options. */
  readonly lines?: readonly string[];
  /** What is typed. */
  readonly input?: StartOptions["input"];
  /** Further arguments of pamtester's. */
  readonly arguments?: readonly string[];
  readonly operations?: readonly string[];
  /** Runs pamtester: a command line for sh that ends in `exec "$@"`. */
  readonly around?: string;
}

export interface PamAnswer {
  /** "success", or PAM's own words for what it was. */
  readonly verdict: string;
  readonly out: string;
  readonly err: string;
  /** The lines that the helper heard, the greeting too. */
  readonly heard: readonly string[];
}

export class PamModule implements AsyncDisposable {
  readonly #services = new Set<string>();

  private constructor(
    /** The module. */
    readonly path: string,
    /** Only root can write there, nor above. */
    readonly folder: Scratch,
  ) {}

  /** @param build makes the module at that path */
  static async build(build: (path: string) => Promise<unknown> = buildPamModule) {
    const folder = new Scratch(
      await Deno.makeTempDir({ dir: "/var/lib", prefix: "gatehouse-test-" }),
    );
    await Deno.chmod(folder.path, 0o755);
    const path = `${folder.path}/pam_gatehouse.so`;
    await build(path);
    // Not built for want of a compiler: then nothing here can be tested.
    await Deno.stat(path);
    return new PamModule(path, folder);
  }

  /** The path of a program that does that. @param text for sh, or a whole program when it begins with #! */
  async helper(text: string, mode = 0o755): Promise<string> {
    const program = text.startsWith("#!") ? text : PRELUDE + text;
    return await this.folder.file(`helper-${crypto.randomUUID().slice(0, 8)}`, program, mode);
  }

  /** The name of a new PAM service. */
  async service(lines: readonly string[]): Promise<string> {
    const name = `ghpam${crypto.randomUUID().slice(0, 8)}`;
    this.#services.add(name);
    await Deno.writeTextFile(`/etc/pam.d/${name}`, lines.map((line) => `${line}\n`).join(""));
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#services) await Deno.remove(`/etc/pam.d/${name}`);
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Begins it in pamtester. */
export async function beginPam(login: PamLogin): Promise<{ tester: Running; helper: string }> {
  const { module, user = "root", options = [], lines = ["auth required MODULE"], input } = login;
  const helper = login.helperPath ?? await module.helper(login.helper ?? "");
  const line = [module.path, `helper=${helper}`, ...options].join(" ");
  const service = await module.service(lines.map((each) => each.replace("MODULE", line)));
  const argv = ["pamtester", ...login.arguments ?? [], service, user];
  const tester = start(
    [
      "sh",
      "-c",
      login.around ?? 'exec "$@"',
      "sh",
      ...argv,
      ...login.operations ?? ["authenticate"],
    ],
    { input: input ?? "", env: { PATH: "/usr/bin:/bin", LANG: "of the application" } },
  );
  return { tester, helper };
}

export async function pam(login: PamLogin): Promise<PamAnswer> {
  const { tester, helper } = await beginPam(login);
  const { code, out, err } = await tester.done;
  return { verdict: verdictOf(code, err), out, err, heard: await heardBy(helper) };
}

/** What a helper noted. */
export async function noted(helper: string, name: string): Promise<string> {
  return (await Deno.readTextFile(`${helper}.${name}`)).trimEnd();
}

/** The lines that a helper made by PamModule.helper() heard. */
export async function heardBy(helper: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${helper}.heard`).catch(() => "");
  return text.split("\n").slice(0, -1);
}

/**
 * Resolves when that process, no child of ours, has ended.
 * @throws when it still lives after 20 s
 */
export async function gone(pid: number): Promise<void> {
  const giveUpAt = Date.now() + GUARD_MS;
  while (await isAlive(pid)) {
    if (Date.now() > giveUpAt) throw new Error(`process ${pid} still lives`);
    // Nothing tells of the end of what is not our child.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function verdictOf(code: number, err: string): string {
  if (code === 0) return "success";
  return /pamtester: (.*)$/m.exec(err)?.[1] ?? `exit ${code}: ${err}`;
}
