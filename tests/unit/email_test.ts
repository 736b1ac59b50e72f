/** What a mail says and looks like, read by others than who wrote it; settings, contacts and replies. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import * as v from "valibot";
import type { Letter } from "../../lib/core/letter.ts";
import type { DeliveryFault } from "../../lib/core/delivery.ts";
import type { Notification } from "../../lib/core/notification.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { email } from "../../lib/notify/email.ts";
import { readSmtpFault, type SmtpStep } from "../../lib/notify/email_codes.ts";
import {
  aLetter,
  aPin,
  aRequest,
  hostileNotifications,
  languages,
  LINK,
} from "../support/letters.ts";
import { ALICE, FROM, mailDialect, mailNotifier } from "../support/mail.ts";
import { ACCOUNT, MailServer } from "../support/mail_server.ts";
import { foundLinks } from "../support/vendors/links.ts";
import { asSeen } from "../support/vendors/plain_reader.ts";

const dialect = mailDialect({});
const request = aRequest({ answer: { by: "link" } });

/** As a program for XML reads it: the mail is written so that one can. */
class Html {
  readonly tags: string[] = [];
  readonly links: string[] = [];
  /** Attributes but those for looks. */
  readonly attributes = new Set<string>();
  text = "";

  constructor(html: string) {
    assert.equal(XMLValidator.validate(html), true);
    const parser = new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: "",
      trimValues: false,
      parseTagValue: false,
      htmlEntities: true,
    });
    this.#read(parser.parse(html));
  }

  #read(nodes: readonly Readonly<Record<string, unknown>>[]): void {
    for (const node of nodes) {
      const attributes = v.parse(v.optional(v.record(v.string(), v.string()), {}), node[":@"]);
      for (const [tag, inside] of Object.entries(node)) {
        if (tag === ":@") continue;
        if (tag === "#text") {
          this.text += String(inside);
          continue;
        }
        this.tags.push(tag);
        for (const name of Object.keys(attributes)) this.attributes.add(name);
        if (attributes.href !== undefined) this.links.push(attributes.href);
        if (tag !== "style" && Array.isArray(inside)) this.#read(inside);
        if (["p", "tr", "h1", "title"].includes(tag)) this.text += "\n";
      }
    }
  }
}

Deno.test("email: a request as text", () => {
  const { subject, text } = dialect.mail(aLetter(request));
  assert.equal(subject, "Log in to web1․example․com as alice?");
  assert.equal(
    text,
    `Log in to web1․example․com as alice?

Account: alice
Host: web1․example․com
Service: sshd
From: 192.0.2.7
Time: 2026-01-01 00:00:00 UTC
Open until: 2026-01-01 00:01:00 UTC
Open the page to approve or deny it.
If you are not logging in right now: deny it.

${LINK}
`,
  );
});

Deno.test("email: the same as HTML, the link as a button and as text, and nothing to fetch", () => {
  for (const language of ["en", "zh-CN"] as const) {
    const letter = aLetter(request, language);
    const { html } = dialect.mail(letter);
    const { attributes, links, tags, text } = new Html(html);
    assert.deepEqual(links, [LINK, LINK]);
    assert.deepEqual(
      [...new Set(tags)].sort(),
      "a bdi body h1 head html meta p style table td th title tr".split(" "),
    );
    assert.deepEqual(
      [...attributes].sort(),
      "charset class content href lang name role scope style".split(" "),
    );
    assert.doesNotMatch(html, /url\(|@import|<(img|script|link|iframe|form)\b|\bsrc=/i);
    for (const { label, value } of letter.facts) {
      const said = value.map((piece) => typeof piece === "string" ? piece : piece.foreign).join("");
      assert.ok(asSeen(text).includes(`${label}${said}\n`), `${label} ${said}`);
    }
    assert.match(html, new RegExp(`<html lang="${language}">`));
    assert.match(html, /prefers-color-scheme:dark/);
  }
});

Deno.test("email: a PIN is in the mail, and not in its subject", () => {
  for (const language of ["en", "zh-CN"] as const) {
    const { html, subject, text } = dialect.mail(aLetter(aPin(), language));
    assert.match(subject, /^•{6} /);
    assert.ok(!html.slice(0, html.indexOf("</head>")).includes("012345"));
    assert.ok(text.startsWith("012345 ") && new Html(html).text.includes("012345 "));
  }
});

Deno.test("email: whatever the names are, they are text in the text and in the HTML", () => {
  fc.assert(
    fc.property(hostileNotifications, languages, (notification, language) => {
      const letter = aLetter(linked(notification), language);
      const { html, subject, text } = dialect.mail(letter);
      assert.ok(isPrintable(subject));
      const link = letter.link === null ? [] : [LINK];
      assert.deepEqual(foundLinks(subject), []);
      assert.deepEqual(foundLinks(text), link);
      const page = new Html(html);
      assert.deepEqual(page.links, [...link, ...link]);
      assert.deepEqual(foundLinks(page.text), link);
      assert.deepEqual(page.tags, new Html(dialect.mail(harmless(letter)).html).tags);
      for (const name of foreignIn(letter)) {
        assert.ok(asSeen(page.text).includes(asSeen(name).replace(/[。｡．]/g, ".")), name);
      }
    }),
  );
});

Deno.test("email: whatever the names are, one mail arrives, to one person, with the same headers", async () => {
  await using server = await MailServer.start("none");
  const notifier = mailNotifier({ tls: "none", port: server.port, ...ACCOUNT });
  const names = new Set<string>();
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      server.mails.length = 0;
      const all = linked(notification);
      assert.deepEqual(await notifier.send({ ...all, language }, ALICE), {
        ok: true,
        handle: null,
      });
      const { html, subject, text } = dialect.mail(aLetter(all, language));
      const mail = server.only;
      assert.deepEqual(mail.recipients, [ALICE]);
      // Of blanks a subject keeps no more than one at a time: it is folded there.
      assert.equal(blanks(mail.subject ?? ""), blanks(subject));
      assert.equal(mail.text, text);
      assert.equal(mail.html, html);
      assert.ok(mail.raw.split("\r\n").every((line) => line.length <= 998));
      names.add(mail.headerLines.map(({ key }) => key).join(" "));
    }),
    { numRuns: 20 },
  );
  assert.equal(names.size, 1);
});

function linked(notification: Notification): Notification {
  return notification.kind === "request"
    ? { ...notification, answer: { by: "link" } }
    : notification;
}

function harmless(letter: Letter): Letter {
  return JSON.parse(JSON.stringify(letter), (key, value) => key === "foreign" ? "x" : value);
}

function foreignIn({ facts, notes, title }: Letter): string[] {
  return [title, ...facts.map(({ value }) => value), ...notes].flat()
    .flatMap((piece) => typeof piece === "string" ? [] : [piece.foreign]);
}

function blanks(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

Deno.test("email: a contact is one mailbox", () => {
  for (
    const one of [ALICE, "a@b.example", "first.last+ssh@mail.example.co.uk", "o'neil@x.example"]
  ) {
    assert.ok(email.isContact(one), one);
  }
  const none = [
    ...["", "alice", "@example.org", "alice@", "alice@localhost", "alice@-x.example"],
    ...["alice@example.org,bob@example.org", "alice@example.org;bob@example.org"],
    ...["Alice <alice@example.org>", "alice @example.org", " alice@example.org"],
    ...["alice@example.org\r\nBcc: bob@example.org", "alice@example.org\n", "-x@example.org"],
    ...['"a b"@example.org', "a%b@example.org", "relay!alice@example.org", "a@b@example.org"],
    ...["a..b@example.org", "a.@example.org", "älice@example.org", "/dev/null@example.org"],
    ...[`${"a".repeat(65)}@example.org`, `alice@${"a".repeat(64)}.example`, "|x@example.org"],
  ];
  for (const text of none) assert.ok(!email.isContact(text), text);
});

Deno.test("email: settings", () => {
  const settings = v.object(email.settings);
  assert.deepEqual(v.parse(settings, { host: "mail.example.com", from: FROM }), {
    host: "mail.example.com",
    tls: "starttls",
    from: { name: "gatehouse", address: FROM },
  });
  for (const name of ["Tor des Hauses", "门卫", "gate-house 2", "O'Neil & Co."]) {
    const { from } = v.parse(settings, { host: "mail.example.com", from: `${name} <${FROM}>` });
    assert.deepEqual(from, { name, address: FROM });
  }
  for (
    const wrong of [
      { from: FROM },
      { host: "mail.example.com", from: "gatehouse" },
      { host: "a b", from: FROM },
      { host: "https://mail.example.com", from: FROM },
      { host: "mail.example.com", from: FROM, port: 0 },
      ...[
        ...["<a@b.example", "a@b.example>", `<${FROM}>`, ` <${FROM}>`, `a <${FROM}> b`, "a <b>"],
        ...[
          `a\r\nBcc: x@y.example <${FROM}>`,
          `a\u202e <${FROM}>`,
          `"a" <${FROM}>`,
          `a, b <${FROM}>`,
        ],
        ...[`x@y.example <${FROM}>`, `a: b; <${FROM}>`, `a <${FROM}>, <x@y.example>`],
        ...[`a <b@c.example> <${FROM}>`, `${"a".repeat(65)} <${FROM}>`],
      ].map((from) => ({ host: "mail.example.com", from })),
      { host: "mail.example.com", from: FROM, tls: "ssl" },
    ]
  ) assert.ok(!v.is(settings, wrong), JSON.stringify(wrong));
  assert.deepEqual(
    (["none", "starttls", "tls"] as const).map((tls) => mailDialect({ tls }).server.port),
    [25, 587, 465],
  );
  assert.deepEqual(Object.keys(email.faults?.({ host: "mail.example.com", tls: "none" }) ?? {}), [
    "tls",
  ]);
  for (const host of ["localhost", "127.0.0.1", "::1"]) {
    assert.deepEqual(email.faults?.({ host, tls: "none" }), {});
  }
  assert.deepEqual(Object.keys(email.faults?.({ host: "x", tls: "tls", password: "p" }) ?? {}), [
    "user",
  ]);
});

Deno.test("email: what the server's replies mean", () => {
  const cases: readonly [SmtpStep, number, string, DeliveryFault][] = [
    ["connect", 421, "", "unavailable"],
    ["connect", 450, "4.7.1", "rate_limited"],
    ["connect", 554, "5.7.1", "address"],
    ["tls", 454, "4.7.0", "unavailable"],
    ["tls", 502, "", "settings"],
    ["auth", 432, "4.7.12", "settings"],
    ["auth", 454, "4.7.0", "unavailable"],
    ["auth", 534, "5.7.9", "settings"],
    ["auth", 535, "5.7.8", "settings"],
    ["sender", 530, "5.7.0", "settings"],
    ["sender", 553, "5.7.1", "settings"],
    ["sender", 552, "5.3.4", "rejected"],
    ["recipient", 450, "4.2.0", "rate_limited"],
    ["recipient", 452, "4.2.2", "recipient"],
    ["recipient", 452, "4.5.3", "rate_limited"],
    ["recipient", 550, "5.1.1", "recipient"],
    ["recipient", 550, "", "recipient"],
    ["recipient", 552, "5.2.2", "recipient"],
    ["recipient", 554, "5.7.1", "settings"],
    ["data", 451, "4.3.0", "rate_limited"],
    ["data", 552, "5.3.4", "rejected"],
    ["data", 554, "5.7.1", "rejected"],
  ];
  for (const [step, code, enhanced, why] of cases) {
    const read = readSmtpFault({ kind: "reply", step, code, enhanced });
    assert.deepEqual([read.why, read.mayArrive], [why, false], `${step} ${code} ${enhanced}`);
    assert.match(read.detail, new RegExp(`^email server answers ${code}`));
    assert.ok(read.hint.length > 20);
    assert.equal(code === 530, read.hint.startsWith("set user and password"));
  }
});
