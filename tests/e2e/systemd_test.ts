/** A change of the host on a machine that systemd has started: kept, or taken back, whatever happens to it. */
import { deepEqual, equal, match } from "node:assert/strict";
import { pamModuleBeside } from "../../scripts/pam_module.ts";
import { ROOT } from "../../scripts/run.ts";
import { binary } from "../support/binary.ts";
import { STATE_FILE } from "../support/gate_codes.ts";
import { SystemdMachine } from "../support/systemd_machine.ts";

const KIT = "/root/kit";
const STATE = "/var/lib/gatehouse-install";
const INSTALL = `${KIT}/install.sh host --yes --codes-only`;
const TIMERS = "gatehouse-sync.timer gatehouse-doctor.timer";

/** With install.sh as it is handed out, and two accounts with a key; alice is guarded, and enrolled. */
async function machine(): Promise<SystemdMachine> {
  const made = await SystemdMachine.start();
  await made.must(`
    set -e
    mkdir ${KIT} && cd ${ROOT}
    cp -a install.sh install share ${binary()} ${pamModuleBeside(binary())} ${KIT}
    chown -R 0:0 ${KIT} && chmod -R go-w ${KIT}
    groupadd --force --system ssh-2fa
    ssh-keygen -q -t ed25519 -N '' -f /root/tests
    for each in alice bob; do
      useradd --create-home --home-dir /srv/$each --password '*' $each
      mkdir -m 0700 /srv/$each/.ssh
      cp /root/tests.pub /srv/$each/.ssh/authorized_keys
      chown -R $each: /srv/$each/.ssh
    done
    usermod --append --groups ssh-2fa alice
    mkdir -p -m 0700 /var/lib/gatehouse /var/lib/gatehouse/codes
    umask 077
    cat >/var/lib/gatehouse/codes/alice <<'END'\n${STATE_FILE}END
  `);
  return made;
}

/** Who gets in with the key alone. */
async function getsIn(on: SystemdMachine): Promise<string[]> {
  const options = "-F none -i /root/tests -o BatchMode=yes -o StrictHostKeyChecking=no " +
    "-o UserKnownHostsFile=/dev/null -o ConnectionAttempts=5";
  const who = [];
  for (const name of ["alice", "bob"]) {
    if ((await on.sh(`ssh ${options} ${name}@127.0.0.1 true`)).code === 0) who.push(name);
  }
  return who;
}

const snapshot = (on: SystemdMachine) =>
  on.must(
    "cd / && find etc usr/local -type f -exec sha256sum {} + | sort && " +
      "find etc usr/local ! -type f -printf '%p %y %m %U:%G %l\\n' | sort",
  );

const states = async (on: SystemdMachine, units: string) =>
  (await on.sh(`systemctl is-active ${units}`)).out.trim().split("\n");

const killWatcher = (on: SystemdMachine) =>
  on.must(`read -r pid since <${STATE}/trial/watcher && kill -9 "$pid"`);

const why = (on: SystemdMachine) => on.must(`cat ${STATE}/last`);

Deno.test("with its watcher killed, the timer takes a change back, and sshd is told", async () => {
  await using on = await machine();
  const before = await snapshot(on);
  await on.must(`${INSTALL} --within 3600`);
  deepEqual(await getsIn(on), ["bob"]);
  deepEqual(await states(on, TIMERS), ["active", "active"]);
  await killWatcher(on);
  // The hour is over.
  await on.must(`sed -i 's/^until=.*/until=0/' ${STATE}/trial/settings`);
  await on.must(
    "mkdir -p /run/systemd/system/gatehouse-trial.timer.d && " +
      "printf '[Timer]\\nOnActiveSec=\\nOnActiveSec=0\\n' " +
      ">/run/systemd/system/gatehouse-trial.timer.d/tests.conf && systemctl daemon-reload",
  );
  // Ends when what the timer has started ends.
  await on.must(
    "systemctl restart gatehouse-trial.timer && systemctl start gatehouse-trial.service",
  );
  match(await why(on), /taken back: no new login has passed the second factor/);
  equal(await snapshot(on), before);
  deepEqual(await getsIn(on), ["alice", "bob"]);
  deepEqual(await states(on, TIMERS), ["inactive", "inactive"]);
});

Deno.test("when the power fails, or somebody restarts, it is as before by the time that sshd starts", async () => {
  await using on = await machine();
  const before = await snapshot(on);
  for (
    const end of [
      async () => {
        await on.powerOff();
        await on.boot();
      },
      () => on.restart(),
    ]
  ) {
    await on.must(`${INSTALL} --within 3600`);
    await end();
    equal(await on.must("cat /run/sshd_config.d"), "");
    match(await why(on), /taken back: the machine was restarted before anybody had confirmed it/);
    equal(await snapshot(on), before);
    deepEqual(await getsIn(on), ["alice", "bob"]);
    deepEqual(await states(on, TIMERS), ["inactive", "inactive"]);
  }
});

Deno.test("what was confirmed is there after a restart, timers and all, until uninstall", async () => {
  await using on = await machine();
  const before = await snapshot(on);
  await on.must(`${INSTALL} && ${KIT}/install.sh confirm`);
  await on.restart();
  equal(await on.must("cat /run/sshd_config.d"), "50-gatehouse.conf\n");
  deepEqual(await getsIn(on), ["bob"]);
  deepEqual(await states(on, TIMERS), ["active", "active"]);

  // A change of what is kept that is taken back leaves the timers to what is kept.
  await on.must(`${KIT}/install.sh host --yes --mode both --services sudo`);
  await on.must(`${KIT}/install.sh undo`);
  deepEqual(await states(on, TIMERS), ["active", "active"]);

  // A host of codes alone has nobody to tell, and an sshd that nobody has connected to no folder.
  await on.must("systemctl stop ssh && test ! -e /run/sshd && systemctl start ssh.socket");
  const { findings }: { findings: { id: string; severity: string }[] } = JSON.parse(
    (await on.sh("gatehouse doctor --json")).out,
  );
  deepEqual(findings.filter(({ severity }) => severity === "critical"), []);
  await on.must("systemctl start gatehouse-doctor");
  await on.must("systemctl stop ssh.socket && systemctl start ssh");

  // What is critical is a failure, also where no server takes the report; and nothing is left of that.
  await on.must("sed -i 's/^Include/#&/' /etc/ssh/sshd_config");
  await on.must(
    "sed -i 's/^servers = .*/servers = [\"http:\\/\\/127.0.0.1:9\"]/' /etc/gatehouse/host.toml",
  );
  equal((await on.sh("systemctl start gatehouse-doctor")).code, 1);
  equal((await states(on, "gatehouse-doctor"))[0], "failed");
  await on.must("sed -i 's/^#Include/Include/' /etc/ssh/sshd_config");
  await on.must("sed -i 's/^servers = .*/servers = []/' /etc/gatehouse/host.toml");

  await on.must(`${KIT}/install.sh uninstall`);
  equal(await on.must("systemctl --failed --no-legend"), "");
  equal(await snapshot(on), before);
  deepEqual(await getsIn(on), ["alice", "bob"]);
});
