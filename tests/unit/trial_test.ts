/** What a login leaves behind while install.sh has a change on trial, and when it leaves nothing. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Admission } from "../../lib/core/attempt.ts";
import { evidenceName, provesFactor } from "../../lib/core/trial.ts";
import { leaveEvidence } from "../../lib/io/trial.ts";
import { tellTrial } from "../../lib/wiring/trial.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const PROOFS: readonly Admission["via"][] = ["approval", "code", "pin", "emergency", "enrolled"];
const NONE: readonly Admission["via"][] = [
  "grace",
  "offline-allow",
  "unenrolled-allow",
  "exempt",
];
const ALICE = {
  uid: 1000,
  service: "sshd",
  sshConnection: "192.0.2.7 50000 198.51.100.1 22",
};

async function trial(): Promise<Scratch> {
  const folder = await scratch();
  await folder.file("trial", "");
  await folder.dir("passed", 0o1733);
  return folder;
}

async function left(folder: Scratch): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(`${folder.path}/passed`), ({ name }) => name);
}

Deno.test("only who has passed the factor proves that it works", async () => {
  for (const via of PROOFS) assert.equal(provesFactor({ via }), true, via);
  for (const via of NONE) {
    assert.equal(provesFactor({ via }), false, via);
    await using folder = await trial();
    let lookups = 0;
    tellTrial({ via, by: "" }, () => {
      lookups++;
      return ALICE;
    }, folder.path);
    assert.deepEqual([lookups, await left(folder)], [0, []], via);
  }
});

Deno.test("the evidence says who, where and over which connection; each has a name of its own", async () => {
  await using folder = await trial();
  for (let time = 0; time < 2; time++) {
    tellTrial({ via: "code", by: "alice" }, () => ALICE, folder.path);
  }
  const names = await left(folder);
  assert.equal(names.length, 2);
  for (const name of names) {
    assert.match(name, /^1000:sshd:50000-22:[0-9a-f]{16}$/);
    const { mode, size } = await Deno.lstat(`${folder.path}/passed/${name}`);
    assert.deepEqual([(mode ?? 0) & 0o7777, size], [0o600, 0]);
  }
});

Deno.test("nothing is left, asked or thrown where nothing is on trial", async () => {
  await using folder = await scratch();
  await folder.dir("passed", 0o1733);
  const path = `${folder.path}/trial`;
  await folder.file("real", "");
  // What throws in there is swallowed, so calls are counted out here.
  let asked = 0;
  const look = (at = folder.path) =>
    leaveEvidence(() => {
      asked++;
      return `1000:sshd:1-22:${asked}`;
    }, at);
  const nothing = async (what: string) => {
    look();
    assert.deepEqual([asked, await left(folder)], [0, []], what);
  };
  await nothing("no file");
  look(`${folder.path}/none`);
  assert.equal(asked, 0);
  await Deno.symlink(`${folder.path}/real`, path);
  await nothing("a link");
  await Deno.remove(path);
  await folder.dir("trial");
  await nothing("a folder");
  await Deno.remove(path);
  await folder.file("trial", "");
  await Deno.chown(path, 4_711, 4_711);
  await nothing("an account's own");
  await Deno.chown(path, 0, 0);
  look();
  assert.deepEqual([asked, await left(folder)], [1, ["1000:sshd:1-22:1"]]);
});

Deno.test("a trial that ends meanwhile fails no login", async () => {
  await using folder = await trial();
  await Deno.remove(`${folder.path}/passed`);
  tellTrial({ via: "code", by: "alice" }, () => ALICE, folder.path);
  leaveEvidence(() => {
    throw new Error("the name service is down");
  }, folder.path);
});

Deno.test("what is there already is neither followed nor emptied", async () => {
  await using folder = await trial();
  await folder.file("victim", "precious");
  await Deno.symlink(`${folder.path}/nothing`, `${folder.path}/passed/a`);
  await Deno.symlink(`${folder.path}/victim`, `${folder.path}/passed/b`);
  await folder.file("passed/c", "precious");
  for (const name of ["a", "b", "c"]) leaveEvidence(() => name, folder.path);
  assert.equal(await Deno.readTextFile(`${folder.path}/victim`), "precious");
  assert.equal(await Deno.readTextFile(`${folder.path}/passed/c`), "precious");
  await assert.rejects(Deno.lstat(`${folder.path}/nothing`), Deno.errors.NotFound);
});

Deno.test("a name has four parts, no path in it and no line break, or there is none", () => {
  fc.assert(fc.property(
    fc.nat(),
    fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("sshd", "su-l", "polkit-1")),
    fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
    (uid, service, sshConnection) => {
      const name = evidenceName({ uid, service, sshConnection }, "0123456789abcdef");
      if (name === undefined) return !/^[\w.-]{1,64}$/.test(service);
      return /^[0-9]+:[A-Za-z0-9_.-]+:(-|[0-9]+-[0-9]+):[0-9a-f]{16}$/.test(name);
    },
  ));
});

Deno.test("the connection is known by its two ports, IPv6 as well", () => {
  const ports = (sshConnection: string | undefined) =>
    evidenceName({ ...ALICE, sshConnection }, "0")?.split(":")[2];
  assert.equal(ports("2001:db8::7 61000 2001:db8::1 2222"), "61000-2222");
  for (const none of [undefined, "", "192.0.2.7", "a 1 b 123456", "a 1 b 2 3", "a 1 b 2\n"]) {
    assert.equal(ports(none), "-", String(none));
  }
});
