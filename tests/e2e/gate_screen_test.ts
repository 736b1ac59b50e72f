/** What the person sees while the gate waits. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { drawQr } from "../../lib/io/qr.ts";
import { sharing } from "../support/gate.ts";
import { enroll, unenroll, wrongCode } from "../support/gate_codes.ts";
import { approve, guardedPair, offerOn } from "../support/gate_offer.ts";
import { sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(guardedPair);

/** The screen's part that is drawn with half blocks, without blanks around it. */
function picture(screen: string): string[] {
  return screen.split("\n").filter((line) => /[█▀▄]/.test(line)).map((line) => line.trim());
}

test("the QR code of the link is on the screen, dark on light", async ({ host }) => {
  await using screen = terminal(sshArgv(host.target()));
  const { url } = await offerOn(screen);
  const drawn = drawQr(url, 2).split("\n").map((line) => line.trim()).filter((line) => line !== "");
  await screen.waitFor(drawn.at(-1) ?? "");
  await screen.waitFor(/▀\n+ +waiting, \d+ s left$/);
  deepEqual(picture(screen.screen()), drawn);
  const rows = (await screen.colours()).split("\n").filter((line) => /[█▀▄]/.test(line));
  for (const row of rows) match(row, /38;5;16.*48;5;231/);
});

test("80 columns and 24 rows show link, number and picture at once", async ({ host }) => {
  await using screen = terminal(sshArgv(host.target()), { cols: 80, rows: 24 });
  const offer = await offerOn(screen);
  await screen.waitFor(/▀\n+ +waiting, \d+ s left$/);
  deepEqual(await offerOn(screen), offer);
  match(screen.screen(), /^gatehouse {2}Approve this login on your phone/);
});

for (const [cols, rows] of [[80, 20], [20, 10]] as const) {
  test(`where the picture does not fit (${cols}x${rows}) link and number stay`, async ({ host }) => {
    await using screen = terminal(sshArgv(host.target()), { cols, rows });
    // By the time that the countdown is drawn again the picture would long be there.
    await screen.waitFor(/ 5[0-8] s left/);
    equal(picture(screen.screen()).length, 0);
    equal(screen.screen().split("s left").length, 2, "one countdown, redrawn");
    const flat = screen.screen().replaceAll("\n", "");
    const [, url = "", number = ""] = /open +(http\S+?) +number +(\d\d)/.exec(flat) ?? [];
    await approve({ url, number });
    await screen.waitFor(/\$$/m);
    doesNotMatch(screen.screen(), /gatehouse|http|left/);
    await screen.send("exit\r");
    equal((await screen.closed).code, 0);
  });
}

test("a Chinese client reads Chinese", async ({ host, joined }) => {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: "/", LANG: "zh_CN.UTF-8" };
  await enroll(host, joined);
  await using screen = terminal(sshArgv(host.target(), undefined, ["-o", "SendEnv=LANG"]), { env });
  await screen.waitFor("请在手机上批准此次登录");
  await screen.waitFor(/打开 +http\S+\n +数字 +\d\d/);
  await screen.waitFor(/等待中，剩余 \d+ 秒，或输入验证码：$/);
  await screen.send("111\r");
  await screen.waitFor(
    /\n {2}验证码为六位数字（备用码为八位）\n {2}等待中，剩余 \d+ 秒，或输入验证码：$/,
  );
  await screen.send("\x03");
  await screen.waitFor("gatehouse: error: 已中断");
  equal((await screen.closed).code, 77);
  await unenroll(host);
});

test("where a code is all there is, a Chinese client reads Chinese too", async ({ host }) => {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: "/", LANG: "zh_CN.UTF-8" };
  await enroll(host, { servers: [], host: "web1" });
  await using screen = terminal(sshArgv(host.target(), undefined, ["-o", "SendEnv=LANG"]), { env });
  await screen.waitFor(/^ {2}剩余 \d+ 秒。身份验证器应用中的验证码：$/m);
  match(screen.screen(), new RegExp(`^gatehouse {2}以 ${host.user.name} 的身份登录 web1\n`));
  await screen.send(`${wrongCode()}\r`);
  await screen.waitFor(/^ {2}验证码错误$/m);
  await screen.send("\x03");
  await screen.waitFor("gatehouse: error: 已中断");
  await unenroll(host);
});

test("host.toml's language wins over the client's", async ({ host, joined }) => {
  await host.configure({ ...joined, language: "zh-CN" });
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor("请在手机上批准此次登录");
  await host.configure(joined);
});
