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
  const own = await run(machine.asUser(argv));
  deepEqual([own.code, own.out], [77, ""]);
  match(own.err, / may not write in \S+\ngatehouse: hint: .*gatehouse enroll --user NAME\n$/);
  const byRoot = await run([...argv, "--user", user.name, "--yes"]);
  equal(byRoot.code, 0);
  ok(byRoot.out.endsWith(`the gate runs as ${user.name} and cannot.\n`), byRoot.out);
  equal(await rightsOf(`${place}/deep/${user.name}`), "0:0 400");
});

test("a host.toml that is wrong, or not there, is said to be", async (machine) => {
  const config = await machine.folder.file(`host-${crypto.randomUUID()}.toml`, "servers = 3\n");
  const argv = [machine.binary, "enroll", "-q", "-s", machine.newPlace(), "--config"];
  equal((await run([...argv, config])).code, 78);
  equal((await run([...argv, `${config}.none`])).code, 78);
});
