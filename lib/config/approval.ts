/** server.toml: who approves, what is particular to some accounts, and which hosts belong together. */
import * as v from "valibot";
import { isHostPattern } from "../core/account_pattern.ts";
import { accountsFault, groupOfPattern, isGroupName } from "../core/host_group.ts";
import { duration } from "./values.ts";

const MAX_GRANT_MS = 30 * 86_400_000;

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

/** What is particular to some accounts. */
export const accounts = v.array(
  v.strictObject({
    match: v.pipe(v.array(accountPattern), v.minLength(1, "must name at least one")),
    approvers: v.picklist([2]),
  }),
);

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

/** A group that patterns of accounts name and that there is not; undefined: there is none. */
export function unknownGroup(
  patterns: readonly string[],
  known: v.InferOutput<typeof groups>,
): string | undefined {
  return patterns.map(groupOfPattern)
    .find((group) => group !== undefined && !known.has(group));
}
