/** `gatehouse enroll` in scripts and pipes: its options, its input, what it writes. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { keyOf } from "../support/enrollment.ts";
import {
  appCode,
  assertAbsent,
  EnrollMachine,
  NAMES,
  rightsOf,
  stateAt,
} from "../support/enroll_machine.ts";
import { sharing } from "../support/gate.ts";
import { run, type Running, start, type StartOptions } from "../support/process.ts";
import { codeOf } from "../support/totp.ts";

const test = sharing(() => EnrollMachine.make());

/** Runs it and answers through a pipe, as soon as its secret can be read. */
async function piped(
  argv: readonly string[],
  answers: (secret: string) => string | Uint8Array<ArrayBuffer>,
  options: StartOptions = {},
) {
  await using running = start(argv, { ...options, input: "open" });
  await answer(running, answers);
  await running.closeInput();
  return await running.done;
}

async function answer(
  running: Running,
  answers: (secret: string) => string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const uri = await running.out(/secret=[A-Z2-7]{32}/);
  await running.out("Code from the app: ");
  await running.write(answers(uri.slice("secret=".length)));
}

test("answers may come through a pipe, and the file is private", async (machine) => {
  const path = machine.newPlace();
  const enroll = await machine.forRoot();
  const { code: exit, out, err } = await piped(
    enroll("-s", path),
    (secret) => `${appCode(secret)}\nn\ny\nn\n`,
  );
  deepEqual([exit, err], [0, ""]);
  const file = await stateAt(path);
  equal(await rightsOf(path), "0:0 400");
  deepEqual(
    [file.kind, file.window, file.usedSteps, file.rateLimit, file.scratchCodes.length],
    ["totp", 17, undefined, undefined, 5],
  );
  for (const scratchCode of file.scratchCodes) ok(out.includes(scratchCode));
  match(out, /That is right\.\n[^]*Scratch codes[^]*\nSaved in \S+\n$/);
  ok(!out.includes("\x1b"), "no colours in a pipe");
});

test("what is typed is taken for what it is: blanks, full width, CR LF", async (machine) => {
  const wide = (text: string) =>
    text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
  const forms = [
    (digits: string) => `${digits.slice(0, 3)} ${digits.slice(3)}\n`,
    (digits: string) => `${wide(digits)}\n`,
    (digits: string) => `${digits}\r\n`,
    (digits: string) => `  ${digits.slice(0, 3)}-${digits.slice(3)}\t\n`,
  ];
  for (const form of forms) {
    const path = machine.newPlace();
    const { code: exit, out } = await piped(
      machine.enroll("-s", path, "-t", "-d", "-u", "-w", "3", "-e", "0"),
      (secret) => form(appCode(secret)),
    );
    equal(exit, 0, out);
    const { usedSteps, secret, text } = await stateAt(path);
    equal(usedSteps?.length, 1, "the code that confirmed is used up");
    match(text, new RegExp(`^${secret}\n" WINDOW_SIZE 3\n" DISALLOW_REUSE \\d+\n" TOTP_AUTH\n$`));
  }
});

/** Each is answered, and the right code after it is still taken. */
const NONSENSE: readonly (readonly [
  what: string,
  bytes: Uint8Array<ArrayBuffer>,
  remark: RegExp,
])[] = [
  ["1 MB in one line", new Uint8Array(1_000_000).fill(0x37), /A code has six digits\./],
  ["bytes that are no UTF-8", Uint8Array.of(0xff, 0xfe, 0xc3, 0x28), /A code has six digits\./],
  ["NUL bytes", new Uint8Array(6), /A code has six digits\./],
  ["seven digits", new TextEncoder().encode("1234567"), /A code has six digits\./],
  ["a scratch code", new TextEncoder().encode("12345678"), /A code has six digits\./],
];

for (const [what, bytes, remark] of NONSENSE) {
  test(`${what}: a remark, and another try`, async (machine) => {
    const path = machine.newPlace();
    await using running = start(machine.enroll("-s", path, "-t", "-d", "-u", "-W"), {
      input: "open",
    });
    let right = "";
    await answer(running, (secret) => {
      right = appCode(secret);
      return new Uint8Array([...bytes, 10]);
    });
    await running.out(remark);
    await running.write(`${right}\n`);
    const { code: exit, out, err } = await running.done;
    deepEqual([exit, err], [0, ""]);
    equal(out.split("A code has six digits.").length, 2, "once");
    ok(out.length < 10_000);
    await stateAt(path);
  });
}

test("input that ends refuses, wherever it ends, and nothing is saved", async (machine) => {
  const ends = [
    () => "",
    () => "12345",
    () => "7".repeat(1_000_000),
    (secret: string) => `${appCode(secret)}\n`,
    (secret: string) => `${appCode(secret)}\ny\nn\n`,
  ];
  for (const end of ends) {
    const path = machine.newPlace();
    const { code: exit, out, err } = await piped(machine.enroll("-s", path), end);
    equal(exit, 77);
    match(err, /^gatehouse: error: nothing was saved\ngatehouse: hint: the input ended before/);
    doesNotMatch(out, /Saved|Scratch/);
    await assertAbsent(path);
  }
});

test("counter-based codes", async (machine) => {
  const path = machine.newPlace();
  const { code: exit, out } = await piped(
    machine.enroll("-s", path, "-c", "-u", "-e", "1"),
    (secret) => `${codeOf(9, keyOf(secret))}\n${codeOf(2, keyOf(secret))}\n\n`,
  );
  equal(exit, 0, out);
  match(out, /none of the first codes/);
  doesNotMatch(out, /UTC/);
  match((await stateAt(path)).text, /^[A-Z2-7]{32}\n" HOTP_COUNTER 3\n[0-9]{8}\n$/);
});

test("--yes asks nothing", async (machine) => {
  const path = machine.newPlace();
  const { code: exit, out, err } = await run(machine.enroll("-s", path, "--yes", ...NAMES));
  deepEqual([exit, err], [0, ""]);
  doesNotMatch(out, /Code from|\[Y\/n\]|once a code is right/);
  const { secret, text, scratchCodes } = await stateAt(path);
  match(text, /^[A-Z2-7]{32}\n" RATE_LIMIT 3 30\n" DISALLOW_REUSE\n" TOTP_AUTH\n([0-9]{8}\n){5}$/);
  ok(out.includes(`otpauth://totp/alice@web1?secret=${secret}&issuer=web1\n`));
  match(out, /secret {3}[A-Z2-7]{4}( [A-Z2-7]{4}){3}\n/);
  equal(scratchCodes.every((one) => out.includes(one)), true);
});

test("-C leaves out the code, not the questions", async (machine) => {
  const path = machine.newPlace();
  const { code: exit, out } = await run(machine.enroll("-s", path, "-C"), {
    input: "y\nn\nn\n",
  });
  equal(exit, 0);
  doesNotMatch(out, /Code from/);
  match((await stateAt(path)).text, /^[A-Z2-7]{32}\n" DISALLOW_REUSE\n" TOTP_AUTH\n/);
});

test("-q prints nothing at all", async (machine) => {
  const path = machine.newPlace();
  const { code: exit, out, err } = await run(machine.enroll("-s", path, "-q", "-t", "-D"));
  deepEqual([exit, out, err], [0, "", ""]);
  match(
    (await stateAt(path)).text,
    /^[A-Z2-7]{32}\n" RATE_LIMIT 3 30\n" TOTP_AUTH\n([0-9]{8}\n){5}$/,
  );
});

test("--json says what was saved, in one line and nothing else", async (machine) => {
  const path = machine.newPlace();
  const { code: exit, out, err } = await run(
    machine.enroll("-s", path, "--json", "-t", "-S", "60", "-w", "5", "-e", "2", ...NAMES),
  );
  deepEqual([exit, err], [0, ""]);
  const { secret, scratchCodes } = await stateAt(path);
  equal(out.split("\n").length, 2);
  deepEqual(JSON.parse(out), {
    user: "root",
    host: Deno.hostname(),
    path,
    type: "totp",
    secret,
    uri: `otpauth://totp/alice@web1?secret=${secret}&issuer=web1&period=60`,
    scratch_codes: scratchCodes,
    settings: {
      window: 5,
      step: 60,
      disallow_reuse: true,
      rate_limit: { attempts: 3, interval: 30 },
    },
  });
});

test("who is enrolled already is told so before anything else, unless it is to be overwritten", async (machine) => {
  const path = machine.newPlace();
  equal((await run(machine.enroll("-s", path, "-q"))).code, 0);
  const before = await Deno.readTextFile(path);
  for (const options of [[], ["--yes"], ["--json"], ["-q"]]) {
    const { code: exit, out, err } = await run(machine.enroll("-s", path, ...options));
    deepEqual([exit, out], [2, ""]);
    match(
      err,
      /^gatehouse: error: root is enrolled already \(\/.*\)\ngatehouse: hint: .*--rotate.* -f\n/,
    );
    equal(await Deno.readTextFile(path), before);
  }
  equal((await run(machine.enroll("-s", path, "-q", "-f"))).code, 0);
  ok(await Deno.readTextFile(path) !== before);
  equal(await rightsOf(path), "0:0 400");
});

test("a relative path is meant from where one is", async (machine) => {
  const { code: exit, out } = await run(machine.enroll("-s", "./here", "--json"), {
    cwd: machine.folder.path,
  });
  equal(exit, 0);
  equal(JSON.parse(out).path, `${machine.folder.path}/here`);
  await stateAt(`${machine.folder.path}/here`);
});

test("an output that takes nothing: nobody would know the secret, so nothing is saved", async (machine) => {
  const path = machine.newPlace();
  const line = `exec "$@" > /dev/full`;
  const argv = ["sh", "-c", line, "sh", ...machine.enroll("-s", path, "--yes")];
  const { code: exit, err } = await run(argv);
  equal(exit, 77);
  match(err, /^gatehouse: error: the output was closed before everything was shown\n/);
  await assertAbsent(path);
});

test("the kernel not saying whether the clock is right is no reason to fail", async (machine) => {
  const path = machine.newPlace();
  const inject = "inject=clock_adjtime,adjtimex:error=EPERM";
  const { code: exit, out } = await run(
    [
      "strace",
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      inject,
      ...machine.enroll("-s", path, "--yes"),
    ],
  );
  equal(exit, 0);
  match(out, /clock +\d\d:\d\d:\d\d UTC\n +NTP state unknown\n/);
  const { out: usual } = await run(machine.enroll("-s", machine.newPlace(), "--yes"));
  match(usual, /UTC\n +((NOT )?synchronised by NTP|NTP state unknown)\n/);
});

test("what is saved and could not be shown is said to be so, with a way on", async (machine) => {
  const path = machine.newPlace();
  for (
    const [options, command] of [[["--json"], "-f"], [["--rotate", "--json"], "--rotate"]] as const
  ) {
    const argv = machine.enroll("-s", path, ...options);
    const { code: exit, err } = await run(["sh", "-c", '"$@" >/dev/full', "sh", ...argv]);
    equal(exit, 77);
    equal(
      err,
      "gatehouse: error: it was done, but could not be shown: cannot write the output (ENOSPC)\n" +
        `gatehouse: hint: nobody knows it now; to make another one, run: gatehouse enroll ${command}\n`,
    );
  }
  ok((await stateAt(path)).nextSecret !== undefined);
});
