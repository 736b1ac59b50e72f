/** Files that google-authenticator makes are ours too, and the other way round. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { basename } from "node:path";
import { Exit } from "../../lib/core/errors.ts";
import { fromLatin1, toLatin1 } from "../../lib/core/latin1.ts";
import { CodeFiles } from "../../lib/io/code_files.ts";
import { binary } from "../support/binary.ts";
import { codeFilesConfig } from "../support/code_files.ts";
import { assertRefused } from "../support/failure.ts";
import { FixedClock } from "../support/fakes.ts";
import { Peer } from "../support/google_authenticator.ts";
import { keyOf } from "../support/google_authenticator_tries.ts";
import { mustRun, run } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const AT = 1_700_000_000;
/** Longer than any rate limit's interval. */
const LATER = 900;

const theirs = (...options: readonly string[]) => ["google-authenticator", ...options];
const ours = (...options: readonly string[]) => [binary(), "enroll", ...options];

const KINDS = ["-t -d", "-t -D", "-c", "--time-based --disallow-reuse", "--counter-based"];
const LIMITS = ["-u", "-r 3 -R 30", "-r 10 -R 600", "--rate-limit=1 --rate-time=15"];
const WINDOWS = ["-w 3", "-w 1", "-w 17", "-w 21", "-W", "--minimal-window", "--window-size=2"];
const CODES = ["", "-e 0", "-e 10", "--emergency-codes=1"];
const STEPS = ["", "-S 30", "-S 1", "-S 60", "--step-size=45"];

/** Each kind with each limit, and everything else in turn. */
const COMMAND_LINES = KINDS.flatMap((kind, i) =>
  LIMITS.map((limit, j) => {
    const turn = i * LIMITS.length + j;
    const step = kind.includes("-c") ? "" : STEPS[turn % STEPS.length];
    const all = [kind, limit, WINDOWS[turn % WINDOWS.length], step, CODES[(turn + i) % 4]];
    return all.join(" ").split(" ").filter((word) => word !== "");
  })
);

/** The codes of a state file: all that let somebody in, in the order of their use. */
function codesFor(text: string): { code: string; at: number }[] {
  const step = Number(/^" STEP_SIZE ([0-9]+)$/m.exec(text)?.[1] ?? 30);
  const counted = text.includes('" HOTP_COUNTER 1\n');
  const key = keyOf(text);
  const rolling = [1, 2, 3].map((nth) => {
    const at = AT + nth * LATER;
    return { at, code: codeOf(counted ? nth : Math.floor(at / step), key) };
  });
  const scratch = text.match(/^[0-9]{8}$/gm) ?? [];
  return [...rolling, ...scratch.map((code, nth) => ({ code, at: AT + (nth + 4) * LATER }))];
}

/** Lines, with what is random taken out. */
function shapeOf(text: string): string[] {
  const [secret = "", ...lines] = text.split("\n");
  ok(/^[A-Z2-7]{26,32}$/.test(secret));
  return lines.map((line) => line.replace(/^[1-9][0-9]{7}$/, "a scratch code"));
}

/** Each file is another person's, so that no other's codes are remembered as used. */
async function checkedByOurs(folder: Scratch, secret: string, code: string, at: number) {
  const config = codeFilesConfig(folder, { user: basename(secret), secret, reuse: "file" });
  const answer = await new CodeFiles(config, new FixedClock(at * 1_000)).check(code);
  return answer.ok ? "accepted" : answer.why;
}

Deno.test(`${COMMAND_LINES.length} command lines make the same lines, and each side takes the other's codes`, async () => {
  await using folder = await scratch();
  await using peer = await Peer.install(folder);
  for (const [index, options] of COMMAND_LINES.entries()) {
    const said = options.join(" ");
    const name = `state-${index}`;
    const made = { theirs: `${folder.path}/theirs-${index}`, ours: peer.path(name) };
    const rest = (path: string) => [...options, "-f", "-q", "-C", "-s", path];
    await mustRun(theirs(...rest(made.theirs)));
    const { out, err } = await mustRun(ours(...rest(made.ours)));
    deepEqual({ out, err }, { out: "", err: "" }, said);
    const texts = {
      theirs: toLatin1(await Deno.readFile(made.theirs)),
      ours: toLatin1(await Deno.readFile(made.ours)),
    };
    deepEqual(shapeOf(texts.ours), shapeOf(texts.theirs), said);
    const modes = [made.theirs, made.ours].map((path) => (Deno.statSync(path).mode ?? 0) & 0o7777);
    deepEqual(modes, [0o400, 0o400], said);

    for (const { code, at } of codesFor(texts.theirs)) {
      equal(await checkedByOurs(folder, made.theirs, code, at), "accepted", `${said}: ${code}`);
    }
    for (const { code, at } of codesFor(texts.ours)) {
      const { verdict } = await peer.login({ name, code, at });
      equal(verdict, "accepted", `${said}: ${code}`);
    }
    // With the same codes used, they are still alike.
    const after = {
      theirs: toLatin1(await Deno.readFile(made.theirs)),
      ours: toLatin1(await Deno.readFile(made.ours)),
    };
    deepEqual(shapeOf(after.theirs), shapeOf(after.ours), said);
  }
});

Deno.test("one file serves both in turn: what one has accepted, the other refuses", async () => {
  await using folder = await scratch();
  await using peer = await Peer.install(folder);
  for (const make of [theirs, ours]) {
    const name = make === theirs ? "theirs" : "ours";
    const path = peer.path(name);
    await mustRun(make(..."-t -d -r 10 -R 600 -w 3 -f -q -s".split(" "), path));
    const key = keyOf(toLatin1(await Deno.readFile(path)));
    for (let turn = 0; turn < 4; turn++) {
      const at = AT + turn * 30;
      const code = codeOf(Math.floor(at / 30), key);
      const asked = [
        async () => (await peer.login({ name, code, at })).verdict,
        () => checkedByOurs(folder, path, code, at),
      ];
      const [first, second] = turn % 2 === 0 ? asked : asked.toReversed();
      equal(await first?.(), "accepted");
      equal(await second?.(), turn % 2 === 0 ? "spent" : "refused");
    }
    const limit = /^" RATE_LIMIT 10 600((?: [0-9]+)*)$/m.exec(await Deno.readTextFile(path))?.[1];
    equal(limit?.trim().split(" ").length, 8);
  }
});

Deno.test("both refuse the same command lines, and make nothing", async () => {
  await using folder = await scratch();
  const refused = [
    "-t -t",
    "-c -c",
    "-t -c",
    "-d",
    "-D",
    "-c -d",
    "-c -D",
    "-t -d -d",
    "-t -d -D",
    "-t -u -u",
    "-t -r 3",
    "-t -R 30",
    "-t -r 3 -R 30 -u",
    "-t -r 0 -R 30",
    "-t -r 11 -R 30",
    "-t -r 3 -R 14",
    "-t -r 3 -R 601",
    "-t -w 0",
    "-t -w 22",
    "-t -w 3 -W",
    "-t -w 3 -w 4",
    "-t -S 0",
    "-t -S 61",
    "-t -S x",
    "-t -e 11",
    "-t -e 1 -e 2",
    "-t -f -f",
    "-t -l a -l b",
    "-t -Q NONSENSE",
    "-t -s",
    "-t --no-such-option",
  ];
  const path = `${folder.path}/state`;
  for (const options of refused) {
    // -s last: one of them wants its value.
    const rest = [..."-s PATH -f -q".replace("PATH", path).split(" "), ...options.split(" ")];
    const results = [await run(theirs(...rest)), await run(ours(...rest))];
    deepEqual(results.map(({ code }) => code), [1, 2], options);
    deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), [], options);
  }
});

Deno.test("both take a file of 64 KiB, and neither a larger, empty or binary one", async () => {
  await using folder = await scratch();
  await using peer = await Peer.install(folder);
  const code = codeOf(Math.floor(AT / 30));
  const lines = `${RFC_BASE32}\n" TOTP_AUTH\n" PADDING `;
  const files: readonly (readonly [name: string, text: string, taken: boolean])[] = [
    ["largest", lines.padEnd(65_536, "x"), true],
    ["larger", lines.padEnd(65_537, "x"), false],
    ["empty", "", false],
    ["zero", `${lines}\0`, false],
    ["no-secret", `\n${lines}`, false],
    ["no-base32", `?${lines}`, false],
    ["padded-with-9", `9${lines}`, false],
    ["bytes", `${lines}\xff\x80\x01`, true],
  ];
  for (const [name, text, taken] of files) {
    await peer.write(name, text);
    equal((await peer.login({ name, code, at: AT })).verdict, taken ? "accepted" : "refused", name);
    const check = () => checkedByOurs(folder, peer.path(name), code, AT);
    if (taken) equal(await check(), "accepted", name);
    else await assertRefused(check, Exit.config, new RegExp(`/${name} `));
  }
});

Deno.test("what a crash left beside the file stops theirs from making one, not ours", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/state`;
  await Deno.writeFile(`${path}~`, fromLatin1("half a fi"));
  const rest = [..."-t -d -u -w 3 -f -q -s".split(" "), path];
  equal((await run(theirs(...rest))).code, 1);
  await mustRun(ours(...rest));
  const text = await Deno.readTextFile(path);
  deepEqual(shapeOf(text).slice(0, 3), ['" WINDOW_SIZE 3', '" DISALLOW_REUSE', '" TOTP_AUTH']);
  equal(await Deno.readTextFile(`${path}~`), "half a fi");
});
