import assert from "node:assert/strict";
import fc from "fast-check";
import {
  describeAdmission,
  describeAttempt,
  describeRefusal,
  describeWhy,
} from "../../lib/core/attempt.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { anAttempt } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";

Deno.test("describeAttempt() is one line, whatever the client sent", () => {
  assert.equal(
    describeAttempt(anAttempt({ command: "a\nb\x1b[1m" })),
    "user=alice source=192.0.2.7 service=sshd what=command " +
      String.raw`command="a\\u{a}b\\u{1b}[1m"`,
  );
  assert.match(describeAttempt(anAttempt()), /what=shell$/);
});

Deno.test("describeAttempt() says who asks, and that PAM does not know what for", () => {
  const attempt = anAttempt({ user: "root", service: "su", requester: "bob", command: undefined });
  assert.equal(
    describeAttempt(attempt),
    "user=root source=192.0.2.7 service=su requester=bob what=login",
  );
});

/** What a line says, read from its beginning as a program would; undefined when it is none. */
function readLine(line: string): [key: string, value: string][] | undefined {
  if (!/^([a-z]+=([^\s"=]+|"([^"\\]|\\.)*")( (?!$)|$))+$/u.test(line)) return undefined;
  return Array.from(
    line.matchAll(/([a-z]+)=([^\s"=]+|"(?:[^"\\]|\\.)*")/gu),
    ([, key = "", value = ""]) => [key, value.startsWith('"') ? JSON.parse(value) : value],
  );
}

Deno.test("no part of describeAttempt() can pose as another", () => {
  const forgery = fc.constantFrom(
    "x source=203.0.113.9",
    'x" source="203.0.113.9',
    "x\\",
    '\\" source=203.0.113.9 ',
    "",
    "\u3000source=203.0.113.9",
    "x\ngatehouse: refused user=x source=203.0.113.9",
  );
  const text = fc.oneof(
    anyText(),
    forgery,
    fc.tuple(forgery, anyText()).map((all) => all.join("")),
  );
  const attempts = fc.record({
    user: text,
    service: text,
    requester: fc.option(text),
    command: fc.option(text, { nil: undefined }),
  });
  fc.assert(fc.property(attempts, (texts) => {
    const line = describeAttempt(anAttempt(texts));
    assert.ok(isPrintable(line));
    const said = readLine(line);
    assert.deepEqual(said?.map(([key]) => key), [
      ...["user", "source", "service"],
      ...texts.requester === null ? [] : ["requester"],
      ...texts.command === undefined ? ["what"] : ["what", "command"],
    ], line);
    assert.equal(new Map(said).get("source"), "192.0.2.7");
    if (isPrintable(texts.user)) {
      assert.equal([...texts.user].length > 256 || new Map(said).get("user") === texts.user, true);
    }
  }));
});

Deno.test("describeAdmission() says why no server decided, where one should have", () => {
  const admission = { via: "code", by: "alice" } as const;
  assert.equal(describeAdmission(admission), 'via=code by="alice"');
  assert.equal(
    describeAdmission({ ...admission, noServer: 'https://a "x"\ndoes not answer' }),
    'via=code by="alice" no_server="https://a \\"x\\"\\\\u{a}does not answer"',
  );
});

Deno.test("describeWhy() makes one line of the faults of a file", () => {
  assert.equal(describeWhy("denied"), 'why="denied"');
  assert.equal(
    describeWhy('host.toml: a: is missing\nhost.toml: b: must be "x"'),
    'why="host.toml: a: is missing; host.toml: b: must be \\"x\\""',
  );
  fc.assert(fc.property(anyText(), (text) => {
    const line = describeWhy(text);
    assert.ok(isPrintable(line) && readLine(line) !== undefined, line);
  }));
});

Deno.test("describeRefusal() tells the log by how much a clock is off, and until when a limit lasts", () => {
  const cases = [
    [{ ok: false, why: "malformed" }, "why=malformed"],
    [{ ok: false, why: "malformed", weak: ["short", "digits"] }, "why=malformed weak=short,digits"],
    [{ ok: false, why: "spent" }, "why=spent"],
    [{ ok: false, why: "wrong" }, "why=wrong"],
    [{ ok: false, why: "wrong", clockOff: -270 }, "why=wrong clock_off=-270s"],
    [{ ok: false, why: "wrong", clockOff: 90 }, "why=wrong clock_off=+90s"],
    [
      { ok: false, why: "limited", retryAt: T0 + 31_000 },
      "why=limited retry_at=2026-01-01T00:00:31.000Z",
    ],
  ] as const;
  for (const [answer, text] of cases) assert.equal(describeRefusal(answer), text);
});
