import { deepEqual } from "node:assert/strict";
import { sharedContacts, sharedWith } from "../../server/shared_contacts.ts";
import { someone } from "../support/people.ts";

const channel = (name: string, answers: boolean) => ({
  ...{ name, answers },
  contactKey: (to: string) => to.toLowerCase(),
});

Deno.test("a contact is shared where requests are answered, by all who are not removed", () => {
  const channels = [channel("wecom", true), channel("telegram", true), channel("mail", false)];
  const dora = someone("dora", { contacts: { wecom: "X", telegram: "7", mail: "a@b.c" } });
  const carl = someone("carl", { state: "frozen", contacts: { wecom: "x", mail: "a@b.c" } });
  const bert = someone("bert", { contacts: { wecom: "y", telegram: "8" } });
  const gone = someone("gone", { state: "removed", contacts: { wecom: "y", telegram: "7" } });
  const shared = sharedContacts(channels, [dora, gone, bert, carl]);
  deepEqual(shared, [{ channel: "wecom", to: "x", persons: [carl, dora] }]);
  deepEqual([...sharedWith(dora, shared)], [["wecom", [carl]]]);
  deepEqual([...sharedWith(bert, shared)], []);
});
