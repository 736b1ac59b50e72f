/** `gatehouse enroll` on a machine that install.sh has wired: the file is made where logins look for it. */
import assert from "node:assert/strict";
import { ROOT } from "../../scripts/run.ts";
import { binary } from "../support/binary.ts";
import { OverlayMachine } from "../support/overlay_machine.ts";
import { appCode, stateAt } from "../support/enroll_machine.ts";
import { shellQuote } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const KIT = "/root/kit";
const CODES = "/var/lib/gatehouse/codes/alice";

/** Alice may log in, and has no authenticator anywhere. */
const POPULATE = `
set -e
cp -a /etc /etc.own && mount --bind /etc.own /etc
mkdir ${KIT} && cp -a ${ROOT}/install.sh ${ROOT}/install ${ROOT}/share ${KIT}
cp ${binary()} ${binary().replace(/[^/]*$/, "pam_gatehouse.so")} ${KIT}
rm -rf /etc/ssh/sshd_config.d/* /etc/pam.d/*gatehouse* /etc/ssh/ssh_host_* /etc/gatehouse /var/lib/gatehouse*
mkdir -p /etc/ssh/sshd_config.d && ssh-keygen -q -A
printf 'Include /etc/ssh/sshd_config.d/*.conf\\nUsePAM yes\\n' >/etc/ssh/sshd_config
groupadd -r -f ssh-2fa && useradd -m -p '*' -s /bin/bash -G ssh-2fa alice
mkdir -m 0700 /home/alice/.ssh && cp /etc/ssh/ssh_host_ed25519_key.pub /home/alice/.ssh/authorized_keys
chown -R alice: /home/alice/.ssh
# As sudo asks, without the password in front.
echo 'auth required pam_gatehouse.so mode=code' >/etc/pam.d/codes
`;

/** What the file there holds, read outside of the machine. */
async function secretAt(machine: OverlayMachine, path: string): Promise<string> {
  await using folder = await scratch();
  return (await stateAt(await folder.file("state", await machine.must(`cat ${path}`)))).secret ??
    "";
}

/** Whether alice passes with that, her key being right already where the service is sshd. */
async function passes(machine: OverlayMachine, service: string, code: string): Promise<boolean> {
  const pamtester = `pamtester ${service} alice authenticate`;
  return (await machine.sh(`echo ${shellQuote(code)} | ${pamtester}`)).code === 0;
}

Deno.test({
  name: "where PAM alone asks, root's enroll makes what PAM reads, and accounts are sent to root",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using machine = await OverlayMachine.start();
    await machine.must(POPULATE);
    const sshd = machine.start("exec /usr/sbin/sshd -D -e");
    await sshd.err("Server listening on :: port 22");
    await machine.must(`sh ${KIT}/install.sh host --yes --codes-only`);
    const own = await machine.sh(
      "setpriv --reuid=alice --regid=alice --init-groups gatehouse enroll",
    );
    assert.equal(own.out, "");
    assert.match(own.err, /hint: root has to run: gatehouse enroll --user alice\n$/);
    await machine.must("chmod 0644 /etc/gatehouse/host.toml");
    const readable = await machine.sh(
      "setpriv --reuid=alice --regid=alice --init-groups gatehouse enroll",
    );
    assert.equal(readable.code, 78);
    assert.equal(
      readable.err,
      `gatehouse: error: root keeps the codes of alice, in ${CODES}\n` +
        "gatehouse: hint: root has to run: gatehouse enroll --user alice\n",
    );

    const made = await machine.sh("gatehouse enroll --user alice --yes");
    assert.deepEqual([made.code, made.err], [0, ""]);
    assert.ok(made.out.endsWith(`Saved in ${CODES}\n`), made.out);
    const secret = await secretAt(machine, CODES);
    assert.equal(await passes(machine, "sshd", appCode(secret, 2)), false);
    assert.equal(await passes(machine, "sshd", appCode(secret)), true);

    // The others go there, too.
    const rotated = JSON.parse(await machine.must("gatehouse enroll --user alice --rotate --json"));
    assert.equal(rotated.path, CODES);
    const more = JSON.parse(
      await machine.must("gatehouse enroll --user alice --emergency 1 --json"),
    );
    assert.equal(await passes(machine, "sshd", more.scratch_codes[0]), true);
    await machine.must("gatehouse enroll --user alice --revoke --yes");
    assert.equal((await machine.sh(`[ -e ${CODES} ]`)).code, 1);
  },
});

Deno.test({
  name: "where the gate asks as well, the last line says what to type for PAM, and that works",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using machine = await OverlayMachine.start();
    await machine.must(POPULATE);
    const sshd = machine.start("exec /usr/sbin/sshd -D -e");
    await sshd.err("Server listening on :: port 22");
    await machine.must(`sh ${KIT}/install.sh host --yes --codes-only --mode both`);
    const home = "/home/alice/.google_authenticator";
    const { out } = await machine.sh("gatehouse enroll --user alice --yes 2>&1");
    const command = `gatehouse enroll --user alice --import ${home} -s ${CODES}`;
    assert.ok(
      out.endsWith(
        `Saved in ${home}\nwarning: PAM looks for codes in ${CODES}, and not in the home: ` +
          `for the same there, run: ${command}\n`,
      ),
      out,
    );
    await machine.must(command);
    assert.equal(await passes(machine, "codes", appCode(await secretAt(machine, home))), true);
    const shown = await machine.sh("gatehouse enroll --user alice --revoke --yes 2>&1");
    assert.ok(shown.out.endsWith(`: for the same there, use: -s ${CODES}\n`), shown.out);
    await machine.must(`gatehouse enroll --user alice --revoke --yes -s ${CODES}`);
    assert.equal((await machine.sh(`[ -e ${CODES} ] || [ -e ${home} ]`)).code, 1);
  },
});
