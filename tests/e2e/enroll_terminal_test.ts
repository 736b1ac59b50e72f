/** `gatehouse enroll` at a terminal. */
import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { paintQr } from "../../lib/io/qr.ts";
import { appCode, assertAbsent, EnrollMachine, NAMES, stateAt } from "../support/enroll_machine.ts";
import { hostToml, sharing } from "../support/gate.ts";
import { lockedElsewhere, somebodyWaitsFor } from "../support/locks.ts";
import { mustRun, run } from "../support/process.ts";
import { isAlive } from "../support/process_tree.ts";
import { type Terminal, terminal, type TerminalOptions } from "../support/terminal.ts";
import { GUARD_MS } from "../support/transcript.ts";

const test = sharing(() => EnrollMachine.make());

interface Seat {
  readonly screen: Terminal;
  readonly path: string;
  readonly secret: string;
}

/** Somebody at a terminal whose account is about to be enrolled. */
async function seated(
  machine: EnrollMachine,
  options: TerminalOptions & { enroll?: readonly string[]; prompt?: string } = {},
  body: (seat: Seat) => Promise<void>,
): Promise<void> {
  const path = machine.newPlace();
  const { enroll: more = NAMES, prompt = "Code from the app:" } = options;
  await using screen = terminal(machine.enroll("-s", path, ...more), options);
  await screen.waitFor(prompt);
  const secret = /secret=([A-Z2-7]{32})/.exec(screen.rawOutput)?.[1] ?? "";
  await body({ screen, path, secret });
}

test("80 columns and 24 rows show all at once, and the picture is the address", async (machine) => {
  await seated(machine, { cols: 80, rows: 24 }, async ({ screen, path, secret }) => {
    const lines = screen.screen().split("\n");
    equal(lines.length, 24);
    equal(lines[0], "A new authenticator for root on " + lines[0]?.split(" on ")[1]);
    const uri = `otpauth://totp/alice@web1?secret=${secret}&issuer=web1`;
    ok(lines.includes(uri));
    const drawn = (text: string) => text.replaceAll(new RegExp("\x1b\\[[0-9;]*m", "g"), "").trim();
    const expected = paintQr(uri, "UTF8", 2).lines.map(drawn).filter((line) => line !== "");
    const seen = lines.filter((line) => /[█▀▄]/.test(line)).map((line) => line.slice(4, 37).trim());
    deepEqual(seen, expected);
    for (const row of (await screen.colours()).split("\n").filter((line) => /[█▀▄]/.test(line))) {
      match(row, /38;5;16.*48;5;231/);
    }
    match(
      screen.screen(),
      new RegExp(`secret {3}${secret.slice(0, 16).replace(/.{4}\B/g, "$& ")}`),
    );

    await screen.send(`${appCode(secret, -10)}\r`);
    await screen.waitFor(
      /That is the code of 5 min ago\.\nThis machine's clock says \d\d:\d\d:\d\d UTC/,
    );
    await screen.send(`${appCode(secret)}\r`);
    await screen.waitFor(/That is right\.\n\nAccept each code only once\?[^]*\[Y\/n\]$/);
    await screen.send("\r");
    await screen.waitFor(/4 minutes[^]*\[y\/N\]$/);
    await screen.send("\r");
    await screen.waitFor(/3 tries[^]*\[Y\/n\]$/);
    await screen.send("\r");
    await screen.waitFor(/┌─+┐\n│ Scratch codes[^]*│ account {2}root +│[^]*└─+┘\n\nSaved in /);
    equal((await screen.closed).code, 0);
    const { text, scratchCodes } = await stateAt(path);
    match(text, /\n" RATE_LIMIT 3 30\n" DISALLOW_REUSE [0-9]+\n" TOTP_AUTH\n/);
    for (const one of scratchCodes) ok(screen.screen().includes(one));
  });
});

for (const [name, key] of [["Ctrl-C", "\x03"], ["Ctrl-D", "\x04"], ["Ctrl-\\", "\x1c"]] as const) {
  test(`${name} ends it at once; nothing is saved, and the terminal echoes`, async (machine) => {
    const path = machine.newPlace();
    const line = `"$@"; printf 'exit %s, ' $?; stty -a | grep -ow '[-]*echo'`;
    const argv = ["sh", "-c", `trap : INT QUIT; ${line}`, "sh", ...machine.enroll("-s", path)];
    await using screen = terminal(argv);
    await screen.waitFor("Code from the app:");
    await screen.send(key);
    await screen.waitFor(/gatehouse: error: nothing was saved\nexit 77, echo$/);
    await assertAbsent(path);
  });
}

test("Ctrl-C ends it also while it waits for a lock after the questions", async (machine) => {
  const { user } = machine;
  const argv = (...options: string[]) => machine.asUser(machine.enroll(...options));
  await mustRun(argv("-q"));
  const path = `${user.home}/.google_authenticator`;
  const before = await Deno.readTextFile(path);
  {
    await using screen = terminal(argv("--rotate", ...NAMES));
    await screen.waitFor(/Code from the app:$/);
    const secret = /secret=([A-Z2-7]{32})/.exec(screen.rawOutput)?.[1] ?? "";
    await using holder = await lockedElsewhere(path);
    await screen.send(`${appCode(secret)}\r`);
    await somebodyWaitsFor(path);
    await screen.send("\x03");
    equal((await screen.closed).code, 130);
    holder.kill();
  }
  equal(await Deno.readTextFile(path), before);
  await Deno.remove(path);
});

test("a terminal that is closed leaves nothing", async (machine) => {
  await seated(machine, {}, async ({ screen, path }) => {
    const pid = await screen.pid();
    await screen.kill();
    await rejects(screen.closed);
    const end = Date.now() + GUARD_MS;
    while (await isAlive(pid)) if (Date.now() > end) throw new Error("it lives on");
    await assertAbsent(path);
  });
});

test("a screen too small for the picture says what it needs, and shows the secret", async (machine) => {
  await seated(machine, { cols: 80, rows: 16 }, ({ screen, secret }) => {
    match(screen.screen(), /The QR code does not fit here: it needs 35 columns and 19 rows\./);
    const groups = secret.match(/.{4}/g) ?? [];
    ok(screen.screen().includes(groups.slice(0, 4).join(" ")));
    doesNotMatch(screen.screen(), /[█▀▄]/);
    return Promise.resolve();
  });
});

test("a locale without such characters gets coloured spaces; -Q decides otherwise", async (machine) => {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: "/", LANG: "C" };
  await seated(machine, { cols: 130, rows: 60, env }, async ({ screen }) => {
    doesNotMatch(screen.screen(), /[█▀▄]/);
    match(await screen.colours(), /\[(40|107|47)m {2}/);
  });
  const asked = { cols: 130, rows: 60, env, enroll: [...NAMES, "-Q", "utf8_inverse"] };
  await seated(machine, asked, async ({ screen }) => {
    match(screen.screen(), /[█▀▄]/);
    match(await screen.colours(), /38;5;231.*48;5;16m/);
  });
  await seated(machine, { enroll: ["-Q", "NONE"] }, ({ screen }) => {
    doesNotMatch(screen.screen(), /[█▀▄]|QR code/);
    return Promise.resolve();
  });
});

test("Chinese where the locale says so, and host.toml's language above it", async (machine) => {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: "/", LANG: "zh_CN.UTF-8" };
  await seated(machine, { cols: 80, rows: 24, env, prompt: "应用显示的验证码：" }, async (seat) => {
    const { screen, secret } = seat;
    match(screen.screen(), /^为 \S+ 上的 root 设置新的身份验证器\n/);
    await screen.send("1\r");
    await screen.waitFor("验证码为六位数字。");
    await screen.send(`${appCode(secret)}\r`);
    await screen.waitFor("每个验证码只允许使用一次？");
    await screen.send("\x03");
    await screen.waitFor("gatehouse: error: 没有保存任何内容");
    equal((await screen.closed).code, 77);
  });
  const settings = hostToml({ servers: [], language: "zh-CN" });
  const config = await machine.folder.file(`host-${crypto.randomUUID()}.toml`, settings);
  const argv = [machine.binary, "enroll", "--config", config, "-s", machine.newPlace(), "--yes"];
  match((await run(argv)).out, /备用验证码/);
});
