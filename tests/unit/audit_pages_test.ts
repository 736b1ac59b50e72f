/** Reading the audit log from its end. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import fc from "fast-check";
import { AuditFile } from "../../lib/io/audit_file.ts";
import { AuditPages } from "../../lib/io/audit_pages.ts";
import { Failure } from "../../lib/core/errors.ts";
import { scratch } from "../support/scratch.ts";

const clock = { now: () => 0 };
const all = () => true;

async function logged(folder: string, ...events: readonly string[]): Promise<void> {
  const audit = AuditFile.open(folder, clock);
  await Promise.all(events.map((event) => audit.append({ event })));
  await audit.close();
}

const eventsOf = (lines: readonly { readonly text: string }[]) =>
  lines.map(({ text }) => JSON.parse(text).event);

Deno.test("newest() answers the newest lines first, then those before them", async () => {
  await using folder = await scratch();
  await Deno.chmod(folder.path, 0o700);
  await logged(folder.path, ..."abcde");
  const pages = new AuditPages(folder.path);
  const first = await pages.newest(null, 2, all);
  deepEqual(eventsOf(first.lines), ["e", "d"]);
  // What comes meanwhile is on none of the later pages.
  await logged(folder.path, "f");
  const second = await pages.newest(first.before, 2, all);
  deepEqual(eventsOf(second.lines), ["c", "b"]);
  const third = await pages.newest(second.before, 2, all);
  deepEqual([eventsOf(third.lines), third.before], [["a"], null]);
  deepEqual(eventsOf((await pages.newest(1e15, 1, all)).lines), ["f"]);
});

Deno.test("newest() answers only what is wanted", async () => {
  await using folder = await scratch();
  await Deno.chmod(folder.path, 0o700);
  await logged(folder.path, "login.created", "person.added", "login.denied");
  const pages = new AuditPages(folder.path);
  const found = await pages.newest(null, 9, (line) => line.includes('"login.'));
  deepEqual(eventsOf(found.lines), ["login.denied", "login.created"]);
  deepEqual(await pages.newest(null, 9, () => false), { lines: [], before: null });
});

Deno.test("newest() finds every line of a log of any lines, in pieces of any size", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/audit.jsonl`;
  const pages = new AuditPages(folder.path);
  const lengths = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      // Longer than what is read at once.
      fc.integer({ min: 60_000, max: 140_000 }),
    ),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(lengths, fc.boolean(), fc.integer({ min: 1, max: 4 }), async (all, end, n) => {
      const lines = all.map((length, index) => `${index}`.padEnd(length, "x"));
      const text = lines.map((line) => `${line}\n`).join("");
      await Deno.writeTextFile(path, end ? text : text.replace(/\n$/, ""));
      const wanted = end ? lines : lines.filter((line, index) => index < lines.length - 1 || line);
      const seen: string[] = [];
      let before: number | null = null;
      do {
        const page = await pages.newest(before, n, () => true);
        for (const { text, position } of page.lines) {
          equal(
            position,
            wanted.slice(0, wanted.length - 1 - seen.length).join("\n").length +
              (wanted.length - 1 - seen.length > 0 ? 1 : 0),
          );
          seen.push(text);
        }
        before = page.before;
      } while (before !== null);
      deepEqual(seen.toReversed(), wanted);
    }),
    { numRuns: 60 },
  );
});

Deno.test("newest() gives up after some megabytes, and goes on from there", async () => {
  await using folder = await scratch();
  const line = `${"x".repeat(999)}\n`;
  await Deno.writeTextFile(`${folder.path}/audit.jsonl`, `wanted\n${line.repeat(20_000)}`);
  const pages = new AuditPages(folder.path);
  const wanted = (text: string) => text === "wanted";
  let asked = 0;
  let found = await pages.newest(null, 1, wanted);
  while (found.lines.length === 0 && found.before !== null) {
    ok(asked++ < 9);
    found = await pages.newest(found.before, 1, wanted);
  }
  ok(asked >= 2);
  deepEqual(found.lines, [{ position: 0, text: "wanted" }]);
});

Deno.test("verify() says whether the chain is whole, and where it is not", async () => {
  await using folder = await scratch();
  await Deno.chmod(folder.path, 0o700);
  await logged(folder.path, "one", "two", "three");
  const pages = new AuditPages(folder.path);
  const [whole, again] = await Promise.all([pages.verify(), pages.verify()]);
  deepEqual([whole.entries, whole.broken], [3, null]);
  deepEqual(whole, again);
  const path = `${folder.path}/audit.jsonl`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace('"two"', '"2"'));
  equal((await pages.verify()).broken?.line, 3);
});

Deno.test("AuditPages rejects where there is no log", async () => {
  await using folder = await scratch();
  const pages = new AuditPages(`${folder.path}/none`);
  await rejects(pages.newest(null, 1, all), Failure);
  await rejects(pages.verify(), Failure);
});
