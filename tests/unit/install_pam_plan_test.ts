/** What install/pam.sh writes where, what it leaves alone, and what it refuses. */
import assert from "node:assert/strict";
import { type Choice, PamTree, type TreeName, TREES } from "../support/install_pam.ts";

const EVERYTHING: Choice = { first: "password", services: "sshd,sudo,su,login" };

for (const name of TREES) {
  Deno.test(`pam_plan on ${name} edits the services' own files alone, and uninstalling leaves every byte as it was`, async () => {
    await using tree = await PamTree.make(name);
    const before = await tree.everything();
    const files = await tree.services();
    const { code, err } = await tree.install(EVERYTHING);
    assert.equal(code, 0, err);
    const changed = [...await tree.services()].filter(([one, text]) => text !== files.get(one));
    const ours = /^(sshd|sudo|sudo-i|su|su-l|login)$/;
    assert.deepEqual(changed.map(([one]) => one).filter((one) => !ours.test(one)), []);
    assert.ok(changed.length >= 4);
    const { out } = await tree.install(EVERYTHING);
    assert.doesNotMatch(out, /^[+-]/m, "a second time changes nothing");
    const { code: gone } = await tree.uninstall();
    assert.equal(gone, 0);
    assert.equal(await tree.everything(), before);
  });

  Deno.test(`pam_plan on ${name} puts other lines in the place of its own`, async () => {
    await using tree = await PamTree.make(name);
    await tree.install({ first: "key" });
    const key = (await tree.services()).get("sshd");
    await tree.install({ first: "password", users: "alice" });
    const password = (await tree.services()).get("sshd") ?? "";
    assert.notEqual(password, key);
    assert.equal(password.match(/pam_gatehouse\.so/g)?.length, 1);
    assert.match(password, /^auth .*pam_succeed_if\.so quiet user notin alice$/m);
    await tree.install({ first: "key" });
    assert.equal((await tree.services()).get("sshd"), key);
  });
}

Deno.test("pam_plan stands behind pam_nologin and in front of what asks for the password", async () => {
  await using tree = await PamTree.make("sles-15");
  await tree.install({ first: "key" });
  const lines = (await tree.read("etc/pam.d/sshd")).split("\n");
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
  assert.ok(at(/^auth .*pam_nologin/) < at(/pam_gatehouse/));
  assert.ok(at(/pam_gatehouse/) < at(/^auth .*common-auth/));
});

Deno.test("pam_plan copies a vendor's file, which is left as it is", async () => {
  await using tree = await PamTree.make("opensuse-tumbleweed");
  const vendor = await tree.read("usr/lib/pam.d/sshd");
  await tree.install({ first: "key" });
  const copy = await tree.read("etc/pam.d/sshd");
  assert.match(copy, /^# A copy of \/usr\/lib\/pam\.d\/sshd /m);
  const theirs = copy.replace(/^# gatehouse begin\n[^]*?^# gatehouse end\n/gm, "");
  assert.equal(theirs, vendor);
  assert.equal(await tree.read("usr/lib/pam.d/sshd"), vendor);
});

Deno.test("pam_plan covers sudo -i and su - where they are services of their own", async () => {
  await using debian = await PamTree.make("debian-12");
  await debian.install({ services: "sudo,su" });
  assert.match(await debian.read("etc/pam.d/sudo-i"), /pam_gatehouse/);
  assert.doesNotMatch(await debian.read("etc/pam.d/su-l"), /gatehouse/, "it includes su");
  await using arch = await PamTree.make("arch");
  await arch.install({ services: "su" });
  assert.match(await arch.read("etc/pam.d/su-l"), /pam_gatehouse/);
});

Deno.test("pam_plan does nothing for the gate", async () => {
  await using tree = await PamTree.make("debian-12");
  const before = await tree.everything();
  const { code } = await tree.install({ mode: "gate" });
  assert.equal(code, 0);
  assert.equal(await tree.everything(), before);
});

Deno.test("pam_plan leads a login by key alone past us to the stack's own pam_env", async () => {
  await using tree = await PamTree.make("debian-12", {
    "etc/pam.d/sshd": [
      "auth required pam_env.so envfile=/etc/a",
      "auth required pam_unix.so",
      "auth required pam_env.so envfile=/etc/b",
      "auth required pam_env.so envfile=/etc/c",
      "",
    ].join("\n"),
  });
  await tree.install({ first: "key" });
  const env = (await tree.read("etc/pam.d/sshd")).match(/^auth +\S.*pam_env.*$/gm) ?? [];
  assert.deepEqual(env, [
    "auth required pam_env.so envfile=/etc/a",
    "auth    optional    pam_env.so envfile=/etc/b",
    "auth    [success=2 default=ignore]    pam_env.so envfile=/etc/c",
    "auth required pam_env.so envfile=/etc/b",
    "auth required pam_env.so envfile=/etc/c",
  ]);
});

interface Refusal {
  readonly what: string;
  readonly tree?: TreeName;
  readonly choice?: Choice;
  readonly files?: Readonly<Record<string, string>>;
  readonly says: RegExp;
}

const PASSWORD: Choice = { first: "password" };
/** A stack of sshd's. */
const sshd = (...lines: readonly string[]) => ({ "etc/pam.d/sshd": `${lines.join("\n")}\n` });

const REFUSALS: readonly Refusal[] = [
  {
    what: "google-authenticator behind the password",
    choice: PASSWORD,
    files: sshd("@include common-auth", "auth required pam_google_authenticator.so nullok"),
    says: /pam_google_authenticator\.so \(sshd:2\) asks for a second factor already/,
  },
  {
    what: "duo in what is included",
    choice: PASSWORD,
    files: {
      "etc/pam.d/common-auth": "auth requisite pam_unix.so\nauth required pam_duo.so\n",
    },
    says: /pam_duo\.so \(common-auth:2\) asks for a second factor already/,
  },
  {
    what: "lines of ours that were written by hand",
    files: sshd("auth required pam_gatehouse.so", "auth required pam_permit.so"),
    says: /lines for gatehouse that were written by hand \(line 1\)/,
  },
  {
    what: "lines of ours under pam_exec",
    files: sshd("auth required pam_exec.so seteuid /usr/local/bin/gatehouse pam"),
    says: /written by hand/,
  },
  {
    what: "sufficient in the service's own file",
    choice: PASSWORD,
    files: sshd("auth sufficient pam_unix.so", "auth required pam_deny.so"),
    says: /sshd:1 lets somebody in before the second factor: pam_unix\.so/,
  },
  {
    what: "success=done in the service's own file",
    choice: PASSWORD,
    files: sshd("auth [success=done default=ignore] pam_ssh_agent_auth.so", "@include common-auth"),
    says: /sshd:1 lets somebody in before/,
  },
  {
    what: "a way past what comes first",
    files: sshd(
      "auth sufficient pam_succeed_if.so user ingroup trusted",
      "auth required pam_unix.so",
    ),
    says: /sshd:1 lets somebody in before the second factor: pam_succeed_if\.so/,
  },
  {
    what: "a jump over our place",
    files: sshd(
      "auth [success=1 default=ignore] pam_localuser.so",
      "auth required pam_unix.so",
      "auth required pam_sss.so",
    ),
    says: /sshd:1 jumps over the place of our lines/,
  },
  {
    what: "reset behind us",
    choice: PASSWORD,
    files: sshd("auth required pam_unix.so", "auth [default=reset] pam_group.so"),
    says: /sshd:2 forgets what was decided before it/,
  },
  {
    what: "a stack that no password is needed for",
    choice: PASSWORD,
    files: sshd("auth optional pam_unix.so", "auth required pam_permit.so"),
    says: /is one that this cannot put a second factor into/,
  },
  {
    what: "a stack that asks for nothing",
    files: sshd("auth required pam_permit.so"),
    says: /asks for no password/,
  },
  {
    what: "an include that is not there",
    files: sshd("@include common-oauth"),
    says: /includes common-oauth, which is not there/,
  },
  {
    what: "a file that includes itself",
    files: { ...sshd("auth include loop"), "etc/pam.d/loop": "auth include loop\n" },
    says: /includes itself/,
  },
  {
    what: "an unknown service",
    choice: { services: "vsftpd" },
    says: /no such service: vsftpd/,
  },
  {
    what: "a name that is a path",
    choice: { services: "../x" },
    says: /not the name of a service/,
  },
  {
    what: "sshd where the gate asks",
    choice: { mode: "both", services: "sudo,sshd" },
    says: /sshd asks in the gate already/,
  },
  {
    what: "what pam-auth-update writes",
    choice: { services: "common-auth" },
    says: /common-auth is written by pam-auth-update/,
  },
  {
    what: "what authselect writes",
    tree: "rhel-9",
    choice: { services: "system-auth" },
    says: /system-auth is written by authselect/,
  },
  {
    what: "what pam-config writes",
    tree: "sles-15",
    choice: { services: "common-auth" },
    says: /common-auth is written by pam-config/,
  },
  {
    what: "all services with authselect",
    tree: "fedora-41",
    choice: { services: "all" },
    says: /authselect create-profile gatehouse --base-on local/,
  },
  {
    what: "all services on SUSE",
    tree: "opensuse-tumbleweed",
    choice: { services: "all" },
    says: /written by pam-config/,
  },
  { what: "all services on Arch", tree: "arch", choice: { services: "all" }, says: /pambase/ },
  {
    what: "all services beside the gate",
    choice: { mode: "both", services: "all" },
    says: /all services are sshd, too/,
  },
];

for (const { what, tree: name = "debian-12", choice = {}, files = {}, says } of REFUSALS) {
  Deno.test(`pam_plan refuses ${what}`, async () => {
    await using tree = await PamTree.make(name, files);
    const before = await tree.everything();
    const { code, err } = await tree.install(choice);
    assert.equal(code, 78, err);
    assert.match(err, says);
    assert.match(err, /^install\.sh: hint: \S/m);
    assert.equal(await tree.everything(), before);
  });
}

Deno.test("pam_plan lets another factor stand that comes behind it, and says who is asked by it", async () => {
  await using tree = await PamTree.make(
    "debian-12",
    sshd("@include common-auth", "auth required pam_google_authenticator.so"),
  );
  const { code, err } = await tree.install({ first: "key" });
  assert.equal(code, 0);
  assert.match(err, /note: pam_google_authenticator\.so \(sshd:2\) is still asked for/);
});

Deno.test("pam_plan makes a substack of Debian's @include when it could end the stack well", async () => {
  await using tree = await PamTree.make("debian-12", {
    "etc/pam.d/common-auth": "auth sufficient pam_ldap.so\nauth required pam_unix.so\n",
  });
  const { code, err } = await tree.install(PASSWORD);
  assert.equal(code, 0, err);
  const text = await tree.read("etc/pam.d/sshd");
  assert.match(text, /^# gatehouse was: @include common-auth\nauth {4}substack {4}common-auth$/m);
});

Deno.test("pam_plan goes behind a jump that would pass over it", async () => {
  await using tree = await PamTree.make(
    "debian-12",
    sshd(
      "auth [success=1 default=ignore] pam_unix.so",
      "auth requisite pam_deny.so",
      "auth required pam_permit.so",
    ),
  );
  const { code, err } = await tree.install(PASSWORD);
  assert.equal(code, 0, err);
  assert.match(await tree.read("etc/pam.d/sshd"), /pam_deny\.so\n# gatehouse begin\n/);
});

Deno.test("pam_plan for all services on Debian writes a profile and says what to run in a tree", async () => {
  await using tree = await PamTree.make("debian-12");
  const { code, err, out } = await tree.install({ first: "key", services: "all", group: "wheel" });
  assert.equal(code, 0, err);
  assert.match(out, /pam-auth-update --root \S+ --package --enable gatehouse/);
  const profile = await tree.read("usr/share/pam-configs/gatehouse");
  assert.match(profile, /quiet user notingroup wheel\n\trequired\tpam_gatehouse\.so\n$/);
  assert.match(await tree.read("etc/pam.d/sshd"), /success=done.*pam_gatehouse/);
  assert.doesNotMatch(await tree.read("etc/pam.d/sudo"), /gatehouse/);
  await tree.install({ first: "key", services: "all", all: true });
  assert.doesNotMatch(await tree.read("usr/share/pam-configs/gatehouse"), /succeed_if/);
});

Deno.test("pam_family goes by what is there", async () => {
  const families = {
    "arch": "arch",
    "debian-12": "debian",
    "fedora-41": "authselect",
    "opensuse-tumbleweed": "suse",
    "rhel-9": "authselect",
    "sles-15": "suse",
    "ubuntu-24.04": "debian",
  };
  for (const name of TREES) {
    await using tree = await PamTree.make(name);
    await Deno.remove(`${tree.root}/etc/os-release`);
    assert.equal(await tree.family(), families[name]);
  }
});

Deno.test("pam_plan follows an include whose line goes on in the next one", async () => {
  await using tree = await PamTree.make("debian-12", {
    "etc/pam.d/sshd": "auth \\\n  include \\\n  common-auth\naccount required pam_unix.so\n",
  });
  const { code, err } = await tree.install({ first: "password" });
  assert.equal(code, 0, err);
  assert.match(await tree.read("etc/pam.d/sshd"), /^auth +required +pam_gatehouse\.so/m);
});

Deno.test("pam_plan leaves no folder behind when it refuses", async () => {
  await using tree = await PamTree.make("debian-12");
  const left = async () =>
    (await Array.fromAsync(Deno.readDir(tree.folder.path), ({ name }) => name)).toSorted();
  const before = await left();
  const { code } = await tree.install({ services: "no-such-service" }, tree.folder.path);
  assert.equal(code, 78);
  assert.deepEqual(await left(), before);
});
