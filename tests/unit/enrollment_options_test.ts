/** The command line of `gatehouse enroll`. */
import assert from "node:assert/strict";
import { runCommand } from "../../commands.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { QR_MODES } from "../../lib/core/terminal_look.ts";
import { readOptions } from "../../lib/modes/enroll/options.ts";

/** Each is refused before anything else is looked at. */
const REFUSED: readonly (readonly [line: string, fault: RegExp, hint: RegExp])[] = [
  ["-t -t", /^-t is given more than once$/, /once/],
  ["-C --no-confirm", /^-C is given more than once$/, /once/],
  ["-f -f", /^-f is given more than once$/, /once/],
  ["-q -q", /^-q is given more than once$/, /once/],
  ["-u -u", /^-u is given more than once$/, /once/],
  ["-W -W", /^-W is given more than once$/, /once/],
  ["-e 3 -e 4", /^-e is given more than once$/, /once/],
  ["-s a --secret=b", /^-s is given more than once$/, /once/],
  ["-l a -l b", /^-l is given more than once$/, /once/],
  ["-i a -i b", /^-i is given more than once$/, /once/],
  ["-Q utf8 -Q ANSI", /^-Q is given more than once$/, /once/],
  ["-r 3 -r 3 -R 30", /^-r is given more than once$/, /once/],
  ["-w 3 -w 3", /^-w is given more than once$/, /once/],
  ["-S 30 -S 30 -t", /^-S is given more than once$/, /once/],
  ["--yes --yes", /^--yes is given more than once$/, /once/],
  ["-t -c", /^-t contradicts -c$/, /one/],
  ["-t -d -D", /^-d contradicts -D$/, /one/],
  ["-c -d", /^-c contradicts -d$/, /one/],
  ["-c -D", /^-c contradicts -D$/, /one/],
  ["-c -S 30", /^-c contradicts -S$/, /one/],
  ["-d", /^-d needs -t too$/, /-t/],
  ["-D", /^-D needs -t too$/, /-t/],
  ["-r 3", /^-r needs -R too$/, /-R/],
  ["-R 30", /^-R needs -r too$/, /-r/],
  ["-u -r 3 -R 30", /^-u contradicts -r$/, /one/],
  ["-u -R 30", /^-u contradicts -R$/, /one/],
  ["-w 3 -W", /^-w contradicts -W$/, /one/],
  ["-q --json", /^-q contradicts --json$/, /one/],
  ["-r 0 -R 30", /^-r takes a number from 1 to 10$/, /help/],
  ["-r 11 -R 30", /^-r takes a number from 1 to 10$/, /help/],
  ["-r 3 -R 14", /^-R takes a number from 15 to 600$/, /help/],
  ["-r 3 -R 601", /^-R takes a number from 15 to 600$/, /help/],
  ["-S 0", /^-S takes a number from 1 to 60$/, /help/],
  ["-S 61", /^-S takes a number from 1 to 60$/, /help/],
  ["-w 0", /^-w takes a number from 1 to 21$/, /help/],
  ["-w 22", /^-w takes a number from 1 to 21$/, /help/],
  ["-e 11", /^-e takes a number from 0 to 10$/, /help/],
  ["-e -1", /^-e takes a number from 0 to 10$/, /help/],
  ["-e 5x", /^-e takes a number from 0 to 10$/, /help/],
  ["-Q utf-8", /^-Q takes no such mode$/, /ANSI_INVERSE/],
  ["-l \x1b[31m", /^-l takes a name/, /control/],
  [`-i ${"x".repeat(201)}`, /^-i takes a name of at most 200/, /./],
  ["--emergency 0", /^--emergency takes a number from 1 to 10$/, /help/],
  ["--show --revoke", /^--show contradicts --revoke$/, /one/],
  ["--rotate --import x", /^--rotate contradicts --import$/, /one/],
  ["--show -f", /^--show does not take -f$/, /it takes .*-Q/],
  ["--revoke -t", /^--revoke does not take -t$/, /it takes .*--yes/],
  ["--rotate -w 3", /^--rotate does not take -w$/, /it takes .*-e/],
  ["--import x -S 60", /^--import does not take -S$/, /it takes .*-f/],
  ["--emergency 3 -e 3", /^--emergency does not take -e$/, /it takes .*--user/],
  ["--secret=", /^-s takes the path of a file$/, /help/],
  ["-s", /argument missing/, /help/],
  ["-z", /unknown option/, /help/],
  ["surplus", /too many arguments/, /help/],
];

for (const [line, fault, hint] of REFUSED) {
  const shown = line.length > 60 ? `${line.slice(0, 60)}...` : line;
  Deno.test(`enroll refuses ${JSON.stringify(shown)}`, async () => {
    await assert.rejects(runCommand(["enroll", ...line.split(" ")]), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.exit, Exit.usage);
      assert.match(error.message, fault);
      assert.match(error.hint ?? "", hint);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("readOptions() leaves open what was not said", () => {
  assert.deepEqual(readOptions({}), {
    action: { kind: "create" },
    kind: undefined,
    reuse: undefined,
    rateLimit: undefined,
    window: undefined,
    step: undefined,
    emergencyCodes: undefined,
    confirm: true,
    force: false,
    quiet: false,
    label: undefined,
    issuer: undefined,
    qrMode: undefined,
    secret: undefined,
    user: undefined,
    config: undefined,
    yes: false,
    json: false,
  });
});

Deno.test("readOptions() reads the ends of every range", () => {
  const read = readOptions({
    timeBased: true,
    disallowReuse: true,
    rateLimit: "10",
    rateTime: "600",
    stepSize: "60",
    windowSize: "21",
    emergencyCodes: "0",
  });
  assert.deepEqual(
    [read.kind, read.reuse, read.rateLimit, read.step, read.window, read.emergencyCodes],
    ["totp", "disallow", { attempts: 10, interval: 600 }, 60, 21, 0],
  );
  const other = readOptions({ counterBased: true, noRateLimit: true, minimalWindow: true });
  assert.deepEqual([other.kind, other.rateLimit, other.window], ["hotp", "none", "minimal"]);
});

Deno.test("readOptions() knows every way to draw, in capitals or not", () => {
  for (const mode of QR_MODES) {
    assert.equal(readOptions({ qrMode: mode.toLowerCase() }).qrMode, mode);
    assert.equal(readOptions({ qrMode: mode }).qrMode, mode);
  }
});

Deno.test("readOptions() takes --json and -q for --yes", () => {
  assert.equal(readOptions({ json: true }).yes, true);
  assert.equal(readOptions({ quiet: true }).yes, true);
});

Deno.test("readOptions() knows what is done instead of making a new one", () => {
  assert.deepEqual(readOptions({ show: true, qrMode: "ansi" }).action, { kind: "show" });
  assert.deepEqual(readOptions({ revoke: true, yes: true }).action, { kind: "revoke" });
  const rotate = readOptions({ rotate: true, emergencyCodes: "3", noConfirm: true });
  assert.deepEqual([rotate.action, rotate.confirm], [{ kind: "rotate" }, false]);
  assert.deepEqual(readOptions({ import: "x", force: true, user: "alice" }).action, {
    kind: "import",
    file: "x",
  });
  assert.deepEqual(readOptions({ emergency: "10", secret: "x" }).action, {
    kind: "emergency",
    count: 10,
  });
});
