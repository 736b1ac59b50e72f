/** File transfers through the gate, each with its own approval and checked byte for byte. */
import { deepEqual, equal } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { approved, approvedUnseen, guardedPair, type Pair } from "../support/gate_offer.ts";
import { mustRun, shellQuote, start, type StartOptions } from "../support/process.ts";
import { sshArgv, sshCommandLine, sshOptions } from "../support/ssh.ts";

interface World extends Pair {
  /** A folder with `tree/random`, 50 MB, and `tree/inner/name with blanks`. */
  readonly local: string;
  /** The account's home. */
  readonly home: string;
}

const test = sharing<World>(async () => {
  const pair = await guardedPair(["Subsystem external /usr/lib/openssh/sftp-server -f AUTH"]);
  const local = await pair.host.folder.dir("local");
  await Deno.mkdir(`${local}/tree/inner`, { recursive: true });
  await mustRun(randomFile(`${local}/tree/random`, 50));
  await Deno.writeTextFile(`${local}/tree/inner/name with blanks`, "text\n");
  return Object.assign(pair, { local, home: pair.host.user.home });
});

const randomFile = (
  path: string,
  megabytes: number,
) => ["dd", "if=/dev/urandom", `of=${path}`, "bs=1M", `count=${megabytes}`, "status=none"];

/** Approves what it shows, and waits for its good end. */
async function allowed(argv: readonly string[], options?: StartOptions): Promise<void> {
  const running = await approved(start(argv, options));
  const { code, err } = await running.done;
  equal(code, 0, err);
}

/** The same for what runs over a subsystem. */
async function allowedUnseen(
  pair: Pair,
  argv: readonly string[],
  options?: StartOptions,
): Promise<void> {
  const running = await approvedUnseen(pair, argv, options);
  const { code, err } = await running.done;
  deepEqual([code, err], [0, ""]);
}

const same = (a: string, b: string) => mustRun(["diff", "--recursive", a, b]);

test("50 MB of random bytes pass both ways", async ({ host, local }) => {
  const echo = sshArgv(host.target(), "cat").map(shellQuote).join(" ");
  const random = `${local}/tree/random`;
  await allowed(["sh", "-c", `${echo} <${random} | cmp - ${random}`]);
});

for (const subsystem of ["sftp", "external"]) {
  test(`sftp puts and gets over the subsystem ${subsystem}`, async (world) => {
    const { host, local, home } = world;
    const batch = `put -r ${local}/tree\nchmod 600 tree/random\nls -l\nget -r tree ${local}/back\n`;
    const sftp = ["sftp", ...sshOptions(host.target()), "-s", subsystem, "-b", "-"];
    await allowedUnseen(world, [...sftp, `${host.user.name}@127.0.0.1`], { input: batch });
    await same(`${local}/tree`, `${home}/tree`);
    await same(`${local}/tree`, `${local}/back`);
    const { mode, uid } = await Deno.stat(`${home}/tree/random`);
    deepEqual([(mode ?? 0) & 0o777, uid], [0o600, host.user.uid]);
    await mustRun(["rm", "-r", `${home}/tree`, `${local}/back`]);
  });
}

for (const protocol of ["SFTP", "its old protocol"]) {
  test(`scp copies both ways over ${protocol}`, async (world) => {
    const { host, local, home } = world;
    const scp = ["scp", ...sshOptions(host.target()), "-q", "-p", "-r"];
    const remote = `${host.user.name}@127.0.0.1`;
    const copy = async (from: string, to: string) =>
      protocol === "SFTP"
        ? await allowedUnseen(world, [...scp, from, to])
        : await allowed([...scp, "-O", from, to]);
    await copy(`${local}/tree`, `${remote}:`);
    await same(`${local}/tree`, `${home}/tree`);
    await copy(`${remote}:tree`, `${local}/back`);
    await same(`${local}/tree`, `${local}/back`);
    await mustRun(["rm", "-r", `${home}/tree`, `${local}/back`]);
  });
}

test("rsync copies both ways", async ({ host, local, home }) => {
  const rsync = ["rsync", "--archive", "-e", sshCommandLine(host.target())];
  const remote = `${host.user.name}@127.0.0.1`;
  await allowed([...rsync, `${local}/tree`, `${remote}:`]);
  await same(`${local}/tree`, `${home}/tree`);
  await allowed([...rsync, `${remote}:tree/`, `${local}/back`]);
  await same(`${local}/tree`, `${local}/back`);
  await mustRun(["rm", "-r", `${home}/tree`, `${local}/back`]);
});

test("git pushes and fetches", async ({ host, local, home }) => {
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: local,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_SSH_COMMAND: sshCommandLine(host.target()),
  };
  const here = `${local}/repository`;
  const git = (
    ...words: string[]
  ) => ["git", "-C", here, "-c", "user.name=a", "-c", "user.email=a@b", ...words];
  const bare = `${home}/bare.git`;
  const remote = `ssh://${host.user.name}@127.0.0.1${bare}`;
  await mustRun(["runuser", "-u", host.user.name, "--", "git", "init", "--quiet", "--bare", bare]);
  await mustRun(["git", "init", "--quiet", "--initial-branch=main", here], { env });
  await mustRun(randomFile(`${here}/random`, 5));
  await mustRun(git("add", "."), { env });
  await mustRun(git("commit", "--quiet", "--message=first"), { env });
  await allowed(git("push", "--quiet", remote, "main"), { env });
  await allowed(["git", "clone", "--quiet", "--branch=main", remote, `${local}/clone`], { env });
  await mustRun(["cmp", `${here}/random`, `${local}/clone/random`]);
});
