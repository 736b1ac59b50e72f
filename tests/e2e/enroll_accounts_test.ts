/** `gatehouse enroll`: whose codes, and where they are kept. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { EnrollMachine, rightsOf } from "../support/enroll_machine.ts";
import { hostToml, sharing } from "../support/gate.ts";
import { run } from "../support/process.ts";

const test = sharing(() => EnrollMachine.make());

test("an ordinary account's codes are in its home, and it owns them", async (machine) => {
  const { user } = machine;
  const argv = machine.asUser(machine.enroll("--json"));
  const { code: exit, out, err } = await run(argv);
  deepEqual([exit, err], [0, ""]);
  const { path, user: name, uri } = JSON.parse(out);
  deepEqual([path, name], [`${user.home}/.google_authenticator`, user.name]);
  match(uri, new RegExp(`^otpauth://totp/${user.name}@[^?]+\\?secret=[A-Z2-7]{32}&issuer=`));
  equal(await rightsOf(path), `${user.uid}:${user.gid} 400`);
  await Deno.remove(path);
});

test("only root acts for others", async (machine) => {
  const { code: exit, err } = await run(machine.asUser(machine.enroll("--user", "root", "-q")));
  equal(exit, 77);
  match(err, /^gatehouse: error: only root may act for another account\n/);
  const itself = machine.enroll("--user", machine.user.name, "-q");
  equal((await run(machine.asUser(itself))).code, 0);
  await Deno.remove(`${machine.user.home}/.google_authenticator`);
  const nobody = await run(machine.enroll("--user", "no-such-account", "-q"));
  equal(nobody.code, 2);
  match(nobody.err, /^gatehouse: error: there is no account no-such-account\n/);
});

test("what root makes for an account below its home belongs to the account", async (machine) => {
  const { user } = machine;
  const { code: exit, out, err } = await run(machine.enroll("--user", user.name, "--json"));
  deepEqual([exit, err], [0, ""]);
  equal(await rightsOf(JSON.parse(out).path), `${user.uid}:${user.gid} 400`);
  equal(JSON.parse(out).user, user.name);
  await Deno.remove(JSON.parse(out).path);
});

test("root follows no link that an account laid in its home", async (machine) => {
  const { user, folder } = machine;
  const target = await folder.dir("roots", 0o700);
  const link = `${user.home}/linked`;
  await Deno.symlink(target, link);
  const argv = machine.enroll("--user", user.name, "-q", "-s", `${link}/codes`);
  for (const options of [[], ["-f"]]) {
    const { code: exit, err } = await run([...argv, ...options]);
    ok(exit !== 0, err);
    doesNotMatch(err, /internal|fault of gatehouse/);
  }
  deepEqual(await Array.fromAsync(Deno.readDir(target)), []);
  // In disguise too.
  const disguised = `${folder.path}/../${folder.path.split("/").at(-1)}/${user.name}/linked/codes`;
  ok((await run(machine.enroll("--user", user.name, "-q", "-s", disguised))).code !== 0);
  deepEqual(await Array.fromAsync(Deno.readDir(target)), []);
});

test("where codes are root's alone, an account is told at once who can enrol it", async (machine) => {
  const { user, folder } = machine;
  const place = await folder.dir("codes", 0o700);
  const settings = { servers: [], codes: { secret: `${place}/deep/\${USER}` } };
  const config = await folder.file(`host-${crypto.randomUUID()}.toml`, hostToml(settings));
  const argv = [machine.binary, "enroll", "--config", config];
  const path = `${place}/deep/${user.name}`;
  const rootKeeps = async () => {
    for (const options of [[], ["--show"], ["--rotate"], ["--revoke", "--yes"], ["--json"]]) {
      const own = await run(machine.asUser([...argv, ...options]));
      deepEqual([own.code, own.out], [77, ""]);
      equal(
        own.err,
        `gatehouse: error: root keeps the codes of ${user.name}, in ${path}\n` +
          `gatehouse: hint: root has to run: gatehouse enroll --user ${user.name}\n`,
      );
    }
  };
  await rootKeeps();
  const chinese = await run(["env", "LC_ALL=zh_CN.UTF-8", ...machine.asUser(argv)]);
  match(chinese.err, /的验证码由 root 保管，位于 .*\n.*须由 root 运行：gatehouse enroll --user /);
  const byRoot = await run([...argv, "--user", user.name, "--yes"]);
  equal(byRoot.code, 0);
  ok(byRoot.out.endsWith(`the gate runs as ${user.name} and cannot.\n`), byRoot.out);
  equal(await rightsOf(path), "0:0 400");
  await rootKeeps();
  // What it may see it is still not to change, nor to read.
  await Deno.chmod(place, 0o755);
  await Deno.chmod(`${place}/deep`, 0o755);
  await rootKeeps();
});

test("where host.toml is root's alone, so is enrolling, and an account is told", async (machine) => {
  const { user, folder, binary } = machine;
  const etc = await folder.dir(`etc-${crypto.randomUUID()}`, 0o755);
  const config = `${etc}/host.toml`;
  const secret = `${machine.newPlace()}/\${USER}`;
  await Deno.writeTextFile(config, hostToml({ servers: [], codes: { secret } }), { mode: 0o600 });
  const argv = [binary, "enroll", "--config", config];
  for (const mode of [0o755, 0o700]) {
    await Deno.chmod(etc, mode);
    for (const options of [[], ["--show"], ["--json"]]) {
      deepEqual(await run(machine.asUser([...argv, ...options])).then(said), [
        77,
        "",
        `gatehouse: error: only root can read ${config}\n` +
        `gatehouse: hint: root has to run: gatehouse enroll --user ${user.name}\n`,
      ]);
    }
    const byRoot = await run([...argv, "--user", user.name, "--json", "-f"]);
    equal(byRoot.code, 0, byRoot.err);
    equal(JSON.parse(byRoot.out).path, secret.replace("${USER}", user.name));
  }
  const chinese = await run(["env", "LC_ALL=zh_CN.UTF-8", ...machine.asUser(argv)]);
  match(chinese.err, /只有 root 可以读取 .*\n.*须由 root 运行：gatehouse enroll --user /);
});

test("a host.toml that is wrong, or not there, is said to be", async (machine) => {
  const config = await machine.folder.file(`host-${crypto.randomUUID()}.toml`, "servers = 3\n");
  const argv = [machine.binary, "enroll", "-q", "-s", machine.newPlace(), "--config"];
  equal((await run([...argv, config])).code, 78);
  equal((await run([...argv, `${config}.none`])).code, 78);
});

function said({ code, out, err }: { code: number; out: string; err: string }) {
  return [code, out, err];
}
