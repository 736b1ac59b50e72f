/** The demo as people run it: it plays to the end, and leaves nothing whenever it is stopped. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { MARK } from "../../scripts/demo/remains.ts";
import { ROOT } from "../../scripts/run.ts";
import { denoFolder, findDenort } from "../../scripts/toolchain.ts";
import { allProcesses, commandLineOf, environmentOf } from "../support/process_tree.ts";
import { mustRun, type Running, start } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { terminal } from "../support/terminal.ts";
import { createUser } from "../support/users.ts";

const DEMO = [Deno.execPath(), "run", "-A", "scripts/demo.ts"];

Deno.test("demo --auto logs in, as root", async () => {
  await using demo = start([...DEMO, "--auto"], { cwd: ROOT });
  await playsToTheEnd(demo);
});

Deno.test("demo --auto logs in, as an ordinary user, and writes the pictures", async () => {
  await using folder = await scratch();
  await using user = await createUser(folder);
  // Without it sshd may give nobody a pty, unless /dev/pts is mounted with gid=tty, as is usual.
  await mustRun(["usermod", "--append", "--groups", "tty", user.name]);
  // Who is in that group may clear the console, and bash's usual one does so at the end.
  await Deno.remove(`${user.home}/.bash_logout`).catch(() => {});
  const checkout = await copyCheckout(folder);
  // Root's programs and caches may lie where only root can go.
  const deno = `${folder.path}/deno`;
  await Deno.copyFile(Deno.execPath(), deno);
  await Deno.chmod(deno, 0o755);
  const cache = await folder.dir("cache");
  await mustRun(["cp", "-r", `${await denoFolder()}/npm`, `${cache}/npm`]);
  await mustRun(["chown", "-R", user.name, checkout, cache]);

  const environment = [`PATH=${Deno.env.get("PATH")}`, `HOME=${user.home}`, `DENO_DIR=${cache}`];
  const before = await listing(user.home);
  const account = ["--reuid", user.name, "--regid", String(user.gid), "--init-groups"];
  const play = ["run", "-A", "scripts/demo.ts", "--auto", "--pictures", `${cache}/pictures`];
  await using demo = start(
    ["setpriv", ...account, "env", "-i", ...environment, deno, ...play],
    { cwd: checkout },
  );
  const out = await playsToTheEnd(demo);
  assert.match(out, new RegExp(`login collected +${user.name}@demo`));
  for (const name of ["page.png", "terminal.png"]) {
    const png = await Deno.readFile(`${cache}/pictures/${name}`);
    assert.equal(new TextDecoder().decode(png.subarray(1, 4)), "PNG");
  }
  assert.match(
    await Deno.readTextFile(`${cache}/pictures/terminal.txt`),
    /\/l\/.*\n +number +\d\d/,
  );
  assert.deepEqual(await listing(user.home), before, "it left something in the home directory");
});

const MOMENTS = [
  ["just started", ["--auto"], /^demo: /m, "SIGINT"],
  ["starting its server", ["--auto"], "demo: starting", "SIGTERM"],
  ["waiting for a person's login", [], "Ctrl-C", "SIGHUP"],
  ["showing the link", ["--auto"], "login created", "SIGINT"],
  ["in the browser", ["--auto"], "the page asks", "SIGTERM"],
  ["in the shell", ["--auto"], "login collected", "SIGINT"],
] as const;

for (const [moment, options, output, signal] of MOMENTS) {
  Deno.test(`a demo stopped by ${signal} while ${moment} leaves nothing`, async () => {
    const before = await demoFolders();
    await using demo = start([...DEMO, ...options], { cwd: ROOT });
    await demo.out(output);
    const { code } = await demo.kill(signal);
    assert.equal(code, { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
    await leftNothing(before);
  });
}

Deno.test("a demo stopped while it builds leaves nothing, half an executable included", async () => {
  await using folder = await scratch();
  const checkout = await copyCheckout(folder);
  const built = await listing(`${checkout}/dist`);
  await Deno.utime(`${checkout}/main.ts`, new Date(), new Date());
  const { path = "" } = await findDenort(Deno.build.target, () => {});
  const before = await demoFolders();
  const env = { ...Deno.env.toObject(), DENORT_BIN: path };
  await using demo = start(DEMO, { cwd: checkout, env });
  await demo.out("build: compiling");
  assert.equal((await demo.kill("SIGINT")).code, 130);
  await leftNothing(before);
  assert.deepEqual(await listing(`${checkout}/dist`), built);
});

Deno.test("a demo stopped while somebody is logged in ends that session too", async () => {
  const before = await demoFolders();
  await using demo = start(DEMO, { cwd: ROOT });
  const command = (await demo.out(/ssh -F \S+ demo/)).split(" ");
  await using session = terminal(command);
  await session.waitFor(/\/l\//);
  const file = await sessionFile(dirname(command[2] ?? ""));
  await Deno.stat(file);
  await demo.kill("SIGINT");
  assert.equal((await session.closed).code, 255);
  await leftNothing(before);
  await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
});

Deno.test("a demo without its server lets in with the code that it shows, then ends by Ctrl-C", async () => {
  const before = await demoFolders();
  // A shell around it, so that what it does to the terminal's settings can be seen.
  await using demo = terminal(["sh", "-c", `trap : INT; ${DEMO.join(" ")}; stty -a`], {
    cols: 140,
    rows: 60,
    env: Deno.env.toObject(), // the demo finds packages where this test did
  });
  const command = (await demo.waitFor(/ssh -F \S+ demo/)).split(" ");
  await demo.waitFor("Keys:");
  await demo.send("d");
  await demo.waitFor("the server is down");
  await using session = terminal(command);
  await session.waitFor("Code from your authenticator app:");
  await demo.send("c");
  const code = (await demo.waitFor(/the code is [0-9]{6}/)).slice(-6);
  await session.send(`${code}\r`);
  await session.waitFor(/[$#]$/);
  await session.send("exit\r");
  assert.equal((await session.closed).code, 0);
  await demo.send("d");
  await demo.waitFor(/server is down[^]*listening/);
  await demo.send("\x03");
  await demo.closed;
  assert.match(demo.screen(), /[^-]icanon[^]* echo /);
  await leftNothing(before);
});

/** Its output. */
async function playsToTheEnd(demo: Running): Promise<string> {
  const before = await demoFolders();
  const { code, out, err } = await demo.done;
  assert.equal(code, 0, out + err);
  assert.match(out, /^past the second factor, in -\S+$/m);
  assert.match(out, /from the click: \d+ ms to the shell, \d+ ms to its prompt/);
  await leftNothing(before);
  return out;
}

async function leftNothing(before: readonly string[]): Promise<void> {
  const left = (await demoFolders()).filter((name) => !before.includes(name));
  assert.deepEqual(left, [], "files are left");
  const processes = await Promise.all((await allProcesses()).map(async (pid) => {
    const command = await commandLineOf(pid);
    const sshd = command.startsWith("sshd: ") ? command : "";
    const demo = /gatehouse-demo-[0-9a-f]+/.exec(`${await environmentOf(pid)} ${sshd}`)?.[0];
    return demo === undefined || before.includes(demo) ? [] : [command];
  }));
  assert.deepEqual(processes.flat(), [], "processes are left");
}

async function demoFolders(): Promise<string[]> {
  return (await listing("/tmp")).filter((name) => name.startsWith("gatehouse-demo-"));
}

/** The file that sshd makes for each session, in /tmp and only its own to remove. */
async function sessionFile(folder: string): Promise<string> {
  for (const pid of await allProcesses()) {
    const environment = await environmentOf(pid);
    if (!environment.includes(`${MARK}=${folder}`)) continue;
    const variable = environment.find((one) => one.startsWith("SSH_USER_AUTH="));
    if (variable !== undefined) return variable.slice("SSH_USER_AUTH=".length);
  }
  throw new Error("no session runs");
}

async function listing(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
}

/** With the times of all files, so that the executable stays newer than its sources. */
async function copyCheckout(folder: Scratch): Promise<string> {
  const checkout = await folder.dir("checkout");
  const parts =
    "main.ts commands.ts lib pam server scripts tests dist deno.json deno.lock import_map.json"
      .split(
        " ",
      );
  await mustRun(["cp", "-a", ...parts.map((part) => `${ROOT}/${part}`), checkout]);
  return checkout;
}
