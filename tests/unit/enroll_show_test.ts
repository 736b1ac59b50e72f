/** `gatehouse enroll --show`: who gives a right code sees the secret once more. */
import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { show } from "../../lib/modes/enroll/show.ts";
import { enrollScene, enrollTest, ME, readState, writeState } from "../support/enroll_context.ts";
import { keyOf } from "../support/enrollment.ts";
import { assertRefused, failureOf, printed } from "../support/failure.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { scratch } from "../support/scratch.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const STEP = T0 / 30_000;
const NOW = T0 / 1000;
const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/** Of no step near T0. */
const WRONG = "000000";

enrollTest("a current code shows the secret again, and is used up", async () => {
  await using folder = await scratch();
  await writeState(folder, '" DISALLOW_REUSE', '" TOTP_AUTH', "12345678");
  const { context, dialog } = enrollScene(folder, { show: true }, [codeOf(STEP)]);
  await show(context);
  assert.match(dialog.printed, new RegExp(`otpauth://totp/${ME}@web1\\?secret=${RFC_BASE32}&`));
  assert.match(dialog.printed, /GEZD GNBV GY3T QOJQ/);
  assert.match(dialog.printed, /\n1 scratch code is left\n/);
  assert.match(await readState(folder), new RegExp(`^" DISALLOW_REUSE ${STEP}$`, "m"));

  const again = enrollScene(folder, { show: true }, [codeOf(STEP)]);
  const failure = await assertRefused(() => show(again.context), Exit.denied, /^no right code/);
  assert.match(failure.hint ?? "", new RegExp(`gatehouse enroll --user ${ME} --emergency 1$`));
  assert.match(again.dialog.printed, /used already/);
  assert.equal(again.dialog.secret, "");
});

enrollTest("a code is used up even where the file allows reuse", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH');
  await show(enrollScene(folder, { show: true }, [codeOf(STEP)]).context);
  const again = enrollScene(folder, { show: true }, [codeOf(STEP)]);
  await assertRefused(() => show(again.context), Exit.denied, /^no right code/);
});

enrollTest("a scratch code shows it too, and is gone then", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678", "87654321");
  const { context, dialog } = enrollScene(folder, { show: true }, ["1234 5678"]);
  await show(context);
  assert.equal(dialog.secret, RFC_BASE32);
  assert.equal(await readState(folder), `${RFC_BASE32}\n" TOTP_AUTH\n87654321\n`);
});

enrollTest("wrong codes are refused alike, however wrong, and show nothing", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678");
  const remarks = async (code: string) => {
    const { context, dialog } = enrollScene(folder, { show: true }, [code]);
    const failure = await failureOf(() => show(context));
    assert.ok(!`${dialog.printed}${printed(failure)}`.includes(RFC_BASE32.slice(0, 4)));
    return dialog.printed;
  };
  const foreign = await remarks(WRONG);
  assert.match(foreign, /That is not right\.\n/);
  assert.equal(await remarks(codeOf(STEP - 10)), foreign);
  assert.equal(await remarks("12345679"), foreign);
});

enrollTest("three tries in one go, and no more than the limits allow", async () => {
  await using folder = await scratch();
  await writeState(folder, `" RATE_LIMIT 3 30 ${NOW - 5}`, '" TOTP_AUTH');
  const { context, dialog } = enrollScene(folder, { show: true }, [WRONG, WRONG, codeOf(STEP)]);
  await assertRefused(() => show(context), Exit.denied, /^too many tries, try again in [0-9]+ s$/);
  assert.equal(dialog.asked.length, 3);
  assert.equal(dialog.secret, "");

  // Our own limit counts where the file has none.
  await writeState(folder, '" TOTP_AUTH');
  const clock = new FixedClock(T0 + 60_000);
  const wrong = enrollScene(folder, { show: true }, [WRONG, WRONG, WRONG, codeOf(STEP + 2)], {
    doors: { clock },
  });
  await assertRefused(() => show(wrong.context), Exit.denied, /^no right code was given$/);
  assert.equal(wrong.dialog.asked.length, 3);
  const right = enrollScene(folder, { show: true }, [codeOf(STEP + 2)], { doors: { clock } });
  await assertRefused(() => show(right.context), Exit.denied, /^too many tries, .* 30 s$/);
});

enrollTest("what is no code at all does not count as a try", async () => {
  await using folder = await scratch();
  const before = ['" RATE_LIMIT 3 30', '" TOTP_AUTH'];
  await writeState(folder, ...before);
  const answers = ["", "12345", "x".repeat(4_096)];
  const { context, dialog } = enrollScene(folder, { show: true }, answers);
  await assertRefused(() => show(context), Exit.denied, /^no right code/);
  assert.equal(dialog.printed.match(/A code has six digits, a scratch code eight\./g)?.length, 3);
  assert.equal(await readState(folder), [RFC_BASE32, ...before, ""].join("\n"));
});

enrollTest("a counter's code shows the counter that comes next", async () => {
  await using folder = await scratch();
  await writeState(folder, '" HOTP_COUNTER 7');
  const { context, dialog } = enrollScene(folder, { show: true }, [codeOf(8)]);
  await show(context);
  assert.match(dialog.printed, /otpauth:\/\/hotp\/\S+&counter=9\n/);
  assert.match(dialog.printed, /from now on use one app or token only/);
});

enrollTest("while a new secret waits, a code shows the one that it is of", async () => {
  await using folder = await scratch();
  await writeState(folder, `" GATEHOUSE_NEXT_SECRET ${OTHER}`, '" TOTP_AUTH', "12345678");
  const old = enrollScene(folder, { show: true }, [codeOf(STEP)]);
  await show(old.context);
  assert.equal(old.dialog.secret, RFC_BASE32);
  assert.match(old.dialog.printed, /A new secret waits for its first use/);

  const text = `${OTHER}\n" GATEHOUSE_NEXT_SECRET ${RFC_BASE32}\n" TOTP_AUTH\n`;
  await folder.file(".google_authenticator", text, 0o600);
  const code = codeOf(STEP + 1);
  const next = enrollScene(folder, { show: true }, [code]);
  await show(next.context);
  assert.equal(next.dialog.secret, RFC_BASE32);
  assert.doesNotMatch(next.dialog.printed, /waits/);
});

enrollTest("--json prints one object, and speaks with people elsewhere", async () => {
  await using folder = await scratch();
  const path = await writeState(folder, '" TOTP_AUTH', '" STEP_SIZE 60', "12345678", "23456789");
  const given = { show: true, json: true, label: "me", issuer: "us" } as const;
  const { context, out } = enrollScene(folder, given, ["12345678"]);
  await show(context);
  assert.equal(out.lines.length, 1);
  assert.deepEqual(JSON.parse(out.text), {
    user: ME,
    path,
    type: "totp",
    secret: RFC_BASE32,
    uri: `otpauth://totp/me?secret=${RFC_BASE32}&issuer=us&period=60`,
    scratch_codes_left: 1,
    next_secret_waits: false,
  });
});

enrollTest("what cannot be shown is refused before a code is asked for", async () => {
  await using folder = await scratch();
  const refused = async (exit: Exit, message: RegExp) => {
    const { context, dialog } = enrollScene(folder, { show: true }, ["12345678"]);
    const failure = await assertRefused(() => show(context), exit, message);
    assert.deepEqual(dialog.asked, []);
    return failure.hint;
  };
  const hint = await refused(Exit.usage, /has no authenticator here: there is no \/tmp\//);
  assert.equal(hint, "to make one, run: gatehouse enroll");
  await writeState(folder, "12345678");
  await refused(Exit.usage, /has scratch codes only, and no app$/);
  await writeState(folder, '" TOTP_AUTH', '" STEP_SIZE 0');
  await refused(Exit.config, /\.google_authenticator line 3: STEP_SIZE is not 1 to 60$/);
  await Deno.chmod(await writeState(folder, '" TOTP_AUTH'), 0o644);
  await refused(Exit.config, /can be read or written by others$/);
});

enrollTest("Chinese is spoken where it is wanted", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678");
  const scene = enrollScene(folder, { show: true }, [WRONG, "12345678"], { language: "zh-CN" });
  await show(scene.context);
  assert.match(scene.dialog.printed, /验证码错误。\n/);
  assert.match(scene.dialog.printed, /剩余 0 个备用验证码\n/);
});

enrollTest("the log has each refused code, and how far it was off", async () => {
  await using folder = await scratch();
  await writeState(folder, '" TOTP_AUTH', "12345678");
  const answers = [WRONG, codeOf(STEP - 10), "12345678"];
  const { context, logged } = enrollScene(folder, { show: true }, answers);
  await show(context);
  const whose = `user=${ME} by=somebody`;
  assert.deepEqual(logged, [
    `warning: enroll refused why=wrong ${whose}`,
    `warning: enroll refused why=wrong clock_off=-300s ${whose}`,
  ]);
});

enrollTest("a code of the secret that waits completes the change, and says so", async () => {
  await using folder = await scratch();
  await writeState(folder, `" GATEHOUSE_NEXT_SECRET ${OTHER}`, '" TOTP_AUTH');
  const { context, dialog } = enrollScene(folder, { show: true }, [codeOf(STEP, keyOf(OTHER))]);
  await show(context);
  assert.equal(dialog.secret, OTHER);
  assert.match(dialog.printed, /the new secret's first use: the old one is worthless/);
});
