/** What tests and demo need of Debian's packages: installed when we may, else named in one line. */
import { Exit, Failure } from "../lib/core/errors.ts";
import { exists, runShown } from "./run.ts";
import { say } from "./say.ts";

/** Package → a file by which it is known to be there. */
const SSH = {
  "openssh-server": "/usr/sbin/sshd",
  "openssh-client": "/usr/bin/ssh",
};
const PLAY = {
  ...SSH,
  "tmux": "/usr/bin/tmux",
  "chromium": "/usr/bin/chromium",
  "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
};
const TESTS = {
  ...PLAY,
  "git": "/usr/bin/git",
  "procps": "/usr/bin/pgrep",
  "rsync": "/usr/bin/rsync",
  "strace": "/usr/bin/strace",
};
const NEEDS: Record<"ssh" | "play" | "tests", Readonly<Record<string, string>>> = {
  ssh: SSH,
  play: PLAY,
  tests: TESTS,
};

/**
 * @param what "ssh" to log in by hand, "play" to have that done in a terminal and a browser
 * @throws Failure that names the line to run when something is missing and we may not install it
 */
export async function require(what: keyof typeof NEEDS): Promise<void> {
  const missing = await missingPackages(NEEDS[what]);
  if (missing.length === 0) return;
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  if (Deno.uid() !== 0 || !await exists("/usr/bin/apt-get")) {
    throw new Failure(
      Exit.config,
      `missing: ${missing.join(", ")}`,
      `run: sudo sh -c 'apt-get update && apt-get ${install.join(" ")}'`,
    );
  }
  say("needs", `installing ${missing.join(", ")}`);
  if (missing.includes("openssh-server")) {
    say("needs", "Debian starts its own sshd too; to stop it: systemctl disable --now ssh");
  }
  for (const args of [["update"], install]) {
    const code = await runShown(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args]);
    if (code !== 0) {
      throw new Failure(
        Exit.software,
        `apt-get ${args[0]} failed with status ${code}`,
        "see what it printed above",
      );
    }
  }
  const still = await missingPackages(NEEDS[what]);
  if (still.length > 0) {
    throw new Failure(
      Exit.software,
      `apt-get installed ${still.join(", ")}, but the expected files are not there`,
      "this is written for Debian and Ubuntu",
    );
  }
}

async function missingPackages(needs: Readonly<Record<string, string>>): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(needs).map(async ([name, file]) => await exists(file) ? [] : [name]),
  );
  return found.flat();
}
