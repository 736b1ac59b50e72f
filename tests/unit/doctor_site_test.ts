/** The files and accounts that the doctor examines. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { readAccounts, unlistedSources } from "../../lib/core/doctor/site_accounts.ts";
import { Failure } from "../../lib/core/errors.ts";
import { accountByName, groupReader } from "../../lib/io/accounts.ts";
import { siteFiles } from "../../lib/io/site_files.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { mustRun } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

/** A tree with a secret beside it that nothing may reach. */
async function tree(): Promise<Scratch> {
  const folder = await scratch();
  await folder.file("outside", "not for you");
  await folder.dir("tree");
  await folder.dir("tree/etc");
  await folder.file("tree/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  return folder;
}

Deno.test("siteFiles() reads below its root, and says what is not there", async () => {
  await using folder = await tree();
  const files = siteFiles(`${folder.path}/tree`);
  equal(files.text("/etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
  equal(files.text("/etc/none"), undefined);
  equal(files.text("/etc/passwd/none"), undefined);
  equal(files.text("/etc/pass\0wd"), undefined);
  for (const path of ["/etc/passwd/", "/etc/passwd/."]) equal(files.text(path), undefined, path);
  equal(files.folder("/etc/"), true);
  equal(files.folder("/etc"), true);
  equal(files.folder("/etc/passwd"), false);
  deepEqual(files.names("/etc"), ["passwd"]);
  equal(files.names("/none"), undefined);
});

Deno.test("a byte order mark is part of the text, as for libpam and sshd", async () => {
  await using folder = await tree();
  await folder.file("tree/etc/marked", "\ufeffauth required pam_deny.so\n");
  equal(siteFiles(`${folder.path}/tree`).text("/etc/marked"), "\ufeffauth required pam_deny.so\n");
});

Deno.test("below a root an absolute link leads to what is inside, and .. not out of it", async () => {
  await using folder = await tree();
  const inside = `${folder.path}/tree`;
  await Deno.symlink("/etc/passwd", `${inside}/absolute`);
  await Deno.symlink("../../../../../../etc/passwd", `${inside}/climbs`);
  await Deno.symlink("../outside", `${inside}/out`);
  await Deno.symlink(`${folder.path}/outside`, `${inside}/named`);
  await Deno.symlink("/", `${inside}/etc/top`);
  const files = siteFiles(inside);
  const passwd = files.text("/etc/passwd");
  for (const path of ["/absolute", "/climbs", "/etc/top/etc/passwd", "/../../etc/passwd"]) {
    equal(files.text(path), passwd, path);
  }
  for (const path of ["/out", "/named", "/../outside", "/etc/top/../outside"]) {
    equal(files.text(path), undefined, path);
  }
});

Deno.test("a link that leads round in circles is refused", async () => {
  await using folder = await tree();
  await Deno.symlink("loop", `${folder.path}/tree/loop`);
  throws(() => siteFiles(`${folder.path}/tree`).text("/loop"), /leads round in circles/);
});

Deno.test("no links lead out of a root, however they are made", async () => {
  await using folder = await tree();
  const inside = `${folder.path}/tree`;
  const names = ["a", "b", "c"] as const;
  const step = fc.constantFrom("..", ".", "", "etc", "outside", ...names);
  const target = fc.tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 6 }))
    .map(([absolute, steps]) => (absolute ? "/" : "") + steps.join("/") || ".");
  await fc.assert(
    fc.asyncProperty(
      fc.array(target, { minLength: 3, maxLength: 3 }),
      target,
      async (all, path) => {
        for (const [index, name] of names.entries()) {
          await Deno.remove(`${inside}/${name}`).catch(() => {});
          await Deno.symlink(all[index] ?? ".", `${inside}/${name}`);
        }
        let text: string | undefined;
        try {
          text = siteFiles(inside).text(`/${path}`);
        } catch (error) {
          ok(error instanceof Failure, String(error));
        }
        ok(text !== "not for you");
      },
    ),
  );
});

Deno.test("what is no file is refused, and no pipe's writer waited for", async () => {
  await using folder = await tree();
  await mustRun(["mkfifo", `${folder.path}/tree/pipe`]);
  const files = siteFiles(`${folder.path}/tree`);
  throws(() => files.text("/pipe"), /\/pipe is not a regular file/);
  throws(() => files.text("/etc"), /\/etc is not a regular file/);
  equal(files.look("/pipe")?.kind, "other");
});

Deno.test("what is too long is refused", async () => {
  await using folder = await tree();
  const path = await folder.file("tree/long", "");
  await Deno.truncate(path, 2 ** 40); // sparse
  throws(() => siteFiles(`${folder.path}/tree`).text("/long"), /larger than 4 MiB/);
});

Deno.test("an account's link does not have another's file read", async () => {
  await using folder = await tree();
  const inside = `${folder.path}/tree`;
  await folder.dir("tree/home");
  await folder.file("tree/shadow", "secret", 0o600);
  await folder.file("tree/home/own", "mine");
  for (const [name, to] of [["keys", "/shadow"], ["mine", "own"]] as const) {
    await Deno.symlink(to, `${inside}/home/${name}`);
    await mustRun(["chown", "-h", "4242:4242", `${inside}/home/${name}`]);
  }
  await Deno.chown(`${inside}/home/own`, 4242, 4242);
  throws(() => siteFiles(inside).text("/home/keys"), /behind a link of uid 4242/);
  equal(siteFiles(inside).text("/home/mine"), "mine");
});

Deno.test("matching() is glob(3)", async () => {
  await using folder = await tree();
  const inside = `${folder.path}/tree`;
  await folder.dir("tree/d");
  for (const name of ["a.conf", "b.conf", "c.conf~", ".hidden.conf", "[x].conf"]) {
    await folder.file(`tree/d/${name}`, "");
  }
  await Deno.symlink("nowhere", `${inside}/d/dangling.conf`);
  const files = siteFiles(inside);
  deepEqual(files.matching("/d/*.conf"), ["/d/[x].conf", "/d/a.conf", "/d/b.conf"]);
  deepEqual(files.matching("/d/[!a].conf"), ["/d/b.conf"]);
  deepEqual(files.matching("/d/[[:lower:]].conf"), ["/d/a.conf", "/d/b.conf"]);
  deepEqual(files.matching("/d/[![:digit:]b].conf"), ["/d/a.conf"]);
  deepEqual(files.matching("/d/[[:punct:][:digit:]]x].conf"), ["/d/[x].conf"]);
  deepEqual(files.matching("/d/?.conf"), ["/d/a.conf", "/d/b.conf"]);
  deepEqual(files.matching("/d/.*"), ["/d/.hidden.conf"]);
  deepEqual(files.matching("/d/\\[x].conf"), ["/d/[x].conf"]);
  deepEqual(files.matching("/*/a.conf"), ["/d/a.conf"]);
  deepEqual(files.matching("/d/a.conf"), ["/d/a.conf"]);
  deepEqual(files.matching("/d/none"), []);
  deepEqual(files.matching("/etc/passwd/*"), []);
});

Deno.test("wayTo() passes every folder and link", async () => {
  await using folder = await tree();
  await Deno.symlink("/etc", `${folder.path}/tree/link`);
  const files = siteFiles(`${folder.path}/tree`);
  deepEqual(files.wayTo("/link/passwd"), ["/", "/link", "/etc", "/etc/passwd"]);
  equal(files.wayTo("/link/none"), undefined);
  deepEqual([files.look("/link")?.kind, files.look("/link/")?.kind], ["link", "link"]);
});

Deno.test("readAccounts() takes passwd(5) and group(5) as the C library does", () => {
  const passwd = [
    "root:x:0:0:root:/root:/bin/bash",
    "alice:x:1000:1000:Alice,,,:/home/alice:",
    "# a remark:x:1:1::/:/bin/sh",
    "+::::::",
    "broken:x:1",
    "alice:x:1001:1001::/other:/bin/sh",
    "high:x:4294967295:5::/:/bin/sh",
    "odd:x:-1:5::/:/bin/sh",
  ].join("\n");
  const group = "root:x:0:\nalice:x:1000:\nssh-2fa:x:2000:alice,bob\nbad\nx:x:y:alice\n";
  const account = (name: string, uid: number, more: object) => ({
    name,
    uid,
    gid: uid,
    shell: "/bin/sh",
    ...more,
  });
  deepEqual(readAccounts(passwd, group), [
    account("root", 0, { home: "/root", shell: "/bin/bash", groups: ["root"] }),
    account("alice", 1000, { home: "/home/alice", groups: ["alice", "ssh-2fa"] }),
    account("high", 4294967295, { gid: 5, home: "/", groups: [] }),
  ]);
});

Deno.test("readAccounts() reads whatever it is given", () => {
  const text = fc.string({ unit: fc.constantFrom(":", "\n", "a", "0", "9", ",", "+", "x") });
  fc.assert(fc.property(text, text, (passwd, group) => {
    const accounts = readAccounts(passwd, group);
    equal(new Set(accounts.map(({ name }) => name)).size, accounts.length);
    for (const { name, shell, uid } of accounts) ok(name !== "" && shell !== "" && uid >= 0);
  }));
});

Deno.test("unlistedSources() names what no file lists, as far as it is set up", () => {
  const all = () => true;
  const none = () => false;
  deepEqual(unlistedSources("passwd: files sss ldap\n", all), ["sss", "ldap"]);
  deepEqual(unlistedSources("passwd: files sss\n", none), []);
  deepEqual(unlistedSources("passwd: compat [NOTFOUND=return] systemd # ldap\n", all), []);
  deepEqual(unlistedSources("group: files ldap\n", all), []);
  deepEqual(unlistedSources("passwd: files sss\ngroup: files ldap\n", all, "group"), ["ldap"]);
  deepEqual(unlistedSources(undefined, all), []);
});

/** The C library stays open once it was opened. */
function withLibc(name: string, fn: () => void): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

withLibc("groupReader() has the primary group first, and all others once", () => {
  const groupsOf = groupReader();
  const root = accountByName("root");
  const groups = root === undefined ? [] : groupsOf(root);
  deepEqual([groups[0], new Set(groups).size], ["root", groups.length]);
  deepEqual(groupsOf({ name: "no-such-account", gid: 4_294_967_290 }), []);
});

Deno.test("openSite() reads a tree's accounts and name, and refuses what is no folder", async () => {
  await using folder = await tree();
  await folder.file("tree/etc/hostname", "web1\n");
  const site = openSite(`${folder.path}/tree/`);
  deepEqual([site.root, site.name], [`${folder.path}/tree`, "web1"]);
  throws(() => openSite(""), /--root is empty/);
  deepEqual(site.accounts.map(({ name }) => name), ["root"]);
  throws(() => openSite(`${folder.path}/outside`), /there is no folder/);
  throws(() => openSite(`${folder.path}/none`), /there is no folder/);
});

Deno.test("a group is known to be missing only where all groups are listed", async () => {
  await using folder = await scratch();
  await folder.dir("etc");
  await folder.file("etc/group", "root:x:0:\nempty:x:7:\n");
  const has = () => ["root", "empty", "none"].map((name) => openSite(folder.path).hasGroup(name));
  deepEqual(has(), [true, true, false]);
  await folder.file("etc/nsswitch.conf", "passwd: files ldap\ngroup: files sss\n");
  deepEqual(has(), [true, true, false]);
  await folder.file("etc/nsswitch.conf", "passwd: files\ngroup: files ldap\n");
  deepEqual(has(), [true, true, undefined]);
});

withLibc("openSite() asks the name service for groups", () => {
  const { hasGroup } = openSite(undefined);
  deepEqual(["root", "gatehouse-none", "root\0x"].map(hasGroup), [true, false, false]);
});

withLibc("openSite() lists this machine's accounts with their groups", () => {
  const root = openSite(undefined).accounts.find(({ name }) => name === "root");
  deepEqual([root?.uid, root?.groups[0]], [0, "root"]);
});
