/** Our reading of sshd_config against the real sshd's: which Match blocks hold, and whose value stands. */
import { equal } from "node:assert/strict";
import fc from "fast-check";
import { SshdAnswer } from "../../lib/core/sshd/answer.ts";
import { readConfig, SSHD_CONFIG } from "../../lib/core/sshd/config.ts";
import { globalDirectives } from "../../lib/core/sshd/globals.ts";
import { meets, type Situation } from "../../lib/core/sshd/matching.ts";
import { connectionOf } from "../../lib/core/doctor/sshd_cases.ts";
import { copyConfig } from "../../lib/core/sshd/copy.ts";
import { matchesPattern } from "../../lib/core/sshd/patterns.ts";
import { readFor, winner } from "../../lib/core/sshd/reading.ts";
import { sshdCopy } from "../../lib/io/sshd_copy.ts";
import { askSshd } from "../../lib/io/sshd_program.ts";

const SSHD = "/usr/sbin/sshd";
const RUNS = 150;

const name = fc.constantFrom("alice", "bob", "carol");
const userPattern = fc.constantFrom(
  "alice",
  "al*",
  "*",
  "?ob",
  "!bob,*",
  "alice,!al*",
  "carol,bob",
  "!carol",
);
const groupPattern = fc.constantFrom("staff", "st*", "*,!staff", "wheel,staff", "!wheel", "nobody");
const addressPattern = fc.constantFrom(
  "192.0.2.0/24",
  "192.0.2.7",
  "192.0.*",
  "*,!192.0.2.0/24",
  "2001:db8::/32",
  "!2001:db8::7,*",
  "10.0.0.0/8,192.0.2.0/25",
  "0.0.0.0/0",
);
const hostPattern = fc.constantFrom("*.Example.org", "a.example.org", "192.*", "!a.*,*");
const equals = fc.constantFrom(" ", "=", " = ", "\t", '="', ' "');
const criterion = fc.tuple(
  fc.oneof(
    fc.tuple(fc.constantFrom("User", "USER"), userPattern),
    fc.tuple(fc.constant("Group"), groupPattern),
    fc.tuple(fc.constantFrom("Address", "LocalAddress"), addressPattern),
    fc.tuple(fc.constant("Host"), hostPattern),
    fc.tuple(fc.constant("LocalPort"), fc.constantFrom("22", "2222")),
    fc.tuple(fc.constant("RDomain"), fc.constantFrom("red", "r*", "!blue,*")),
  ),
  equals,
).map(([[kind, pattern], between]) =>
  `${kind}${between}${pattern}${between.endsWith('"') ? '"' : ""}`
);
const match = fc.oneof(
  { weight: 6, arbitrary: fc.array(criterion, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(["all"]) },
).map((criteria) => `Match ${criteria.join(" ")}`);

/** Each line has a value of its own, so that the answer names the line. */
const line = fc.oneof(
  { weight: 4, arbitrary: match },
  { weight: 4, arbitrary: fc.constant("Banner VALUE") },
  { weight: 3, arbitrary: fc.constant("ForceCommand VALUE  x # y") },
  { weight: 1, arbitrary: fc.constant("banner = VALUE # remark") },
  { weight: 1, arbitrary: fc.constant("") },
);
const leaf = fc.array(line, { maxLength: 5 });
const inner = fc.array(
  fc.oneof({ weight: 5, arbitrary: line }, {
    weight: 1,
    arbitrary: fc.constant("Include /etc/ssh/leaf.conf"),
  }),
  { maxLength: 6 },
);
const main = fc.array(
  fc.oneof({ weight: 5, arbitrary: line }, {
    weight: 2,
    arbitrary: fc.constantFrom("Include sshd_config.d/*.conf", "Include leaf.conf nothing"),
  }),
  { maxLength: 9 },
);

const groups: Readonly<Record<string, readonly string[]>> = {
  alice: ["alice", "staff"],
  bob: ["bob", "wheel"],
  carol: [],
};
const situation: fc.Arbitrary<Situation> = fc.record({
  user: name,
  address: fc.constantFrom("192.0.2.7", "192.0.2.200", "10.1.1.1", "2001:db8::7", "::1"),
  host: fc.constantFrom("a.example.org", "B.EXAMPLE.ORG", "192.0.2.7"),
  localAddress: fc.constantFrom("192.0.2.1", "2001:db8::1"),
  localPort: fc.constantFrom(22, 2222),
  rdomain: fc.constantFrom(undefined, "red", "blue"),
}).map((one) => ({ ...one, groups: groups[one.user] ?? [] }));

Deno.test(`the doctor's reading is sshd's on ${RUNS} generated configurations`, async () => {
  const copy = await sshdCopy();
  using _copy = copy;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(main, inner, inner, leaf, situation, async (...parts) => {
      const one = parts[4];
      const texts = new Map([
        [SSHD_CONFIG, parts[0]],
        ["/etc/ssh/sshd_config.d/10.conf", parts[1]],
        ["/etc/ssh/sshd_config.d/20.conf", parts[2]],
        ["/etc/ssh/leaf.conf", parts[3]],
      ].map(([path, lines], file) => [
        String(path),
        [...lines ?? []].map((text, index) => text.replace("VALUE", `/v${file}-${index + 1}`))
          .join("\n"),
      ]));
      const files = {
        text: (path: string) => texts.get(path),
        matching: (pattern: string) =>
          [...texts.keys()].filter((path) => matchesPattern(path, pattern)).toSorted(),
      };
      const config = readConfig(SSHD_CONFIG, files);
      const copied = copyConfig(files, {
        folder: copy.path,
        askedFor: Object.entries(groups).map(([name, groups]) => ({ name, groups })),
        without: new Set(),
      });
      if (config === undefined || copied === undefined) throw new Error("no sshd_config");
      for (const [name, text] of copied.files) copy.write(name, text);
      const account = { name: one.user, uid: 1, gid: 1, home: "/", shell: "/", groups: one.groups };
      const asked = await askSshd(
        SSHD,
        ["-f", `${copy.path}/${copied.main}`, "-h", copy.hostKey],
        connectionOf(account, one),
        true,
      );
      if (asked.answer === undefined) throw new Error(asked.refusal.why);
      const answer = new SshdAnswer(asked.answer);
      const reading = readFor(config, globalDirectives(config), (criteria) => meets(criteria, one));
      equal(answer.one("banner"), winner(reading, "banner")?.values[0] ?? "none");
      equal(answer.one("forcecommand"), winner(reading, "forcecommand")?.text ?? "none");
      count++;
    }),
    { numRuns: RUNS },
  );
  equal(count, RUNS);
});
