/** What pam_gatehouse.so carries between PAM's conversation and its helper, by libpam and pamtester. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { beginPam, heardBy, pam, PamModule } from "../support/pam_module.ts";
import { createUser } from "../support/users.ts";

const test = sharing(() => PamModule.build());
const DENIED = "Authentication failure";
const GREETING = "GATEHOUSE 1";

const VERDICTS: Record<string, string> = {
  success: "success",
  auth_err: DENIED,
  abort: "Critical error - immediate abort",
  maxtries: "Have exhausted maximum number of retries for service",
  user_unknown: "User not known to the underlying authentication module",
  perm_denied: "Permission denied",
  authinfo_unavail: "Authentication service cannot retrieve authentication info",
  cred_insufficient: "Insufficient credentials to access authentication data",
  conv_err: "Conversation error",
};

test("each verdict becomes PAM's code of that name, and an unknown one denies", async (module) => {
  for (const [name, words] of Object.entries(VERDICTS)) {
    const { verdict } = await pam({ module, helper: `say 'RESULT ${name}'` });
    equal(verdict, words, name);
  }
  for (const name of ["", "SUCCESS", "success ", "succes", "successful", "0", "open_err"]) {
    const { verdict } = await pam({ module, helper: `say 'RESULT ${name}'` });
    equal(verdict, DENIED, name);
  }
});

test("the verdict ignore leaves the decision to the other modules", async (module) => {
  for (const [other, words] of [["pam_permit.so", "success"], ["pam_deny.so", DENIED]]) {
    const lines = ["auth required MODULE", `auth required ${other}`];
    const { verdict } = await pam({ module, lines, helper: "say 'RESULT ignore'" });
    equal(verdict, words);
  }
});

test("several prompts in a row, with and without echo; texts and answers arrive unchanged", async (module) => {
  const { verdict, out, err, heard } = await pam({
    module,
    helper: String.raw`
      say 'INFO first\nsecond'
      say 'ERROR back\\slash %s %n'
      say 'PROMPT_ECHO_OFF Verification code: '; hear
      say 'PROMPT_ECHO_ON 名字 \\n: '; hear
      say 'PROMPT_ECHO_ON '; hear
      say 'RESULT success'`,
    input: "12 34%s\n名字 \\n \\\\\n\n",
  });
  equal(verdict, "success");
  match(out, /^first\nsecond\n/);
  equal(err, "back\\slash %s %n\nVerification code: 名字 \\n: ");
  deepEqual(heard, [GREETING, "ANSWER 12 34%s", String.raw`ANSWER 名字 \\n \\\\`, "ANSWER "]);
});

test("an answer that nobody gives is told, and the helper decides", async (module) => {
  for (const [name, words] of [["conv_err", "Conversation error"], ["success", "success"]]) {
    const { verdict, heard } = await pam({
      module,
      helper: `say 'PROMPT_ECHO_OFF Code: '; hear; say 'RESULT ${name}'`,
      input: "",
    });
    equal(verdict, words);
    deepEqual(heard, [GREETING, "NO_ANSWER"]);
  }
});

test("PAM_SILENT hides what is only information", async (module) => {
  const { out, err } = await pam({
    module,
    helper:
      "say 'INFO a link'; say 'ERROR a fault'; say 'PROMPT_ECHO_ON Code: '; hear; say 'RESULT success'",
    operations: ["authenticate(PAM_SILENT)"],
    input: "1\n",
  });
  doesNotMatch(out, /a link/);
  equal(err, "a fault\nCode: ");
});

test("a verdict that comes while the person is still typing counts", async (module) => {
  const { tester, helper } = await beginPam({
    module,
    helper: "say 'PROMPT_ECHO_ON Press Enter: '; say 'RESULT success'",
    input: "open",
  });
  await tester.err("Press Enter: ");
  await tester.write("\n");
  equal((await tester.done).code, 0);
  deepEqual(await heardBy(helper), [GREETING]);
});

test("the password that a module before has read, and the one that a module behind gets", async (module) => {
  await using user = await createUser(module.folder);
  const behind = await module.folder.file("behind", '#!/bin/sh\ncat >"$0.got"\n', 0o700);
  const lines = [
    "auth optional pam_unix.so nodelay",
    "auth required MODULE",
    `auth required pam_exec.so expose_authtok ${behind}`,
  ];
  const { verdict, heard } = await pam({
    module,
    lines,
    user: user.name,
    helper:
      "say GET_AUTHTOK; hear; say 'SET_AUTHTOK pass\\\\word'; say GET_AUTHTOK; hear; say 'RESULT success'",
    input: "password123456\n",
  });
  equal(verdict, "success");
  deepEqual(heard, [GREETING, "ANSWER password123456", "ANSWER pass\\\\word"]);
  equal(await Deno.readTextFile(`${behind}.got`), "pass\\word");
});

test("where no module has read a password there is none to get", async (module) => {
  const { heard } = await pam({ module, helper: "say GET_AUTHTOK; hear; say 'RESULT success'" });
  deepEqual(heard, [GREETING, "NO_ANSWER"]);
});

test("lines count by their ends, not by how they arrive", async (module) => {
  const { verdict, out, heard } = await pam({
    module,
    // dash writes each at once.
    helper: `printf 'IN'; printf 'FO a\\nINFO b\\nPROMPT_'; printf 'ECHO_ON c'; printf '\\nRESULT '
      hear; printf 'success\\n'`,
    input: "1\n",
  });
  equal(verdict, "success");
  match(out, /^a\nb\n/);
  deepEqual(heard, [GREETING, "ANSWER 1"]);
});

const LIMITS: [name: string, largest: string, beyond: string][] = [
  [
    "a line of 8 KiB",
    `printf 'INFO %08186d\\n' 0`,
    `printf 'INFO %08187d\\n' 0`,
  ],
  [
    "200 lines",
    `i=1; while [ $i -lt 200 ]; do say 'INFO x'; i=$((i+1)); done`,
    `i=0; while [ $i -lt 200 ]; do say 'INFO x'; i=$((i+1)); done`,
  ],
  [
    "256 KiB in all",
    // 31 × 8,192 + 8,177, and 15 for the verdict.
    `i=0; while [ $i -lt 31 ]; do printf 'INFO %08186d\\n' 0; i=$((i+1)); done; printf 'INFO %08171d\\n' 0`,
    `i=0; while [ $i -lt 31 ]; do printf 'INFO %08186d\\n' 0; i=$((i+1)); done; printf 'INFO %08172d\\n' 0`,
  ],
];

for (const [name, largest, beyond] of LIMITS) {
  test(`${name} may be said, and not more`, async (module) => {
    const say = async (what: string) =>
      (await pam({ module, helper: `${what}; say 'RESULT success'` })).verdict;
    equal(await say(largest), "success");
    equal(await say(beyond), DENIED);
  });
}
