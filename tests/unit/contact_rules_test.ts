import { deepEqual, equal, ok } from "node:assert/strict";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { contactExample, contactRule } from "../../server/messages/contact_rules.ts";

Deno.test("what a contact is, is said of every kind of channel, in both languages", () => {
  for (const { type, contact } of CHANNEL_TYPES) {
    equal(contactRule(type, "en"), contact);
    ok(/\p{Script=Han}/u.test(contactRule(type, "zh-CN") ?? ""), type);
  }
  deepEqual([contactRule("none", "en"), contactRule("constructor", "zh-CN")], [
    undefined,
    undefined,
  ]);
});

Deno.test("every example is a contact of its kind of channel; of one without contacts there is none", () => {
  const without = CHANNEL_TYPES.filter(({ type }) => contactExample(type) === undefined);
  deepEqual(without.map(({ type }) => type), ["gotify"]);
  for (const { type, isContact } of CHANNEL_TYPES) {
    const example = contactExample(type);
    ok(example === undefined || isContact(example), `${type}: ${example}`);
  }
});
