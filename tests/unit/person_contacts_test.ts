import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import {
  contactLines,
  type GivenContact,
  readGivenContact,
  withContacts,
} from "../../lib/core/person_contacts.ts";

const given = (text: string): GivenContact[] =>
  text.split(" ").filter((one) => one !== "").map((one) => {
    const [channel = "", to = ""] = one.split("=");
    return { channel, to };
  });
const changed = (before: string, what: string) => {
  const contacts = Object.fromEntries(given(before).map(({ channel, to }) => [channel, to]));
  return Object.entries(withContacts(contacts, given(what))).map((entry) => entry.join("="))
    .join(" ");
};

Deno.test("withContacts() keeps places, appends what is new, and orders anew what is given anew", () => {
  const cases: [before: string, what: string, after: string][] = [
    ["", "telegram=1 wecom=a", "telegram=1 wecom=a"],
    ["wecom=a", "sms=+1", "wecom=a sms=+1"],
    ["wecom=a sms=+1", "wecom=b", "wecom=b sms=+1"],
    ["wecom=a sms=+1", "sms=+1 wecom=a", "sms=+1 wecom=a"],
    ["wecom=a", "telegram=1 wecom=a", "telegram=1 wecom=a"],
    ["wecom=a sms=+1 mail=m", "mail=n wecom=a", "mail=n sms=+1 wecom=a"],
    ["wecom=a sms=+1", "wecom=", "sms=+1"],
    ["wecom=a sms=+1", "wecom= mail=m sms=+2", "mail=m sms=+2"],
    ["wecom=a", "sms=", "wecom=a"],
    ["wecom=a", "", "wecom=a"],
  ];
  for (const [before, what, after] of cases) {
    equal(changed(before, what), after, `${before} ${what}`);
  }
});

const channel = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const to = fc.stringMatching(/^[A-Za-z0-9@.+]{1,8}$/);
const contacts = fc.dictionary(channel, to);

Deno.test("withContacts() has each given contact in the given order, and loses no other", () => {
  fc.assert(fc.property(contacts, contacts, (before, what) => {
    const after = withContacts(
      before,
      Object.entries(what).map(([channel, to]) => ({ channel, to })),
    );
    deepEqual({ ...after }, { ...before, ...what });
    deepEqual(Object.keys(after).filter((name) => name in what), Object.keys(what));
    deepEqual(
      Object.keys(after).filter((name) => !(name in what)),
      Object.keys(before).filter((name) => !(name in what)),
    );
  }));
});

Deno.test("readGivenContact() reads what contactLines() writes", () => {
  fc.assert(fc.property(contacts, (all) => {
    const lines = contactLines(all).split("\n").filter((line) => line !== "");
    const read = lines.map((line) => readGivenContact(line, ":"));
    deepEqual(read, Object.entries(all).map(([channel, to]) => ({ channel, to })));
  }));
});

Deno.test("readGivenContact() parts at the first separator, and refuses what is none", () => {
  deepEqual(readGivenContact("slack=U0=1", "="), { channel: "slack", to: "U0=1" });
  deepEqual(readGivenContact(" ntfy :  a:b ", ":"), { channel: "ntfy", to: "a:b" });
  deepEqual(readGivenContact("wecom=", "="), { channel: "wecom", to: "" });
  deepEqual(readGivenContact("command=张 三", "="), { channel: "command", to: "张 三" });
  for (const text of ["", "wecom", "Wecom=a", "=a", "wecom=a\u202eb", `wecom=${"a".repeat(257)}`]) {
    equal(readGivenContact(text, "="), undefined, text);
  }
});
