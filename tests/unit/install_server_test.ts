/** `install.sh server` on trees: user, data, server.toml and unit, once and again, and what uninstall leaves. */
import assert from "node:assert/strict";
import { parseServerConfig } from "../../lib/config/server.ts";
import { InstallTree } from "../support/install.ts";
import { mustRun } from "../support/process.ts";

const TOML = "etc/gatehouse/server.toml";
const DATA = "var/lib/gatehouse-server";
const UNIT = "etc/systemd/system/gatehouse.service";
const DROP_IN = `${UNIT}.d/50-install.conf`;
const LINK = "etc/systemd/system/multi-user.target.wants/gatehouse.service";

/** A tree that systemd starts. */
async function tree(files: Readonly<Record<string, string>> = {}): Promise<InstallTree> {
  const made = await InstallTree.make({ "usr/lib/systemd/systemd": "", ...files });
  await Deno.chmod(made.at("usr/lib/systemd/systemd"), 0o755);
  return made;
}

const server = async (tree: InstallTree, ...args: readonly string[]) =>
  await mustRun(tree.command("server", "--yes", ...args));

async function ownership(path: string): Promise<string> {
  const { uid, gid, mode } = await Deno.lstat(path);
  return `${uid}:${gid} ${((mode ?? 0) & 0o7777).toString(8)}`;
}

Deno.test("server makes a user that cannot log in, its data, and a configuration that it alone reads", async () => {
  await using made = await tree({ "etc/gshadow": "root:*::\n" });
  await server(made);
  assert.match(
    await made.read("etc/passwd"),
    /^gatehouse:x:999:999:[^:]*:\/nonexistent:\/usr\/sbin\/nologin$/m,
  );
  assert.match(await made.read("etc/group"), /^gatehouse:x:999:$/m);
  assert.match(await made.read("etc/shadow"), /^gatehouse:!:/m);
  assert.match(await made.read("etc/gshadow"), /^gatehouse:!::$/m);
  assert.equal(await ownership(made.at(DATA)), "999:999 700");
  assert.equal(await ownership(made.at(TOML)), "0:999 640");
  const config = parseServerConfig(await made.read(TOML), TOML);
  assert.equal(config.listen, "127.0.0.1:8422");
  assert.equal(config.public_url, undefined);
  assert.equal(config.data, `/${DATA}`);
});

Deno.test("ids that are taken are not given again", async () => {
  await using made = await tree();
  await made.write("etc/passwd", `${await made.read("etc/passwd")}x:x:999:998::/:/bin/sh\n`);
  await made.write("etc/group", `${await made.read("etc/group")}y:x:998:\n`);
  await server(made);
  assert.match(await made.read("etc/passwd"), /^gatehouse:x:997:997:/m);
});

Deno.test("a user of that name stays as it is", async () => {
  await using made = await tree();
  await made.write(
    "etc/passwd",
    `${await made.read("etc/passwd")}gatehouse:x:77:78::/:/bin/false\n`,
  );
  const before = await made.read("etc/passwd");
  await server(made);
  assert.equal(await made.read("etc/passwd"), before);
  assert.equal(await ownership(made.at(DATA)), "77:78 700");
});

Deno.test("--listen and --public-url are what server.toml says", async () => {
  await using made = await tree();
  await server(made, "--listen", "[::1]:9000", "--public-url", "https://auth.example.com/");
  const config = parseServerConfig(await made.read(TOML), TOML);
  assert.equal(config.listen, "[::1]:9000");
  assert.equal(config.public_url, "https://auth.example.com");
  assert.equal(await made.exists(DROP_IN), false);
});

Deno.test("behind a proxy on the same machine its word for who asks is believed, elsewhere nobody's", async () => {
  const trusted = async (...args: readonly string[]) => {
    await using made = await tree();
    await server(made, ...args);
    return parseServerConfig(await made.read(TOML), TOML).trusted_proxies;
  };
  const here = ["127.0.0.1", "::1"];
  assert.deepEqual(await trusted("--public-url", "https://auth.example.com"), here);
  assert.deepEqual(
    await trusted("--public-url", "https://a.example.com", "--listen", "[::1]:9000"),
    here,
  );
  assert.deepEqual(await trusted(), []);
  assert.deepEqual(await trusted("--public-url", "http://auth.example.com"), []);
  const open = ["--listen", "0.0.0.0:8422"];
  assert.deepEqual(await trusted("--public-url", "https://auth.example.com", ...open), []);
});

const WRONG = [
  ["--listen", "8422", /must be HOST:PORT/],
  ["--listen", `127.0.0.1:1"\nx`, /must be HOST:PORT/],
  ["--public-url", "auth.example.com", /must begin with https/],
  ["--public-url", `https://a"b`, /must be an address/],
  ["--public-url", "https://a\\b", /must be an address/],
] as const;

for (const [option, value, fault] of WRONG) {
  Deno.test(`server ${option} ${JSON.stringify(value)} is refused, and nothing changed`, async () => {
    await using made = await tree();
    const before = await made.everything();
    const { code, err } = await made.install("server", "--yes", option, value);
    assert.equal(code, 2);
    assert.match(err, fault);
    assert.equal(await made.everything(), before);
  });
}

Deno.test("server refuses an option that it does not have, and one without its value", async () => {
  await using made = await tree();
  for (const words of [["--group", "x"], ["--listen"]]) {
    assert.equal((await made.install("server", "--yes", ...words)).code, 2);
  }
});

Deno.test("a server.toml that is there is the administrator's: kept, and not contradicted", async () => {
  const text = `listen = "0.0.0.0:443" # all\ndata = '/srv/gate house'\n[limits]\n`;
  await using made = await tree({ [TOML]: text });
  const { code, err } = await made.install("server", "--yes", "--listen", "127.0.0.1:1");
  assert.equal(code, 78);
  assert.match(err, /server\.toml is there already/);
  await server(made);
  assert.equal(await made.read(TOML), text);
  assert.equal(await ownership(made.at("srv/gate house")), "999:999 700");
  const dropIn = await made.read(DROP_IN);
  assert.match(dropIn, /^ReadWritePaths=\/srv\/gate\\x20house$/m);
  assert.match(dropIn, /^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m);
  assert.match(dropIn, /^PrivateUsers=no$/m);
});

Deno.test("what server.toml says already can be said again", async () => {
  await using made = await tree();
  const args = ["--listen", "127.0.0.1:9000", "--public-url", "https://auth.example.com/"];
  await server(made, ...args);
  const before = await made.read(TOML);
  await server(made, ...args);
  await server(made, "--public-url", "https://auth.example.com");
  assert.equal(await made.read(TOML), before);
  const { code, err } = await made.install("server", "--yes", "--public-url", "https://b.example");
  assert.equal(code, 78);
  assert.match(err, /server\.toml is there already/);
});

Deno.test("a port below 1024 gets the one right that it takes", async () => {
  await using made = await tree();
  await server(made, "--listen", "0.0.0.0:443");
  assert.match(await made.read(DROP_IN), /^CapabilityBoundingSet=CAP_NET_BIND_SERVICE$/m);
  assert.doesNotMatch(await made.read(DROP_IN), /ReadWritePaths/);
});

Deno.test("the unit starts the program that was installed, with the machine", async () => {
  await using made = await tree();
  await server(made);
  assert.match(await made.read(UNIT), /^ExecStart=\/usr\/local\/bin\/gatehouse server$/m);
  assert.equal(await Deno.readLink(made.at(LINK)), `/${UNIT}`);
});

Deno.test("without systemd there is no unit, and it is said how to start the server", async () => {
  await using made = await InstallTree.make();
  const { out } = await server(made);
  assert.equal(await made.exists("etc/systemd"), false);
  assert.match(out, /su -s \/bin\/sh -c 'exec \/usr\/local\/bin\/gatehouse server' gatehouse/);
});

Deno.test("systemd makes the user of an image by itself, too", async () => {
  await using made = await tree({ "usr/lib/sysusers.d/basic.conf": "" });
  await server(made);
  assert.match(
    await made.read("etc/sysusers.d/gatehouse.conf"),
    /^u gatehouse - "[^"]+" \/nonexistent/m,
  );
});

Deno.test("server says what comes next: the first administrator, and a host", async () => {
  await using made = await tree();
  const { out } = await server(made);
  assert.match(out, /gatehouse person invite admin/);
  assert.match(out, /gatehouse host add NAME/);
  assert.match(out, /Write public_url into/);
});

Deno.test("server --dry-run shows every file and changes nothing", async () => {
  await using made = await tree();
  const before = await made.everything();
  const { out } = await server(made, "--dry-run");
  for (const path of [TOML, UNIT, "etc/passwd", "usr/local/bin/gatehouse"]) {
    assert.ok(out.includes(`+++ /${path}`) || out.includes(`/${path} (`), path);
  }
  assert.match(out, /would be made: \/var\/lib\/gatehouse-server/);
  assert.equal(await made.everything(), before);
});

Deno.test("server a second time changes nothing", async () => {
  await using made = await tree();
  await server(made);
  await Deno.writeTextFile(made.at(`${DATA}/gatehouse.db`), "");
  const before = await made.snapshot();
  await server(made);
  assert.equal(await made.snapshot(), before);
});

Deno.test("data of a server before, of its own user, stay where they are", async () => {
  await using made = await tree({ "var/lib/gatehouse/gatehouse.db": "x" });
  await made.write(
    "etc/passwd",
    `${await made.read("etc/passwd")}gatehouse:x:77:78::/:/bin/false\n`,
  );
  await Deno.chown(made.at("var/lib/gatehouse"), 77, 78);
  await server(made);
  assert.equal(parseServerConfig(await made.read(TOML), TOML).data, "/var/lib/gatehouse");
  assert.match(await made.read(DROP_IN), /^ReadWritePaths=\/var\/lib\/gatehouse$/m);
  assert.equal(await made.exists(DATA), false);
});

Deno.test("data of a server that ran as root are not taken over, and it is said how to hand them over", async () => {
  await using made = await tree({ "var/lib/gatehouse/gatehouse.db": "x" });
  const before = await made.everything();
  const { code, err } = await made.install("server", "--yes");
  assert.equal(code, 78);
  assert.match(err, /\/var\/lib\/gatehouse belongs to uid 0/);
  assert.match(err, /chown -R gatehouse: \/var\/lib\/gatehouse/);
  assert.equal(await made.everything(), before);
});

Deno.test("a host's own folder cannot be the server's as well", async () => {
  await using made = await tree({
    "var/lib/gatehouse/gatehouse.db": "x",
    "etc/gatehouse/host.toml": "servers = []\n",
  });
  const { code, err } = await made.install("server", "--yes");
  assert.equal(code, 78);
  assert.match(err, /cannot be the server's as well/);
});

Deno.test("data that are a link are refused: whoever laid it could have them anywhere", async () => {
  await using made = await tree();
  await Deno.symlink("/etc", made.at(DATA));
  const { code, err } = await made.install("server", "--yes");
  assert.equal(code, 78);
  assert.match(err, /gatehouse-server is not a folder/);
});

Deno.test("uninstall takes all of it back but the data, and says where those are", async () => {
  await using made = await tree();
  const before = await made.snapshot();
  await server(made);
  await Deno.writeTextFile(made.at(`${DATA}/gatehouse.db`), "x");
  const { out } = await made.uninstall();
  assert.match(out, /kept: the server's data in \/var\/lib\/gatehouse-server/);
  assert.equal(await made.read(`${DATA}/gatehouse.db`), "x");
  await Deno.remove(made.at(DATA), { recursive: true });
  assert.equal(await made.snapshot(), before);
});

Deno.test("a host and a server on one machine keep out of each other's way", async () => {
  await using made = await tree();
  await made.host("--mode", "pam", "--services", "sudo");
  await server(made);
  assert.match((await mustRun(made.command("host", "--yes"))).out, /nothing to do/);
  assert.equal(await made.exists("var/lib/gatehouse"), false);
});
