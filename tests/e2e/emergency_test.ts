/** `gatehouse emergency`: set, check and remove the code of a host. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { binary } from "../support/binary.ts";
import { hostToml, sharing } from "../support/gate.ts";
import { mustRun, run, start } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { terminal } from "../support/terminal.ts";
import { createUser, type User } from "../support/users.ts";

const OWN = "x7Kq!vPz-2Lm9";
const CODE = /^( {2})?([0-9A-Z]{4}-){5}[0-9A-Z]{4}$/m;

class Machine implements AsyncDisposable {
  #hosts = 0;

  private constructor(
    readonly folder: Scratch,
    readonly user: User,
    readonly binary: string,
  ) {}

  static async make(): Promise<Machine> {
    const folder = await scratch();
    const executable = `${folder.path}/gatehouse`;
    await Deno.copyFile(binary(), executable);
    return new Machine(folder, await createUser(folder), executable);
  }

  /** A host without emergency code: where it would be, and the command line. */
  async host() {
    const folder = await this.folder.dir(`host-${this.#hosts++}`);
    const path = `${folder}/emergency`;
    const config = `${folder}/host.toml`;
    const toml = hostToml({ servers: [], codes: { emergency: path } });
    await Deno.writeTextFile(config, `host = "web1"\n${toml}`);
    const command = (...options: string[]) => {
      return [this.binary, "emergency", ...options, "--config", config];
    };
    return { path, command };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.user[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

const test = sharing(() => Machine.make());

const rights = async (path: string) => {
  const { uid, gid, mode } = await Deno.lstat(path);
  return [uid, gid, (mode ?? 0) & 0o7777];
};

test("a code is made and shown once, and only its hash is kept, by root alone", async (machine) => {
  const { path, command } = await machine.host();
  const { code: exit, out, err } = await run(command("set"));
  deepEqual([exit, err], [0, ""]);
  match(out, /^emergency code of web1, shown only this once:\n\n {2}\S{29}\n\nprint it [^]*\n$/);
  const code = CODE.exec(out)?.[0].trim() ?? "";
  ok(out.endsWith(`its hash is in ${path}\n`));
  deepEqual(await rights(path), [0, 0, 0o600]);
  const line = await Deno.readTextFile(path);
  match(line, /^\$scrypt\$ln=15,r=8,p=1\$\S{22}\$\S{43}\n$/);

  for (const typed of [code, code.toLowerCase().replaceAll("-", " "), ` ${code}`]) {
    const checked = await run(command("check", "--ask"), { input: `${typed}\n` });
    deepEqual([checked.code, checked.out], [0, "this is the emergency code\n"]);
  }
  const again = await run(command("set"));
  match(again.out, /; the old code is worthless now\n$/);
  const old = await run(command("check", "--ask"), { input: `${code}\n` });
  deepEqual([old.code, old.out], [77, ""]);
  match(old.err, /gatehouse: error: this is not the emergency code\n/);
});

test("programs get JSON: the new code, whether all is in order, whether it is the one", async (machine) => {
  const { path, command } = await machine.host();
  const json = async (exit: number, options: string[], input = "") => {
    const { code, out } = await run(command(...options, "--json"), { input });
    equal(code, exit);
    ok(out.endsWith("\n") && out.indexOf("\n") === out.length - 1, "one line");
    return JSON.parse(out);
  };
  const missing = await json(78, ["check"]);
  deepEqual([missing.path, missing.ok], [path, false]);
  match(missing.why, /^this host has no emergency code: /);
  const { code, ...set } = await json(0, ["set"]);
  deepEqual(set, { path, host: "web1" });
  match(code, CODE);
  deepEqual(await json(0, ["check"]), { path, ok: true });
  deepEqual(await json(0, ["check", "--ask"], `${code}\n`), { path, ok: true });
  const why = "this is not the emergency code";
  deepEqual(await json(77, ["check", "--ask"], "no\n"), { path, ok: false, why });
  deepEqual(await json(0, ["remove"]), { path, removed: true });
  deepEqual(await json(0, ["set", "--ask"], `${OWN}\n${OWN}\n`), { path, host: "web1" });
});

test("one's own code is typed twice at a terminal, and never seen", async (machine) => {
  const { path, command } = await machine.host();
  await using screen = terminal(command("set", "--ask"));
  await screen.waitFor(/^New emergency code \(12 characters at least\):$/m);
  await screen.send(`${OWN}\r`);
  await screen.waitFor(/^Once more:$/m);
  await screen.send(`${OWN}\r`);
  deepEqual(await screen.closed, { code: 0 });
  deepEqual(screen.screen().split("\n"), [
    "New emergency code (12 characters at least):",
    "Once more:",
    `its hash is in ${path}`,
  ]);
  doesNotMatch(screen.rawOutput, /x7|Kq|Lm9/);

  await using asked = terminal(command("check", "--ask"));
  await asked.waitFor("Emergency code:");
  await asked.send(`${OWN.replace("-", "")}\r`);
  deepEqual(await asked.closed, { code: 0 });
  match(asked.screen(), /^Emergency code:\nthis is the emergency code$/);
});

for (
  const [how, keys, exit] of [["Ctrl-C", "\x03", 77], ["Ctrl-D", "\x04", 77]] as const
) {
  test(`${how} gives up, changes nothing, and what is typed is seen again`, async (machine) => {
    const { path, command } = await machine.host();
    const argv = command("set", "--ask").map((part) => `'${part}'`).join(" ");
    const script = `${argv}; echo "exit $?"; stty -a | grep -o -- '-\\?echo\\b'; read x`;
    await using screen = terminal(["sh", "-c", `trap : INT; ${script}`]);
    await screen.waitFor("New emergency code");
    await screen.send(`abc`);
    await screen.send(how === "Ctrl-D" ? `\r${keys}${keys}` : keys);
    if (how === "Ctrl-C") await screen.waitFor("error: nothing was typed");
    await screen.waitFor(new RegExp(`exit ${exit}\necho`));
    equal(await Deno.stat(path).catch(() => undefined), undefined);
  });
}

test("a weak code is refused, and it says why", async (machine) => {
  const { path, command } = await machine.host();
  const weak: readonly (readonly [code: string, why: RegExp])[] = [
    ["123456", /among the first that anybody tries, has fewer than 12 characters, has only digits/],
    ["830562947158302", /has only digits and fewer than 16$/],
    ["Ab1!Ab1!Ab1!", /repeats itself$/],
    ["qwertyuiopas", /follows the alphabet or the keyboard$/],
    ["web1web1web1-Kq7", /little more than a name of this host or of an account$/],
    ["", /cannot be typed everywhere$/],
    ["密码密码密码密码密码密码密码", /cannot be typed everywhere$/],
  ];
  for (const [code, why] of weak) {
    const { code: exit, out, err } = await run(command("set", "--ask"), {
      input: `${code}\n${code}\n`,
    });
    deepEqual([exit, out], [77, ""], code);
    match(/^gatehouse: error: (.*)$/m.exec(err)?.[1] ?? "", why);
    match(err, /^gatehouse: hint: ./m);
  }
  const twice = await run(command("set", "--ask"), { input: `${OWN}\n${OWN}x\n` });
  equal(twice.code, 77);
  match(twice.err, /error: the second one was another\n/);
  equal(await Deno.stat(path).catch(() => undefined), undefined);
});

test("a weak code is not the one, even when its hash was put into the file by hand", async (machine) => {
  const { path, command } = await machine.host();
  // scrypt of "123456" by OpenSSL.
  await Deno.writeTextFile(path, `${HASH_OF_123456}\n`);
  await Deno.chmod(path, 0o600);
  const { code, err } = await run(command("check", "--ask"), { input: "123456\n" });
  equal(code, 77);
  match(err, /too weak: it is among the first[^\n]*\n.*it is never accepted/);
});

const HASH_OF_123456 =
  "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$U+WfH59WwjF9mfeh52/R1DZ3zLGcLBJeBU+agSgeCuw";

test("check finds out who else could read, write or replace it", async (machine) => {
  const faults: readonly (readonly [
    spoil: (path: string) => Promise<unknown>,
    error: RegExp,
  ])[] = [
    [(path) => Deno.chmod(path, 0o644), /has mode 0644, not 0600$/],
    [(path) => Deno.chown(path, 12_345, null), /belongs to uid 12345, who could change it$/],
    [(path) => Deno.chmod(path.replace(/\/[^/]*$/, ""), 0o777), /can be written by others/],
    [(path) => Deno.writeTextFile(path, "123456"), /is damaged/],
    [(path) => Deno.remove(path), /this host has no emergency code/],
    [
      (path) => mustRun(["sh", "-c", 'mv "$1" "$1.real"; ln -s "$1.real" "$1"', "sh", path]),
      /is not a regular file$/,
    ],
    [
      (path) => mustRun(["sh", "-c", 'rm "$1"; mkfifo -m 600 "$1"', "sh", path]),
      /is not a regular file$/,
    ],
  ];
  for (const [spoil, error] of faults) {
    const { path, command } = await machine.host();
    await mustRun(command("set"));
    const sound = await run(command("check"));
    deepEqual([sound.code, sound.out], [0, `${path} is in order, and root's alone\n`]);
    await spoil(path);
    for (const options of [["check"], ["check", "--ask"]]) {
      const { code, out, err } = await run(command(...options), { input: `${OWN}\n` });
      deepEqual([code, out], [78, ""]);
      match(/^gatehouse: error: (.*)$/m.exec(err)?.[1] ?? "", error);
    }
  }
});

test("only root may, and nobody else learns whether there is one", async (machine) => {
  const { path, command } = await machine.host();
  await mustRun(command("set"));
  const before = await Deno.readTextFile(path);
  const { uid, gid } = machine.user;
  for (const action of ["set", "remove", "check"]) {
    const argv = [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups", ...command(action)];
    const { code, out, err } = await run(["setpriv", ...argv]);
    deepEqual([code, out], [77, ""]);
    match(err, /^gatehouse: error: only root may see to the emergency code\n/);
  }
  equal(await Deno.readTextFile(path), before);
});

test("remove ends it; twice is once too often", async (machine) => {
  const { path, command } = await machine.host();
  await mustRun(command("set"));
  match(
    (await mustRun(command("remove"))).out,
    /^removed \S+; this host has no emergency code now\n$/,
  );
  equal(await Deno.stat(path).catch(() => undefined), undefined);
  const again = await run(command("remove"));
  equal(again.code, 78);
  match(again.err, /hint: make one: gatehouse emergency set\n/);
});

test("a code that cannot be shown is a failure, for nobody would know it", async (machine) => {
  const { command } = await machine.host();
  const argv = command("set").map((part) => `'${part}'`).join(" ");
  const { code, err } = await run(["sh", "-c", `${argv} >/dev/full`]);
  equal(code, 77);
  match(err, /cannot write the output \(ENOSPC\)/);
});

test("a killed set leaves the old code or the new one", async (machine) => {
  const { path, command } = await machine.host();
  await mustRun(command("set", "--ask"), { input: `${OWN}\n${OWN}\n` });
  const before = await Deno.readTextFile(path);
  await using running = start(command("set", "--ask"), { input: "open" });
  await running.write(`${OWN}9\n`);
  await running.err("Once more:");
  await running.kill();
  equal(await Deno.readTextFile(path), before);
  equal((await run(command("check"))).code, 0);
});
