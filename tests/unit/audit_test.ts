import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CHAIN_START,
  ChainCheck,
  type ChainReport,
  formatEntry,
  loginEvent,
  parseEntry,
} from "../../lib/core/audit.ts";
import { splitLines } from "../../lib/core/bytes.ts";
import { Failure } from "../../lib/core/errors.ts";
import { sha256 } from "../../lib/core/hash.ts";
import { AuditFile } from "../../lib/io/audit_file.ts";
import { readAudit } from "../../lib/io/audit_reader.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { scratch } from "../support/scratch.ts";

const clock = { now: () => T0 };
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** As the log is split on disk: a last piece without newline is an unterminated line. */
function verify(file: Uint8Array): ChainReport {
  const check = new ChainCheck();
  const { lines, rest } = splitLines(file);
  for (const line of lines) check.add(line);
  if (rest.length > 0) check.add(rest, false);
  return check.report();
}

function chain(events: readonly string[]): string {
  let end = { seq: 0, hash: CHAIN_START };
  return events.map((event) => {
    const line = formatEntry({ event }, end, T0);
    end = { seq: end.seq + 1, hash: sha256(line) };
    return `${line}\n`;
  }).join("");
}

async function verifyFile(dataDir: string): Promise<ChainReport> {
  const check = new ChainCheck();
  for await (const { bytes, terminated } of readAudit(dataDir)) check.add(bytes, terminated);
  return check.report();
}

/** Opens the log in `dataDir`, appends these events, closes it. */
async function append(dataDir: string, ...events: string[]): Promise<void> {
  const audit = AuditFile.open(dataDir, clock);
  await Promise.all(events.map((event) => audit.append({ event })));
  await audit.close();
}

const eventsOf = (text: string) =>
  text.split("\n").filter(Boolean).map((line) => parseEntry(line)?.event);

Deno.test("formatEntry() writes number, time, event, fields and the hash before, in that order", () => {
  const event = { event: "host.added", host: "web1", by: null };
  assert.equal(
    formatEntry(event, { seq: 6, hash: "a".repeat(64) }, T0),
    `{"seq":7,"time":"2026-01-01T00:00:00.000Z","event":"host.added","host":"web1","by":null,` +
      `"prev":"${"a".repeat(64)}"}`,
  );
});

Deno.test("formatEntry() keeps an event's fields from posing as the chain's", () => {
  const event = { event: "x", seq: 99, prev: "forged", time: "1970" };
  const entry = parseEntry(formatEntry(event, { seq: 0, hash: CHAIN_START }, T0));
  assert.equal(entry?.seq, 1);
  assert.equal(entry.prev, CHAIN_START);
  assert.equal(entry.time, "2026-01-01T00:00:00.000Z");
});

Deno.test("parseEntry() takes whole lines only", () => {
  const line = formatEntry({ event: "x" }, { seq: 0, hash: CHAIN_START }, T0);
  assert.equal(parseEntry(line)?.event, "x");
  for (const bad of ["", "{}", "[]", "null", "7", line.slice(0, -1), line.replace("1", '"1"')]) {
    assert.equal(parseEntry(bad), undefined, bad);
  }
  assert.equal(parseEntry(line.replace('0"}', '"}')), undefined, "a short hash");
});

Deno.test("ChainCheck finds an empty log and a whole one in order", () => {
  assert.deepEqual(verify(bytesOf("")), {
    entries: 0,
    last: CHAIN_START,
    damaged: [],
    broken: null,
  });
  const text = chain(["a", "b", "c"]);
  const last = sha256(text.split("\n")[2] ?? "");
  assert.deepEqual(verify(bytesOf(text)), { entries: 3, last, damaged: [], broken: null });
});

Deno.test("ChainCheck names the first line that does not fit", () => {
  const [a, b, c, d] = chain(["a", "b", "c", "d"]).split("\n");
  const broken = (...lines: (string | undefined)[]) =>
    verify(bytesOf(lines.map((line) => `${line}\n`).join(""))).broken;
  assert.deepEqual(broken(a, c, d), { line: 2, why: "has number 3 where 2 is due" });
  assert.deepEqual(broken(b, c), { line: 1, why: "has number 2 where 1 is due" });
  assert.deepEqual(broken(a, b?.replace('"b"', '"B"'), c), {
    line: 3,
    why: "does not continue the line before it",
  });
  assert.deepEqual(broken(a, "garbage", b), { line: 2, why: "is not an audit line" });
  assert.deepEqual(broken(a, b, "garbage"), { line: 3, why: "is not an audit line" });
  assert.deepEqual(broken(a, a), { line: 2, why: "has number 1 where 2 is due" });
});

Deno.test("ChainCheck notices any byte that is changed", () => {
  const file = bytesOf(chain(["a", "b", "c"]));
  const whole = verify(file);
  fc.assert(fc.property(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
    fc.pre(file[at] !== byte);
    const altered = file.slice();
    altered[at] = byte;
    const report = verify(altered);
    assert.ok(report.broken !== null || report.last !== whole.last);
  }));
});

Deno.test("ChainCheck reports half a last line as damage, not as tampering", () => {
  const text = chain(["a", "b"]);
  const cut = bytesOf(text.slice(0, -20));
  const { entries, damaged, broken } = verify(cut);
  assert.deepEqual({ entries, damaged, broken }, { entries: 1, damaged: [2], broken: null });
});

Deno.test("append() chains from one opening of the log to the next", async () => {
  await using folder = await scratch();
  await append(folder.path, "a", "b");
  await append(folder.path, "c");
  const text = await Deno.readTextFile(`${folder.path}/audit.jsonl`);
  assert.equal(text, chain(["a", "b", "c"]));
});

Deno.test("append() keeps the order of many events and answers them all", async () => {
  await using folder = await scratch();
  const names = Array.from({ length: 500 }, (_, n) => `event-${n}`);
  await append(folder.path, ...names);
  const text = await Deno.readTextFile(`${folder.path}/audit.jsonl`);
  assert.deepEqual(eventsOf(text), names);
  assert.equal((await verifyFile(folder.path)).entries, 500);
});

Deno.test("append() has the line on disk when it answers", async () => {
  await using folder = await scratch();
  const audit = AuditFile.open(folder.path, clock);
  for (const event of ["a", "b", "c"]) {
    await audit.append({ event });
    const text = await Deno.readTextFile(`${folder.path}/audit.jsonl`);
    assert.equal(eventsOf(text).at(-1), event);
  }
  await audit.close();
});

Deno.test("append() waits for another process that has the log, and keeps nobody else waiting", async () => {
  await using folder = await scratch();
  const audit = AuditFile.open(folder.path, clock);
  const path = `${folder.path}/audit.jsonl`;
  using other = await Deno.open(path, { read: true });
  other.lockSync(true);
  let answered = false;
  const appended = audit.append({ event: "a" }).then(() => void (answered = true));
  // As long as a turn of the disk takes.
  await Deno.readTextFile(path);
  await Deno.readTextFile(path);
  assert.equal(answered, false);
  assert.equal(await Deno.readTextFile(path), "");
  other.unlockSync();
  await appended;
  assert.deepEqual(eventsOf(await Deno.readTextFile(path)), ["a"]);
  await audit.close();
});

Deno.test("several writers at once make one chain", async () => {
  await using folder = await scratch();
  const writers = [1, 2, 3].map(() => AuditFile.open(folder.path, clock));
  await Promise.all(writers.map(async (audit, writer) => {
    for (let n = 0; n < 40; n++) await audit.append({ event: `w${writer}`, n });
  }));
  await Promise.all(writers.map((audit) => audit.close()));
  const report = await verifyFile(folder.path);
  assert.deepEqual([report.entries, report.broken], [120, null]);
});

Deno.test("a line that a crash cut short is kept, recorded and reported", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/audit.jsonl`;
  const whole = chain(["a", "b"]);
  const cut = whole.slice(0, -30);
  await Deno.writeTextFile(path, cut, { mode: 0o600 });
  await append(folder.path, "c", "d");
  const text = await Deno.readTextFile(path);
  assert.ok(text.startsWith(`${cut}\n`), "the half line is gone");
  assert.deepEqual(eventsOf(text), ["a", undefined, "audit.resumed", "c", "d"]);
  const { entries, damaged, broken } = await verifyFile(folder.path);
  assert.deepEqual({ entries, damaged, broken }, { entries: 4, damaged: [2], broken: null });

  const lines = text.split("\n");
  const without = verify(bytesOf(lines.toSpliced(1, 1).join("\n")));
  assert.deepEqual(without.broken, { line: 2, why: "records other damage than there is" });
  const altered = verify(bytesOf(lines.with(1, `${lines[1]}x`).join("\n")));
  assert.deepEqual(altered.broken, { line: 2, why: "records other damage than there is" });
});

Deno.test("a crash may cut anywhere: the log goes on and stays whole", async () => {
  await using folder = await scratch();
  const whole = bytesOf(chain(["first", "second"]));
  const firstLength = whole.indexOf(10) + 1;
  for (let length = 0; length <= whole.length; length += 13) {
    const data = await folder.dir(`cut-${length}`, 0o700);
    await Deno.writeFile(`${data}/audit.jsonl`, whole.subarray(0, length), { mode: 0o600 });
    await append(data, "next");
    await append(data, "and again");
    const { broken, damaged } = await verifyFile(data);
    assert.equal(broken, null, `cut after ${length} bytes`);
    const cutInFirst = length > 0 && length < firstLength - 1;
    assert.deepEqual(damaged, cutInFirst ? [1] : damaged.filter((line) => line === 2));
  }
});

Deno.test("blocks of zeros that a power cut left do not stop the log", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/audit.jsonl`;
  await Deno.writeTextFile(path, chain(["a"]) + "\0".repeat(200_000), { mode: 0o600 });
  await append(folder.path, "b");
  const { entries, damaged, broken } = await verifyFile(folder.path);
  assert.deepEqual({ entries, damaged, broken }, { entries: 3, damaged: [2], broken: null });
});

Deno.test("append() rejects when the disk is full", async () => {
  await using folder = await scratch();
  await Deno.symlink("/dev/full", `${folder.path}/audit.jsonl`);
  const audit = AuditFile.open(folder.path, clock);
  const results = await Promise.allSettled([
    audit.append({ event: "a" }),
    audit.append({ event: "b" }),
  ]);
  assert.deepEqual(results.map((result) => result.status), ["rejected", "rejected"]);
  await assert.rejects(audit.append({ event: "c" }));
  await audit.close();
});

Deno.test("AuditFile.open() explains what it cannot open", async () => {
  await using folder = await scratch();
  await folder.dir("audit.jsonl");
  assert.throws(
    () => AuditFile.open(folder.path, clock),
    (error) => error instanceof Failure && /^cannot open .*audit.jsonl: /.test(error.message),
  );
});

Deno.test("readAudit() reads long logs in pieces and explains a missing one", async () => {
  await using folder = await scratch();
  const names = Array.from({ length: 3_000 }, (_, n) => `event-${n}`);
  const text = chain(names);
  await Deno.writeTextFile(`${folder.path}/audit.jsonl`, `${text}half`);
  const lines: string[] = [];
  let terminated = true;
  for await (const line of readAudit(folder.path)) {
    lines.push(new TextDecoder().decode(line.bytes));
    terminated = line.terminated;
  }
  assert.equal(lines.join("\n"), `${text}half`);
  assert.equal(terminated, false);
  await assert.rejects(
    readAudit(`${folder.path}/none`).next(),
    (error) =>
      error instanceof Failure && /none\/audit.jsonl: it does not exist/.test(error.message),
  );
});

Deno.test("loginEvent() tells what matters, harmlessly and without secrets", () => {
  const login = aLogin({
    user: "al\u001b[31mice",
    requester: "b\nob",
    command: "x".repeat(500) + "\n",
    state: "denied",
    by: "link",
    via: "link",
    reason: "wrong_number",
  });
  const event = loginEvent("login.denied", login);
  assert.deepEqual(event, {
    event: "login.denied",
    login: "login-1",
    host: "web1",
    user: "al\\u{1b}[31mice",
    service: "ssh",
    source: "192.0.2.7",
    requester: "b\\u{a}ob",
    key: "SHA256:abc",
    command: `${"x".repeat(199)}…`,
    by: "link",
    via: "link",
    reason: "wrong_number",
  });
  const text = JSON.stringify(event);
  for (const secret of [login.ticket, login.secretHash, login.nonce]) {
    assert.ok(!text.includes(secret));
  }
});
