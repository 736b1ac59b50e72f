/** Where we do not do as Debian's pam_google_authenticator does: each time both sides are shown. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { CodeAnswer } from "../../lib/core/code.ts";
import { Exit } from "../../lib/core/errors.ts";
import { CodeFiles, type CodeFilesConfig } from "../../lib/io/code_files.ts";
import { say } from "../../scripts/say.ts";
import { codeFilesConfig } from "../support/code_files.ts";
import { assertRefused } from "../support/failure.ts";
import { FixedClock } from "../support/fakes.ts";
import { Peer } from "../support/google_authenticator.ts";
import { scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const AT = 1_700_000_000;
const STEP = Math.floor(AT / 30);
const CODE = codeOf(STEP);
const HERE = "192.0.2.7";
const GRACE = 60;

interface Login {
  readonly code: string;
  /** Seconds since the epoch. */
  readonly at?: number;
  readonly host?: string;
}

interface Sides extends AsyncDisposable {
  /** "accepted", or why not. */
  theirs(login: Login): Promise<string>;
  ours(login: Login): Promise<string>;
  /** Ours in full, without the grace period. */
  answer(login: Login): Promise<CodeAnswer>;
  /** The state files by now. */
  files(): Promise<{ theirs: string; ours: string }>;
  /** The module itself, and the name of its state file. */
  readonly peer: Peer;
  readonly name: string;
}

/** The same state file on both sides. */
async function sides(
  lines: readonly string[],
  options: readonly string[] = [],
  changes: Partial<CodeFilesConfig> = {},
): Promise<Sides> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await scratch());
  const peer = stack.use(await Peer.install(folder, ...options));
  const name = "state";
  const text = [...lines, ""].join("\n");
  await peer.write(name, text);
  const secret = await folder.file(name, text, 0o600);
  const open = ({ at = AT, host = HERE }: Login) =>
    new CodeFiles(
      codeFilesConfig(folder, { secret, source: host, ...changes }),
      new FixedClock(at * 1_000),
    );
  return {
    peer,
    name,
    async theirs({ code, at = AT, host = HERE }) {
      const { verdict, asked } = await peer.login({ name, code, at, host });
      return asked ? verdict : `${verdict} without a code`;
    },
    async ours(login) {
      if (await open(login).inGrace()) return "accepted without a code";
      const answer = await open(login).check(login.code);
      return answer.ok ? "accepted" : answer.why;
    },
    answer: (login) => open(login).check(login.code),
    async files() {
      return { theirs: await peer.read(name), ours: await Deno.readTextFile(secret) };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("a login within the grace period does not escape the rate limit of ours", async () => {
  const lines = [RFC_BASE32, '" RATE_LIMIT 2 30', '" DISALLOW_REUSE', '" TOTP_AUTH'];
  await using both = await sides(lines, [`grace_period=${GRACE}`], { graceMs: GRACE * 1_000 });
  const logins = { theirs: [] as string[], ours: [] as string[] };
  for (const at of [AT, AT + 1, AT + 2, AT + 3, AT + 40]) {
    const code = at === AT ? CODE : "";
    logins.theirs.push(await both.theirs({ code, at }));
    logins.ours.push(await both.ours({ code, at }));
  }
  deepEqual(logins, {
    theirs: ["accepted", ...Array(4).fill("accepted without a code")],
    ours: [
      "accepted",
      "accepted without a code",
      // Nothing was typed, so that nothing is judged either.
      "malformed",
      "malformed",
      "accepted without a code",
    ],
  });
  const { theirs, ours } = await both.files();
  // They do not even count it.
  match(theirs, /^" RATE_LIMIT 2 30 1700000000$/m);
  match(ours, /^" RATE_LIMIT 2 30 1700000040$/m);
});

Deno.test("a right code is remembered for the grace period even when nothing else is to be written", async () => {
  const lines = [RFC_BASE32, '" TOTP_AUTH'];
  await using both = await sides(lines, [`grace_period=${GRACE}`], { graceMs: GRACE * 1_000 });
  equal(await both.theirs({ code: CODE }), "accepted");
  equal(await both.ours({ code: CODE }), "accepted");
  const { theirs, ours } = await both.files();
  equal(theirs, [...lines, ""].join("\n"));
  equal(ours, [RFC_BASE32, `" LAST0 ${HERE} ${AT}`, '" TOTP_AUTH', ""].join("\n"));
  equal(await both.theirs({ code: "" }), "refused");
  equal(await both.ours({ code: "" }), "accepted without a code");
});

Deno.test("a login of the future from anywhere ends all grace at ours", async () => {
  const logins = [`" LAST0 ${HERE} ${AT - 10}`, `" LAST1 198.51.100.1 ${AT + 86_400}`];
  const lines = [RFC_BASE32, ...logins, '" TOTP_AUTH'];
  await using both = await sides(lines, [`grace_period=${GRACE}`], { graceMs: GRACE * 1_000 });
  equal(await both.theirs({ code: "" }), "accepted without a code");
  equal(await both.ours({ code: "" }), "malformed");
});

Deno.test("a clock that was set back grants no grace at ours", async () => {
  const lines = [RFC_BASE32, `" LAST0 ${HERE} ${AT + 86_400}`, '" TOTP_AUTH'];
  await using both = await sides(lines, [`grace_period=${GRACE}`], { graceMs: GRACE * 1_000 });
  equal(await both.theirs({ code: "" }), "accepted without a code");
  equal(await both.ours({ code: "" }), "malformed");
});

Deno.test("of 20 scratch codes at once ours accepts all, each once; theirs may lose some", async () => {
  const codes = Array.from({ length: 20 }, (_, index) => String(20_000_000 + index * 1_234_567));
  await using both = await sides([RFC_BASE32, '" TOTP_AUTH', ...codes]);
  const answers = await Promise.all(
    codes.map((code, index) => both.ours({ code, host: `192.0.2.${index}` })),
  );
  deepEqual(answers, Array(20).fill("accepted"));
  const [first = ""] = codes;
  equal(await both.ours({ code: first, host: "198.51.100.1" }), "wrong");

  const theirs = await both.peer.loginsAtOnce(both.name, AT, codes);
  const files = await both.files();
  equal(files.ours, `${RFC_BASE32}\n" TOTP_AUTH\n`);
  const accepted = theirs.filter(({ verdict }) => verdict === "accepted").length;
  const left = codes.filter((code) => files.theirs.includes(code)).length;
  say(
    "theirs",
    `accepted ${accepted} of 20, ${left + accepted - 20} of them can be used again`,
  );
  ok(accepted <= 20);
});

Deno.test("a TOTP code is accepted once by ours, whatever the file allows", async () => {
  const lines = [RFC_BASE32, '" TOTP_AUTH'];
  await using never = await sides(lines);
  deepEqual([await never.theirs({ code: CODE }), await never.theirs({ code: CODE })], [
    "accepted",
    "accepted",
  ]);
  deepEqual([await never.ours({ code: CODE }), await never.ours({ code: CODE })], [
    "accepted",
    "spent",
  ]);
  await using asFile = await sides(lines, [], { reuse: "file" });
  deepEqual([await asFile.ours({ code: CODE }), await asFile.ours({ code: CODE })], [
    "accepted",
    "accepted",
  ]);
});

Deno.test("the code that teaches how far a clock is off counts as used at ours", async () => {
  const lines = [RFC_BASE32, '" DISALLOW_REUSE', '" TOTP_AUTH'];
  await using both = await sides(lines, [], { reuse: "file" });
  const answers = { theirs: [] as string[], ours: [] as string[] };
  const tries = [0, 1, 2, 2].map((steps) => ({
    code: codeOf(STEP + 20 + steps),
    at: AT + 30 * steps,
  }));
  for (const { code, at } of tries) {
    answers.theirs.push(await both.theirs({ code, at }));
    answers.ours.push(await both.ours({ code, at, host: `192.0.2.${answers.ours.length}` }));
  }
  deepEqual(answers, {
    theirs: ["refused", "refused", "accepted", "accepted"],
    ours: ["wrong", "wrong", "accepted", "spent"],
  });
});

Deno.test("used codes teach theirs another time, and the third is accepted again; not so at ours", async () => {
  const used = [0, 1, 2].map((steps) => ({ code: codeOf(STEP + steps), at: AT + 30 * steps }));
  const lines = [RFC_BASE32, '" DISALLOW_REUSE', '" TOTP_AUTH'];
  await using both = await sides(lines, [], { reuse: "file" });
  const answers = { theirs: [] as string[], ours: [] as string[] };
  // Ten minutes later they come again: in the file they are still, no newer code having been used.
  for (const [index, { code, at }] of [...used, ...used].entries()) {
    const login = { code, at: index < 3 ? at : at + 600, host: `192.0.2.${index}` };
    answers.theirs.push(await both.theirs(login));
    answers.ours.push(await both.ours(login));
  }
  const first = Array(3).fill("accepted");
  deepEqual(answers, {
    theirs: [...first, "refused", "refused", "accepted"],
    ours: [...first, "wrong", "wrong", "wrong"],
  });
  const { theirs, ours } = await both.files();
  match(theirs, /^" TIME_SKEW -20$/m);
  equal(
    ours,
    [RFC_BASE32, `" DISALLOW_REUSE ${STEP} ${STEP + 1} ${STEP + 2}`, '" TOTP_AUTH', ""].join("\n"),
  );
});

Deno.test("a used code that the file forgot is accepted again by theirs when a clock is set back", async () => {
  const lines = [RFC_BASE32, '" DISALLOW_REUSE', '" TOTP_AUTH'];
  await using both = await sides(lines, [], { reuse: "file" });
  const answers = { theirs: [] as string[], ours: [] as string[] };
  for (const steps of [0, 5, 0]) {
    const login = { code: codeOf(STEP + steps), at: AT + 30 * steps };
    answers.theirs.push(await both.theirs(login));
    answers.ours.push(await both.ours(login));
  }
  deepEqual(answers, {
    theirs: ["accepted", "accepted", "accepted"],
    ours: ["accepted", "accepted", "spent"],
  });
});

Deno.test("ours reads a code as it is pasted; theirs wants bare digits", async () => {
  const lines = [RFC_BASE32, '" TOTP_AUTH', "12345678", "23456789", "34567890"];
  await using both = await sides(lines, [], { reuse: "file" });
  const spaced = `${CODE.slice(0, 3)} ${CODE.slice(3)}`;
  const wide = CODE.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  for (const code of [spaced, ` ${CODE} `, `${CODE}\r`, wide, "1234-5678", "2345 6789"]) {
    equal(await both.theirs({ code }), "refused", code);
    equal(await both.ours({ code }), "accepted", code);
  }
  deepEqual([await both.theirs({ code: CODE }), await both.ours({ code: CODE })], [
    "accepted",
    "accepted",
  ]);
});

Deno.test("what is no code at all is not counted as a try by ours", async () => {
  const lines = [RFC_BASE32, '" RATE_LIMIT 2 30', '" TOTP_AUTH'];
  await using both = await sides(lines);
  for (const code of ["", "12345", "1234567", "123456789", "hello"]) {
    match(await both.theirs({ code }), /^refused/, code);
    equal(await both.ours({ code }), "malformed", code);
  }
  equal(await both.theirs({ code: CODE }), "refused without a code");
  equal(await both.ours({ code: CODE }), "accepted");
});

Deno.test("the end of the limit is when theirs asks again, not a second earlier", async () => {
  for (const earlier of [1, 0]) {
    await using both = await sides([
      RFC_BASE32,
      `" RATE_LIMIT 2 45 ${AT - 20} ${AT - 9}`,
      '" TOTP_AUTH',
    ]);
    equal(await both.theirs({ code: CODE }), "refused without a code");
    const answer = await both.answer({ code: CODE });
    ok(!answer.ok && answer.why === "limited");
    const at = answer.retryAt / 1_000 - earlier;
    const code = codeOf(Math.floor(at / 30));
    equal(await both.theirs({ code, at }), earlier === 0 ? "accepted" : "refused without a code");
    equal(await both.ours({ code, at }), earlier === 0 ? "accepted" : "limited");
  }
});

Deno.test("a malformed option takes all codes away at ours, and is named; theirs still takes some", async () => {
  const broken: readonly (readonly [option: string, theirs: readonly string[]])[] = [
    ["STEP_SIZE 61", ["refused", "accepted"]],
    ["STEP_SIZE", ["refused", "accepted"]],
    ["WINDOW_SIZE 0", ["refused", "accepted"]],
    ["WINDOW_SIZE 3x", ["refused", "accepted"]],
    ["RATE_LIMIT 3", ["refused without a code", "refused without a code"]],
    ["RATE_LIMIT 3 3601", ["refused without a code", "refused without a code"]],
    ["RATE_LIMIT 3 30 x", ["refused without a code", "refused without a code"]],
    ["DISALLOW_REUSE x", ["refused", "accepted"]],
    ["TIME_SKEW x", ["accepted", "accepted"]],
    ["HOTP_COUNTER x", ["accepted", "accepted"]],
  ];
  for (const [option, verdicts] of broken) {
    await using both = await sides([RFC_BASE32, `" ${option}`, '" TOTP_AUTH', "12345678"]);
    const theirs = [await both.theirs({ code: CODE }), await both.theirs({ code: "12345678" })];
    deepEqual(theirs, verdicts, option);
    for (const code of [CODE, "12345678"]) {
      const [name = ""] = option.split(" ");
      const named = new RegExp(`/state line 2: ${name} is not `);
      await assertRefused(() => both.ours({ code }), Exit.config, named);
    }
  }
});

Deno.test("a secret of fewer than 80 bits is refused by ours", async () => {
  await using both = await sides(["GEZDGNBV", '" TOTP_AUTH']);
  const code = codeOf(STEP, new TextEncoder().encode("12345"));
  equal(await both.theirs({ code }), "accepted");
  await assertRefused(() => both.ours({ code }), Exit.config, /\/state line 1: no base32 secret$/);
});
