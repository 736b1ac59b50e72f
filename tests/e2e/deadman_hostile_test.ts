/** The dead man's switch beside an account that wants to stop it, or to keep a change that lets nobody in. */
import assert from "node:assert/strict";
import { trialTest as test } from "../support/trial_machine.ts";

const STATE = "/var/lib/gatehouse-install";
const TRIAL = `${STATE}/trial`;

const overdue = `sed -i "s/^until=.*/until=1/" ${TRIAL}/settings`;

test("one install.sh at a time changes a machine, and none that only looks waits for it", async (machine) => {
  await machine.removeProgram();
  const other = machine.begin(
    "exec 8<>/run/gatehouse-install.lock; flock -n 8 && echo $$ >&8 && echo has && cat",
    { input: "open" },
  );
  await other.out("has\n");
  const host = machine.installer("host --yes --codes-only --within 60");
  const refused = await machine.run(host);
  assert.equal(refused.code, 75);
  assert.match(refused.err, /error: another install\.sh is at work, process \d+\n/);
  assert.equal((await machine.run(machine.installer("uninstall"))).code, 75);
  assert.equal((await machine.run(`${host} --dry-run`)).code, 0);
  assert.equal((await machine.run(machine.installer("status"))).code, 3);
  await other.closeInput();
  await other.done;
  await machine.must(host);
  // What watches the trial is none of them.
  await machine.must(machine.installer("uninstall"));
  assert.equal(await machine.exists("/usr/local/bin/gatehouse"), false);
});

test("no account can lock what decides, and no wait for it is without an end", async (machine) => {
  const before = await machine.snapshot();
  await machine.must(machine.change("change gate 300"));
  // Whatever bob can open, he can hold.
  const held = machine.begin(
    `su -s /bin/sh bob -c 'for each in $(find /run/gatehouse ${STATE} 2>/dev/null); do
       flock -s $each sleep 1000 & done; echo held; wait'`,
  );
  await held.out("held");
  await machine.must(overdue);
  await machine.over();
  assert.equal(await machine.snapshot(), before);

  await machine.must(machine.change("change gate 300"));
  const hanging = machine.begin(
    `exec 9<${STATE}; flock 9; echo $$ >/run/mine; echo mine; exec sleep 1000`,
  );
  await hanging.out("mine");
  const { code, err } = await machine.run(
    `sed -i "s/rollback_left=60/rollback_left=1/" ${machine.kit}/install/rollback.sh
    ${machine.change("deadman_undo now")}`,
  );
  assert.equal(code, 75);
  const pid = (await machine.must("cat /run/mine")).trim();
  assert.match(err, new RegExp(`at work on this for too long: process .*\\b${pid}\\b`));
  assert.match(err, /hint: see what it waits for/);
});

/** A process of alice's that looks like sshd's listener, but for what an account cannot choose. */
const POSER = `
import ctypes, os, signal, socket, sys
ctypes.CDLL(None).prctl(15, b"sshd", 0, 0, 0)
waits = socket.create_server(("127.0.0.1", 2222))
signal.signal(signal.SIGHUP, lambda *_: os.open("/home/alice/hup", os.O_CREAT))
print("posing", flush=True)
while True: signal.pause()
`;

test("a process that poses as sshd is not taken for it, whatever it is called", async (machine) => {
  await machine.must("rm -f /run/sshd.pid");
  await Deno.writeTextFile(machine.disk("/home/alice/poser"), POSER);
  // A lower number than sshd's.
  await machine.must("kill $(pgrep -x -o sshd)");
  await machine.sshd.done;
  const poser = machine.begin(
    "su -s /bin/bash alice -c 'exec -a /usr/sbin/sshd python3 /home/alice/poser'",
  );
  await poser.out("posing");
  await machine.startSshd();
  await machine.must("rm -f /run/sshd.pid");
  await machine.must(machine.change("rollback_reload"));
  await machine.sshd.err(/SIGHUP[^]*listening on :: port 22/);
  assert.equal((await machine.run("ls /home/alice/hup")).code, 2);

  // Nobody is there to be told, and yet somebody waits at its port.
  await machine.must("kill $(pgrep -x -U root sshd)");
  await machine.sshd.done;
  await machine.must(machine.change("rollback_reload"));
  await machine.must("echo Port 2222 >>/etc/ssh/sshd_config");
  assert.notEqual((await machine.run(machine.change("rollback_reload"))).code, 0);
});

/** In sshd's place, as one that hangs. */
const DEAF = `
import signal, socket
signal.signal(signal.SIGHUP, signal.SIG_IGN)
waits = socket.create_server(("", 22))
print("waiting", flush=True)
while True: signal.pause()
`;

test("a sshd that does not read its files anew is not taken for told", async (machine) => {
  const before = await machine.snapshot();
  await machine.must("kill $(cat /run/sshd.pid)");
  await machine.sshd.done;
  await Deno.writeTextFile(machine.disk("/root/deaf"), DEAF);
  await machine.must("cp /usr/bin/python3 /root/sshd");
  const deaf = machine.begin("exec bash -c 'exec -a /usr/sbin/sshd /root/sshd /root/deaf'");
  await deaf.out("waiting");
  assert.notEqual((await machine.run(machine.change("change gate 300"))).code, 0);
  await machine.over();
  assert.equal(await machine.snapshot(), before);
  assert.match(await machine.logged(), /^taken back: .*; sshd could not be told, restart it\n$/);
});

test("marks without number are no way to outlast the time, or to hide who has passed", async (machine) => {
  const before = await machine.snapshot();
  const flood =
    `su -s /bin/sh alice -c 'cd /run/gatehouse/passed && u=$(id -u) && seq -f "$u:sshd:1-%.0f:aa" 30000 | xargs touch'`;
  await machine.must(machine.change("change gate 300"));
  await machine.must(`${flood}; ${overdue}`);
  await machine.over();
  assert.equal(await machine.snapshot(), before);

  await machine.must(machine.change("change gate 300"));
  await machine.must(`${flood}; touch /run/gatehouse/passed/$(id -u alice):sshd:7-22:bb`);
  await machine.over();
  assert.match(await machine.logged(), /kept: alice has passed/);
});

test("an account's own word counts only of a connection that sshd has let it in by", async (machine) => {
  await machine.must(machine.change("change gate 300"));
  // A connection of its own making, at both ends.
  await Deno.writeTextFile(
    machine.disk("/home/alice/own"),
    `
import os, socket, time
waits = socket.create_server(("127.0.0.1", 2222))
there = socket.create_connection(("127.0.0.1", 2222))
port = there.getsockname()[1]
for name in (f"{port}-2222", "1-22"):
    os.close(os.open(f"/run/gatehouse/passed/{os.getuid()}:sshd:{name}:aa", os.O_CREAT))
print("made", flush=True)
time.sleep(1000)
`,
  );
  const own = machine.begin("su -s /bin/sh alice -c 'exec python3 /home/alice/own'");
  await own.out("made");
  await machine.must(`sh ${TRIAL}/rollback.sh due`);
  assert.equal(await machine.exists(TRIAL), true);
  assert.equal(await machine.logged(), "");
});
