/** `gatehouse doctor --fix`: what it changes, and what it keeps its hands off. */
import { deepEqual, equal, match } from "node:assert/strict";
import type { Fix } from "../../lib/core/doctor/finding.ts";
import { applyFix } from "../../lib/io/site_fix.ts";
import { fix } from "../../lib/modes/doctor/fix.ts";
import { mustRun } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const UID = 4242;

/** With the C library, which stays open once it was opened. */
function test(name: string, fn: (folder: Scratch) => Promise<void> | void): void {
  Deno.test({
    name,
    sanitizeResources: false,
    fn: async () => {
      await using folder = await scratch();
      await fn(folder);
    },
  });
}

function mend(folder: Scratch, ...fixes: Fix[]): { lines: string[]; changed: boolean } {
  const lines: string[] = [];
  const changed = fix(folder.path, fixes, (line) => lines.push(line));
  return { lines, changed };
}

const mode = (path: string) => (Deno.lstatSync(path).mode ?? 0) & 0o7777;

test("fix() sets modes and owners, removes files, and says so", async (folder) => {
  const open = await folder.file("open", "x", 0o666);
  const others = await folder.file("others", "x");
  await Deno.chown(others, UID, UID);
  await folder.file("left~", "secret");
  const inner = await folder.dir("inner", 0o777);
  const done = mend(
    folder,
    { kind: "mode", path: "/open", mode: 0o600 },
    { kind: "owner", path: "/others", uid: 0, gid: 0 },
    { kind: "remove", path: "/left~" },
    { kind: "mode", path: "/inner", mode: 0o700 },
  );
  deepEqual(done, {
    changed: true,
    lines: [
      "done: chmod 0600 /open",
      "done: chown 0:0 /others",
      "done: rm /left~",
      "done: chmod 0700 /inner",
    ],
  });
  deepEqual([mode(open), (await Deno.lstat(others)).uid, mode(inner)], [0o600, 0, 0o700]);
  const names = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  deepEqual(names.sort(), ["inner", "open", "others"]);
});

test("fix() never follows a link", async (folder) => {
  const target = await folder.file("target", "x", 0o666);
  await Deno.symlink("target", `${folder.path}/link`);
  const { changed, lines } = mend(
    folder,
    { kind: "mode", path: "/link", mode: 0o600 },
    { kind: "owner", path: "/link", uid: 0, gid: 0 },
    { kind: "remove", path: "/link" },
  );
  equal(changed, false);
  for (const line of lines) match(line, /^not done: .*: it is (neither|not)/);
  equal(mode(target), 0o666);
});

test("fix() gives no rights", async (folder) => {
  const path = await folder.file("x", "x", 0o600);
  const { lines } = mend(folder, { kind: "mode", path: "/x", mode: 0o644 });
  deepEqual(lines, ["not done: chmod 0644 /x: that would give rights"]);
  equal(mode(path), 0o600);
});

test("fix() leaves a file alone that has another name elsewhere", async (folder) => {
  const path = await folder.file("passwd", "x", 0o644);
  await Deno.link(path, `${folder.path}/mine`);
  const { lines } = mend(folder, { kind: "mode", path: "/mine", mode: 0o600 });
  deepEqual(lines, ["not done: chmod 0600 /mine: it has another name elsewhere"]);
  equal(mode(path), 0o644);
});

test("below an account's folder, a link cannot lead root out of it", async (folder) => {
  const home = await folder.dir("home");
  await Deno.chown(home, UID, UID);
  const roots = await folder.dir("roots");
  const secret = await folder.file("roots/x~", "root's", 0o644);
  await Deno.symlink("../roots", `${home}/folder`);
  await mustRun(["chown", "-h", `${UID}:${UID}`, `${home}/folder`]);
  const { changed, lines } = mend(
    folder,
    { kind: "remove", path: "/home/folder/x~" },
    { kind: "mode", path: "/home/folder/x~", mode: 0o600 },
    { kind: "owner", path: "/home/folder/x~", uid: 0, gid: 0 },
  );
  equal(changed, false, lines.join("\n"));
  equal(mode(secret), 0o644);
  equal(mode(roots), 0o755);
});

test("below an account's folder its own files are mended, with its rights", async (folder) => {
  const home = await folder.dir("home");
  const own = await folder.file("home/own", "x", 0o644);
  for (const path of [home, own]) await Deno.chown(path, UID, UID);
  const { lines } = mend(folder, { kind: "mode", path: "/home/own", mode: 0o600 });
  deepEqual(lines, ["done: chmod 0600 /home/own"]);
  deepEqual([mode(own), Deno.uid()], [0o600, 0]);
});

test("where anybody could change the way, nothing is done", async (folder) => {
  await folder.dir("open", 0o777);
  await folder.file("open/x", "x", 0o666);
  const { lines } = mend(folder, { kind: "mode", path: "/open/x", mode: 0o600 });
  deepEqual(lines, ["not done: chmod 0600 /open/x: others can write to /open"]);
});

test("what is gone, or leads out of the tree, is left alone", (folder) => {
  const { changed, lines } = mend(
    folder,
    { kind: "remove", path: "/none/x" },
    { kind: "remove", path: "/../../none" },
  );
  equal(changed, false);
  for (const line of lines) match(line, /^not done: rm /);
});

test("applyFix() touches no pipe and waits for none", async (folder) => {
  await mustRun(["mkfifo", `${folder.path}/pipe`]);
  const change = { kind: "mode", path: "/pipe", mode: 0o600 } as const;
  equal(applyFix(`${folder.path}/pipe`, change), "it is neither a file nor a folder");
});

test("what is in an account's folder is given to nobody else", async (folder) => {
  const home = await folder.dir("home");
  await folder.file("home/own", "x");
  for (const path of [home, `${home}/own`]) await Deno.chown(path, UID, UID);
  const { changed, lines } = mend(folder, { kind: "owner", path: "/home/own", uid: 0, gid: 0 });
  deepEqual(lines, ["not done: chown 0:0 /home/own: its folder belongs to an account"]);
  equal(changed, false);
});

test("applyFix() changes no file that another was put in the place of", async (folder) => {
  const path = await folder.file("x", "x", 0o666);
  const change = { kind: "mode", path: "/x", mode: 0o600 } as const;
  const { lstatSync } = Deno;
  for (const other of [{ ino: 1 }, { dev: 1 }]) {
    // As if it had been another file at the first look.
    Reflect.set(Deno, "lstatSync", (path: string) => ({ ...lstatSync(path), ...other }));
    try {
      equal(applyFix(path, change), "it was replaced meanwhile");
    } finally {
      Reflect.set(Deno, "lstatSync", lstatSync);
    }
    equal(mode(path), 0o666);
  }
  equal(applyFix(path, change), undefined);
});
