/** `gatehouse enroll --import`: people who come from google-authenticator or SSH2FA. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { EnrollMachine, rightsOf } from "../support/enroll_machine.ts";
import { hostToml, sharing } from "../support/gate.ts";
import { Peer } from "../support/google_authenticator.ts";
import { mustRun, run } from "../support/process.ts";
import { createUser } from "../support/users.ts";

const test = sharing(() => EnrollMachine.make());
const BASE32 = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const OPTIONS = ['" RATE_LIMIT 3 30', '" WINDOW_SIZE 3', '" DISALLOW_REUSE', '" TOTP_AUTH', ""];

test("root imports a whole list, and what is wrong with one line stops no other", async (machine) => {
  const { folder, user } = machine;
  await using second = await createUser(folder);
  await using third = await createUser(folder);
  await mustRun(machine.enroll("--user", third.name, "-q"));
  const kept = await Deno.readTextFile(`${third.home}/.google_authenticator`);
  // What a link there leads to is the account's affair.
  await using fourth = await createUser(folder);
  const trap = `${folder.path}/trap`;
  await Deno.symlink(trap, `${fourth.home}/.google_authenticator`);
  const list = await folder.file(
    "list",
    [
      "# the team",
      `${user.name}:${BASE32}`,
      `${second.name}: ${BASE32.toLowerCase().replaceAll(/.{4}/g, "$& ")}`,
      `no-such-account:${BASE32}`,
      `${third.name}:${BASE32}`,
      `${fourth.name}:${BASE32}`,
      `${second.name}:${BASE32}`,
      "root:MARK7MARK",
      `:${BASE32}`,
      `root\0x:${BASE32}`,
      "stray",
    ].join("\r\n"),
    0o644,
  );
  const { code, out, err } = await run(machine.enroll("--import", list));
  equal(code, 65);
  const rows = out.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  const path = `${user.home}/.google_authenticator`;
  deepEqual(rows, [
    ["LINE", "ACCOUNT", "RESULT"],
    ["2", user.name, `imported to ${path}`],
    ["3", second.name, `imported to ${second.home}/.google_authenticator`],
    ["4", "no-such-account", "there is no such account"],
    [
      "5",
      third.name,
      `${third.name} is enrolled already (${third.home}/.google_authenticator); -f replaces it`,
    ],
    [
      "6",
      fourth.name,
      `${fourth.home}/.google_authenticator is not a regular file; put the file itself there`,
    ],
    ["7", second.name, "an earlier line of this account counts"],
    ["8", "root", "no base32 secret"],
    ["9", "no account is named"],
    ["10", "root\\u{0}x", "there is no such account"],
    ["11", "is not user:SECRET"],
  ]);
  const warning =
    `warning: ${list} is open to others (mode 644): remove it, or run: chmod go= ${list}`;
  deepEqual(err.split("\n"), [
    warning,
    "gatehouse: error: 8 of 10 lines not imported",
    "gatehouse: hint: all others are in place",
    "",
  ]);
  for (const { home, uid, gid } of [user, second]) {
    equal(
      await Deno.readTextFile(`${home}/.google_authenticator`),
      [BASE32, ...OPTIONS].join("\n"),
    );
    equal(await rightsOf(`${home}/.google_authenticator`), `${uid}:${gid} 400`);
  }
  equal(await Deno.readTextFile(`${third.home}/.google_authenticator`), kept);
  ok(!`${out}${err}`.includes("MARK"));

  const forced = await run(machine.enroll("--import", list, "-f", "--json", "-e", "1"));
  equal(forced.code, 65);
  const results: { user: string; imported: boolean; scratch_codes?: string[] }[] = JSON.parse(
    forced.out,
  );
  deepEqual(
    results.filter(({ imported }) => imported).map(({ user }) => user),
    [user.name, second.name, third.name],
  );
  const [{ scratch_codes } = {}] = results;
  equal(
    await Deno.readTextFile(path),
    [BASE32, ...OPTIONS.slice(0, -1), ...scratch_codes ?? [], ""].join("\n"),
  );
  await Deno.remove(path);
});

test("an account imports its own line, and root one that it names", async (machine) => {
  const { folder, user } = machine;
  const list = await folder.file("shared", `root:${BASE32}\n${user.name}:${BASE32}\n`, 0o644);
  const path = `${user.home}/.google_authenticator`;
  for (
    const argv of [
      machine.asUser(machine.enroll("--import", list, "--json")),
      machine.enroll("--import", list, "--json", "--user", user.name),
    ]
  ) {
    const { out } = await mustRun(argv);
    deepEqual(JSON.parse(out), [
      { line: 2, user: user.name, imported: true, path, scratch_codes: [] },
    ]);
    equal(await rightsOf(path), `${user.uid}:${user.gid} 400`);
    await Deno.remove(path);
  }
  await Deno.writeTextFile(list, `root:${BASE32}\n`);
  const none = await run(machine.asUser(machine.enroll("--import", list)));
  equal(none.code, 65);
  match(none.err, new RegExp(`shared has no line of ${user.name}\n`));
});

test("a list of many accounts does not go to one file", async (machine) => {
  const list = await machine.folder.file("many", `root:${BASE32}\n`, 0o600);
  const place = machine.newPlace();
  const { code, err } = await run(machine.enroll("--import", list, "-s", place));
  equal(code, 2);
  match(err, /-s names one file, and the list is of many accounts\n.*hint: add --user NAME/);
  await mustRun(machine.enroll("--import", list, "-s", place, "--user", "root"));
  match(await Deno.readTextFile(place), new RegExp(`^${BASE32}\n`));
});

test("what an account may not read, it cannot import", async (machine) => {
  const file = await machine.folder.file("roots", `${BASE32}\n" TOTP_AUTH\n`, 0o600);
  const argv = machine.asUser(machine.enroll("--import", file));
  const { code, err } = await run(argv);
  equal(code, 2);
  match(err, /^gatehouse: error: \S+\/roots cannot be read\ngatehouse: hint: check its owner/);
});

test("google-authenticator's own file goes over and back", async (machine) => {
  await using peer = await Peer.install(machine.folder);
  const theirs = peer.path("theirs");
  const options = "-t -d -w 17 -S 45 -r 2 -R 60 -e 3 -q -C -f".split(" ");
  await mustRun(["google-authenticator", ...options, "-s", theirs]);
  const ours = peer.path("ours");
  const { out } = await mustRun(machine.enroll("--import", theirs, "-s", ours));
  match(out, /time-based, 45 s; 3 scratch codes are left\n$/);
  equal(await Deno.readTextFile(ours), await Deno.readTextFile(theirs));
  const [code = ""] = /^[0-9]{8}$/m.exec(await Deno.readTextFile(ours)) ?? [];
  const spent = `${machine.folder.path}/spent-${crypto.randomUUID()}`;
  const settings = { servers: [], codes: { spent } };
  const config = await machine.folder.file(`host-${crypto.randomUUID()}.toml`, hostToml(settings));
  const show = [machine.binary, "enroll", "--config", config, "-s", ours, "--show"];
  await mustRun(show, { input: `${code}\n` });
  const at = Math.floor(Date.now() / 1000) + 900;
  const verdict = async (name: string) => (await peer.login({ name, code, at })).verdict;
  deepEqual([await verdict("ours"), await verdict("theirs")], ["refused", "accepted"]);
});

test("root imports no file that another account put in the way", async (machine) => {
  const { folder, user } = machine;
  await using eve = await createUser(folder);
  const argv = (path: string) => machine.enroll("--import", path, "--user", eve.name);
  const state = `${BASE32}\n" TOTP_AUTH\n`;
  const victim = `${user.home}/.google_authenticator`;
  await Deno.writeTextFile(victim, state, { mode: 0o400 });
  await Deno.chown(victim, user.uid, user.gid);
  const trap = `${eve.home}/old`;
  const refused = async (path: string, reason: RegExp) => {
    const { code, err } = await run(argv(path));
    equal(code, 2, err);
    match(err, reason);
  };

  await Deno.symlink(victim, trap);
  await refused(trap, /old is a link, or no file\ngatehouse: hint: /);
  await Deno.remove(trap);
  await mustRun(["mkfifo", "-m", "0666", trap]);
  await refused(trap, /old is a link, or no file\n/);
  await Deno.remove(trap);
  // A folder's link leads past that: root does what is hers as she.
  await Deno.symlink(user.home, `${eve.home}/folder`);
  await refused(`${eve.home}/folder/.google_authenticator`, /cannot be read\n/);
  const roots = await folder.dir("roots-own", 0o700);
  await Deno.writeTextFile(`${roots}/codes`, state, { mode: 0o600 });
  await Deno.symlink(roots, `${eve.home}/roots`);
  await refused(`${eve.home}/roots/codes`, /cannot be read\n/);
  await refused(victim, /(cannot be read|belongs to uid [0-9]+)\n/);
  await Deno.remove(victim);

  await mustRun(argv(`${roots}/codes`));
  equal(await rightsOf(`${eve.home}/.google_authenticator`), `${eve.uid}:${eve.gid} 400`);
});

test("a list for all accounts must be root's", async (machine) => {
  const { folder, user } = machine;
  const list = await folder.file("theirs", `root:${BASE32}\n`, 0o600);
  await Deno.chown(list, user.uid, user.gid);
  const { code, err } = await run(machine.enroll("--import", list));
  equal(code, 2);
  match(err, /theirs belongs to uid [0-9]+\ngatehouse: hint: .*: chown root \S+\/theirs\n/);
});

test("what another command prints is imported by way of a pipe", async (machine) => {
  const place = machine.newPlace();
  const line = `"$@" --import <(printf '%s\\n" TOTP_AUTH\\n' ${BASE32})`;
  await mustRun(["bash", "-c", line, "bash", ...machine.enroll("-s", place)]);
  equal(await Deno.readTextFile(place), `${BASE32}\n" TOTP_AUTH\n`);
});
