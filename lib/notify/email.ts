/** Mail, through an SMTP server (RFC 5321, 6409). */
import * as v from "valibot";
import { type Letter, type Writing, written } from "../core/letter.ts";
import { isPrintable } from "../core/text.ts";
import { accountFaults } from "./account.ts";
import { channelType, type MailDialect } from "./channel.ts";
import { htmlMail } from "./email_html.ts";
import { PLAIN_MAIL, plainLetter } from "./plain.ts";
import { matching, secret } from "./settings.ts";

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$/;
const PORTS = { none: 25, starttls: 587, tls: 465 } as const;

export const email = channelType({
  type: "email",
  reach: "person",
  answers: false,
  reachesAnyone: true,
  settings: {
    host: matching(HOST, "the name or address of an SMTP server"),
    port: v.optional(
      v.pipe(
        v.number("must be a number"),
        v.integer("must be a whole number"),
        v.minValue(1, "must be at least 1"),
        v.maxValue(65_535, "must be at most 65535"),
      ),
    ),
    tls: v.optional(
      v.picklist(["none", "starttls", "tls"], 'must be "starttls", "tls" or "none"'),
      "starttls",
    ),
    user: v.optional(matching(/^[\x20-\x7e]{1,256}$/, "the name that the mail account has")),
    password: v.optional(secret),
    from: v.pipe(
      v.string("must be text in quotes"),
      v.check(
        (text) => mailbox(text) !== undefined,
        'must be a mail address, such as "gatehouse@example.com" or ' +
          '"gatehouse <gatehouse@example.com>"',
      ),
      v.transform((text) => mailbox(text) ?? { name: "", address: "" }),
    ),
  },
  secrets: ["password"],
  faults({ host, tls, user, password }) {
    const account = accountFaults({ user, password });
    return tls === "none" && !isLoopback(String(host))
      ? { ...account, tls: 'must be "starttls" or "tls", for the server is another machine' }
      : account;
  },
  isContact: isAddress,
  // RFC 5321 section 2.4: a host may tell case apart before the "@"; hardly one does.
  contactKey: (address) => address.toLowerCase(),
  contact: 'a mail address, such as "alice@example.com"',
  open: ({ from, host, port, tls, user = null, password = null }): MailDialect => ({
    via: "smtp",
    server: { host, port: port ?? PORTS[tls], tls, user, password },
    from,
    mail(letter) {
      const subject = subjectOf(letter);
      return { subject, text: textOf(letter), html: htmlMail(letter, subject) };
    },
  }),
});

/** "ADDRESS", or "NAME <ADDRESS>" where the name is nothing that a header reads in another way (RFC 5322, 3.2.3). */
function mailbox(text: string): MailDialect["from"] | undefined {
  const [, name = "gatehouse", inside] = /^([^<>]{1,64}?) ?<([^<>]*)>$/.exec(text) ?? [];
  const address = inside ?? text;
  const isName = name.trim() === name && isPrintable(name) && !/["(),:;@[\\\]]/.test(name);
  return isName && isAddress(address) ? { name, address } : undefined;
}

/** One mailbox: what could name several, a route or a program (RFC 5321 section 4.1.2) is none. */
function isAddress(text: string): boolean {
  const [, local = "", domain = ""] =
    /^([A-Za-z0-9_][A-Za-z0-9_.+=&'*~^{}#-]*)@([^@]+)$/.exec(text) ??
      [];
  return local !== "" && local.length <= 64 && !/\.\.|\.$/.test(local) && domain.length <= 253 &&
    domain.split(".").length > 1 &&
    domain.split(".").every((label) =>
      /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)
    );
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.[0-9]+){3}|::1)$/.test(host);
}

/** Subjects are shown on locked screens and kept in logs, so a PIN is not in it. */
function subjectOf({ pin, title }: Letter): string {
  const own: Writing["own"] = (text) =>
    pin === null ? text : text.replaceAll(pin, "•".repeat(pin.length));
  return written(title, { ...PLAIN_MAIL, own });
}

function textOf(letter: Letter): string {
  const { title, body } = plainLetter(letter, PLAIN_MAIL);
  const { link } = letter;
  return [title, body, ...(link === null ? [] : [link.url])].join("\n\n") + "\n";
}
