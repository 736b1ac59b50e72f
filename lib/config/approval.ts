/** server.toml: who approves and is asked, what is particular to some accounts, and groups of hosts. */
import * as v from "valibot";
import { isHostPattern } from "../core/account_pattern.ts";
import { accountsFault, groupOfPattern, isGroupName } from "../core/host_group.ts";
import { isPersonName } from "../core/person.ts";
import { duration } from "../core/values.ts";
import { pathTo } from "./document.ts";

const MAX_GRANT_MS = 30 * 86_400_000;
/** As long as any login waits. */
const MAX_WAIT_MS = 300_000;
/** Of those who are asked too when nobody has decided. */
export const ESCALATE_AFTER_MS = 30_000;

export const approval = v.strictObject({
  require: v.optional(v.picklist(["person", "link"]), "person"),
  number_match: v.optional(v.boolean(), true),
  /** How long an approval may be remembered at most; "0s": none is. */
  grants_max: v.optional(duration(0, MAX_GRANT_MS), "8h"),
  /** What counts as the same IPv6 client: an address, or its network. */
  grants_ipv6: v.optional(v.picklist([128, 64]), 128),
});

export const accountPattern = v.pipe(
  v.string("must be USER@HOST in quotes"),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? accountsFault(dataset.value) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  }),
);

const personName = v.pipe(
  v.string("must be the name of a person in quotes"),
  v.check(isPersonName, "must be 1 to 64 printable characters without comma and colon"),
);

/** What is particular to some accounts. */
export const accounts = v.array(
  v.pipe(
    v.strictObject({
      match: v.pipe(v.array(accountPattern), v.minLength(1, "must name at least one")),
      approvers: v.optional(v.picklist([2])),
      /** Who is asked too when nobody has decided by then. */
      escalate: v.optional(
        v.pipe(v.array(personName), v.minLength(1, "must name at least one")),
      ),
      escalate_after: v.optional(duration(0, MAX_WAIT_MS)),
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const { approvers, escalate, escalate_after } = dataset.value;
      if (approvers === undefined && escalate === undefined) {
        addIssue({ message: "must have approvers or escalate" });
      }
      if (escalate === undefined && escalate_after !== undefined) {
        addIssue({ message: "must not have escalate_after without escalate" });
      }
    }),
  ),
);

/** How people are asked. */
export const routing = v.strictObject({
  /** Without a decision a person is asked by the next contact then; "0s": by all at once. */
  next_after: v.optional(duration(0, MAX_WAIT_MS), "20s"),
});

const hostPattern = v.pipe(
  v.string("must be the name of a host in quotes, with * and ? if you like"),
  v.check(isHostPattern, "must be letters, digits, dots, underscores, hyphens, * and ? only"),
);
const groupName = v.pipe(
  v.string(),
  v.check(isGroupName, "must be called by letters, digits, dots, underscores and hyphens only"),
);
/** By name, patterns of hosts. */
export const groups = v.pipe(
  // A list would pass for a table whose keys are numbers.
  v.custom<object>((given) => given instanceof Object && !Array.isArray(given), "must be a table"),
  v.record(groupName, v.pipe(v.array(hostPattern), v.minLength(1, "must name at least one"))),
  v.transform((table) => new Map(Object.entries(table))),
);

const texts = v.fallback(v.array(v.fallback(v.string(), "")), []);

/** What may be there of server.toml where other things in it are wrong. */
const Named = v.looseObject({
  accounts: v.fallback(v.array(v.fallback(v.looseObject({ match: texts }), { match: [] })), []),
  codes: v.fallback(v.looseObject({ accounts: texts }), { accounts: [] }),
  groups: v.unknown(),
});

/** For each pattern of accounts that names a group that there is not, where it is. */
export function unknownGroups(document: unknown) {
  const { accounts, codes, groups } = v.parse(Named, document);
  const known = groups instanceof Map ? [...groups.keys()] : Object.keys(Object(groups));
  const named = [
    ...accounts.flatMap(({ match }, table) =>
      match.map((pattern, index) => ({ pattern, key: "accounts", way: [table, "match", index] }))
    ),
    ...codes.accounts.map((pattern, index) => ({
      pattern,
      key: "codes",
      way: ["accounts", index],
    })),
  ];
  return named.flatMap(({ pattern, key, way }) => {
    const group = accountsFault(pattern) === undefined ? groupOfPattern(pattern) : undefined;
    if (group === undefined || known.includes(group)) return [];
    const message = `names the group ${JSON.stringify(group)}, which [groups] does not have`;
    return [{ input: pattern, message, path: pathTo(document, key, ...way) }];
  });
}
