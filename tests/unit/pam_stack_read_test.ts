import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import {
  PAM_RESULTS,
  PAM_TYPES,
  type PamEntry,
  type PamStack,
  type PamType,
} from "../../lib/core/pam_stack/stack.ts";
import { filesOf, SERVICE, type World, worlds } from "../support/pam_worlds.ts";

const PATH = `/etc/pam.d/${SERVICE}`;

function stackOf(text: string, type: PamType = "auth", others: World = {}): PamStack {
  const stack = readStack(SERVICE, type, filesOf({ ...others, [PATH]: text }));
  if ("refused" in stack) throw new Error(stack.refused);
  return stack;
}

function onlyEntry(line: string): PamEntry {
  const { entries } = stackOf(line);
  const [entry] = entries;
  equal(entries.length, 1);
  ok(entry);
  return entry;
}

function refusalOf(text: string, others: World = {}): { where: unknown; refused: string } {
  const stack = readStack(SERVICE, "auth", filesOf({ ...others, [PATH]: text }));
  ok("refused" in stack, "not refused");
  return stack;
}

Deno.test("readStack() keeps what a line says, and where it stands", () => {
  const { entries, oddities } = stackOf(
    "# first\n\n-Auth \\\n # in between\n  [success=2 default=ignore] /lib/pam_x.so a [b  \\] c]d\n",
  );
  deepEqual(oddities, []);
  equal(entries.length, 1);
  const { actions, ...entry } = entries[0] ?? onlyEntry("");
  deepEqual(entry, {
    where: { file: PATH, line: 3 },
    module: "/lib/pam_x.so",
    args: ["a", "b  ] c", "d"],
    control: "[success=2 default=ignore]",
    silent: true,
    kind: "module",
    level: 0,
  });
  equal(actions.success, 2);
  equal(actions.maxtries, "ignore");
});

Deno.test("readStack() gives each simple control its actions", () => {
  const summary = (control: string) => {
    const { success, new_authtok_reqd, ignore, auth_err } =
      onlyEntry(`auth ${control} m.so`).actions;
    return [success, new_authtok_reqd, ignore, auth_err];
  };
  deepEqual(summary("required"), ["ok", "ok", "ignore", "bad"]);
  deepEqual(summary("REQUISITE"), ["ok", "ok", "ignore", "die"]);
  deepEqual(summary("sufficient"), ["done", "done", "ignore", "ignore"]);
  deepEqual(summary("[optional]"), ["ok", "ok", "ignore", "ignore"]);
  deepEqual(summary("[default=die success=ok]"), ["ok", "die", "die", "die"]);
  deepEqual(summary("[success=ok default=99999999999]"), [
    "ok",
    1_215_752_191,
    1_215_752_191,
    1_215_752_191,
  ]);
  deepEqual(summary("binding"), ["bad", "bad", "bad", "bad"]);
});

Deno.test("readStack() puts included lines where they belong", () => {
  const others = {
    "/etc/pam.d/a": "auth required a.so\naccount required a.so\nauth substack b\n",
    "/etc/pam.d/b": "auth required b.so\n",
  };
  const { entries } = stackOf(
    "@include a\nauth substack /etc/pam.d/a\nauth required z.so\n",
    "auth",
    others,
  );
  deepEqual(entries.map(({ module, kind, level }) => [module, kind, level]), [
    ["a.so", "module", 0],
    ["b", "substack", 0],
    ["b.so", "module", 1],
    ["/etc/pam.d/a", "substack", 0],
    ["a.so", "module", 1],
    ["b", "substack", 1],
    ["b.so", "module", 2],
    ["z.so", "module", 0],
  ]);
  deepEqual(entries[2]?.where, { file: "/etc/pam.d/b", line: 1 });
});

Deno.test("readStack() falls back to the service other for each type alone", () => {
  const others = { "/etc/pam.d/other": "auth required o.so\naccount required o.so\n" };
  equal(stackOf("auth required own.so\n", "auth", others).entries[0]?.module, "own.so");
  equal(stackOf("auth required own.so\n", "account", others).entries[0]?.module, "o.so");
  deepEqual(stackOf("auth required own.so\n", "session", others).entries, []);
});

Deno.test("readStack() names what libpam complains about", () => {
  const odd = (text: string) =>
    stackOf(text).oddities.map(({ where, why }) => `${where.line} ${why}`);
  deepEqual(odd("auth required m.so\nauht required m.so\n"), ["2 the line fails: auht is no type"]);
  deepEqual(odd("auht include .\nauth required m.so"), [
    "1 auht is no type, and libpam takes it for auth",
  ]);
  deepEqual(odd("auth"), [
    "1 the line fails: its control is missing",
    "1 the line fails: its module is missing",
  ]);
  deepEqual(odd("auth requird m.so"), ["1 every result counts as bad: a result's name is wanted"]);
  deepEqual(odd("auth [success] m.so"), [
    "1 every result counts as bad: a result's name is wanted",
  ]);
  deepEqual(odd("auth [success=0] m.so"), [
    "1 every result counts as bad: a jump over no line is none",
  ]);
  deepEqual(odd("auth include nowhere"), [
    "1 the line fails: there is no /etc/pam.d/nowhere, so this cannot be included",
  ]);
  match(odd(`# ${"x ".repeat(600)}`).join(), /^1 a line is longer than 1023 bytes/);
  deepEqual(odd("account requird m.so\nauth required m.so"), []);
});

Deno.test("readStack() says why and where libpam does not start", () => {
  deepEqual(refusalOf("auth required m.so\n@include nowhere\n"), {
    where: { file: PATH, line: 2 },
    refused: "there is no /etc/pam.d/nowhere",
  });
  deepEqual(refusalOf("@include a\n", { "/etc/pam.d/a": "\nauth required m.so \\\n" }), {
    where: { file: "/etc/pam.d/a", line: 2 },
    refused: "the last line is to go on, and ends",
  });
  match(refusalOf("auth include").refused, /crashes/);
  match(refusalOf("auth required ?").refused, /is called \?$/);
  match(refusalOf("auth include svc\nauth include svc\n").refused, /for ever/);
  // Each level is read twice as often as the one above it.
  const chain = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, at) => [
      `/etc/pam.d/level${at}`,
      `auth include level${at + 1}\n`.repeat(2),
    ]));
  match(refusalOf("auth include level0\n", chain(40)).refused, /for ever/);
  const twice = { ...chain(9), "/etc/pam.d/level9": "auth required pam_permit.so\n" };
  equal(stackOf("auth include level0\n", "auth", twice).entries.length, 512);
  // A long file is no loop.
  equal(stackOf("auth optional pam_permit.so\n".repeat(30_000)).entries.length, 30_000);
});

Deno.test("readStack() counts bytes, not characters", () => {
  const fits = `auth required m.so ${"é".repeat(502)}`; // 1023 bytes
  deepEqual(stackOf(fits).oddities, []);
  deepEqual(stackOf(fits).entries[0]?.args, ["é".repeat(502)]);
  equal(stackOf(`${fits}é`).oddities.length, 4);
});

Deno.test("readStack() never throws, and leaves no result without its action", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3_000 }),
    fc.array(
      fc.constantFrom(
        "auth",
        "@include",
        "svc",
        "[",
        "]",
        "\\",
        "\n",
        " ",
        "#",
        "=",
        "\0",
        "include",
        "required",
      ),
      {
        maxLength: 200,
      },
    ).map((words) => words.join("")),
  );
  const any: fc.Arbitrary<World> = fc.oneof(
    worlds,
    fc.dictionary(
      fc.constantFrom(PATH, "/etc/pam.d/other", "/etc/pam.conf", "/etc/pam.d/a"),
      anything,
    ),
  );
  fc.assert(
    fc.property(any, fc.constantFrom(...PAM_TYPES), fc.string(), (world, type, other) => {
      for (const service of [SERVICE, other]) {
        const stack = readStack(service, type, filesOf(world));
        if ("refused" in stack) ok(stack.refused.length > 0);
        else {
          for (const { actions, level } of stack.entries) {
            ok(level >= 0 && level < 16);
            ok(
              PAM_RESULTS.every((result) => actions[result] !== undefined && actions[result] !== 0),
            );
          }
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
