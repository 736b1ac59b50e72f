/** What settings and contacts may be, and what programs are told, at the edges. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import * as v from "valibot";
import { parseServerConfig } from "../../lib/config/server.ts";
import { Failure } from "../../lib/core/errors.ts";
import type { Letter } from "../../lib/core/letter.ts";
import { fitted } from "../../lib/notify/fitted.ts";
import { command } from "../../lib/notify/command.ts";
import { email } from "../../lib/notify/email.ts";
import { eventOf, isProgramContact } from "../../lib/notify/event.ts";
import { webhook } from "../../lib/notify/webhook.ts";
import { aLetter, aRequest } from "../support/letters.ts";

Deno.test("command: words are printable, not too long and not too many", () => {
  const takes = (argv: readonly string[]) => v.is(v.object(command.settings), { argv });
  const program = "/usr/local/bin/tell";
  ok(takes([program, "x".repeat(4_096)]) && takes([program, ...Array(63).fill("x")]));
  const wrong = [
    [program, "a\0b"],
    [program, "a\nb"],
    [program, "a\u202eb"],
    [`${program}\n`],
    [program, "x".repeat(4_097)],
    [program, ...Array(64).fill("x")],
    [],
    [""],
  ];
  for (const argv of wrong) ok(!takes(argv), JSON.stringify(argv).slice(0, 60));
});

Deno.test("a program's contact is no option, no file and no variable of a shell", () => {
  for (const text of ["alice", "+8613800138000", "@alice", "a.b@example.com", "x".repeat(128)]) {
    ok(isProgramContact(text), text);
  }
  const wrong = [
    "",
    "-x",
    "--to=x",
    ".hidden",
    "../x",
    "a/b",
    "$HOME",
    "a b",
    "a\n",
    "x".repeat(129),
  ];
  for (const text of wrong) ok(!isProgramContact(text), text);
});

Deno.test("what others chose is cut for programs, and nothing else is", () => {
  const command = "x".repeat(5_000);
  const { subject } = eventOf(aLetter(aRequest({ command })));
  const texts = Object.values(subject).filter((value) => typeof value === "string");
  ok(texts.every((text) => text.length <= 4_096));
  equal(texts.some((text) => text.length > 4_000), true);
});

Deno.test("email: an address is no longer than mail allows", () => {
  const label = "a".repeat(61);
  const domain = (last: number) => `${label}.${label}.${label}.${"b".repeat(last)}.example.com`;
  equal(domain(55).length, 253);
  ok(email.isContact(`alice@${domain(55)}`));
  ok(!email.isContact(`alice@${domain(56)}`));
  ok(
    email.isContact(`${"a".repeat(64)}@example.com`) &&
      !email.isContact(`${"a".repeat(65)}@example.com`),
  );
});

Deno.test("email: without encryption to this machine alone", () => {
  const hosts = [
    "localhost.example.com",
    "127.0.0.1.example.com",
    "xlocalhost",
    "::11",
    "127.0.0",
    "",
  ];
  for (const host of hosts) {
    deepEqual(Object.keys(email.faults?.({ host, tls: "none" }) ?? {}), ["tls"], host);
  }
});

Deno.test("webhook: of a receiver that fails nobody knows what it took", () => {
  const dialect = webhook.open(
    { url: "https://hooks.example.com", secret: `whsec_${btoa("k".repeat(32))}` },
    { buttons: false },
  );
  ok(dialect.via === "http");
  const mayArrive = (status: number) => {
    const sent = dialect.sent({ status, headers: {}, json: undefined, text: "" });
    return !sent.ok && sent.mayArrive;
  };
  deepEqual([500, 502, 503, 504, 301, 400, 401, 410, 429].filter(mayArrive), [500, 502, 503, 504]);
});

Deno.test("what others chose gets shorter wherever it is, in whole characters", () => {
  const foreign = { foreign: "😀".repeat(50) };
  const letter: Letter = {
    ...aLetter(),
    title: ["a ", foreign],
    facts: [{ label: "b", value: [foreign] }],
    notes: [["c ", foreign, " d"]],
  };
  const write = ({ facts, notes, title }: Letter) =>
    [title, ...facts.map(({ value }) => value), ...notes]
      .map((line) =>
        line.map((piece) => typeof piece === "string" ? piece : piece.foreign).join("")
      );
  const fit = (max: number) =>
    fitted(letter, write, (lines) => lines.every((line) => [...line].length <= max));
  equal(fit(1_000)[0], `a ${foreign.foreign}`);
  deepEqual(fit(10), ["a 😀😀😀…", "😀😀😀…", "c 😀😀😀… d"].map((text) => text));
  for (const line of fit(0)) ok(line.isWellFormed(), line);
});

Deno.test("a secret's file is a path or a bare name, and no folder", () => {
  const parse = (path: string) =>
    parseServerConfig(
      `[[notify]]\ntype = "gotify"\nurl = "https://g.example.com"\ntoken_file = ${
        JSON.stringify(path)
      }`,
      "server.toml",
    );
  for (const path of ["/etc/gatehouse/token", "gotify.token", "...a"]) {
    equal(parse(path).notify.length, 1, path);
  }
  for (const path of ["", ".", "..", "...", "a/b", "../a", "/a\u0001", "/a\u202eb"]) {
    throws(
      () => parse(path),
      (error) => error instanceof Failure && /token_file/.test(error.message),
    );
  }
});
