/** The profile for pam-auth-update, by that program itself: in a mount namespace, on copies. */
import assert from "node:assert/strict";
import { PUT_ALL_BACK } from "../support/install_pam.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Copies of what pam-auth-update reads and writes, in the place of the machine's; then `what`, for sh. */
async function inCopies(what: string, choice: Readonly<Record<string, string>> = {}) {
  await using folder = await scratch();
  const script = `
    set -eu
    mount --make-rprivate /
    copy() { mkdir -p "$COPIES/$1"; mount --bind "$COPIES/$1" "/$1"; }
    mkdir -p "$COPIES/etc/pam.d"
    cp -a /etc/pam.d/common-* /etc/pam.d/sshd /etc/pam.d/sudo "$COPIES/etc/pam.d"
    for one in var/lib/pam var/cache/debconf usr/share/pam-configs; do
        mkdir -p "$COPIES/\${one%/*}"
        cp -a "/$one" "$COPIES/\${one%/*}"
    done
    for one in etc/pam.d var/lib/pam var/cache/debconf usr/share/pam-configs; do copy "$one"; done
    for one in talk plan program pam; do . "$HERE/install/$one.sh"; done
    ${what}`;
  return await mustRun(["unshare", "-m", "dash", "-c", script], {
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      HERE: CHECKOUT,
      ROOT: "",
      STATE: `${folder.path}/state`,
      COPIES: folder.path,
      MODE: "pam",
      FIRST: "password",
      SERVICES: "all",
      GROUP: "ssh-2fa",
      USERS: "",
      ALL: "no",
      YES: "yes",
      ...choice,
    },
  });
}

const INSTALL = "plan_begin; pam_plan; plan_apply last; pam_finish; plan_keep";
const SUMS = "(cd / && sha256sum etc/pam.d/* var/lib/pam/* usr/share/pam-configs/*)";

Deno.test("pam-auth-update puts the profile behind the password of every service", async () => {
  const before = await mustRun(["grep", "^auth", "/etc/pam.d/common-auth"]);
  const { out } = await inCopies(`${INSTALL}; grep ^auth /etc/pam.d/common-auth`);
  const lines = out.trimEnd().split("\n").map((line) => line.trimEnd().split(/\s+/).join(" "));
  const condition = lines.indexOf(
    "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa",
  );
  assert.equal(lines[condition + 1], "auth required pam_gatehouse.so");
  assert.ok(condition > lines.indexOf("auth required pam_permit.so"));
  assert.equal(lines.length, before.out.trimEnd().split("\n").length + 2);
});

Deno.test("pam-auth-update asks everybody when all are guarded", async () => {
  const { out } = await inCopies(`${INSTALL}; grep ^auth /etc/pam.d/common-auth`, {
    ALL: "yes",
    GROUP: "",
  });
  assert.match(out, /^auth\s+required\s+pam_gatehouse\.so/m);
  assert.doesNotMatch(out, /pam_succeed_if/);
});

Deno.test("pam-auth-update is run for nobody before the plan is applied", async () => {
  const { out } = await inCopies("plan_begin; pam_plan; plan_show; cat /etc/pam.d/common-auth");
  assert.match(out, /^\+Name: Second factor by gatehouse$/m);
  assert.match(out, /^written by another program: \/etc\/pam\.d\/common-auth$/m);
  assert.doesNotMatch(out, /^auth.*pam_gatehouse/m);
});

Deno.test("undoing and uninstalling leave what pam-auth-update wrote as it was", async () => {
  const undone = await inCopies(
    `${SUMS} >$COPIES/before; plan_begin; pam_plan; plan_apply last; pam_finish; plan_undo
     ${SUMS} | cmp - $COPIES/before && echo the same`,
  );
  assert.match(undone.out, /^the same$/m);
  const uninstalled = await inCopies(
    `${SUMS} >$COPIES/before; ${INSTALL}; pam_unplan; ${PUT_ALL_BACK}
     ${SUMS} | cmp - $COPIES/before && echo the same`,
  );
  assert.match(uninstalled.out, /^the same$/m);
});

Deno.test("pam_finish fails when pam-auth-update leaves a file alone that was changed by hand", async () => {
  const { out, err } = await inCopies(
    `sed -i 's/^auth.*pam_unix.so.*/auth required pam_unix.so/' /etc/pam.d/common-auth
     plan_begin; pam_plan; plan_apply last
     if pam_finish; then echo finished; else echo failed; fi`,
  );
  assert.match(out, /^failed$/m);
  assert.match(err, /pam-auth-update has left \/etc\/pam\.d\/common-auth as it was/);
});
