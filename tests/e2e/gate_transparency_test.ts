/**
 * Once the gate has let somebody in, the session is what it would be without the gate: each test
 * compares with a plain sshd. Accounts are exempt here, so no server is needed.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { appears, type GuardedHost, guardedHost, sharing } from "../support/gate.ts";
import { settled, SURROUNDINGS } from "../support/gate_surroundings.ts";
import { mustRun, run, shellQuote } from "../support/process.ts";
import { ssh, sshArgv, type SshTarget } from "../support/ssh.ts";
import { startSshd } from "../support/sshd.ts";
import { terminal } from "../support/terminal.ts";
import type { User } from "../support/users.ts";

interface Pair extends AsyncDisposable {
  /** An account whose shell is dash. */
  readonly dash: User;
  readonly host: GuardedHost;
  readonly gated: SshTarget;
  readonly plain: SshTarget;
}

const test = sharing<Pair>(async () => {
  const host = await guardedHost();
  const dash = await host.addUser("/bin/dash");
  await host.configure({ policy: { exempt_users: [host.user.name, dash.name, "root"] } });
  const sshd = await startSshd(host.folder, { lines: PLAIN_LINES });
  return {
    host,
    dash,
    gated: host.target(),
    plain: await host.authorizeAt(sshd),
    async [Symbol.asyncDispose]() {
      await sshd.stop();
      await host[Symbol.asyncDispose]();
    },
  };
});

/** The guarded sshd's settings that are seen in a session although they have nothing to do with the gate. */
const PLAIN_LINES = ["DisableForwarding yes", "PermitUserRC no", "ExposeAuthInfo yes"];

function as(user: string, { plain, gated }: Pair): Pick<Pair, "plain" | "gated"> {
  return { plain: { ...plain, user }, gated: { ...gated, user } };
}

async function both(
  { plain, gated }: Pick<Pair, "plain" | "gated">,
  command: string | undefined,
  options: Parameters<typeof ssh>[2] = {},
) {
  const [expected, actual] = await Promise.all([
    ssh(plain, command, options).done,
    ssh(gated, command, options).done,
  ]);
  return { expected, actual };
}

for (const account of ["user", "dash", "root"] as const) {
  for (const kind of ["command", "command on a terminal", "login shell"] as const) {
    test(`${account}'s ${kind} has the surroundings that sshd gives it`, async (pair) => {
      const name = { user: pair.host.user.name, dash: pair.dash.name, root: "root" }[account];
      const { expected, actual } = await both(
        as(name, pair),
        kind === "login shell" ? undefined : SURROUNDINGS,
        kind === "login shell"
          ? { options: ["-T"], input: SURROUNDINGS }
          : { options: kind === "command" ? ["-T"] : ["-tt"] },
      );
      match(expected.out, /^environment:/m);
      deepEqual(settled(actual.out), settled(expected.out));
      deepEqual(settled(actual.err), settled(expected.err));
    });
  }
}

for (
  const command of [
    "true",
    "exit 7",
    "exit 255",
    "no-such-command",
    "kill -9 $$",
    "kill -TERM $$",
    "kill -HUP $$",
    "sleep 1000 & kill -TERM $!; wait $!",
    "yes | head -1; echo ${PIPESTATUS[@]}",
    "echo out; echo err >&2",
    "echo one\necho two\n# three\nexit 3",
    "  echo '  quotes \" and  blanks  '  ",
    'echo $- $0 $# "$@"; shopt login_shell; alias; trap',
    'printf %s "$BASH_EXECUTION_STRING" | od -c',
    "cat; echo end",
    "internal-sftp-lookalike",
    "",
  ]
) {
  test(`${JSON.stringify(command)} ends as without the gate`, async (pair) => {
    // How the session ended, signals included, is in the client's debugging output (RFC 4254, 6.10).
    const { expected, actual } = await both(pair, command, { options: ["-v"], input: "stdin\n" });
    const essence = ({ code, out, err }: typeof expected) => ({
      code,
      out,
      err: err.replaceAll("\r", "").replaceAll(
        /^(debug1: |OpenSSH_|Authenticated to|Transferred|Bytes per).*\n/gm,
        "",
      ),
      ending: /rtype exit-\S+/.exec(err)?.[0],
    });
    deepEqual(essence(actual), essence(expected));
  });
}

test("a command of 100 KB arrives whole", async (pair) => {
  const command = `printf %s '${"0123456789".repeat(10_000)}' | wc -c`;
  const { actual } = await both(pair, command);
  deepEqual([actual.code, actual.out.trim()], [0, "100000"]);
});

test("a command that is not UTF-8 arrives byte for byte", async ({ gated }) => {
  const { out } = await run([
    "sh",
    "-c",
    `exec "$@" "$(printf "printf '\\377\\300' | od -An -tx1")"`,
    "sh",
    ...sshArgv(gated),
  ]);
  equal(out.trim(), "ff c0");
});

test("variables of the client that are not UTF-8 arrive byte for byte", async ({ gated }) => {
  const argv = sshArgv(gated, 'printf %s "$LC_ODD" | od -An -tx1', ["-o", "SendEnv=LC_ODD"]);
  const { out, err } = await run([
    "sh",
    "-c",
    `LC_ODD=$(printf '\\377\\n\\300') exec "$@"`,
    "sh",
    ...argv,
  ]);
  deepEqual([out.trim(), err], ["ff 0a c0", ""]);
});

test("the user's start-up files are read as without the gate", async (pair) => {
  const { home } = pair.host.user;
  const bashrc = await Deno.readTextFile(`${home}/.bashrc`);
  const profile = await Deno.readTextFile(`${home}/.profile`);
  try {
    await Deno.writeTextFile(
      `${home}/.bashrc`,
      `export FROM_BASHRC=$((FROM_BASHRC + 1))\n${bashrc}`,
    );
    await Deno.writeTextFile(
      `${home}/.profile`,
      `export FROM_PROFILE=$((FROM_PROFILE + 1))\n${profile}`,
    );
    for (const command of ["env | sort | grep FROM_", undefined]) {
      const { expected, actual } = await both(pair, command, {
        input: "env | sort | grep FROM_\n",
      });
      match(expected.out, /FROM_BASHRC=1/);
      deepEqual([actual.out, actual.err], [expected.out, expected.err]);
    }
  } finally {
    await Deno.writeTextFile(`${home}/.bashrc`, bashrc);
    await Deno.writeTextFile(`${home}/.profile`, profile);
  }
});

test("50 MB of random bytes pass both ways untouched", async ({ host, gated }) => {
  const file = `${host.folder.path}/random`;
  await mustRun(["dd", "if=/dev/urandom", `of=${file}`, "bs=1M", "count=50", "status=none"]);
  const through = sshArgv(gated, "cat").map(shellQuote).join(" ");
  await mustRun(["sh", "-c", `${through} <${file} | cmp - ${file}`]);
});

test("nothing of the gate runs any more while the session runs", async ({ host, gated }) => {
  await using session = ssh(gated, "echo $$; cat; true", { input: "open" });
  const pid = (await session.out(/^\d+\n/m)).trim();
  const { out } = await mustRun(["ps", "-U", String(host.user.uid), "-o", "stat=,pid=,args="]);
  const living = out.split("\n").filter((line) => line !== "" && !line.startsWith("Z"));
  deepEqual(
    living.map((line) =>
      line.trim().replace(/^\S+ +/, "").replace(new RegExp(`^(?!${pid} )\\d+ `), "")
    ).sort(),
    [`${pid} bash -c echo $$; cat; true`, "cat", `sshd: ${host.user.name}@notty`],
  );
  await session.closeInput();
  equal((await session.done).code, 0);
});

test("an interactive shell has job control, window size, and Ctrl-C for its programs", async ({ gated }) => {
  await using screen = terminal(sshArgv(gated), { cols: 90, rows: 30 });
  await screen.waitFor(/\$$/m);
  await screen.send("PS1='ready> '; stty size; echo $0 $SHLVL; tty | cut -d/ -f1-3\r");
  await screen.waitFor(/^30 90\n-bash 1\n\/dev\/pts\nready>/m);
  await screen.resize(70, 20);
  await screen.send("clear; sleep 1000 & jobs\r");
  await screen.waitFor(/\[1\]\+? +Running +sleep 1000/);
  await screen.send("stty size\r");
  await screen.waitFor(/^20 70$/m);
  await screen.send("fg\r");
  await screen.waitFor(/^sleep 1000$/m);
  await screen.send("\x1a");
  await screen.waitFor(/\[1\]\+ +Stopped +sleep 1000/);
  await screen.send("kill %1; wait %1; echo status $?\r");
  await screen.waitFor(/^status 1/m);
  await screen.send(
    "clear; bash -c 'trap \"echo trapped; exit 5\" INT; echo armed; sleep 1000'; echo $?\r",
  );
  await screen.waitFor(/^armed$/m);
  await screen.send("\x03");
  await screen.waitFor(/trapped\n5\n/);
  await screen.send("exit 9\r");
  deepEqual(await screen.closed, { code: 9 });
});

test("a command on a terminal sees Ctrl-C, Ctrl-\\ and the hang-up", async ({ host, gated }) => {
  const marker = `${host.user.home}/hung-up`;
  const script =
    `trap 'echo INT' INT; trap 'echo QUIT' QUIT; trap 'touch ${marker}; exit' HUP; echo armed; while :; do read line; done`;
  await using screen = terminal(sshArgv(gated, script, ["-t"]));
  await screen.waitFor(/^armed$/m);
  await screen.send("\x03");
  await screen.waitFor(/INT$/m);
  await screen.send("\x1c");
  await screen.waitFor(/QUIT$/m);
  const appeared = appears(marker);
  await screen.kill();
  await appeared;
});
