/**
 * Connections that stand for all: where two that differ cannot be told apart by any criterion of the
 * configuration, one of them is enough.
 */
import { type ConfigFile, type Directive, placed } from "./config.ts";
import type { Criterion } from "./criteria.ts";
import { meets, type Situation } from "./matching.ts";
import { addressOf, type Family, lastOf, networkRange, rangeOf } from "./networks.ts";
import { matchesUser, parts } from "./patterns.ts";
import { textExamples, unreachedPatterns } from "./text_examples.ts";

/** All of a situation but who it is. */
export type Circumstances = Omit<Situation, "user" | "groups">;

/** Where sshd waits; of an address that stands for all (0.0.0.0, ::) each of that family is tried. */
export interface Listening {
  readonly address: string;
  readonly port: number;
}

/** For documentation (RFC 5737, RFC 3849): what people do not take for one of theirs. */
const EXAMPLES: Readonly<Record<Family, string>> = { ipv4: "192.0.2.7", ipv6: "2001:db8::7" };
const LOCAL_EXAMPLES: Readonly<Record<Family, string>> = {
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
};
const HOST_EXAMPLE = "client.example";

/**
 * @param config all files that count
 * @param asksNames `UseDNS yes`: else a client's name is its address
 */
export function circumstancesOf(
  config: ConfigFile,
  listening: readonly Listening[],
  asksNames: boolean,
): Circumstances[] {
  const criteria = allCriteria(config);
  const of = (kind: Criterion["kind"]) =>
    criteria.filter((one) => one.kind === kind).map(({ pattern }) => pattern);
  const froms = allowLists(config).map((pattern) => pattern.slice(pattern.indexOf("@") + 1));
  const hosts = [...of("host"), ...froms];
  // Without names a pattern of names is one of addresses as text.
  const addresses = addressExamples([...of("address"), ...hosts], EXAMPLES);
  const clients = addresses.flatMap((address) => {
    const names = asksNames ? [HOST_EXAMPLE, ...hosts.flatMap(nameExamples)] : [];
    return [address, ...names].map((host) => ({ address, host }));
  });
  const domains = [undefined, ...of("rdomain").flatMap(nameExamples)];
  const locals = localEnds(withPorts(listening, of("localport")), of("localaddress"));

  const apart = (test: (criterion: Criterion) => boolean) => criteria.filter(test);
  const distinctClients = distinct(
    clients,
    (client) => [
      ...apart(({ kind }) => kind === "host" || kind === "address").map((one) =>
        meets([one], { ...NOBODY, ...client })
      ),
      ...allowLists(config).map((pattern) =>
        matchesUser({ ...client, user: "x" }, `*@${pattern.slice(pattern.indexOf("@") + 1)}`)
      ),
      familyOf(client.address),
    ],
  );
  const distinctLocals = distinct(
    locals,
    (local) => [
      ...apart(({ kind }) => kind.startsWith("local")).map((one) =>
        meets([one], { ...NOBODY, ...local })
      ),
      familyOf(local.localAddress),
    ],
  );
  const distinctDomains = distinct(
    domains,
    (rdomain) =>
      apart(({ kind }) => kind === "rdomain").map((one) => meets([one], { ...NOBODY, rdomain })),
  );
  return distinctClients.flatMap((client) =>
    distinctLocals.filter((local) => familyOf(local.localAddress) === familyOf(client.address))
      .flatMap((local) => distinctDomains.map((rdomain) => ({ ...client, ...local, rdomain })))
  );
}

/** Patterns of addresses for which circumstancesOf() knows no example of their own. */
export function unreached(config: ConfigFile, asksNames: boolean): string[] {
  const lists = allCriteria(config)
    .filter(({ kind }) => kind === "address" || (kind === "host" && !asksNames))
    .map(({ pattern }) => pattern)
    // A name is met by no address at all.
    .filter((pattern) => !/[g-z]/i.test(pattern));
  return unreachedPatterns(lists, addressExamples(lists));
}

const NOBODY: Situation = {
  user: "",
  groups: [],
  address: "",
  host: "",
  localAddress: "",
  localPort: 0,
  rdomain: undefined,
};

function allCriteria(config: ConfigFile): Criterion[] {
  const found: Criterion[] = [];
  const walk = (file: ConfigFile) => {
    for (const entry of file.entries) {
      if (entry.kind === "match") found.push(...entry.criteria);
      if (entry.kind === "include") entry.files.forEach(walk);
    }
  };
  walk(config);
  return found;
}

/** Words of `AllowUsers` and `DenyUsers` that name a place. */
function allowLists(config: ConfigFile): string[] {
  return [...placed(config)].filter(({ directive }) => isUserList(directive))
    .flatMap(({ directive }) => directive.values).filter((word) => word.includes("@"));
}

function isUserList({ keyword }: Directive): boolean {
  return keyword === "allowusers" || keyword === "denyusers";
}

function familyOf(address: string): Family | undefined {
  return rangeOf(address)?.family;
}

/**
 * One address of each part into which networks cut all addresses, and some for patterns that are no
 * networks.
 */
export function addressExamples(
  lists: readonly string[],
  examples: Readonly<Record<Family, string>> = EXAMPLES,
): string[] {
  const patterns = lists.flatMap(parts).map(({ pattern }) => pattern);
  const ranges = patterns.map(networkRange).filter((range) => range !== undefined);
  // What is outside of all is best shown by an address that nobody has, so those come first.
  const usuals: string[] = [];
  const found: string[] = [];
  for (const family of ["ipv4", "ipv6"] as const) {
    const own = ranges.filter((range) => range.family === family);
    const begins = own.flatMap(({ first, last }) => [first, last + 1n]);
    const sorted = [...new Set([0n, ...begins])].filter((at) => at <= lastOf(family))
      .toSorted((a, b) => (a < b ? -1 : 1));
    const usual = rangeOf(examples[family])?.first ?? 0n;
    for (const [index, begin] of sorted.entries()) {
      const end = (sorted[index + 1] ?? lastOf(family) + 1n) - 1n;
      const inside = begin <= usual && usual <= end;
      const number = inside ? usual : begin === end ? begin : begin + 1n;
      (inside ? usuals : found).push(addressOf(family, number));
    }
  }
  const odd = patterns.filter((pattern) => networkRange(pattern) === undefined);
  return [...usuals, ...found, ...odd.flatMap(textExamples)];
}

/** For each pattern of a list a name that it matches. */
function nameExamples(list: string): string[] {
  return parts(list).map(({ pattern }) =>
    pattern.toLowerCase().replaceAll("*", "x").replaceAll("?", "x")
  ).filter((name) => /^[\w.:-]+$/.test(name));
}

/**
 * Also the ports that a criterion names, though nothing waits on them: something else may hand connections on
 * (a socket of systemd, `sshd -i`), or another sshd may be started.
 */
function withPorts(listening: readonly Listening[], named: readonly string[]): Listening[] {
  const known = new Set(listening.map(({ port }) => port));
  const ports = [...new Set(named.map(Number))].filter((port) => !known.has(port));
  const addresses = [...new Set(listening.map(({ address }) => address))];
  const all = addresses.length > 0 ? addresses : ["0.0.0.0", "::"];
  return [...listening, ...ports.flatMap((port) => all.map((address) => ({ address, port })))];
}

function localEnds(listening: readonly Listening[], lists: readonly string[]) {
  const all = addressExamples(lists, LOCAL_EXAMPLES);
  return listening.flatMap(({ address, port }) => {
    const isAny = address === "0.0.0.0" || address === "::";
    const addresses = isAny ? all.filter((one) => familyOf(one) === familyOf(address)) : [address];
    return addresses.map((localAddress) => ({ localAddress, localPort: port }));
  });
}

function distinct<T>(all: readonly T[], view: (one: T) => readonly unknown[]): T[] {
  const seen = new Map<string, T>();
  for (const one of all) {
    const key = view(one).join();
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}

/** Accounts that no criterion about users and groups tells apart are one class. */
export function classesOf<A extends { readonly name: string; readonly groups: readonly string[] }>(
  accounts: readonly A[],
  configs: readonly ConfigFile[],
  more: (account: A) => readonly unknown[],
): A[][] {
  const tests = configs.flatMap(userTests);
  const unique = [...new Map(tests.map((test) => [JSON.stringify(test), test])).values()];
  const classes = new Map<string, A[]>();
  for (const account of accounts) {
    const who = { ...NOBODY, user: account.name, groups: account.groups };
    const key = JSON.stringify([
      ...unique.map((test) => Number(meets([test], who))),
      ...more(account),
    ]);
    const like = classes.get(key);
    if (like === undefined) classes.set(key, [account]);
    else like.push(account);
  }
  return [...classes.values()];
}

/** Every single pattern that tells users apart, in `Match` as in lists of who may log in. */
function userTests(config: ConfigFile): Criterion[] {
  const inMatch = allCriteria(config).filter(({ kind }) => kind === "user" || kind === "group");
  const inLists = [...placed(config)].flatMap(({ directive }): Criterion[] => {
    const kind = isUserList(directive)
      ? "user"
      : /^(allow|deny)groups$/.test(directive.keyword)
      ? "group"
      : undefined;
    if (kind === undefined) return [];
    return directive.values.map((word) => ({ kind, pattern: word.replace(/@.*$/s, "") }));
  });
  return [...inMatch, ...inLists];
}
