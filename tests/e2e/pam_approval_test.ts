/** A key first, then an approval, in sshd's PAM. What both front ends share is in front_ends_test.ts. */
import { deepEqual, doesNotMatch, equal, match, notEqual } from "node:assert/strict";
import { type HostToml, NO_SERVER, sharing } from "../support/gate.ts";
import { STATE_FILE, totp, wrongCode } from "../support/gate_codes.ts";
import { approve, deny, lastLogin, loginIs } from "../support/gate_offer.ts";
import { APPROVAL_ALONE, stack } from "../support/pam_host.ts";
import { type PamPair, pamPair } from "../support/pam_host_pair.ts";
import {
  ASKED,
  CODE_PROMPT,
  ENTER,
  ENTER_OR_CODE,
  expectIn,
  expectPermissionDenied,
  pamOffer,
  seen,
  times,
} from "../support/pam_host_screen.ts";
import { BY_PAM_ALONE, pamSsh } from "../support/pam_host_ssh.ts";
import { mustRun } from "../support/process.ts";

const test = sharing(() => pamPair());

/** The server, an account with or without an authenticator, and that stack. */
async function set(
  { host, joined }: PamPair,
  enrolled: boolean,
  lines = APPROVAL_ALONE,
  settings: HostToml = {},
): Promise<void> {
  await host.configure({ ...joined, ...settings });
  await (enrolled ? host.enroll(STATE_FILE) : host.unenroll());
  await host.guardSshd(lines);
}

test("the prompt holds QR code, link and number, and the login is approved with them", async (pair) => {
  const { host, server } = pair;
  await set(pair, false);
  const since = host.log.since();
  await using screen = pamSsh(host, { cols: 80, rows: 24 });
  const offer = await pamOffer(screen);
  match(offer.url, new RegExp(`^${server.url}/l/[A-Za-z0-9_-]{16}$`));
  const lines = screen.screen().split("\n");
  match(lines[0] ?? "", ASKED);
  match(lines[0] ?? "", /Approve this login on your phone within [0-9]+ s$/);
  match(screen.screen(), /[█▀▄]/);
  deepEqual(
    lines.slice(-3).map((line) => line.trim().split(/ +/)),
    [["open", offer.url], ["number", offer.number], ENTER.split(" ")],
  );
  doesNotMatch(screen.rawOutput, /\\0|\\3/);
  match(await (await fetch(offer.url)).text(), new RegExp(host.user.name));

  await approve(offer);
  await loginIs(server, "approved", lastLogin(server));
  await screen.send("\r");
  await expectIn(screen);
  await since.logged(new RegExp(`<86>.*accepted user=${host.user.name} .*via=approval by=`));
});

test("the server is told of the key that came first", async (pair) => {
  const { host, server } = pair;
  await set(pair, false);
  const printed = await mustRun(["ssh-keygen", "-lf", `${host.key}.pub`]);
  const [, fingerprint = "none"] = printed.out.split(" ");
  await using screen = pamSsh(host);
  const offer = await pamOffer(screen);
  const page = await (await fetch(offer.url)).text();
  match(page, new RegExp(fingerprint.replaceAll(/[+/]/g, "\\$&")));
  await using keyless = pamSsh(host, { methods: BY_PAM_ALONE });
  const other = await pamOffer(keyless);
  doesNotMatch(await (await fetch(other.url)).text(), /SHA256:/);
  for (const each of [screen, keyless]) await each.kill();
  await loginIs(server, "cancelled", lastLogin(server));
});

test("without a key nobody is let in with another login of the account", async (pair) => {
  const { host, server } = pair;
  await set(pair, false);
  await using owner = pamSsh(host, { methods: BY_PAM_ALONE });
  const offer = await pamOffer(owner);
  await using other = pamSsh(host, { methods: BY_PAM_ALONE });
  const { url } = await pamOffer(other);
  notEqual(url, offer.url);
  const others = lastLogin(server);
  await approve(offer);
  await owner.send("\r");
  await expectIn(owner);
  match(await (await fetch(url)).text(), />Approve<\/button>/);
  await other.kill();
  await loginIs(server, "cancelled", others);
});

for (const enrolled of [false, true]) {
  const prompt = enrolled ? ENTER_OR_CODE : ENTER;
  test(`Enter before the approval waits for it: "${prompt}"`, async (pair) => {
    const { host, server } = pair;
    await set(pair, enrolled);
    await using screen = pamSsh(host);
    const offer = await pamOffer(screen);
    await screen.waitFor(prompt);
    await screen.send("\r");
    await loginIs(server, "created", lastLogin(server));
    await approve(offer);
    // By itself: Enter has been pressed.
    await expectIn(screen);
    equal(times(screen, prompt), 1);
  });
}

test("Enter long before the approval: it is not approved yet, and the offer still stands", async (pair) => {
  const { host } = pair;
  await set(pair, true);
  await using screen = pamSsh(host);
  const offer = await pamOffer(screen);
  await screen.send("\r");
  await screen.waitFor(/gatehouse: not approved yet, [0-9]+ s left/);
  await seen(screen, ENTER_OR_CODE, 2);
  await approve(offer);
  await screen.send("\r");
  await expectIn(screen);
});

test("a denial is said after Enter, and ssh may begin anew with another request", async (pair) => {
  const { host, server } = pair;
  await set(pair, false);
  await using screen = pamSsh(host, { attempts: 2, rows: 80 });
  const first = await pamOffer(screen);
  await deny(first);
  const denied = lastLogin(server);
  await loginIs(server, "denied", denied);
  await screen.send("\r");
  await screen.waitFor("the login was denied");
  await seen(screen, ENTER, 2);
  const [, url = "", number = ""] = /(http\S+)\n +number +(\d\d)\n[^\n]*$/.exec(screen.screen()) ??
    [];
  equal(url === first.url, false);
  await approve({ url, number });
  await screen.send("\r");
  await expectIn(screen);
});

test("several prompts: password, code and approval, each once", async (pair) => {
  const { host, server } = pair;
  const lines = stack(
    "required pam_unix.so nodelay",
    "required MODULE mode=code",
    "required MODULE mode=approve",
  );
  await set(pair, true, lines);
  await using screen = pamSsh(host, { methods: BY_PAM_ALONE });
  await screen.waitFor("Password:");
  await screen.send(`${host.password}\r`);
  await screen.waitFor(CODE_PROMPT);
  await screen.send(`${wrongCode()}\r`);
  await seen(screen, CODE_PROMPT, 2);
  await screen.send(`${totp()}\r`);
  await approve(await pamOffer(screen));
  await loginIs(server, "approved", lastLogin(server));
  await screen.send("\r");
  await expectIn(screen);
});

test("a wrong password, required, or nobody's name: no request reaches the server, and nothing tells", async (pair) => {
  const { host, server } = pair;
  await set(pair, true, stack("required pam_unix.so nodelay", "required MODULE"));
  const requests = () => server.log.split('"login created"').length;
  const before = requests();
  const since = host.log.since();
  const screens = [];
  for (const user of [host.user.name, `${host.user.name}x`]) {
    await using screen = pamSsh(host, { user, methods: BY_PAM_ALONE, rows: 60 });
    await screen.waitFor("Password:");
    await screen.send("wrong\r");
    const { url, number } = await pamOffer(screen);
    match(url, new RegExp(`^${server.url}/l/[A-Za-z0-9_-]{16}$`));
    await screen.send(`${totp()}\r`);
    await screen.waitFor("wrong code");
    await seen(screen, ENTER_OR_CODE, 2);
    const shown = screen.screen().replaceAll(/^.*[█▀▄].*$/gm, "QR").replaceAll(/\d+ s\b/g, "N s");
    screens.push(
      shown.replaceAll(user, "NAME").replaceAll(url, "URL").replaceAll(`  ${number}\n`, " NN\n"),
    );
  }
  equal(screens[0], screens[1]);
  equal(requests(), before);
  await since.logged(/refused user=.*wrong password/);
  await since.logged(/refused user=.*no such account/);
  doesNotMatch(since(), /code refused/);
});

test("a wrong password shows nothing of the account's authenticator", async (pair) => {
  const { host } = pair;
  const CODE = stack("required pam_unix.so nodelay", "required MODULE mode=code");
  for (const unenrolled of ["deny", "allow", "enroll"]) {
    await set(pair, false, CODE, { policy: { unenrolled } });
    await using screen = pamSsh(host, { methods: BY_PAM_ALONE });
    await screen.waitFor("Password:");
    await screen.send("wrong\r");
    await screen.waitFor(CODE_PROMPT);
    await screen.send("123456\r");
    await screen.waitFor("wrong code");
    doesNotMatch(screen.screen(), /authenticator/);
  }
});

test("a code that cannot be used takes the codes away, not the approval", async (pair) => {
  const { host, server } = pair;
  await set(pair, true);
  await Deno.chmod(`${host.folder.path}/codes/${host.user.name}`, 0o644);
  await using screen = pamSsh(host);
  const offer = await pamOffer(screen);
  equal(times(screen, ENTER_OR_CODE), 0);
  await approve(offer);
  await loginIs(server, "approved", lastLogin(server));
  await screen.send("\r");
  await expectIn(screen);
});

test("root is approved like anybody, and so is who comes in Chinese", async (pair) => {
  const { host, server } = pair;
  await set(pair, false, APPROVAL_ALONE, { language: "zh-CN" });
  await using screen = pamSsh(host, { user: "root" });
  await screen.waitFor("批准后请按回车键：");
  match(screen.screen(), /请在 [0-9]+ 秒内在手机上批准此次登录/);
  const [, url = "", number = ""] = /(http\S+)\n\s+\S+\s+(\d\d)\n/.exec(screen.screen()) ?? [];
  await approve({ url, number });
  await loginIs(server, "approved", lastLogin(server));
  await screen.send("\r");
  await expectIn(screen, "#");
});

test("what comes with the verdict is English, for ssh shows all but ASCII as numbers there", async (pair) => {
  const { host, server } = pair;
  await set(pair, false, APPROVAL_ALONE, { language: "zh-CN" });
  await using screen = pamSsh(host);
  await screen.waitFor("批准后请按回车键：");
  const [, url = "", number = ""] = /(http\S+)\n\s+\S+\s+(\d\d)\n/.exec(screen.screen()) ?? [];
  await deny({ url, number });
  await loginIs(server, "denied", lastLogin(server));
  await screen.send("\r");
  await expectPermissionDenied(screen, "gatehouse: the login was denied");
  doesNotMatch(screen.rawOutput, /\\[0-3][0-7]{2}/);
});

test("noqr: the link and the number without a picture", async (pair) => {
  const { host, server } = pair;
  await set(pair, false, stack("required MODULE mode=approve noqr"));
  await using screen = pamSsh(host);
  const offer = await pamOffer(screen);
  doesNotMatch(screen.rawOutput, /[█▀▄]/);
  await approve(offer);
  await loginIs(server, "approved", lastLogin(server));
  await screen.send("\r");
  await expectIn(screen);
});

test("only for a group: what sshd's Match says, and what pam_succeed_if says", async (pair) => {
  const { host, server } = pair;
  const user = host.user.name;
  await set(pair, false);
  await using sshd = await host.startSshd(["AuthenticationMethods publickey"], [
    "Match Group games",
    "AuthenticationMethods publickey,keyboard-interactive:pam",
  ]);
  await set(
    pair,
    false,
    stack(
      "[success=1 default=ignore] pam_succeed_if.so quiet user notingroup games",
      "required MODULE",
      "required pam_permit.so",
    ),
  );
  for (const at of [sshd, host.sshd]) {
    await mustRun(["gpasswd", "--add", user, "games"]);
    await using asked = pamSsh(host, { sshd: at });
    await approve(await pamOffer(asked));
    await loginIs(server, "approved", lastLogin(server));
    await asked.send("\r");
    await expectIn(asked);
    await mustRun(["gpasswd", "--delete", user, "games"]);
    await using free = pamSsh(host, { sshd: at });
    await expectIn(free);
  }
});

test("a key alone is not enough, and PAM alone is not where both are asked for", async (pair) => {
  const { host } = pair;
  await set(pair, false, stack("required pam_permit.so"));
  await using sshd = await host.startSshd([
    "AuthenticationMethods publickey,keyboard-interactive:pam",
  ]);
  for (const methods of ["publickey", BY_PAM_ALONE]) {
    await using screen = pamSsh(host, { sshd, methods });
    await screen.waitFor("Permission denied");
  }
  await using both = pamSsh(host, { sshd });
  await expectIn(both);
});

test("who is let in without a factor has proved nothing: `sufficient` does not let in", async (pair) => {
  const { host } = pair;
  const lines = stack("sufficient MODULE", "requisite pam_deny.so");
  for (
    const settings of [
      { policy: { exempt_users: [host.user.name] } },
      { servers: [NO_SERVER], policy: { offline: "allow" } },
      { servers: [], policy: { unenrolled: "allow" } },
    ]
  ) {
    await set(pair, false, lines, settings);
    const since = host.log.since();
    await using screen = pamSsh(host);
    await expectPermissionDenied(screen);
    await since.logged(
      new RegExp(`<86>.*accepted user=${host.user.name} .*via=(exempt|\\S+-allow) `),
    );
  }
  await set(pair, true, lines, { servers: [] });
  await using screen = pamSsh(host);
  await screen.waitFor(CODE_PROMPT);
  await screen.send(`${totp()}\r`);
  await expectIn(screen);
});
