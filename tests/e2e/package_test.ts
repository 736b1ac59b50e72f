/** What `deno task package` makes, with the real program: as lintian sees it, installed, and taken off again. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { VERSION } from "../../lib/core/version.ts";
import { buildPackages, release } from "../../scripts/package.ts";
import { ROOT } from "../../scripts/run.ts";
import { sharing } from "../support/gate.ts";
import { OverlayMachine } from "../support/overlay_machine.ts";
import { mustRun, run } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const NAME = `gatehouse-${VERSION}`;
const INSTALL = "/usr/share/gatehouse/install.sh";
/** The module takes its helper to be in /usr/local unless it is told. */
const HELPER = /pam_gatehouse\.so.* helper=\/usr\/bin\/gatehouse/;

class Packages implements AsyncDisposable {
  private constructor(readonly folder: Scratch) {}

  static async make(): Promise<Packages> {
    const folder = await scratch();
    await buildPackages(await release(), folder.path);
    return new Packages(folder);
  }

  get deb(): string {
    return `${this.folder.path}/gatehouse_${VERSION}_amd64.deb`;
  }

  get archive(): string {
    return `${this.folder.path}/${NAME}-linux-x86_64.tar.gz`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

const test = sharing(() => Packages.make());

/** Files by which logins are decided, in a line each. */
const WIRING = "find /etc/pam.d /etc/ssh -type f -exec sha256sum {} + | sort";

test("lintian finds neither errors nor warnings", async ({ deb }) => {
  const { out } = await run(["lintian", "--fail-on", "none", deb]);
  deepEqual(out.split("\n").filter((line) => /^[EW]:/.test(line)), []);
});

test("SHA256SUMS has the sum of each", async ({ folder }) => {
  const { out } = await mustRun(["sha256sum", "--check", "SHA256SUMS"], { cwd: folder.path });
  equal(out.split("\n").filter((line) => line.endsWith(": OK")).length, 3);
});

test("the package is root's, and brings no file of /etc nor of /usr/local", async ({ deb }) => {
  const { out } = await mustRun(["dpkg-deb", "--contents", deb]);
  const lines = out.trim().split("\n");
  deepEqual(lines.filter((line) => !line.includes(" root/root ")), []);
  deepEqual(lines.filter((line) => / \.\/(etc|usr\/local|var)\//.test(line)), []);
  for (
    const path of ["usr/bin/gatehouse", "lib/x86_64-linux-gnu/security/pam_gatehouse.so", INSTALL]
  ) ok(lines.some((line) => line.endsWith(` ./${path.replace(/^\//, "")}`)), path);
});

test("no file of the archive names where packages are fetched from", async (packages) => {
  await mustRun(["tar", "xzf", packages.archive, "-C", packages.folder.path]);
  const tree = `${packages.folder.path}/${NAME}`;
  // The program has Deno's own defaults in it.
  const grep = ["grep", "-rliE", "registry\\.(npm|yarn)|npmjs\\.|jsr\\.io", "--exclude=gatehouse"];
  equal((await run([...grep, tree])).out, "");
});

test("installed, wired, upgraded, removed: nothing is guarded before, nothing needs it afterwards", async ({ deb }) => {
  await using machine = await OverlayMachine.start();
  const before = await machine.must(WIRING);
  await machine.must("install -m 0755 /bin/true /usr/local/bin/gatehouse");
  const beside = await machine.sh(`dpkg -i ${deb}`);
  match(beside.err, /is here already, from an archive or a checkout\ngatehouse: hint: /);
  await machine.must("test ! -e /usr/bin/gatehouse && rm /usr/local/bin/gatehouse");
  await machine.must(`dpkg -i ${deb}`);
  equal(await machine.must("gatehouse version"), `gatehouse ${VERSION}\n`);
  match(await machine.must("getent passwd gatehouse"), /:\/nonexistent:\/usr\/sbin\/nologin$/m);
  equal(
    await machine.must("stat -c '%U:%G %a' /var/lib/gatehouse-server /etc/gatehouse"),
    "gatehouse:gatehouse 700\nroot:root 755\n",
  );
  equal(await machine.must("ls /etc/systemd/system | grep gatehouse || :"), "");
  // As other packages do it, at any time.
  await machine.must("DEBIAN_FRONTEND=noninteractive pam-auth-update --package");
  equal(await machine.must(WIRING), before, "installing it guards nothing");
  await machine.must("systemd-analyze verify /lib/systemd/system/gatehouse*.service");
  match(await machine.must("cat /usr/share/pam-configs/gatehouse"), HELPER);

  await machine.must(`${INSTALL} host --yes --codes-only --mode pam --services sudo`);
  await machine.must(`${INSTALL} confirm`);
  match(await machine.must("cat /etc/pam.d/sudo"), HELPER);
  const wired = await machine.must(WIRING);
  await machine.must(`dpkg -i ${deb}`);
  equal(await machine.must(WIRING), wired, "an upgrade leaves it wired");

  const byHand = [
    ["/etc/pam.d/mine", "auth required pam_gatehouse.so"],
    ["/etc/ssh/sshd_config", "Match User x\n  forcecommand exec /usr/bin/gatehouse gate"],
  ] as const;
  for (const [file, line] of byHand) {
    await machine.must(`echo "${line}" >>${file}`);
    const { code, err } = await machine.sh("dpkg -r gatehouse");
    equal(code, 1);
    match(err, /so the package stays/);
    ok(err.includes(file), err);
    await machine.must("gatehouse version");
    await machine.must(`sed -i '/gatehouse\\|^Match User x$/d' ${file}`);
  }
  await machine.must("rm /etc/pam.d/mine");

  const host =
    "/var/lib/gatehouse/codes/alice /var/lib/gatehouse/host.key /etc/gatehouse/host.toml";
  const server = "/etc/gatehouse/server.toml /var/lib/gatehouse-server/gatehouse.db";
  await machine.must("dpkg -r gatehouse");
  equal((await machine.sh("test -e /usr/bin/gatehouse")).code, 1);
  equal(await machine.must(WIRING), before, "removing it has unwired the host");
  await machine.must(
    `mkdir -p /var/lib/gatehouse/codes /var/lib/gatehouse-server /etc/gatehouse; touch ${host} ${server}`,
  );
  match(await machine.must("dpkg -P gatehouse"), /kept: the server's data and settings/);
  const find = "find /etc/gatehouse /var/lib/gatehouse /var/lib/gatehouse-server -type f";
  equal(await machine.must(`${find} 2>/dev/null || :`), `${server.replaceAll(" ", "\n")}\n`);
});

test("the archive installs a server that runs by the line that is said, and upgrades itself", async (packages) => {
  await using machine = await OverlayMachine.start();
  await machine.must(`tar xzf ${packages.archive} -C /root && chown -R 0:0 /root/${NAME}`);
  const install = `/root/${NAME}/install.sh`;
  // Without a terminal nothing is asked.
  const said = await machine.must(`${install} server`);
  match(said, /SHA-256 as in SHA256SUMS/);
  const [line = ""] = /su -s .*$/m.exec(said) ?? [];
  await machine.start(line).err("listening");
  await machine.must("curl -fsS http://127.0.0.1:8422/healthz");
  equal(
    await machine.must("stat -c %U:%a /var/lib/gatehouse-server/gatehouse.db"),
    "gatehouse:600\n",
  );
  match(await machine.must("gatehouse person invite admin"), /http:\/\/127\.0\.0\.1:8422\/i\//);

  // Of another version we have none; this one stands in for it.
  const before = `#!/bin/sh\nexec /root/${NAME}/gatehouse "$@"\n`;
  const stand = "/usr/local/bin/.other";
  await machine.must(
    `printf '%s' '${before}' >${stand} && chmod 755 ${stand} && mv ${stand} /usr/local/bin/gatehouse`,
  );
  match(await machine.must(`${install} upgrade`), new RegExp(`-> ${RegExp.escape(VERSION)}`));
  equal(await machine.must("head -c 4 /usr/local/bin/gatehouse"), "\x7fELF");
  await machine.must(`${install} rollback`);
  equal(await machine.must("cat /usr/local/bin/gatehouse"), before);
});

test("docs/packages.md names the files that are made", async ({ folder }) => {
  const docs = await Deno.readTextFile(`${ROOT}/docs/packages.md`);
  const made = await Array.fromAsync(
    Deno.readDir(folder.path),
    ({ name, isFile }) => isFile ? [name] : [],
  );
  for (const name of made.flat()) ok(docs.includes(name.replace(VERSION, "VERSION")), name);
});
