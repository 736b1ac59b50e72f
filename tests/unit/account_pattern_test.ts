import assert from "node:assert/strict";
import fc from "fast-check";
import { accountKey, matchesPattern, patternFault } from "../../lib/core/account_pattern.ts";

const matches = (pattern: string, user: string, host: string) =>
  matchesPattern(pattern, { user, host });

Deno.test("matchesPattern() takes * for any text, ? for one character, the rest as it is", () => {
  const cases: [pattern: string, user: string, host: string, expected: boolean][] = [
    ["deploy@web1", "deploy", "web1", true],
    ["deploy@web1", "deploy", "web10", false],
    ["deploy@web*", "deploy", "web", true],
    ["deploy@web*", "deploy", "web1.example.com", true],
    ["deploy@web*", "deploy", "aweb1", false],
    ["deploy@web?", "deploy", "web1", true],
    ["deploy@web?", "deploy", "web", false],
    ["deploy@web?", "deploy", "web10", false],
    ["*@*", "root", "db-1", true],
    ["*@db", "alice", "web", false],
    ["*a*b*@*", "xaxbx", "h", true],
    ["*a*b*@*", "xbxax", "h", false],
    ["?@h", "\u{1F511}", "h", true],
    ["Deploy@web1", "deploy", "web1", false],
    ["deploy@WEB1", "deploy", "web1", false],
    ["de.loy@web1", "deploy", "web1", false],
    ["[d]eploy@web1", "deploy", "web1", false],
    // The last @ parts: the user's name may hold one.
    ["alice@corp@web1", "alice@corp", "web1", true],
    ["*@web1", "alice@corp", "web1", true],
    ["alice@web1", "alice@corp", "web1", false],
    ["alice", "alice", "web1", false],
    ["", "", "", true],
  ];
  for (const [pattern, user, host, expected] of cases) {
    assert.equal(matches(pattern, user, host), expected, `${pattern} ${user}@${host}`);
  }
});

Deno.test("matchesPattern() agrees with a regular expression of the same meaning", () => {
  const glob = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const toRegExp = (glob: string) =>
    new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`);
  fc.assert(
    fc.property(glob, glob, name, name, (userGlob, hostGlob, user, host) => {
      const expected = toRegExp(userGlob).test(user) && toRegExp(hostGlob).test(host);
      assert.equal(matches(`${userGlob}@${hostGlob}`, user, host), expected);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("matchesPattern() is done at once with what makes regular expressions slow", () => {
  const pattern = `${"*a".repeat(100)}b@*`;
  assert.equal(patternFault(pattern), undefined);
  assert.equal(matches(pattern, "a".repeat(20_000), "h"), false);
});

Deno.test("patternFault() finds nothing wrong with patterns that people write", () => {
  for (const good of ["deploy@web*", "*@*", "root@db-?.example.com", "alice@corp@*", "张三@h"]) {
    assert.equal(patternFault(good), undefined, good);
  }
});

Deno.test("patternFault() says what is wrong", () => {
  const bad: [pattern: string, fault: RegExp][] = [
    ["", /must be USER@HOST/],
    ["alice", /must be USER@HOST/],
    ["@web1", /must be USER@HOST/],
    ["alice@", /must be USER@HOST/],
    ["own", /must be USER@HOST/],
    ["group:ops", /must be USER@HOST/],
    ["a b@web1", /must not contain spaces/],
    ["alice@web1\n", /must not contain spaces, control/],
    ["al\u200bice@web1", /invisible/],
    ["alice@web/1", /has a host that/],
    ["alice@[web]", /has a host that/],
    [`${"a".repeat(256)}@h`, /longer than 256/],
  ];
  for (const [pattern, fault] of bad) assert.match(patternFault(pattern) ?? "", fault, pattern);
});

Deno.test("accountKey() is one for each account", () => {
  const name = fc.string({ maxLength: 4 });
  fc.assert(fc.property(name, name, name, name, (user, host, user2, host2) => {
    const same = user === user2 && host === host2;
    const keys = [accountKey({ user, host }), accountKey({ user: user2, host: host2 })];
    assert.equal(keys[0] === keys[1], same);
  }));
});
