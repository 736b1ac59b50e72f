/**
 * install.sh ended by SIGKILL, with all that it has started, at a chosen step: in front of the N-th program
 * that changes a file, or in the middle of it. strace could end one process alone, and the shell would see
 * that and tidy up; a machine that loses its power ends all.
 */
import type { InstallTree } from "./install.ts";
import { type Result, run } from "./process.ts";

/** What changes files. The shell's own `>` is on either side of one of these. */
const PROGRAMS = ["mv", "rm", "mkdir", "rmdir", "cp", "chmod", "cat", "touch"];

export class Cut {
  private constructor(readonly tree: InstallTree, readonly folder: string) {}

  static async make(tree: InstallTree): Promise<Cut> {
    const cut = new Cut(tree, `${tree.folder.path}/cut`);
    await Deno.mkdir(cut.folder);
    await Deno.mkdir(`${cut.folder}/tmp`);
    for (const name of PROGRAMS) {
      await Deno.writeTextFile(`${cut.folder}/${name}`, cut.#wrapper(name), { mode: 0o755 });
    }
    return cut;
  }

  /** @param at which step is the last; 0: none @param how "torn": that step is half done */
  async run(
    at: number,
    how: "before" | "torn",
    ...command: [string, ...string[]]
  ): Promise<Result> {
    await Deno.writeTextFile(`${this.folder}/count`, "0\n");
    await Deno.writeTextFile(`${this.folder}/log`, "");
    await Deno.writeTextFile(`${this.folder}/at`, `${at} ${how}\n`);
    const env = { PATH: `${this.folder}:/usr/sbin:/usr/bin`, TMPDIR: `${this.folder}/tmp` };
    // A process group of its own, so that `kill 0` ends all of it, and nothing else.
    return await run(["setsid", "--wait", ...this.tree.command(...command)], { env });
  }

  /**
   * Steps of the last run, which nothing has ended: "torn", those that can be half done; "before", each that
   * changes the tree, and of the others, which leave it as it is, every `every`-th.
   */
  async steps(how: "before" | "torn", every = 16): Promise<number[]> {
    return (await this.#log()).flatMap(({ name, writes }, index) => {
      const isChosen = how === "torn"
        ? writes && (name === "cp" || name === "cat")
        : writes || index % every === 0;
      return isChosen ? [index + 1] : [];
    });
  }

  /** Which step of the last run, which nothing has ended, matches. */
  async step(pattern: RegExp): Promise<number> {
    const at = (await this.#log()).findLastIndex(({ words }) => pattern.test(words));
    if (at < 0) throw new Error(`no step is like ${pattern}`);
    return at + 1;
  }

  async #log() {
    const lines = (await Deno.readTextFile(`${this.folder}/log`)).trimEnd().split("\n");
    return lines.map((line) => {
      const [name = "", target = "", ...words] = line.split(" ");
      return {
        name,
        writes: `${target}/`.startsWith(`${this.tree.root}/`),
        words: words.join(" "),
      };
    });
  }

  #wrapper(name: string): string {
    const { folder, tree } = this;
    return `#!/bin/sh
case "$*" in *${tree.root}* | *${folder}/tmp/*) ;; *) exec /usr/bin/${name} "$@" ;; esac
read -r count <${folder}/count
read -r at how <${folder}/at
count=$((count + 1))
echo "$count" >${folder}/count
if [ "$at" = 0 ]; then
    # What it writes to: its last word, or where its output goes.
    for target in "$@"; do :; done
    if [ ${name} = cat ]; then target=$(/usr/bin/readlink /proc/$$/fd/1); fi
    echo ${name} "$target" "$@" >>${folder}/log
fi
[ "$count" = "$at" ] || exec /usr/bin/${name} "$@"
if [ "$how" = torn ]; then
    case ${name} in
        cp)
            /usr/bin/cp "$@"
            for last in "$@"; do :; done
            if [ -f "$last" ]; then /usr/bin/truncate -s "$(($(wc -c <"$last") / 2))" "$last"; fi
            ;;
        cat) /usr/bin/head -c 7 "$1" ;;
    esac
fi
kill -KILL 0
`;
  }
}
