/** Programs that are started for messages: bounded in number and time, and not heard. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ROOT } from "../../scripts/run.ts";
import { CommandNotifier } from "../../lib/io/command_notifier.ts";
import { command } from "../../lib/notify/command.ts";
import { FixedClock, seededRandom } from "../support/fakes.ts";
import { aPin, aRequest } from "../support/letters.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

type Ports = Parameters<typeof CommandNotifier.open>[1];

async function opened(
  folder: Scratch,
  script: string,
  ports: Partial<Ports> = {},
): Promise<CommandNotifier> {
  const argv = [await folder.file("tell", `#!/bin/sh\n${script}\n`, 0o755)];
  const dialect = command.open({ argv, timeout: 10_000 }, { buttons: false });
  ok(dialect.via === "command");
  return CommandNotifier.open({
    ...{ name: "tell", type: "command", reach: "group", language: "en", timeZone: "UTC", dialect },
    sends: new Set(["request", "pin"] as const),
    isContact: command.isContact,
    contactKey: command.contactKey,
  }, { clock: new FixedClock(), random: seededRandom(1), after: () => () => {}, ...ports });
}

Deno.test("one program after the other may be as many as they like", async () => {
  await using folder = await scratch();
  await using tell = await opened(folder, "exit 0");
  for (let count = 0; count < 20; count++) ok((await tell.send(aRequest(), "")).ok, String(count));
});

Deno.test("a program is ended with the channel, not by its time", async () => {
  await using folder = await scratch();
  const started = `${folder.path}/started`;
  await new Deno.Command("mkfifo", { args: [started] }).output();
  const tell = await opened(folder, 'echo up > "${0%/*}/started"; sleep 5');
  const sending = tell.send(aRequest(), "");
  equal(await Deno.readTextFile(started), "up\n");
  await tell[Symbol.asyncDispose]();
  const delivery = await sending;
  ok(!delivery.ok);
  match(delivery.detail, /ended by SIGKILL$/);
});

Deno.test("a closed channel starts no program again", async () => {
  await using folder = await scratch();
  const waiting = Promise.withResolvers<() => void>();
  const tell = await opened(folder, 'echo x >> "${0%/*}/log"; exit 75', {
    after: (ms, run) => {
      if (ms < 5_000) waiting.resolve(run);
      return () => {};
    },
  });
  const sending = tell.send(aRequest(), "");
  const goOn = await waiting.promise;
  await tell[Symbol.asyncDispose]();
  goOn();
  equal((await sending).ok, false);
  equal(await Deno.readTextFile(`${folder.path}/log`), "x\n");
});

Deno.test("a program that is tried again has no more time than the message has left", async () => {
  await using folder = await scratch();
  const clock = new FixedClock();
  const began = clock.at;
  const limits: number[] = [];
  await using tell = await opened(folder, "exit 75", {
    clock,
    after: (ms, run) => {
      if (ms >= 5_000) limits.push(ms);
      else {
        clock.at = began + 25_000;
        run();
      }
      return () => {};
    },
  });
  equal((await tell.send(aRequest(), "")).ok, false);
  deepEqual(limits, [10_000, 5_000, 5_000]);
});

Deno.test("what a program says is neither heard nor shown, be it a PIN", async () => {
  await using folder = await scratch();
  const path = await folder.file(
    "loud",
    '#!/bin/sh\ncat; echo "$GATEHOUSE_PIN" >&2; exit 3\n',
    0o755,
  );
  const code = `
    const { CommandNotifier } = await import("${ROOT}/lib/io/command_notifier.ts");
    const { command } = await import("${ROOT}/lib/notify/command.ts");
    const dialect = command.open({ argv: [${JSON.stringify(path)}], timeout: 10000 }, {});
    const facts = { name: "tell", type: "command", reach: "group", language: "en", timeZone: "UTC" };
    const ports = {
      clock: { now: () => 0 },
      random: { bytes: (n) => new Uint8Array(n) },
      after: () => () => {},
    };
    const tell = CommandNotifier.open({ ...facts, dialect, sends: new Set(), isContact: () => true, contactKey: (to) => to }, ports);
    console.log(JSON.stringify(await tell.send(${JSON.stringify(aPin())}, "")));
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-check", "--lock=deno.lock", "--frozen", code],
    cwd: ROOT,
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  match(said[0] ?? "", /ended with exit 3/);
  ok(!said.join("").includes("012345"), said.join("\n"));
});
