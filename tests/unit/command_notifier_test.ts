import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import * as v from "valibot";
import { BY_TICKET } from "../../lib/core/delivery.ts";
import { Failure } from "../../lib/core/errors.ts";
import type { Notification } from "../../lib/core/notification.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { CommandNotifier } from "../../lib/io/command_notifier.ts";
import { assertTrustedProgram } from "../../lib/io/secure_file.ts";
import { after } from "../../lib/io/timers.ts";
import { command } from "../../lib/notify/command.ts";
import { FixedClock, seededRandom } from "../support/fakes.ts";
import { anEnded, aPin, aRequest, LINK, TICKET } from "../support/letters.ts";
import { shellQuote } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const UID = Deno.uid() ?? 0;

interface Given {
  /** What the program does; $0.d is a folder of its own beside it. */
  readonly script: string;
  readonly words?: readonly string[];
  readonly timeout?: string;
  readonly ports?: Partial<Parameters<typeof CommandNotifier.open>[1]>;
}

async function program(folder: Scratch, script: string): Promise<string> {
  await Deno.mkdir(`${folder.path}/tell.d`, { recursive: true });
  return await folder.file("tell", `#!/bin/sh\n${script}\n`, 0o755);
}

async function notifier(folder: Scratch, given: Given): Promise<CommandNotifier> {
  const { script, words = [], timeout, ports = {} } = given;
  const path = await program(folder, script);
  const settings = v.parse(v.object(command.settings), {
    argv: [path, ...words],
    ...(timeout === undefined ? {} : { timeout }),
  });
  const dialect = command.open(settings, { buttons: false });
  ok(dialect.via === "command");
  return CommandNotifier.open({
    name: "tell",
    type: "command",
    reach: "group",
    sends: new Set(["request", "alert"] as const),
    isContact: command.isContact,
    contactKey: command.contactKey,
    language: "en",
    timeZone: "UTC",
    dialect,
  }, { clock: systemClock, random: seededRandom(1), after, ...ports });
}

async function read(folder: Scratch, name: string): Promise<string> {
  return await Deno.readTextFile(`${folder.path}/tell.d/${name}`);
}

Deno.test("a command gets the letter on stdin and in its environment, and nothing else", async () => {
  await using folder = await scratch();
  Deno.env.set("GATEHOUSE_TEST_OURS", "leaks");
  await using tell = await notifier(folder, {
    script: 'cat > "$0.d/stdin"\nenv -0 > "$0.d/env"\npwd > "$0.d/pwd"\n' +
      'for word; do printf "<%s>" "$word"; done > "$0.d/words"',
    words: ["--loud", "a b", "$(id)", "*"],
  });
  const message = aRequest({ user: "$(touch x)`id`; rm -rf /", command: "a\nb" });
  deepEqual(await tell.send(message, "alice@example.com"), { ok: true, handle: BY_TICKET });
  equal(await read(folder, "words"), "<--loud><a b><$(id)><*>");
  equal(await read(folder, "pwd"), "/\n");

  const { type, data } = JSON.parse(await read(folder, "stdin"));
  equal(type, "login.request");
  equal(data.user, message.user);
  equal(data.to, "alice@example.com");
  equal(data.ticket, TICKET);

  const env = Object.fromEntries(
    (await read(folder, "env")).split("\0").filter((line) => line !== "")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const { GATEHOUSE_TEXT = "", GATEHOUSE_TITLE = "", ...rest } = env;
  // The shell's own.
  for (const name of ["PWD", "SHLVL", "_", "OLDPWD"]) delete rest[name];
  deepEqual(rest, {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    GATEHOUSE_EVENT: "login.request",
    GATEHOUSE_TO: "alice@example.com",
    GATEHOUSE_URL: LINK,
    GATEHOUSE_KIND: "request",
    GATEHOUSE_USER: message.user,
    GATEHOUSE_HOST: message.host,
    GATEHOUSE_SERVICE: "sshd",
    GATEHOUSE_SOURCE: "192.0.2.7",
    GATEHOUSE_COMMAND: "a\\u{a}b",
    GATEHOUSE_AT: data.at,
    GATEHOUSE_EXPIRES_AT: data.expires_at,
    GATEHOUSE_TICKET: TICKET,
    GATEHOUSE_CONNECTIONS: "1",
  });
  equal(GATEHOUSE_TITLE, data.message.title);
  ok(GATEHOUSE_TEXT.endsWith(`\n${LINK}`));
});

Deno.test("a command hears that a request waits no more, and gets a PIN beside the words", async () => {
  await using folder = await scratch();
  await using tell = await notifier(folder, {
    script:
      'echo "$GATEHOUSE_EVENT $GATEHOUSE_OUTCOME $GATEHOUSE_TICKET $GATEHOUSE_PIN" >> "$0.d/log"',
  });
  ok((await tell.send(aPin(), "")).ok);
  ok((await tell.update(anEnded(), "")).ok);
  equal(await read(folder, "log"), `login.pin   012345\nlogin.ended approved ${TICKET} \n`);
});

for (
  const [script, why, detail] of [
    ["echo two words >&2; exit 1", "rejected", /^command failed: its program ended with exit 1$/],
    ["kill -SEGV $$", "rejected", /^command failed: its program was ended by SIGSEGV$/],
    ["exit 255", "rejected", /exit 255$/],
  ] as const
) {
  Deno.test(`a command that does \`${script}\` has failed, and says nothing of its output`, async () => {
    await using folder = await scratch();
    await using tell = await notifier(folder, { script });
    const delivery = await tell.send(aRequest(), "");
    ok(!delivery.ok);
    equal(delivery.why, why);
    match(delivery.detail, detail);
    ok(!JSON.stringify(delivery).includes("two words"));
    match(delivery.hint, /run the program by hand/);
  });
}

Deno.test("exit 75 means again, and three times is enough", async () => {
  await using folder = await scratch();
  const waits: number[] = [];
  const ports = {
    clock: new FixedClock(),
    after: (ms: number, run: () => void) => {
      if (ms < 10_000) {
        waits.push(ms);
        run();
      }
      return () => {};
    },
  };
  await using tell = await notifier(folder, {
    script: 'echo x >> "$0.d/log"; [ -e "$0.d/up" ] && exit 0; exit 75',
    ports,
  });
  const delivery = await tell.send(aRequest(), "");
  ok(!delivery.ok);
  equal(delivery.why, "unavailable");
  match(delivery.detail, /is to be tried again \(exit 75\)$/);
  equal(await read(folder, "log"), "x\nx\nx\n");
  equal(waits.length, 2);
  await Deno.writeTextFile(`${folder.path}/tell.d/up`, "");
  ok((await tell.send(aRequest(), "")).ok);
});

Deno.test("a command that takes too long is killed with all that it has started", async () => {
  await using folder = await scratch();
  await mkfifo(`${folder.path}/end`);
  const late = Promise.withResolvers<() => void>();
  const end = shellQuote(`${folder.path}/end`);
  await using tell = await notifier(folder, {
    // Both hold the pipe open as long as they live.
    script: `exec 3>${end}; sleep 1000 & echo up >&3; sleep 1000`,
    ports: {
      after: (ms, run) => {
        equal(ms, 10_000);
        late.resolve(run);
        return () => {};
      },
    },
  });
  const sent = tell.send(aRequest(), "");
  const run = await late.promise;
  const pipe = await Deno.open(`${folder.path}/end`);
  const reader = pipe.readable.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "up\n");
  run();
  equal((await reader.read()).done, true, "nothing of it holds the pipe any more");
  const delivery = await sent;
  ok(!delivery.ok);
  equal(delivery.why, "unavailable");
  equal(delivery.detail, "command was stopped: its program took longer than 10 s");
  ok(delivery.mayArrive);
});

Deno.test("what still runs when the server stops is killed", async () => {
  await using folder = await scratch();
  await mkfifo(`${folder.path}/end`);
  const tell = await notifier(folder, {
    script: `exec 3>${shellQuote(`${folder.path}/end`)}; echo up >&3; sleep 1000`,
  });
  const sent = tell.send(aRequest(), "");
  const pipe = await Deno.open(`${folder.path}/end`);
  const reader = pipe.readable.getReader();
  await reader.read();
  await tell[Symbol.asyncDispose]();
  const delivery = await sent;
  ok(!delivery.ok && delivery.mayArrive);
  equal((await reader.read()).done, true);
});

Deno.test("a command need not read what it is told, however much that is", async () => {
  await using folder = await scratch();
  await using tell = await notifier(folder, { script: "exec <&-; exit 0" });
  const long: Notification = aRequest({ command: "x".repeat(100_000) });
  ok((await tell.send(long, "")).ok);
});

Deno.test("no more than 16 programs run at once", async () => {
  await using folder = await scratch();
  await mkfifo(`${folder.path}/go`);
  await using tell = await notifier(folder, {
    script: `read line < ${shellQuote(`${folder.path}/go`)}`,
  });
  const running = Array.from({ length: 16 }, () => tell.send(aRequest(), ""));
  const refused = await tell.send(aRequest(), "");
  ok(!refused.ok);
  equal(refused.why, "rate_limited");
  equal(refused.detail, "command runs 16 programs already");
  await tell[Symbol.asyncDispose]();
  await Promise.all(running);
});

Deno.test("a program that others may change is refused at the start", async () => {
  await using folder = await scratch();
  await Deno.chmod(folder.path, 0o777);
  await rejects(notifier(folder, { script: "exit 0" }), (error) => {
    return error instanceof Failure && error.exit === 78 && /written by others/.test(error.message);
  });
});

Deno.test("a program that others may change meanwhile is not started", async () => {
  await using folder = await scratch();
  await using tell = await notifier(folder, { script: 'touch "$0.d/ran"' });
  await Deno.chmod(`${folder.path}/tell`, 0o777);
  const delivery = await tell.send(aRequest(), "");
  ok(!delivery.ok);
  equal(delivery.why, "settings");
  match(delivery.detail, /^command refuses its program: .*can be written by others/);
  match(delivery.hint, /chmod go-w/);
  await rejects(read(folder, "ran"), Deno.errors.NotFound);
  await Deno.remove(`${folder.path}/tell`);
  const gone = await tell.send(aRequest(), "");
  ok(!gone.ok && /does not exist$/.test(gone.detail));
});

Deno.test("what cannot be started is a fault of the settings", async () => {
  await using folder = await scratch();
  await using tell = await notifier(folder, { script: "exit 0" });
  await Deno.writeTextFile(`${folder.path}/tell`, "#!/nowhere/interpreter\n");
  const delivery = await tell.send(aRequest(), "");
  ok(!delivery.ok);
  equal(delivery.why, "settings");
  match(delivery.detail, /^command cannot start its program/);
});

Deno.test("assertTrustedProgram() looks at each link on the way, and at what is around it", async () => {
  await using folder = await scratch();
  const path = (name: string) => `${folder.path}/${name}`;
  const refused = (name: string, message: RegExp) =>
    throws(() => assertTrustedProgram(path(name), [0, UID]), (error) => {
      return error instanceof Failure && error.exit === 78 && message.test(error.message);
    });
  await folder.dir("safe");
  await folder.dir("open", 0o777);
  await folder.file("safe/tell", "#!/bin/sh\n", 0o755);
  await folder.file("safe/text", "", 0o644);
  await Deno.symlink("safe/tell", path("link"));
  await Deno.symlink("../safe/../link", path("safe/again"));
  assertTrustedProgram(path("safe/again"), [0, UID]);
  assertTrustedProgram("/bin/sh", [0, UID]);

  // The link's own folder is open, though what it leads to is safe.
  await Deno.symlink(path("safe/tell"), path("open/link"));
  await Deno.symlink(path("open/link"), path("through"));
  refused("open/link", /\/open can be written by others/);
  refused("through", /\/open can be written by others/);
  await Deno.symlink("round", path("round"));
  refused("round", /leads round in circles$/);
  refused("safe/none", /does not exist$/);
  refused("safe/text", /is not executable$/);
  refused("safe", /is not a regular file$/);
  await Deno.symlink("none", path("dangling"));
  refused("dangling", /does not exist$/);
  throws(() => assertTrustedProgram(path("link"), [UID + 1]), /belongs to uid/);
});

async function mkfifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  ok(success);
}
