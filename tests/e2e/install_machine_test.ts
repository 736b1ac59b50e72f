/** install.sh on a whole machine with its real sshd and PAM: guarded logins, the way back, and who is left alone. */
import assert from "node:assert/strict";
import { binary } from "../support/binary.ts";
import { STATE_FILE, totp } from "../support/gate_codes.ts";
import { OverlayMachine } from "../support/overlay_machine.ts";
import { shellQuote } from "../support/process.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;
const KIT = "/root/kit";
const DROP_IN = "/etc/ssh/sshd_config.d/50-gatehouse.conf";

const SSHD_CONFIG = `Include /etc/ssh/sshd_config.d/*.conf
UsePAM yes
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
Match User bob
    PermitTTY no
`;

/** Alice is in ssh-2fa, with an authenticator where PAM and the gate look; bob and root have a key. */
const POPULATE = `
set -e
# Of its own: what others do to the real one meanwhile would show through.
cp -a /etc /etc.own && mount --bind /etc.own /etc
mkdir ${KIT} && cp -a ${CHECKOUT}install.sh ${CHECKOUT}install ${CHECKOUT}share ${KIT}
cp ${binary()} ${binary().replace(/[^/]*$/, "pam_gatehouse.so")} ${KIT}
rm -rf /etc/ssh/sshd_config.d/* /etc/pam.d/*gatehouse* /etc/ssh/ssh_host_* /etc/gatehouse /var/lib/gatehouse*
mkdir -p /etc/ssh/sshd_config.d && ssh-keygen -q -A
printf '%s' ${shellQuote(SSHD_CONFIG)} >/etc/ssh/sshd_config
groupadd -r -f ssh-2fa
for each in alice bob; do useradd -m -p '*' -s /bin/bash "$each"; done
usermod -aG ssh-2fa alice
ssh-keygen -q -t ed25519 -N '' -f /root/key
for home in /root /home/alice /home/bob; do
    mkdir -p -m 0700 "$home/.ssh" && cp /root/key.pub "$home/.ssh/authorized_keys"
    chown -R --reference="$home" "$home/.ssh"
done
mkdir -p -m 0755 /var/lib/gatehouse && mkdir -m 0700 /var/lib/gatehouse/codes
printf '%s' ${shellQuote(STATE_FILE)} >/var/lib/gatehouse/codes/alice
printf '%s' ${shellQuote(STATE_FILE)} >/home/alice/.google_authenticator
chmod 0400 /var/lib/gatehouse/codes/alice /home/alice/.google_authenticator
chown alice: /home/alice/.google_authenticator
printf '#!/bin/sh\\nprintf "%%s\\\\n" "$LC_GATEHOUSE_CODE"\\n' >/root/askpass && chmod 0755 /root/askpass
`;

/** All that an installation may touch, without the times of folders. */
const SNAPSHOT = String.raw`
cd / && find etc usr/local usr/lib/*/security \
    -printf '%p %y %m %U:%G %l\n' | sort
find etc usr/local usr/lib/*/security -type f -printf '%p %T@ ' -exec sha256sum {} ';' | sort
`;

class Host implements AsyncDisposable {
  private constructor(readonly machine: OverlayMachine) {}

  static async start(): Promise<Host> {
    const host = new Host(await OverlayMachine.start());
    await host.machine.must(POPULATE);
    const sshd = host.machine.start("exec /usr/sbin/sshd -D -e");
    await sshd.err("Server listening on :: port 22");
    return host;
  }

  install(words: string) {
    return this.machine.sh(`sh ${KIT}/install.sh ${words}`);
  }

  ssh(user: string, command: string, code = "") {
    return this.machine.sh(
      `LC_GATEHOUSE_CODE=${code} SSH_ASKPASS=/root/askpass SSH_ASKPASS_REQUIRE=force ` +
        `ssh -F none -i /root/key -o ConnectionAttempts=5 -o NumberOfPasswordPrompts=1 -o LogLevel=ERROR ` +
        `-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o SendEnv=LC_GATEHOUSE_CODE ` +
        `-o PreferredAuthentications=publickey,keyboard-interactive ` +
        `${user}@127.0.0.1 -- ${shellQuote(command)} </dev/null`,
    );
  }

  async getsIn(user: string, code = ""): Promise<boolean> {
    return (await this.ssh(user, "echo in", code)).out === "in\n";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]();
  }
}

function test(name: string, body: (host: Host) => Promise<void>): void {
  Deno.test({
    name,
    // What processes print is read all the time, which looks like a leak.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using host = await Host.start();
      await body(host);
    },
  });
}

for (const mode of ["pam", "gate"]) {
  test(`install.sh host --mode ${mode}: the factor guards, others are as before, a login confirms, uninstall leaves no trace`, async (host) => {
    assert.equal(await host.getsIn("alice"), true);
    const before = await host.machine.must(SNAPSHOT);
    const installed = await host.install(`host --yes --codes-only --mode ${mode}`);
    assert.equal(installed.code, 0, installed.out + installed.err);
    assert.match(installed.out, /Keep this session open\. Log in anew/);
    assert.equal((await host.install("status")).code, 4);

    assert.equal(await host.getsIn("alice"), false);
    assert.equal(await host.getsIn("bob"), true);
    assert.equal(await host.getsIn("root"), true);
    // Nobody has passed the factor yet.
    assert.equal((await host.install("status")).code, 4);
    const stays = "while [ -e /run/gatehouse/trial ]; do sleep 0.1; done; echo in";
    assert.equal((await host.ssh("alice", stays, totp())).out, "in\n");
    await host.machine.must("while [ -e /var/lib/gatehouse-install/trial ]; do sleep 0.1; done");
    const { code, out } = await host.install("status");
    assert.equal(code, 0, out);
    assert.match(out, /guarded: members of group ssh-2fa: alice/);

    const gone = await host.install("uninstall");
    assert.equal(gone.code, 0, gone.out + gone.err);
    assert.equal(await host.machine.must(SNAPSHOT), before);
    assert.equal((await host.install("status")).code, 3);
    assert.equal((await host.machine.sh("[ -e /var/lib/gatehouse-install ]")).code, 1);
    assert.equal(await host.getsIn("alice"), true);
  });
}

for (const mode of ["pam", "both"]) {
  test(`install.sh undo takes a trial back at once, and a group that was made for it (${mode})`, async (host) => {
    await host.machine.must("gpasswd -d alice ssh-2fa && groupdel ssh-2fa");
    const before = await host.machine.must(SNAPSHOT);
    const { code, out, err } = await host.install(`host --yes --codes-only --mode ${mode}`);
    assert.equal(code, 0, out + err);
    assert.match(out, /to guard somebody: usermod -aG ssh-2fa NAME/);
    assert.equal((await host.machine.sh("getent group ssh-2fa")).code, 0);
    assert.match(await host.machine.must(`cat ${DROP_IN}`), /Match Group ssh-2fa/);
    assert.equal((await host.install("undo")).code, 0);
    assert.equal((await host.machine.sh("getent group ssh-2fa")).code, 2);
    // groupadd and groupdel write their files anew, and copies of them.
    const files = (text: string) =>
      text.split("\n").filter((line) => !/^etc\/g?(group|shadow)-? /.test(line)).join("\n");
    assert.equal(files(await host.machine.must(SNAPSHOT)), files(before));
  });
}

test("a second change is refused while one is on trial, and confirm from a new session ends it", async (host) => {
  assert.equal((await host.install("host --yes --codes-only --mode gate")).code, 0);
  const second = await host.install("host --yes --codes-only --mode pam");
  assert.equal(second.code, 78);
  assert.match(second.err, /an earlier change is still on trial/);
  const confirmed = await host.ssh("root", `sh ${KIT}/install.sh confirm`);
  assert.match(confirmed.out, /kept; to take it back some day/);
  assert.equal((await host.install("status")).code, 0);
});

test("what the doctor finds after the change, and did not before, takes it back at once", async (host) => {
  const before = await host.machine.must(SNAPSHOT);
  // A doctor that sees through sshd's drop-in.
  await host.machine.must(`
    mv ${KIT}/gatehouse ${KIT}/real
    printf '%s\\n' '#!/bin/sh' 'if [ "$1" = doctor ] && [ -e ${DROP_IN} ]; then' \\
      'echo "{\\"verdict\\": \\"critical\\", \\"findings\\": [{\\"id\\": \\"test.bad\\", \\"severity\\": \\"critical\\"}]}"; exit 78; fi' \\
      'exec ${KIT}/real "$@"' >${KIT}/gatehouse && chmod 0755 ${KIT}/gatehouse`);
  const { code, err } = await host.install("host --yes --codes-only --mode gate");
  assert.equal(code, 70);
  assert.match(
    err,
    /the doctor finds what was not there before: test\.bad\ninstall\.sh: hint: everything is as it was before/,
  );
  assert.equal(await host.machine.must(SNAPSHOT), before);
  assert.equal(await host.getsIn("alice"), true);
});

test("root in PAM mode is let in by sshd only where PermitRootLogin is yes", async (host) => {
  const refused = await host.install("host --yes --codes-only --users root,alice");
  assert.equal(refused.code, 78);
  assert.match(refused.err, /PermitRootLogin is without-password: sshd would let root in no more/);
  await host.machine.must(`
    sed -i 's/prohibit-password/yes/' /etc/ssh/sshd_config && pkill -HUP -o -x sshd
    cp /home/alice/.google_authenticator /var/lib/gatehouse/codes/root
    chown root: /var/lib/gatehouse/codes/root`);
  const { code, out, err } = await host.install("host --yes --codes-only --users root,alice");
  assert.equal(code, 0, out + err);
  assert.equal(await host.getsIn("root"), false);
  assert.equal(await host.getsIn("root", totp()), true);
  // As the refusal says: with a key alone first, sshd takes no second step from root.
  await host.machine.must(
    "sed -i 's/PermitRootLogin yes/PermitRootLogin prohibit-password/' /etc/ssh/sshd_config && pkill -HUP -o -x sshd",
  );
  assert.equal(await host.getsIn("root", totp(1)), false);
});
