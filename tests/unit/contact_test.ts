import assert from "node:assert/strict";
import fc from "fast-check";
import { contactsFromGecos, isContact, MAX_CONTACTS, readContact } from "../../lib/core/contact.ts";
import { Exit } from "../../lib/core/errors.ts";
import { usersNameThemselves } from "../../lib/core/login_defs.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { contactsOf } from "../../lib/io/contacts.ts";
import { failureOf } from "../support/failure.ts";
import { scratch } from "../support/scratch.ts";

const messages = hostMessages("en", undefined);

Deno.test("contactsFromGecos() reads the first field alone, several with a bar between", () => {
  const cases: [gecos: string, contacts: string[]][] = [
    ["zhangsan", ["zhangsan"]],
    ["zhangsan,,,", ["zhangsan"]],
    ["zhangsan|lisi,Room 1|wangwu,1,2,zhaoliu", ["zhangsan", "lisi"]],
    [" zhangsan | li.si@example.com ", ["zhangsan", "li.si@example.com"]],
    ["Zhang San,wangwu", []],
    ["", []],
    [",zhangsan", []],
    ["||,", []],
    ["@all", []],
    ["@all|zhangsan", ["zhangsan"]],
    ["张三|zhangsan", ["zhangsan"]],
    ["sms_aliyun:+8613800138000|zhangsan", ["sms_aliyun:+8613800138000", "zhangsan"]],
    ["Administrator:x", []],
    ["1|2|3|4|5|6|7|8|9", ["1", "2", "3", "4", "5", "6", "7", "8"]],
  ];
  for (const [gecos, contacts] of cases) {
    assert.deepEqual(contactsFromGecos(gecos), contacts, gecos);
  }
});

Deno.test("readContact() takes a contact alone, or behind a channel's name and a colon", () => {
  const bare = (to: string) => ({ channel: null, to });
  const cases: [text: string, contact: ReturnType<typeof readContact>][] = [
    ["zhangsan", bare("zhangsan")],
    ["li.si@example.com", bare("li.si@example.com")],
    ["a".repeat(64), bare("a".repeat(64))],
    ["sms_aliyun:+8613800138000", { channel: "sms_aliyun", to: "+8613800138000" }],
    ["slack:U0123", { channel: "slack", to: "U0123" }],
    [`ntfy:${"a".repeat(128)}`, { channel: "ntfy", to: "a".repeat(128) }],
    ["wecom:@all", { channel: "wecom", to: "@all" }],
    ...[
      "",
      "@all",
      "a|b",
      "a b",
      "+86138",
      "a".repeat(65),
      ":a",
      "slack:",
      "slack:a:b",
      "Slack:U0",
      "person:alice",
    ]
      .map((text): [string, undefined] => [text, undefined]),
    [`ntfy:${"a".repeat(129)}`, undefined],
    [`${"a".repeat(33)}:b`, undefined],
    ["ntfy:a|b", undefined],
    ["ntfy:a\n", undefined],
  ];
  for (const [text, contact] of cases) {
    assert.deepEqual(readContact(text), contact, text);
    assert.equal(isContact(text), contact !== undefined);
  }
});

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,20}$/);
const blanks = fc.stringMatching(/^[ \t]{0,3}$/);

Deno.test("contactsFromGecos() finds what was written, whatever users put behind it", () => {
  const written = fc.array(fc.tuple(blanks, id, blanks), { minLength: 1, maxLength: MAX_CONTACTS });
  fc.assert(fc.property(written, fc.string(), (ids, rest) => {
    const gecos = `${ids.map((parts) => parts.join("")).join("|")},${rest}`;
    assert.deepEqual(contactsFromGecos(gecos), ids.map(([, contact]) => contact));
  }));
});

Deno.test("contactsFromGecos() makes only contacts of anything", () => {
  const pieces = fc.array(fc.oneof(id, fc.string(), fc.constantFrom("|", ",", " ", "@all")));
  fc.assert(fc.property(pieces, (parts) => {
    const found = contactsFromGecos(parts.join(""));
    assert.ok(found.length <= MAX_CONTACTS);
    assert.ok(found.every(isContact));
  }));
});

Deno.test("usersNameThemselves() sees who may change the full name, and doubts in favour of yes", () => {
  const no = [
    "",
    "CHFN_RESTRICT rwh",
    "CHFN_RESTRICT\t\trwh",
    "CHFN_RESTRICT yes",
    "CHFN_RESTRICT none",
    "CHFN_RESTRICT",
    "CHFN_RESTRICT ",
    '  CHFN_RESTRICT "rwh"',
    "# CHFN_RESTRICT f",
    "#CHFN_RESTRICT no",
    "CHFN_RESTRICTED f",
    "X_CHFN_RESTRICT f",
    "CHFN_AUTH no\nFULL f",
    "CHFN_RESTRICT rwh\r",
  ];
  for (const text of no) assert.equal(usersNameThemselves(text), false, text);
  const yes = [
    "CHFN_RESTRICT f",
    "CHFN_RESTRICT frwh",
    "CHFN_RESTRICT rwhf",
    "CHFN_RESTRICT no",
    "CHFN_RESTRICT no\r",
    'CHFN_RESTRICT "no"',
    'CHFN_RESTRICT "f"',
    "CHFN_RESTRICT=no",
    "  CHFN_RESTRICT = f",
    "UMASK 022\nCHFN_RESTRICT\tf\nUID_MIN 1000",
    // shadow's tools know no comment behind a value.
    "CHFN_RESTRICT rwh # not f",
    "CHFN_RESTRICT f\nCHFN_RESTRICT rwh",
    "CHFN_RESTRICT rwh\nCHFN_RESTRICT f",
  ];
  for (const text of yes) assert.equal(usersNameThemselves(text), true, text);
});

Deno.test("usersNameThemselves() is decided by the letters of the key, wherever its line is", () => {
  const others = fc.array(
    fc.constantFrom("", "# a comment", "UMASK 022", "MAIL_DIR /var/mail", "FAKE_SHELL no"),
  );
  const letters = fc.stringMatching(/^[frwh]{0,4}$/);
  const gap = fc.stringMatching(/^[ \t]{1,3}$/);
  fc.assert(fc.property(others, gap, letters, others, (before, space, value, after) => {
    const text = [...before, `CHFN_RESTRICT${space}${value}`, ...after].join("\n");
    assert.equal(usersNameThemselves(text), value.includes("f"));
  }));
});

const account = { name: "alice", gecos: "lisi|wangwu,room 1" };
const none = new Map<string, string[]>();

Deno.test("contactsOf() takes the table first, then what host.toml says", async () => {
  await using folder = await scratch();
  const safe = await folder.file("login.defs", "CHFN_RESTRICT rwh\n");
  const of = (contact: "server" | "gecos", contacts: Map<string, string[]>) =>
    contactsOf({ contact, contacts }, account, messages, safe);
  const alices = new Map([["alice", ["zhangsan"]]]);
  assert.deepEqual(of("server", alices), ["zhangsan"]);
  assert.deepEqual(of("gecos", alices), ["zhangsan"]);
  const bobs = new Map([["bob", ["zhangsan"]]]);
  assert.deepEqual(of("server", bobs), []);
  assert.deepEqual(of("gecos", bobs), ["lisi", "wangwu"]);
});

Deno.test("contactsOf() refuses a GECOS that names nobody, or that its user could have written", async () => {
  await using folder = await scratch();
  const safe = await folder.file("login.defs", "CHFN_RESTRICT rwh\n");
  const open = await folder.file("open.defs", "CHFN_RESTRICT frwh\n");
  const beside = await folder.file("beside", "CHFN_RESTRICT rwh\n");
  await folder.dir("beside.d");
  await folder.file("beside.d/00-ours.defs", "UMASK 022\n");
  await folder.file("beside.d/50-ours.defs", "CHFN_RESTRICT no\n");
  const odd = await folder.file("odd", "CHFN_RESTRICT rwh\n");
  await folder.file("odd.d", "CHFN_RESTRICT f\n");
  const cases: [gecos: string, loginDefs: string, reason: RegExp][] = [
    ["Alice Liddell", safe, /names no contact$/],
    ["", safe, /names no contact$/],
    ["zhangsan", open, /open\.defs lets users change their own full name \(CHFN_RESTRICT\)$/],
    ["zhangsan", `${folder.path}/missing`, /missing cannot be read$/],
    ["zhangsan", folder.path, / cannot be read$/],
    ["zhangsan", beside, /beside\.d\/50-ours\.defs lets users change/],
    ["zhangsan", odd, /odd\.d lets users change/],
  ];
  for (const [gecos, loginDefs, reason] of cases) {
    const config = { contact: "gecos", contacts: none } as const;
    const failure = await failureOf(() =>
      contactsOf(config, { name: "alice", gecos }, messages, loginDefs)
    );
    assert.deepEqual([failure.exit, failure.message, failure.hint], [
      Exit.denied,
      "no code can be sent to this account",
      "ask your administrator",
    ]);
    assert.match(failure.reason, reason);
    // What the person reads names nobody and no file.
    assert.ok(!`${failure.message}${failure.hint}`.includes(folder.path));
  }
  // The table is root's own.
  const named = contactsOf(
    { contact: "gecos", contacts: new Map([["alice", ["a"]]]) },
    account,
    messages,
    open,
  );
  assert.deepEqual(named, ["a"]);
});
