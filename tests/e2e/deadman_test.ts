/** The dead man's switch: what nobody confirms is taken back, whatever becomes of the installer. */
import assert from "node:assert/strict";
import { stateFile, totp } from "../support/gate_codes.ts";
import { mustRun } from "../support/process.ts";
import { type TrialMachine, trialTest as test } from "../support/trial_machine.ts";

const STATE = "/var/lib/gatehouse-install";
const TRIAL = `${STATE}/trial`;
const DROP_IN = "/etc/ssh/sshd_config.d/50-gatehouse.conf";
const UNITS = "/etc/systemd/system";

/** A change that is on trial, with sshd told. */
async function change(machine: TrialMachine, how: "gate" | "pam", seconds: number): Promise<void> {
  await machine.must(machine.change(`change ${how} ${seconds}`));
  await machine.sshd.err(/SIGHUP[^]*listening on :: port 22/);
}

/** A login that is still there when the watcher looks. */
async function staysIn(machine: TrialMachine, user: string, code: string): Promise<void> {
  const session = machine.ssh(user, "cat", { code, input: "open" });
  await session.write("in\n");
  await session.out("in");
}

test("nobody logs in: every file is as it was, sshd knows it, and who was in stays in", async (machine) => {
  const before = await machine.snapshot();
  const old = machine.ssh("bob", "cat", { input: "open" });
  await old.write("before\n");
  await old.out("before");
  await change(machine, "gate", 3);
  // The folder that it was installed from is gone; and no clock moves the end.
  await Deno.remove(machine.kit, { recursive: true });
  await Deno.writeTextFile(machine.disk("/usr/local/bin/date"), "#!/bin/sh\necho 0\n", {
    mode: 0o755,
  });
  assert.equal(await machine.getsIn("alice"), false);
  assert.equal(await machine.getsIn("bob"), true);
  await machine.over();
  assert.equal(await machine.snapshot(), before);
  assert.equal(await machine.getsIn("alice"), true);
  await old.write("after\n");
  await old.out("after");
  assert.match(
    await Deno.readTextFile(machine.disk(`${STATE}/last`)),
    /taken back: no new login has passed the second factor within 3 s\n$/,
  );
  assert.match(await machine.logged(), /^taken back: no new login .*\n$/);
});

for (const how of ["gate", "pam"] as const) {
  test(`a new login that passes the factor keeps the change (${how})`, async (machine) => {
    await change(machine, how, 300);
    assert.equal(await machine.getsIn("alice"), false);
    assert.equal(await machine.exists(TRIAL), true);
    await staysIn(machine, "alice", totp());
    await machine.over();
    assert.equal(await machine.exists(DROP_IN), true);
    assert.equal(await machine.exists(`${STATE}/kept/files`), true);
    assert.equal(await machine.exists(`${STATE}/last`), false);
    assert.equal(await machine.logged(), "kept: alice has passed the second factor\n");
    assert.equal(await machine.must("ls /run/gatehouse"), "");
    assert.equal(await machine.getsIn("alice"), false);
    assert.equal(await machine.getsIn("bob"), true);
  });
}

test("where PAM guards alone, an account's own word for itself proves nothing", async (machine) => {
  await change(machine, "pam", 300);
  const mark = "/run/gatehouse/passed/$(id -u alice):sshd:1-22:aa";
  const refused = await machine.run(`mark=${mark}; su -s /bin/sh alice -c "touch $mark"`);
  assert.match(refused.err, /Permission denied/);
  // And even if she could.
  await machine.must(`touch ${mark}; chown alice ${mark}; sh ${TRIAL}/rollback.sh due`);
  assert.match(await machine.must("ls /run/gatehouse/passed"), /^\d+:sshd:1-22:aa\n$/);
  assert.equal(await machine.exists(TRIAL), true);
  assert.equal(await machine.logged(), "");
  assert.equal(await machine.getsIn("alice", totp()), true);
  await machine.over();
  assert.equal(await machine.logged(), "kept: alice has passed the second factor\n");
});

test("sshd is not told to read files that it would not start with", async (machine) => {
  await machine.must("echo NoSuchOption yes >>/etc/ssh/sshd_config");
  assert.notEqual((await machine.run(machine.change("rollback_reload"))).code, 0);
  assert.equal(await machine.getsIn("bob"), true);
  await machine.must("sed -i '/NoSuchOption/d' /etc/ssh/sshd_config");
  await machine.must(machine.change("rollback_reload"));
  await machine.sshd.err(/SIGHUP[^]*listening on :: port 22/);
});

for (const mode of ["gate", "pam"]) {
  test(`install.sh host --mode ${mode} is taken back, or kept by a login`, async (machine) => {
    await machine.removeProgram();
    const before = await machine.snapshot();
    const host = `host --yes --codes-only --mode ${mode} --within 60`;
    await machine.must(machine.installer(host));
    assert.equal(await machine.getsIn("alice"), false);
    assert.equal((await machine.run(machine.installer("status"))).code, 4);
    await machine.must(`sed -i "s/^until=.*/until=1/" ${TRIAL}/settings`);
    await machine.over();
    assert.equal(await machine.snapshot(), before);
    assert.equal(await machine.exists("/usr/local/bin/gatehouse"), false);
    assert.equal(await machine.getsIn("alice"), true);
    const status = await machine.run(machine.installer("status"));
    assert.equal(status.code, 3);
    assert.match(status.out, /taken back: no new login has passed the second factor within 60 s/);

    await machine.must(machine.installer(host));
    await staysIn(machine, "alice", totp());
    await machine.over();
    const kept = await machine.run(machine.installer("status"));
    assert.equal(kept.code, 0, kept.out + kept.err);
    assert.doesNotMatch(kept.out, /taken back/);
    assert.equal(await machine.getsIn("alice"), false);
    assert.equal(await machine.getsIn("bob"), true);
  });
}

test("what is no new login of somebody guarded does not count", async (machine) => {
  // Here the guard was there before, so an old connection meets it too.
  await machine.must(machine.change("change gate 300"));
  await machine.must(machine.change("deadman_confirm"));
  const shared = [
    ...["-o", "ControlMaster=auto", "-o", "ControlPath=/run/shared-%r"],
    ...["-o", "ControlPersist=60"],
  ];
  const first = machine.ssh("alice", "true", { code: totp(), options: shared });
  assert.equal((await first.done).code, 0);
  await machine.must(`rm ${DROP_IN}`);
  await machine.must(machine.change("change gate 300"));

  // A session over the connection of before, which passes.
  const scratchCode = stateFile(["TOTP_AUTH"], ["12345678"]);
  await Deno.writeTextFile(machine.disk("/root/codes"), scratchCode);
  await machine.must("cat /root/codes >/home/alice/.google_authenticator");
  const again = machine.ssh("alice", "true", { code: "12345678", options: shared });
  assert.equal((await again.done).code, 0);
  const left = await machine.must("ls /run/gatehouse/passed");
  assert.match(left, /^\d+:sshd:\d+-22:[0-9a-f]{16}\n$/);

  // Somebody who is not guarded, in his own name and in alice's; what is no file; another service; nobody.
  await machine.must(`
    cd /run/gatehouse/passed
    bob=$(id -u bob) alice=$(id -u alice)
    as() { su -s /bin/sh "$1" -c "cd /run/gatehouse/passed && $2"; }
    as bob "touch $bob:sshd:1-22:aa $alice:sshd:2-22:aa"
    as alice "mkfifo $alice:sshd:3-22:aa; ln -s /etc/passwd $alice:sshd:4-22:aa; mkdir $alice:sshd:5-22:aa"
    as alice "touch $alice:sudo:6-22:aa $alice:sshd:-:aa $alice:sshd:7-22 '$alice:sshd:8-22:a b'"
    as alice "touch x; ln x $alice:sshd:9-22:aa"
    as bob "touch 'x
-rw------- 1 0 0 0 Jan  1 00:00 $alice:sshd:10-22:aa'"
    touch 4711:sshd:11-22:aa
    ! as bob "ls ." 2>/dev/null
  `);
  await machine.must(`sh ${TRIAL}/rollback.sh due`);
  assert.equal(await machine.exists(TRIAL), true);
  assert.equal(await machine.logged(), "kept: confirmed by install.sh confirm\n");

  // What root says of alice does.
  await machine.must("touch /run/gatehouse/passed/$(id -u alice):sshd:12-22:aa");
  await machine.over();
  assert.match(await machine.logged(), /kept: alice has passed/);
});

test("confirm is for sessions that are newer than the change, and consoles", async (machine) => {
  const confirm = machine.change("deadman_confirm");
  const shared = ["-o", "ControlPath=/run/shared"];
  const master = machine.ssh("root", "cat", {
    options: [...shared, "-o", "ControlMaster=yes"],
    input: "open",
  });
  await master.write("in\n");
  await master.out("in");
  const old = machine.ssh("root", `read go; ${confirm}`, { input: "open" });
  await change(machine, "gate", 300);
  await old.write("go\n");
  const overMaster = machine.ssh("root", confirm, { options: shared });
  // As in tmux: the terminal's processes have left the session that they came from.
  const detached = machine.run(
    `SSH_CONNECTION="::1 1 ::1 22" setsid ${confirm.replace("HERE", "env HERE")}`,
  );
  for (const result of [await old.done, await overMaster.done]) {
    assert.equal(result.code, 78);
    assert.match(result.err, /error: this connection is older than the change/);
    assert.match(result.err, /hint: open another terminal, log in anew/);
  }
  assert.match((await detached).err, /nobody can tell which connection/);
  assert.equal(await machine.exists(TRIAL), true);
  assert.equal((await machine.ssh("root", confirm).done).code, 0);
  await machine.over();
  assert.equal(await machine.logged(), "kept: confirmed by install.sh confirm\n");
  const late = await machine.run(confirm);
  assert.equal(late.code, 78);
  assert.match(late.err, /nothing is on trial/);

  await machine.must(`rm ${DROP_IN}`);
  await machine.must(machine.change("change gate 300"));
  await machine.must(confirm);
  assert.equal(await machine.exists(TRIAL), false);
});

test("the terminal of the installer is told, and may be closed", async (machine) => {
  const before = await machine.snapshot();
  const staying = machine.begin(
    `script -qec ${JSON.stringify(`${machine.change("change gate 2")}; cat`)} /dev/null`,
    { input: "open" },
  );
  await staying.out("ready");
  await staying.out(/gatehouse: the change is taken back: no new login/);
  await machine.over();
  const closed = machine.begin(
    `script -qec ${JSON.stringify(`${machine.change("change gate 2")}; cat`)} /dev/null`,
    { input: "open" },
  );
  await closed.out("ready");
  await machine.must("kill -KILL $(pgrep -x script)");
  await machine.over();
  assert.equal(await machine.snapshot(), before);
});

/**
 * Each call of one of these programs by a process of the group that is in `group` leaves a byte in `count`,
 * for several may come at once; with as many as `at` says, that group is killed instead.
 */
const COUNTED = "awk chmod cmp cp dd grep ln mkdir mv rm rmdir sed setsid sh sync touch wc".split(
  " ",
);

async function countCalls(machine: TrialMachine): Promise<string> {
  const folder = `${machine.kit}/counted`;
  const shim = `#!/bin/sh
group() { read -r stat <"/proc/$$/stat"; set -- \${stat##*) }; echo "$3"; }
if [ "$(group)" = "$(cat ${folder}/group 2>/dev/null)" ]; then
  printf . >>${folder}/count
  at=$(cat ${folder}/at)
  if [ "$at" -gt 0 ] && [ "$(/usr/bin/wc -c <${folder}/count)" -ge "$at" ]; then kill -s KILL -- "-$(group)"; fi
fi
exec "/usr/bin/\${0##*/}" "$@"
`.replaceAll("$(cat ", "$(/usr/bin/cat ");
  await Deno.mkdir(folder);
  for (const name of COUNTED) {
    await Deno.writeTextFile(`${folder}/${name}`, shim.replace("#!/bin/sh", "#!/usr/bin/sh"), {
      mode: 0o755,
    });
  }
  return folder;
}

/** Runs it, killed at that call; 0: not at all. @returns how many calls there were */
async function killedAt(
  machine: TrialMachine,
  folder: string,
  at: number,
  command: string,
): Promise<number> {
  await Deno.writeTextFile(`${folder}/at`, `${at}\n`);
  await Deno.writeTextFile(`${folder}/count`, "");
  const script = `echo $$ >${folder}/group; export PATH=${folder}:$PATH; ${command}`;
  await machine.run(`exec setsid /usr/bin/sh -c '${script}'`);
  return (await Deno.stat(`${folder}/count`)).size;
}

/** Some of 1 to `last`, the ends among them. */
function someOf(last: number, count: number): number[] {
  const step = (last - 1) / (count - 1);
  return [...new Set(Array.from({ length: count }, (_, index) => Math.round(1 + index * step)))];
}

test("an installer that is killed leaves a machine as before, or guarded; others get in", async (machine) => {
  const folder = await countCalls(machine);
  const before = await machine.snapshot();
  const tidy = machine.change("tidy");
  const calls = await killedAt(machine, folder, 0, machine.change("change gate 300"));
  assert.equal(await machine.exists(`${TRIAL}/ready`), true);
  await machine.must(tidy);
  assert.equal(await machine.snapshot(), before);
  let inTheMiddle = 0;
  for (const at of someOf(calls, 12)) {
    await killedAt(machine, folder, at, machine.change("change gate 300"));
    if (await machine.exists(TRIAL)) inTheMiddle++;
    assert.equal(await machine.getsIn("bob"), true, `killed at ${at} of ${calls}`);
    if (await machine.exists(`${TRIAL}/ready`)) {
      assert.equal(await machine.getsIn("alice"), false, `killed at ${at}, guarded`);
    } else if (await machine.exists(`${TRIAL}/watcher`)) {
      await machine.over();
    } else {
      assert.equal(await machine.snapshot(), before, `killed at ${at}, nothing done yet`);
    }
    await machine.must(tidy);
    assert.equal(await machine.snapshot(), before, `killed at ${at} of ${calls}`);
    assert.equal(await machine.getsIn("alice"), true);
    assert.equal(await machine.getsIn("bob"), true);
  }
  assert.ok(inTheMiddle > 2, `only ${inTheMiddle} were killed in the middle`);
});

test("an undo that is killed is finished by the next one, and confirmed no more", async (machine) => {
  const folder = await countCalls(machine);
  const before = await machine.snapshot();
  const overdue = async () => {
    await machine.must(machine.change("change gate 300"));
    await machine.must(`kill -KILL $(cut -d " " -f 1 ${TRIAL}/watcher)`);
    await machine.must(`sed -i "s/^until=.*/until=1/" ${TRIAL}/settings`);
  };
  await overdue();
  const due = `/usr/bin/sh ${TRIAL}/rollback.sh due`;
  const calls = await killedAt(machine, folder, 0, due);
  assert.equal(await machine.snapshot(), before);
  let refused = 0;
  for (const at of someOf(calls, 10)) {
    await overdue();
    await killedAt(machine, folder, at, due);
    assert.equal(await machine.getsIn("bob"), true, `killed at ${at} of ${calls}`);
    if (await machine.exists(`${TRIAL}/undoing`)) {
      const late = await machine.run(machine.change("deadman_confirm"));
      assert.equal(late.code, 78, late.err);
      assert.match(late.err, /it is too late: no new login/);
      refused++;
    } else {
      await machine.must(`[ ! -d ${TRIAL} ] || ${due}`);
    }
    assert.equal(await machine.snapshot(), before, `killed at ${at} of ${calls}`);
    assert.equal(await machine.exists(TRIAL), false);
    assert.equal(await machine.getsIn("alice"), true);
  }
  assert.ok(refused > 2, `only ${refused} were killed in the middle`);
});

test("watcher, timer and an administrator at once undo it once", async (machine) => {
  for (const lock of ["flock", "mkdir"]) {
    const before = await machine.snapshot();
    const path = lock === "flock" ? "$PATH" : "/run/few";
    await machine.must(`
      mkdir -p /run/few && ln -sf /usr/bin/* /usr/sbin/* /usr/local/bin/logger /run/few && rm /run/few/flock
      PATH=${path} ${machine.change("change gate 300")}
      sed -i "s/^until=.*/until=1/" ${TRIAL}/settings
      for each in 1 2 3 4 5; do PATH=${path} sh ${TRIAL}/rollback.sh due & done
      wait
    `);
    await machine.over();
    assert.equal(await machine.snapshot(), before);
    assert.match(await machine.logged(), /^taken back: .*\n$/, lock);
    await Deno.writeTextFile(machine.log, "");
  }
});

test("a file that cannot be put back keeps sshd from nothing else, and is put back as soon as it can be", async (machine) => {
  const before = await machine.snapshot();
  await change(machine, "pam", 300);
  assert.equal(await machine.getsIn("alice"), false);
  // What is mounted there cannot be replaced.
  await machine.must("mount --bind /etc/pam.d/sshd /etc/pam.d/sshd");
  assert.notEqual((await machine.run(machine.change("deadman_undo tried"))).code, 0);
  assert.equal(await machine.exists(DROP_IN), false);
  // sshd knows: without its lines the key is enough again.
  assert.equal(await machine.getsIn("alice"), true);
  // Half undone is not kept any more.
  assert.notEqual((await machine.run(machine.change("deadman_confirm"))).code, 0);
  const told = await machine.run(machine.change("deadman_pending"));
  assert.match(told.out, /^being taken back: tried\n/);
  await machine.must("umount /etc/pam.d/sshd");
  await machine.over();
  assert.equal(await machine.snapshot(), before);
});

test("a watcher that was ended is noticed, and another one takes its place", async (machine) => {
  const before = await machine.snapshot();
  await machine.must(machine.change("change gate 4"));
  const quiet = await machine.run(machine.change("deadman_pending"));
  assert.match(quiet.out, /^on trial: taken back in [0-4] s, /);
  assert.deepEqual([quiet.code, quiet.err], [0, ""]);
  await machine.must(`kill -KILL $(cut -d " " -f 1 ${TRIAL}/watcher)`);
  const noticed = await machine.run(machine.change("deadman_pending"));
  assert.equal(noticed.code, 0);
  assert.match(noticed.err, /nobody watches.*\n.*started again/);
  await machine.over();
  assert.equal(await machine.snapshot(), before);
  assert.equal((await machine.run(machine.change("deadman_pending"))).code, 1);
  assert.match(await machine.must(machine.change("deadman_last")), /taken back: no new login/);
});

test("a full disk neither begins a change nor keeps one from being undone", async (machine) => {
  const before = await machine.snapshot();
  await machine.must("mount -t tmpfs -o size=3m tmpfs /var/lib");
  await machine.must("dd if=/dev/zero of=/var/lib/fill bs=1k count=2500 2>/dev/null");
  const refused = await machine.run(machine.change("change gate 300"));
  assert.equal(refused.code, 69);
  assert.match(refused.err, /the rollback cannot be prepared/);
  assert.equal(await machine.snapshot(), before);
  await machine.must(`rm -r /var/lib/fill ${STATE}`);
  await machine.must(machine.change("change gate 300"));
  await machine.must("dd if=/dev/zero of=/var/lib/fill bs=1k 2>/dev/null || :");
  await machine.must(
    `sed -i "s/^until=.*/until=1/" ${TRIAL}/settings || { rm ${TRIAL}/ballast && exit 1; }`,
  )
    .catch(() => machine.must(`kill -KILL $(cut -d " " -f 1 ${TRIAL}/watcher)`));
  await machine.must(`${machine.change("deadman_undo now")}`);
  assert.equal(await machine.snapshot(), before);
});

/** What systemd would be asked, in its place. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >>/run/systemctl
case $* in *is-active*) exit 3 ;; esac
`;

test("a restart takes it back before sshd starts, by systemd's units", async (machine) => {
  await Deno.writeTextFile(machine.disk("/usr/local/bin/systemctl"), SYSTEMCTL, { mode: 0o755 });
  const systemd = "mkdir -p /run/systemd/system";
  await machine.must(systemd);
  const before = await machine.snapshot();
  await change(machine, "gate", 300);
  assert.equal(
    await machine.must("cat /run/systemctl"),
    "daemon-reload\nstart gatehouse-trial.timer\n" +
      "-q is-active ssh.service\n-q is-active sshd.service\n",
  );
  const units = ["service", "timer"].map((kind) =>
    machine.disk(`${UNITS}/gatehouse-trial.${kind}`)
  );
  const verified = await machine.run(
    `systemd-analyze verify ${UNITS}/gatehouse-trial.service ${UNITS}/gatehouse-trial.timer 2>&1 | grep gatehouse-trial`,
  );
  assert.equal(verified.out, "");
  const service = await Deno.readTextFile(units[0] ?? "");
  assert.match(service, /^Before=.* ssh\.service sshd\.service/m);
  assert.match(await Deno.readTextFile(units[1] ?? ""), /^OnActiveSec=300s$/m);

  await machine.powerOff();
  await machine.start();
  await machine.must(systemd);
  // What systemd does for sysinit.target, before any sshd.
  const wanted = await machine.must(`cat ${UNITS}/sysinit.target.wants/gatehouse-trial.service`);
  const start = /^ExecStart=(.*)$/m.exec(wanted)?.[1] ?? "";
  await machine.must(`env -i ${start}`);
  assert.equal(await machine.snapshot(), before);
  assert.equal(await machine.must("grep trial /run/systemctl"), "stop gatehouse-trial.timer\n");
  assert.match(await machine.must(`cat ${STATE}/last`), /taken back: the machine was restarted/);
  await machine.startSshd();
  assert.equal(await machine.getsIn("alice"), true);
});

test("where systemd runs, its timer is stopped and its units go when the change is kept", async (machine) => {
  await Deno.writeTextFile(machine.disk("/usr/local/bin/systemctl"), SYSTEMCTL, { mode: 0o755 });
  await machine.must("mkdir -p /run/systemd/system");
  await machine.must(machine.change("change gate 300"));
  await machine.must(machine.change("deadman_confirm"));
  assert.match(
    await machine.must("cat /run/systemctl"),
    /stop gatehouse-trial\.timer\ndaemon-reload\n$/,
  );
  assert.equal(await machine.must(`find ${UNITS} -name "gatehouse-trial*"`), "");
});

test("a restart takes it back by at(1), where atd runs", async (machine) => {
  await machine.must("atd");
  const before = await machine.snapshot();
  await machine.must(machine.change("change gate 300"));
  const queued = (await machine.must("atq")).trim().split("\n");
  assert.equal(queued.length, 6);
  const number = queued[0]?.split("\t")[0] ?? "";
  await machine.must(machine.change("deadman_confirm"));
  assert.equal(await machine.must("atq"), "");
  await machine.must(`rm ${DROP_IN} /etc/pam.d/gatehouse-other && rm -r ${STATE}`);
  assert.equal(await machine.snapshot(), before);

  await machine.must(machine.change("change gate 300"));
  const job = Number(number) + 6;
  await machine.powerOff();
  await machine.start();
  // What atd does with the first one, when its minute has come.
  await machine.must(`at -c ${job} | sh`);
  assert.equal(await machine.snapshot(), before);
  assert.equal(await machine.must("atq"), "");
});

test("where neither is there, it says what a restart would do", async (machine) => {
  const { err } = await mustRun(machine.inside(["sh", "-c", machine.change("change gate 300")]));
  assert.match(err, /warning: if this machine restarts within 300 s, the change is not taken back/);
});
