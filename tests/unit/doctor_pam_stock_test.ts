/** Distributions' own files are accused of nothing, as they come and with our line where it belongs. */
import { deepEqual, equal } from "node:assert/strict";
import type { Finding } from "../../lib/core/doctor/finding.ts";
import type { SiteTree } from "../../lib/core/doctor/site.ts";
import type { Account } from "../../lib/core/unix_account.ts";
import { examinePam, type PamSite } from "../../lib/modes/doctor/pam.ts";
import { openTree } from "../../lib/modes/doctor/site.ts";
import { type Choice, PamTree, TREES as DISTRIBUTIONS } from "../support/install_pam.ts";
import { relying, toldOfDanger } from "../support/pam_site.ts";

const TREES = new URL("../support/trees/", import.meta.url).pathname;

const person = (name: string, uid: number, ...groups: string[]): Account => ({
  ...{ name, uid, gid: uid, home: `/home/${name}`, shell: "/bin/bash" },
  groups: [name, ...groups],
});
const ALL = ["root", "alice", "bob"];
const ACCOUNTS = [person("root", 0), person("alice", 1000, "ssh-2fa"), person("bob", 1001)];

const GATE = "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa\n";
const OURS = "auth required pam_gatehouse.so\n";

type Relied = Parameters<typeof relying>[1];

function examinedTree(
  name: string,
  relied: Relied,
  changed: Readonly<Record<string, string>> = {},
) {
  const root = name.startsWith("/") ? name : `${TREES}${name}`;
  const { files } = openTree(root);
  const local = ACCOUNTS.map(({ name, uid }) => `${name}:x:${uid}:${uid}::/:/bin/bash\n`).join("");
  const texts = { "/etc/passwd": local, "/etc/shells": "/bin/bash\n", ...changed };
  const site: PamSite = {
    root,
    files: over(files, texts),
    accounts: ACCOUNTS,
    hasGroup: () => true,
  };
  return examinePam(site, relying(site, relied));
}

function over(tree: SiteTree, changed: Readonly<Record<string, string>>): SiteTree {
  return {
    text: (path) => Object.hasOwn(changed, path) ? changed[path] : tree.text(path),
    matching: (pattern) => tree.matching(pattern),
    look: (path) => tree.look(path),
    folder: (path) => tree.folder(path),
    names: (folder) => tree.names(folder),
    wayTo: (path) => tree.wayTo(path),
  };
}

/** A service's file with `more` behind its lines of auth, or in their place. */
function withAuth(
  name: string,
  service: string,
  more: string,
  keep = true,
): Record<string, string> {
  const { files } = openTree(`${TREES}${name}`);
  const text = files.text(`/etc/pam.d/${service}`) ?? files.text(`/usr/lib/pam.d/${service}`) ?? "";
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const isAuth = (line: string) => /^-?auth\s|^@include common-auth$/.test(line);
  const auth = keep ? lines.filter(isAuth).map((line) => `${line}\n`).join("") : "";
  const rest = lines.filter((line) => !isAuth(line)).join("\n");
  return { [`/etc/pam.d/${service}`]: `${auth}${more}${rest}\n` };
}

/** As install.sh wires them: what it was told, and what sshd relies on then. */
const WIRED: readonly (readonly [Choice, Relied])[] = [
  [{ first: "key" }, { pam: ["alice"] }],
  [{ first: "password", users: "alice,bob" }, { pam: ["alice", "bob"], alone: ALL }],
  [{ mode: "both", services: "sudo,su,login" }, {}],
];

/** Where these include a file whose password is sufficient, a line behind it is never come to. */
const SUFFICIENT_IN_SSHD = ["sles-15"];
const SUFFICIENT_IN_SUDO = ["fedora-41", "rhel-9", "sles-15"];

const idsOf = (
  findings: readonly Finding[],
) => [...new Set(danger(findings).map((line) => line.split(" /")[0] ?? ""))];
const danger = (findings: readonly Finding[]) => toldOfDanger(findings);
const BY_KEY = { pam: ["alice"] };
const BY_PASSWORD = { pam: ["alice"], alone: ["alice"] };
for (const name of DISTRIBUTIONS) {
  Deno.test(`${name} as it comes is good, whoever logs in by what`, () => {
    deepEqual(danger(examinedTree(name, {})), []);
    deepEqual(danger(examinedTree(name, { alone: ALL })), []);
  });

  Deno.test(`${name} with our line for sshd is good, where the stack comes to it`, () => {
    const byKey = withAuth(name, "sshd", `${OURS}auth required pam_permit.so\n`, false);
    deepEqual(danger(examinedTree(name, BY_KEY, byKey)), []);
    const all = examinedTree(name, { pam: ALL, alone: ALL }, withAuth(name, "sshd", OURS));
    const ids = idsOf(all);
    equal(ids.includes("critical pam.sufficient-above"), SUFFICIENT_IN_SSHD.includes(name));
    equal(ids.length > 0, SUFFICIENT_IN_SSHD.includes(name));
    if (ids.length > 0) return;
    const oneGroup = withAuth(name, "sshd", GATE + OURS);
    deepEqual(danger(examinedTree(name, BY_PASSWORD, oneGroup)), []);
  });

  Deno.test(`${name} without our line, on which sshd relies, is bad`, () => {
    deepEqual(danger(examinedTree(name, BY_KEY)), ["critical pam.not-in-stack /etc/pam.d/sshd"]);
  });

  Deno.test(`${name} with our line behind all that sudo and su ask`, () => {
    for (const service of ["sudo", "su"]) {
      // Of sudo-i and su-l, which have no line here, is told besides.
      const ids = idsOf(examinedTree(name, {}, withAuth(name, service, GATE + OURS)))
        .filter((id) => id !== "warning pam.twin-unasked");
      const ends = (service === "sudo" ? SUFFICIENT_IN_SUDO : SUFFICIENT_IN_SSHD).includes(name);
      equal(ids.includes("critical pam.sufficient-above"), ends, service);
      equal(ids.length > 0, ends, ids.join(", "));
    }
  });

  Deno.test(`${name} as install.sh wires it is good`, async () => {
    for (const [choice, relied] of WIRED) {
      await using tree = await PamTree.make(name);
      const { code, err } = await tree.install(choice);
      equal(code, 0, err);
      deepEqual(danger(examinedTree(tree.root, relied)), [], JSON.stringify(choice));
    }
  });
}
