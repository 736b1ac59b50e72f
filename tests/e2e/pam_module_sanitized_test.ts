/** pam_gatehouse.so under AddressSanitizer and UBSan, in an application with the oddest conversations. */
import { deepEqual, equal, match } from "node:assert/strict";
import { PAM_MODULE_SOURCES, PAM_MODULE_WARNINGS } from "../../scripts/pam_module.ts";
import { ROOT } from "../../scripts/run.ts";
import { sharing } from "../support/gate.ts";
import { heardBy, PamModule } from "../support/pam_module.ts";
import { mustRun, run } from "../support/process.ts";
import { Scratch } from "../support/scratch.ts";

const SANITIZERS = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all".split(" ");
const HARNESS = "tests/support/pam_module_harness.c";
const UNCHANGED = "descriptors +0, children none, SIGCHLD kept, reaped by others 0";
const SUCCESS = 0;
const AUTH_ERR = 7;
const CONV_ERR = 19;

const test = sharing(() => PamModule.build(compile));

/** Both in one folder, both with the sanitizers. */
async function compile(path: string): Promise<void> {
  const gcc = ["gcc", ...PAM_MODULE_WARNINGS, ...SANITIZERS];
  await mustRun([...gcc, "-fPIC", "-shared", ...PAM_MODULE_SOURCES, "-o", path, "-lpam"], {
    cwd: ROOT,
  });
  const harness = `${path}.harness`;
  await mustRun([...gcc, "-rdynamic", HARNESS, "-o", harness, "-lpam"], { cwd: ROOT });
}

interface Runs {
  readonly helper: string;
  readonly conversation?: string;
  readonly sigchld?: "default" | "ignore" | "handler";
  readonly runs?: number;
  readonly options?: readonly string[];
  readonly user?: string;
  readonly rhost?: string;
}

/** Rejects when a sanitizer has found something: leaks too are errors of the harness's. */
async function runs(module: PamModule, what: Runs) {
  const { conversation = "text:123456", sigchld = "default", runs = 1, options = [] } = what;
  const { user = "root", rhost = "" } = what;
  const path = await module.helper(what.helper);
  const line = ["auth required", module.path, `helper=${path}`, ...options].join(" ");
  const argv = [`${module.path}.harness`, await module.service([line]), String(runs)];
  const { code, out, err } = await run([...argv, conversation, sigchld, user, rhost]);
  deepEqual([code, err], [0, ""]);
  const lines = out.trim().split("\n");
  return {
    codes: lines.filter((each) => each.startsWith("code ")).map((each) => Number(each.slice(5))),
    log: lines.filter((each) => each.startsWith("log ")).map((each) => each.slice(4)),
    changed: lines.at(-1),
    heard: await heardBy(path),
  };
}

/** Uses all there is. */
const ALL = String.raw`
  say 'INFO a\nb'; say 'ERROR c'
  say 'PROMPT_ECHO_OFF Code: '; hear; say 'PROMPT_ECHO_ON Name: '; hear
  say 'SET_AUTHTOK pass\\word'; say GET_AUTHTOK; hear
  say 'RESULT success'`;

test("50 logins leak nothing, and leave the application as it was", async (module) => {
  for (const sigchld of ["default", "ignore", "handler"] as const) {
    const { codes, changed } = await runs(module, {
      helper: ALL,
      runs: 50,
      sigchld,
      options: ["nullok", "mode=pin"],
    });
    deepEqual([codes, changed], [Array.from({ length: 50 }, () => SUCCESS), UNCHANGED], sigchld);
  }
});

test("50 refusals leak nothing, and leave the application as it was", async (module) => {
  for (const sigchld of ["default", "ignore", "handler"] as const) {
    const { codes, changed } = await runs(module, { helper: "say x", runs: 50, sigchld });
    deepEqual([codes, changed], [Array.from({ length: 50 }, () => AUTH_ERR), UNCHANGED], sigchld);
  }
});

test("a helper that has to be killed leaves the application as it was", async (module) => {
  const options = ["timeout=1"];
  const { codes, changed } = await runs(module, {
    helper: "trap '' TERM; sleep 1000 & while :; do sleep 1; done",
    options,
    sigchld: "handler",
  });
  deepEqual([codes, changed], [[AUTH_ERR], UNCHANGED]);
});

const SILENCES = ["fail", "null", "none", "failing-text"];

test("a conversation that fails, or answers with nothing, is no answer", async (module) => {
  const helper =
    `say 'INFO a'; say 'ERROR b'; say 'PROMPT_ECHO_OFF Code: '; hear; say 'RESULT conv_err'`;
  for (const conversation of SILENCES) {
    const { codes, heard, changed } = await runs(module, { helper, conversation, runs: 3 });
    deepEqual([codes, changed], [[CONV_ERR, CONV_ERR, CONV_ERR], UNCHANGED], conversation);
    deepEqual(new Set(heard), new Set(["GATEHOUSE 1", "NO_ANSWER"]));
  }
});

test("replies where none is due are thrown away", async (module) => {
  const helper = "say 'INFO a'; say 'ERROR b'; say 'PROMPT_ECHO_ON c'; hear; say 'RESULT success'";
  const { codes, heard } = await runs(module, { helper, conversation: "chatty" });
  deepEqual([codes, heard], [[SUCCESS], ["GATEHOUSE 1", "ANSWER chatty"]]);
});

test("answers that no terminal gives: newlines, the junk of sshd, more than a line holds", async (module) => {
  const helper = "say 'PROMPT_ECHO_OFF c'; hear; say 'RESULT success'";
  const answers: Record<string, string> = {
    "": "ANSWER ",
    "\n": String.raw`ANSWER \n`,
    "\\n": String.raw`ANSWER \\n`,
    // sshd's answer in the name of a user who does not exist.
    "\b\n\r\x7fINCORRECT": "ANSWER \b\\n?\x7fINCORRECT",
    ["x".repeat(8184)]: `ANSWER ${"x".repeat(8184)}`,
    ["x".repeat(8185)]: "NO_ANSWER",
    ["\n".repeat(4092)]: `ANSWER ${String.raw`\n`.repeat(4092)}`,
    ["\n".repeat(4093)]: "NO_ANSWER",
    ["\\".repeat(100_000)]: "NO_ANSWER",
  };
  for (const [answer, line] of Object.entries(answers)) {
    const { codes, heard } = await runs(module, { helper, conversation: `text:${answer}` });
    deepEqual([codes, heard], [[SUCCESS], ["GATEHOUSE 1", line]]);
  }
});

test("a helper that does not read its answers denies", async (module) => {
  const { codes, log } = await runs(module, {
    helper:
      "i=0; while [ $i -lt 190 ]; do say 'PROMPT_ECHO_ON c'; i=$((i+1)); done; exec sleep 1000",
    conversation: `text:${"x".repeat(8000)}`,
  });
  deepEqual(codes, [AUTH_ERR]);
  match(log[0] ?? "", /denied: the helper does not read its answers user=root rhost=$/);
});

test("the log says what went wrong, and nothing that was said", async (module) => {
  const faults: Record<string, RegExp> = {
    "say 'INFO geheim'; say 'PROMPT_ECHO_OFF geheim'; hear; say geheim":
      / speaks nonsense user=root rhost=$/,
    "say 'SET_AUTHTOK geheim'; exit 0": / ended without a verdict user=root rhost=$/,
    "head -c 8192 /dev/zero; head -c 9000 /dev/zero": / talks without end user=root rhost=$/,
    "say 'RESULT success'; exit 3": / did not end in good order user=root rhost=$/,
  };
  for (const [helper, words] of Object.entries(faults)) {
    const { log } = await runs(module, { helper, conversation: "text:geheim" });
    equal(log.length, 1, helper);
    match(log[0] ?? "", words);
    equal(log[0]?.includes("geheim"), false);
  }
  const { log: none } = await runs(module, { helper: ALL });
  deepEqual(none, []);
});

test("the log names what keeps the helper from being root's alone", async (module) => {
  const { folder } = module;
  const program = (place: Scratch, mode = 0o755) =>
    place.file(`program-${crypto.randomUUID()}`, "#!/bin/sh\n", mode);
  const open = await folder.dir("open", 0o775);
  const theirs = await program(folder);
  await Deno.chown(theirs, 61_234, null);
  const theirFolder = await folder.dir("theirs");
  const below = await program(new Scratch(await folder.dir("theirs/deep")));
  await Deno.chown(theirFolder, 61_234, null);
  const loose = await program(folder, 0o757);
  const [astray, around] = [`${folder.path}/astray`, `${folder.path}/around`];
  await Deno.symlink(`${folder.path}/nothing`, astray);
  await Deno.symlink(await program(new Scratch(open)), around);
  const cases: [helper: string, words: string][] = [
    [`${folder.path}/none`, `${folder.path}/none is missing`],
    [`${folder.path}/none/gatehouse`, `${folder.path}/none/gatehouse is missing`],
    [`${theirs}/gatehouse`, `${theirs}/gatehouse cannot be looked at`],
    ["bin/gatehouse", "bin/gatehouse is relative"],
    [theirs, `${theirs} is not root's`],
    [below, `${theirFolder} is not root's`],
    [loose, `${loose} is writable by others`],
    [await program(new Scratch(open)), `${open} is writable by others`],
    [astray, `${astray} leads nowhere`],
    [around, `${open} is writable by others`],
  ];
  for (const [path, words] of cases) {
    const { codes, log } = await runs(module, { helper: "", options: [`helper=${path}`] });
    deepEqual(codes, [AUTH_ERR]);
    equal(log.length, 1);
    equal(log[0]?.replace(/^.*?: /, ""), `denied: the helper's path: ${words}`);
  }
});

test("the log says whose login failed, in which neither can pose as anything else", async (module) => {
  const said = async (user: string, rhost: string) => {
    const { log } = await runs(module, { helper: "exit 0", user, rhost });
    return log.map((line) => line.replace(/.* the helper ended without a verdict /, ""));
  };
  deepEqual(await said("alice", "192.0.2.7"), ["user=alice rhost=192.0.2.7"]);
  deepEqual(await said("x\nrefused user=y %s", "a\tb\x7f\x1b"), [
    "user=x?refused?user?y?%s rhost=a?b??",
  ]);
  // Each byte of what is not ASCII.
  deepEqual(await said("王", "fe80::1%eth0"), ["user=??? rhost=fe80::1%eth0"]);
  const long = "x".repeat(300);
  deepEqual(await said(long, long), [`user=${"x".repeat(63)} rhost=${"x".repeat(63)}`]);
});

test("300 helpers that talk by chance deny, and break nothing", async (module) => {
  // Real words among the chance, so that it comes far.
  const helper = String.raw`
    words='INFO PROMPT_ECHO_ON PROMPT_ECHO_OFF ERROR GET_AUTHTOK SET_AUTHTOK RESULT auth_err \\ \n x'
    set -- $words
    for byte in $(od -An -v -tu1 -N120 /dev/urandom); do
      case $((byte % 19)) in
        [0-9] | 10) shift $((byte % 19)); printf %s "$1"; set -- $words ;;
        1[1-3]) printf ' ' ;;
        1[4-6]) printf '\n' ;;
        17) printf '\\' ;;
        18) head -c $byte /dev/urandom ;;
      esac
    done`;
  const { codes, changed } = await runs(module, { helper, runs: 300 });
  deepEqual([codes.length, new Set(codes), changed], [300, new Set([AUTH_ERR]), UNCHANGED]);
});
