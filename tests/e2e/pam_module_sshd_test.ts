/** pam_gatehouse.so in a real sshd, with the real ssh client in a terminal. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { appears, sharing } from "../support/gate.ts";
import { gone, heardBy, noted, PamModule, WAITS } from "../support/pam_module.ts";
import { type PamSshd, pamSshd } from "../support/pam_module_sshd.ts";
import { isAlive, withDescendants } from "../support/process_tree.ts";

interface Shared extends AsyncDisposable {
  readonly module: PamModule;
  readonly plain: PamSshd;
}

async function share(): Promise<Shared> {
  const things = new AsyncDisposableStack();
  try {
    const module = things.use(await PamModule.build());
    const plain = things.use(await pamSshd(module));
    return { module, plain, [Symbol.asyncDispose]: () => things.disposeAsync() };
  } catch (error) {
    await things.disposeAsync();
    throw error;
  }
}

const test = sharing(share);
/** The shell's prompt: the screen has no trailing spaces. */
const SHELL = /\$$/m;

test("prompts appear in the ssh client, answers reach the helper, and its yes lets in", async ({ plain }) => {
  const helper = await plain.plays(String.raw`
    say 'INFO before\nthe prompt'
    say 'PROMPT_ECHO_OFF Verification code: '; hear
    say 'ERROR that was not it'
    say 'PROMPT_ECHO_ON Open https://x.example/l/abc\nthen press Enter, or type a code: '; hear
    say 'RESULT success'`);
  await using screen = plain.login();
  await screen.waitFor("Verification code:");
  match(screen.screen(), /before\nthe prompt/);
  await screen.send("12\\34 汉\r");
  await screen.waitFor("or type a code:");
  match(screen.screen(), /that was not it/);
  await screen.send("shown\r");
  await screen.waitFor(SHELL);
  doesNotMatch(screen.screen(), /12\\34/);
  match(screen.screen(), /or type a code: shown/);
  await screen.send("exit 5\r");
  deepEqual(await screen.closed, { code: 5 });
  deepEqual(await heardBy(helper), [
    "GATEHOUSE 1",
    String.raw`ANSWER 12\\34 汉`,
    "ANSWER shown",
  ]);
});

test("its no, and its end without a verdict, let nobody in", async ({ plain }) => {
  for (const end of ["say 'RESULT auth_err'", "exit 0", "kill -KILL $$"]) {
    await plain.plays(`say 'PROMPT_ECHO_OFF Code: '; hear; ${end}`);
    await using screen = plain.login();
    for (let attempt = 1; attempt <= 3; attempt++) {
      await screen.waitFor(prompts(attempt));
      await screen.send("1\r");
    }
    await screen.waitFor("Permission denied (keyboard-interactive)");
    deepEqual(await screen.closed, { code: 255 });
  }
});

test("the helper is told who, from where, and over which connection", async ({ plain }) => {
  const helper = await plain.plays(`cat /proc/$$/environ >"$0.environ"; say 'RESULT success'`);
  await using screen = plain.login();
  await screen.waitFor(SHELL);
  const environ = (await Deno.readTextFile(`${helper}.environ`)).split("\0").slice(0, -1);
  const connection = `127\\.0\\.0\\.1 [0-9]+ 127\\.0\\.0\\.1 ${plain.sshd.port}`;
  match(environ.join("\n"), new RegExp(`^SSH_CONNECTION=${connection}$`, "m"));
  deepEqual(
    // Empty or not there when no other method came first.
    environ.filter((line) => line !== "SSH_AUTH_INFO_0=").map((line) =>
      line.replace(/^(PAM_SERVICE|SSH_CONNECTION)=.*/, "$1=…")
    ).toSorted(),
    [
      "PAM_RHOST=127.0.0.1",
      "PAM_SERVICE=…",
      "PAM_TTY=ssh",
      "PAM_TYPE=auth",
      `PAM_USER=${plain.user.name}`,
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "SSH_CONNECTION=…",
    ],
  );
});

test("a user who does not exist is asked the same, and hears the same", async ({ plain }) => {
  const script = `say 'PROMPT_ECHO_OFF Code: '; hear
    [ "$heard" = NO_ANSWER ] && say 'RESULT conv_err' || { say 'ERROR wrong'; say 'RESULT auth_err'; }`;
  const seen: string[] = [];
  for (const name of [plain.user.name, "nobody-of-that-name"]) {
    const helper = await plain.plays(script);
    await using screen = plain.login(name);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await screen.waitFor(prompts(attempt));
      await screen.send("123456\r");
    }
    await screen.waitFor("Permission denied");
    await screen.closed;
    seen.push(screen.screen().replaceAll(name, "NAME"));
    const heard = await heardBy(helper);
    equal(heard.filter((line) => line.startsWith("ANSWER ")).length, 3, heard.join());
  }
  equal(seen[1], seen[0]);
});

for (const kind of ["killed", "closed"] as const) {
  test(`a client that is ${kind} while the helper waits: the helper is gone at once`, async ({ plain }) => {
    const helper = await plain.plays(`say 'PROMPT_ECHO_ON Press Enter: '; hear; ${WAITS}`);
    await using screen = plain.login();
    await screen.waitFor("Press Enter:");
    await screen.send("\r");
    await leaves(plain, helper, async () => {
      if (kind === "killed") Deno.kill(await screen.pid(), "SIGKILL");
      else await screen.kill();
    });
    equal(await noted(helper, "end"), "SIGTERM");
  });
}

test("a client that is killed at the prompt: the helper reads the end of its input", async ({ plain }) => {
  const helper = await plain.plays(
    `trap '' TERM; note pid $$; say 'PROMPT_ECHO_ON Press Enter: '; hear`,
  );
  await using screen = plain.login();
  await screen.waitFor("Press Enter:");
  await leaves(plain, helper, async () => Deno.kill(await screen.pid(), "SIGKILL"));
  // Either the module is gone with its sshd, or it says that nobody answered.
  match((await heardBy(helper)).join(), /^GATEHOUSE 1,(\(end\)|NO_ANSWER)$/);
});

test("sshd looks up names, and so PAM_RHOST is one: a client that is killed is noticed", async ({ module }) => {
  await using named = await pamSshd(module, ["UseDNS yes"]);
  const helper = await named.plays(`cat /proc/$$/environ >"$0.environ"; ${WAITS}`);
  await using screen = named.login();
  await leaves(named, helper, async () => Deno.kill(await screen.pid(), "SIGKILL"));
  match(await Deno.readTextFile(`${helper}.environ`), /\0PAM_RHOST=[a-z]/);
});

test("at the end of LoginGraceTime the helper goes with its sshd", async ({ module }) => {
  await using hasty = await pamSshd(module, ["LoginGraceTime 4"]);
  const helper = await hasty.plays(WAITS);
  await using screen = hasty.login();
  await leaves(hasty, helper, () => Promise.resolve());
  equal(await noted(helper, "end"), "SIGTERM");
  await screen.waitFor(/Connection (closed|reset) by 127\.0\.0\.1/);
});

test("a key first, then the helper, which is told of the key", async ({ module }) => {
  await using both = await pamSshd(module, [
    "AuthenticationMethods publickey,keyboard-interactive:pam",
  ]);
  const helper = await both.plays(
    `cat /proc/$$/environ >"$0.environ"; say 'PROMPT_ECHO_ON Code: '; hear; say 'RESULT success'`,
  );
  await using screen = both.login();
  await screen.waitFor("Code:");
  await screen.send("1\r");
  await screen.waitFor(SHELL);
  const [, key] = (await Deno.readTextFile(`${both.key}.pub`)).split(" ");
  const environ = await Deno.readTextFile(`${helper}.environ`);
  equal(environ.includes(`\0SSH_AUTH_INFO_0=publickey ssh-ed25519 ${key}\n\0`), true, environ);
});

test("twenty at once, each with a helper of its own, and no process stays", async ({ module }) => {
  await using many = await pamSshd(module);
  await many.plays("say 'PROMPT_ECHO_ON Code: '; hear; say 'RESULT success'");
  await using all = new AsyncDisposableStack();
  const screens = Array.from({ length: 20 }, () => all.use(many.login()));
  await Promise.all(screens.map((screen) => screen.waitFor("Code:")));
  const those = (await withDescendants(many.sshd.pid)).filter((each) => each !== many.sshd.pid);
  // sshd has two or three for each that is not yet in, and each has its helper.
  equal(those.length >= 3 * screens.length, true, `${those.length}`);
  await Promise.all(screens.map((screen) => screen.send("1\r")));
  await Promise.all(screens.map((screen) => screen.waitFor(SHELL)));
  await Promise.all(screens.map((screen) => screen.send("exit\r")));
  for (const { code } of await Promise.all(screens.map((screen) => screen.closed))) equal(code, 0);
  for (const each of those) await gone(each);
});

function prompts(count: number): RegExp {
  return new RegExp(`(Code:[^]*){${count}}`);
}

/** The helper has begun to wait; the client goes; then it and what sshd has for it end. */
async function leaves({ sshd }: PamSshd, helper: string, go: () => Promise<void>): Promise<void> {
  await appears(`${helper}.pid`);
  const pid = Number(await noted(helper, "pid"));
  const parents = (await withDescendants(sshd.pid)).filter((each) => each !== sshd.pid);
  equal(parents.includes(pid) && await isAlive(pid), true);
  await go();
  // LoginGraceTime would end it only after two minutes; this waits twenty seconds.
  for (const each of parents) await gone(each);
}
