/** What gatehouse finds out about the sshd that it runs in, in a real one; and how sshd reads its files. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import fc from "fast-check";
import { loginGraceTime } from "../../lib/core/sshd/login_grace.ts";
import { showsAtOnce } from "../../lib/core/sshd/version.ts";
import { sshdFiles, type SshdLimits } from "../../lib/io/login_grace.ts";
import { compileFlags } from "../../scripts/build.ts";
import { ROOT } from "../../scripts/run.ts";
import { appears, sharing } from "../support/gate.ts";
import { pam, PamModule } from "../support/pam_module.ts";
import { type PamSshd, pamSshd } from "../support/pam_module_sshd.ts";
import { mustRun, shellQuote } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const test = sharing(() => PamModule.build());

/** Runs with the executable's own permissions, in the helper's process. */
const TELLS = [
  `DENO_DIR="$0.deno" exec`,
  ...[Deno.execPath(), "run", "--no-lock", "--no-config", "--cached-only"],
  ...compileFlags(Deno.build.target).filter((flag) => flag.startsWith("--allow-")),
  `${ROOT}/tests/support/sshd_limits.ts`,
].map((word, index) => index === 0 ? word : shellQuote(word)).join(" ") + ' "$0.limits"';

async function limitsIn(sshd: PamSshd): Promise<SshdLimits & { elapsed: number }> {
  const begun = performance.now();
  const helper = await sshd.plays(TELLS);
  await using _screen = sshd.login();
  await appears(`${helper}.limits`);
  const limits = JSON.parse(await Deno.readTextFile(`${helper}.limits`));
  return { ...limits, elapsed: (performance.now() - begun) / 1000 };
}

const FIRST_A_KEY = "AuthenticationMethods publickey,keyboard-interactive:pam";
/** The kernel counts in hundredths. */
const ROUNDED_S = 0.05;

test("the time is counted from the connection on, and as the listener's configuration says", async (module) => {
  const included = await module.folder.file("grace.conf", "LoginGraceTime 1h30m\n");
  const { err: version } = await mustRun(["ssh", "-V"]);
  for (const lines of [[], [FIRST_A_KEY]]) {
    await using sshd = await pamSshd(module, [`Include ${dirname(included)}/gra*.conf`, ...lines]);
    for (const _ of ["first", "second"]) {
      const { secondsLeft = 0, streams, elapsed } = await limitsIn(sshd);
      ok(secondsLeft <= 5_400 && secondsLeft >= 5_400 - elapsed - ROUNDED_S, `${secondsLeft}`);
      equal(streams, showsAtOnce(version));
    }
  }
});

test("an sshd that waits for ever is no limit", async (module) => {
  await using sshd = await pamSshd(module, ["LoginGraceTime 0"]);
  equal((await limitsIn(sshd)).secondsLeft, undefined);
});

test("the sshd of 10.3 is known by its program", async (module) => {
  const text = await readFile("/usr/sbin/sshd", "latin1");
  // Nothing may change its place.
  const newer = text.replaceAll(
    /OpenSSH_([0-9.]+)(p[0-9]+[^\0]*)?\0/g,
    (old) => "OpenSSH_10.3p1".slice(0, old.length - 1).padEnd(old.length, "\0"),
  );
  const folder = await module.folder.dir("newer");
  await writeFile(`${folder}/sshd`, newer, { encoding: "latin1", mode: 0o755 });
  await using sshd = await pamSshd(module, [], `${folder}/sshd`);
  const { streams, secondsLeft = 0 } = await limitsIn(sshd);
  deepEqual({ streams, counts: secondsLeft > 0 && secondsLeft <= 120 }, {
    streams: true,
    counts: true,
  });
});

test("other programs show at once what PAM says, and set no limit", async (module) => {
  const helper = await module.helper(TELLS);
  await pam({ module, helperPath: helper });
  deepEqual(JSON.parse(await Deno.readTextFile(`${helper}.limits`)), { streams: true });
});

/** Each needs what follows it to be tried. */
const GLOBS = [
  "DIR/a.conf",
  "DIR/?.conf",
  "DIR/[b-c]*.conf DIR/a.conf",
  "DIR/none* DIR/b.conf",
  '"DIR/c d.conf"',
  "DIR/c\\ d.conf # DIR/a.conf",
];
const TIMES = ["0", "33", "1m30", "1H30m", "2w", '"44"', "'5'5s", "2147483647"];

/** Lines that an sshd can start with. */
function configurations() {
  const time = fc.tuple(
    fc.constantFrom(
      "LoginGraceTime ",
      "logingracetime\t",
      '  "LoginGraceTime"  ',
      "LOGINGRACETIME=",
    ),
    fc.constantFrom(...TIMES),
    fc.constantFrom("", " ", " # 7", "\t\f"),
  ).map((parts) => parts.join(""));
  const others = ["", "# LoginGraceTime 1", "PermitTTY no", "Match all", '\tMATCH="ALL" # x'];
  const block = fc.constantFrom(...others, "Match User x\nPermitTTY no\nMatch all");
  const include = fc.constantFrom(...GLOBS).map((globs) => `Include ${globs}`);
  const lines = (line: fc.Arbitrary<string>) =>
    fc.array(line, { maxLength: 5 }).map((lines) => lines.join("\n"));
  // At their end another block may be open, which ends with them.
  const part = fc.tuple(lines(fc.oneof(time, block)), fc.constantFrom("", "\nMatch User x\n"))
    .map((parts) => parts.join(""));
  return fc.record({
    main: lines(fc.oneof(time, block, include)),
    "a.conf": part,
    "b.conf": part,
    "c d.conf": part,
  });
}

test("sshd itself reads its configuration so", async () => {
  await using folder = await scratch();
  const hostKey = await folder.key("key");
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const configuration = `${folder.path}/main`;
  await fc.assert(
    fc.asyncProperty(configurations(), async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await folder.file(name, text.replaceAll("DIR", folder.path));
      }
      const argv = ["/usr/sbin/sshd", "-f", configuration];
      const { out } = await mustRun([...argv, "-T", "-h", hostKey]);
      const [, seconds = ""] = /^logingracetime ([0-9]+)$/m.exec(out) ?? [];
      equal(String(loginGraceTime(argv.join(" "), sshdFiles)), seconds);
    }),
    { numRuns: 150 },
  );
});
