/** What tests, demo and bench need of Debian's packages: installed when we may, else named in one line. */
import { Exit, Failure } from "../lib/core/errors.ts";
import { PAM_MODULE_NEEDS } from "./pam_module.ts";
import { exists, runQuietly, runShown } from "./run.ts";
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
/** The peer with the same state file. */
const GOOGLE_AUTHENTICATOR = {
  "libpam-google-authenticator": "/usr/bin/google-authenticator",
  "pamtester": "/usr/bin/pamtester",
};
/** What is wanted before a commit. */
const CHECKS = { "shellcheck": "/usr/bin/shellcheck" };
const TESTS = {
  ...PLAY,
  ...CHECKS,
  ...GOOGLE_AUTHENTICATOR,
  ...PAM_MODULE_NEEDS,
  "apparmor": "/usr/sbin/apparmor_parser",
  "at": "/usr/sbin/atd",
  "checkpolicy": "/usr/bin/checkmodule",
  "cppcheck": "/usr/bin/cppcheck",
  "curl": "/usr/bin/curl",
  "fail2ban": "/usr/bin/fail2ban-regex",
  "faketime": "/usr/bin/faketime",
  "fish": "/usr/bin/fish",
  "git": "/usr/bin/git",
  "iproute2": "/usr/sbin/ip",
  "lintian": "/usr/bin/lintian",
  "man-db": "/usr/bin/man",
  "openssl": "/usr/bin/openssl",
  "procps": "/usr/bin/pgrep",
  "rsync": "/usr/bin/rsync",
  "semodule-utils": "/usr/bin/semodule_package",
  "strace": "/usr/bin/strace",
  "sudo": "/usr/bin/sudo",
  "systemd-container": "/usr/bin/systemd-nspawn",
  "zsh": "/usr/bin/zsh",
};
/** The bench measures these beside gatehouse. */
const BENCH = {
  ...SSH,
  ...GOOGLE_AUTHENTICATOR,
  ...PAM_MODULE_NEEDS,
  "procps": "/usr/bin/pgrep",
  "python3-flask": "/usr/lib/python3/dist-packages/flask",
};
const NEEDS: Record<
  "ssh" | "play" | "checks" | "tests" | "bench",
  Readonly<Record<string, string>>
> = {
  ssh: SSH,
  play: PLAY,
  checks: CHECKS,
  tests: TESTS,
  bench: BENCH,
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

/**
 * An sshd that is not root's hands each pty to group tty. It may when /dev/pts is mounted for that,
 * as Debian does, or when the person is in that group.
 * @throws Failure when neither is so
 */
export async function requirePty(): Promise<void> {
  if (Deno.uid() === 0) return;
  const [, tty = ""] = /^tty:[^:]*:([0-9]+):/m.exec(await Deno.readTextFile("/etc/group")) ?? [];
  const mounts = await Deno.readTextFile("/proc/mounts");
  if (tty === "" || new RegExp(`^devpts /dev/pts .*[ ,]gid=${tty}\\b`, "m").test(mounts)) return;
  const groups = await runQuietly(["id", "-G"], "id failed");
  if (groups.trim().split(" ").includes(tty)) return;
  throw new Failure(
    Exit.config,
    "/dev/pts is not mounted with the gid of group tty, so your own sshd cannot open a terminal",
    `run the demo as root, or once: sudo mount -o remount,gid=${tty},mode=620 /dev/pts`,
  );
}

async function missingPackages(needs: Readonly<Record<string, string>>): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(needs).map(async ([name, file]) => await exists(file) ? [] : [name]),
  );
  return found.flat();
}
