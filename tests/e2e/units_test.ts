/** The units on a real systemd: the server within its walls, upgrades of it, and what runs on hosts. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { VERSION } from "../../lib/core/version.ts";
import { pamModuleBeside } from "../../scripts/pam_module.ts";
import { ROOT } from "../../scripts/run.ts";
import { binary } from "../support/binary.ts";
import { OverlayMachine } from "../support/overlay_machine.ts";
import { NONCE } from "../support/server_app.ts";

const KIT = "/root/kit";
const INSTALL = `${KIT}/install.sh`;

/** With install.sh as it is handed out, the program beside it. */
async function machine(): Promise<OverlayMachine> {
  const made = await OverlayMachine.start("systemd");
  const module = pamModuleBeside(binary());
  await made.must(
    `mkdir ${KIT} && cd ${ROOT} && cp -a install.sh install share ${binary()} ${module} ${KIT} && ` +
      `chown -R 0:0 ${KIT} && chmod -R go-w ${KIT}`,
  );
  return made;
}

const property = async (on: OverlayMachine, unit: string, name: string) =>
  (await on.must(`systemctl show -P ${name} ${unit}`)).trim();

/** Of the findings in what `gatehouse doctor --json` says. */
function ids(json: string): string[] {
  const report: { findings: { id: string }[] } = JSON.parse(json);
  return report.findings.map(({ id }) => id).toSorted();
}

/** A program that says it is another version. @param server what it does as a server */
async function brings(on: OverlayMachine, version: string, server: string): Promise<void> {
  const script = `#!/bin/sh\ncase $1 in\n  version) echo gatehouse ${version} ;;\n` +
    `  server) ${server} ;;\n  *) exec ${KIT}/real "$@" ;;\nesac\n`;
  await on.must(`test -e ${KIT}/real || mv ${KIT}/gatehouse ${KIT}/real`);
  await on.must(`cat >${KIT}/gatehouse <<'END'\n${script}END\nchmod 755 ${KIT}/gatehouse`);
}

Deno.test("install.sh server: it runs, now and with each start, without rights or a view of others", async () => {
  await using on = await machine();
  const said = await on.must(`${INSTALL} server --public-url https://auth.example.com`);
  match(said, /server started, and with each start of this machine/);
  equal(await on.must("curl -fsS http://127.0.0.1:8422/healthz"), "ok\n");
  equal(await on.must("systemctl is-enabled gatehouse"), "enabled\n");
  const pid = await property(on, "gatehouse", "MainPID");
  const status = await on.must(`cat /proc/${pid}/status /proc/${pid}/limits`);
  match(status, /^CapEff:\t0+$/m);
  match(status, /^CapBnd:\t0+$/m);
  match(status, /^NoNewPrivs:\t1$/m);
  match(status, /^Seccomp:\t2$/m);
  const [, uid = ""] = /^Uid:\t(\d+)\t/m.exec(status) ?? [];
  equal(await on.must(`getent passwd ${uid} | cut -d: -f1`), "gatehouse\n");
  const inside = `nsenter --target ${pid} --mount --user --preserve-credentials`;
  equal((await on.sh(`${inside} touch /etc/x`)).code, 1);
  await on.must(`${inside} touch /var/lib/gatehouse-server/x`);
  equal(await on.must(`${inside} ls /root /home`), "/home:\n\n/root:\n");
  match(await on.must("gatehouse person invite admin"), /https:\/\/auth\.example\.com\/i\//);
});

Deno.test("a key that root alone reads, and a channel that is a program, work within the walls", async () => {
  await using on = await machine();
  await on.must(`${INSTALL} server`);
  await on.must("systemctl stop gatehouse");
  await on.must(
    "cd /etc/gatehouse && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes " +
      "-keyout tls.key -out tls.crt -days 2 -subj /CN=localhost 2>/dev/null && chmod 0600 tls.key",
  );
  const told = "/var/lib/gatehouse-server/told";
  const program = "#!/bin/sh\ncat >/dev/null\n" +
    `{ id -un; grep NoNewPrivs /proc/self/status; } >${told}\n`;
  await on.must(
    `cat >/usr/local/lib/tell <<'END'\n${program}END\nchmod 755 /usr/local/lib/tell && mkfifo -m 0666 ${told}`,
  );
  const toml = [
    `tls_cert = "/etc/gatehouse/tls.crt"`,
    `tls_key = "/run/credentials/gatehouse.service/tls.key"`,
    `[[notify]]`,
    `type = "command"`,
    `argv = ["/usr/local/lib/tell"]`,
  ];
  await on.must(`cat >>/etc/gatehouse/server.toml <<'END'\n${toml.join("\n")}\nEND`);
  const dropIn = "/etc/systemd/system/gatehouse.service.d";
  await on.must(
    `mkdir -p ${dropIn} && printf '[Service]\\nLoadCredential=tls.key:/etc/gatehouse/tls.key\\n' ` +
      `>${dropIn}/tls.conf && systemctl daemon-reload`,
  );
  match(await on.must(`${INSTALL} server`), /server started/);
  equal(await on.must("curl -kfsS https://127.0.0.1:8422/healthz"), "ok\n");
  // What `gatehouse notify test` starts is not within the walls.
  await on.must("gatehouse person add alice");
  const { token }: { token: string } = JSON.parse(await on.must("gatehouse host add web1 --json"));
  const login = JSON.stringify({
    user: "alice",
    service: "sshd",
    source: "192.0.2.7",
    tty: true,
    nonce: NONCE,
  });
  await on.must(
    `curl -kfsS https://127.0.0.1:8422/api/v1/logins -H 'authorization: Bearer ${token}' ` +
      `-H 'content-type: application/json' -d '${login}'`,
  );
  equal(await on.must(`timeout 20 cat ${told}`), "gatehouse\nNoNewPrivs:\t1\n");
});

Deno.test("a port below 1024 is the server's, and the one right that it takes", async () => {
  await using on = await machine();
  await on.must(`${INSTALL} server --listen 127.0.0.1:443`);
  equal(await on.must("curl -fsS http://127.0.0.1:443/healthz"), "ok\n");
  const pid = await property(on, "gatehouse", "MainPID");
  // CAP_NET_BIND_SERVICE is bit 10.
  match(await on.must(`cat /proc/${pid}/status`), /^CapEff:\t0+400$/m);
});

Deno.test("upgrade starts the server anew, and takes back a version that does not stay up", async () => {
  await using on = await machine();
  await on.must(`${INSTALL} server`);
  const before = await property(on, "gatehouse", "MainPID");
  await brings(on, "9.9.8", "exit 1");
  const { code, err } = await on.sh(`${INSTALL} upgrade`);
  equal(code, 70);
  match(err, /the new version was taken back/);
  equal(await on.must("systemctl is-active gatehouse"), "active\n");
  equal(await on.must("gatehouse version"), `gatehouse ${VERSION}\n`);
  const between = await property(on, "gatehouse", "MainPID");
  ok(between !== before, "the version before was not started anew");

  await brings(on, "9.9.9", "exec /usr/local/lib/gatehouse/previous/gatehouse server");
  match(await on.must(`${INSTALL} upgrade`), /server restarted\n.* -> 9\.9\.9/);
  equal(await on.must("curl -fsS http://127.0.0.1:8422/healthz"), "ok\n");
  match(await on.must(`${INSTALL} rollback`), /server restarted\n.* 9\.9\.9 -> /);
  equal(await on.must("curl -fsS http://127.0.0.1:8422/healthz"), "ok\n");
});

Deno.test("on a host both timers run, and so does what they start; uninstall stops them", async () => {
  await using on = await machine();
  await on.must("/usr/sbin/sshd");
  await on.must(`${INSTALL} host --yes --codes-only --mode both`);
  await on.must(`${INSTALL} confirm`);
  equal(
    await on.must("systemctl is-active gatehouse-sync.timer gatehouse-doctor.timer"),
    "active\nactive\n",
  );
  match(
    await on.must("systemctl list-dependencies --plain timers.target"),
    /gatehouse-doctor\.timer/,
  );

  // Whatever is hidden from it, or looks otherwise within its walls, it would judge wrongly.
  await on.must("useradd --create-home --groups ssh-2fa zoe");
  const outside = ids((await on.sh("gatehouse doctor --json")).out);
  const dropIn = "/etc/systemd/system/gatehouse-doctor.service.d";
  const json = "[Service]\nExecStart=\nExecStart=-/usr/local/bin/gatehouse doctor --json\n" +
    "StandardOutput=file:/run/doctor.json\n";
  await on.must(`mkdir ${dropIn} && printf '${json}' >${dropIn}/tests.conf`);
  await on.must("systemctl daemon-reload && systemctl start gatehouse-doctor");
  deepEqual(ids(await on.must("cat /run/doctor.json")), outside);
  ok(outside.includes("codes.not-enrolled"), outside.join());
  await on.must(`rm -r ${dropIn} && systemctl daemon-reload`);
  await on.sh("systemctl start gatehouse-doctor");
  match(await property(on, "gatehouse-doctor", "ExecMainStatus"), /^(0|1|75|78)$/);

  // Nothing to be fetched where no server is asked: what matters is that it runs within its walls.
  await on.must("mkdir -p -m 0755 /var/lib/gatehouse && touch /var/lib/gatehouse/host.key");
  await on.sh("systemctl start gatehouse-sync");
  equal(await property(on, "gatehouse-sync", "ExecMainCode"), "1", "exited, not killed");
  equal(await property(on, "gatehouse-sync", "ExecMainStatus"), "78", "it asks no server");

  await on.must(`${INSTALL} uninstall`);
  equal(
    (await on.sh("systemctl is-active gatehouse-sync.timer gatehouse-doctor.timer")).out,
    "inactive\ninactive\n",
  );
  equal(await on.must("find /etc/systemd -name '*gatehouse*'"), "");
});
