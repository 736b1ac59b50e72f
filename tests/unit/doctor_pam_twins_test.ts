/** Two lines, two doors or two names for one thing: who is asked twice, and who by one name alone. */
import { deepEqual } from "node:assert/strict";
import { gateTooFindings } from "../../lib/core/doctor/pam_twice.ts";
import { twinFindings } from "../../lib/core/doctor/pam_twins.ts";
import { casesOf } from "../../lib/core/doctor/pam_login.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";

const ALICE = {
  name: "alice",
  uid: 1000,
  gid: 1000,
  home: "/home/alice",
  shell: "/bin/sh",
  groups: ["alice"],
};

function gateToo(lines: string): string[] {
  const files = { text: (path: string) => path === "/etc/pam.d/sshd" ? lines : undefined };
  const stack = readStack("sshd", "auth", files);
  if ("refused" in stack) throw new Error(stack.refused);
  const world = { files, isThere: () => true, isLocal: () => true, hasGroup: () => true };
  return gateTooFindings(stack, casesOf(stack, [ALICE], world))
    .map(({ id, severity, where }) => `${severity} ${id} ${where?.line}`);
}

Deno.test("who passes our line in PAM is asked by the gate again, who is let by is not", () => {
  const ours = "auth required pam_gatehouse.so\n";
  const onlyStaff = "auth [success=1 default=ignore] pam_succeed_if.so user notingroup staff\n";
  const unix = "auth required pam_unix.so\n";
  deepEqual(gateToo(unix + ours), ["warning pam.gate-too 2"]);
  deepEqual(gateToo(unix), []);
  deepEqual(gateToo(unix + onlyStaff + ours), []);
  deepEqual(gateToo(`${unix}auth required pam_deny.so\n${ours}`), []);
});

Deno.test("a service that has not the line that its twin has is told of", () => {
  const found = (services: Readonly<Record<string, boolean>>) =>
    twinFindings((service) => services[service]).map(({ id, severity, where }) =>
      `${severity} ${id} ${where?.file}`
    );
  deepEqual(found({ "sudo": true, "sudo-i": false }), [
    "warning pam.twin-unasked /etc/pam.d/sudo-i",
  ]);
  deepEqual(found({ "su": false, "su-l": true }), ["warning pam.twin-unasked /etc/pam.d/su"]);
  deepEqual(found({ "sudo": true, "sudo-i": true, "su": false, "su-l": false }), []);
  deepEqual(found({ "sudo": true, "su-l": true }), [], "where there is no twin");
});
