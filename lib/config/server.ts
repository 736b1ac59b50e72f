/** server.toml: the approval server's configuration (DESIGN.md 4). Every key has a default. */
import * as v from "valibot";
import { isPrintable } from "../core/text.ts";
import { accountPattern, accounts, approval, groups, routing, unknownGroups } from "./approval.ts";
import { missing, readDocument } from "./document.ts";
import { holdsSecret, notify } from "./notify.ts";
import { duration, network, webAddress } from "../core/values.ts";

/** Read when no other file is named and this one exists. */
export const DEFAULT_SERVER_CONFIG = "/etc/gatehouse/server.toml";
export const DEFAULT_LISTEN = "127.0.0.1:8422";
const DEFAULT_DATA = "/var/lib/gatehouse";

/** `HOST:PORT`, the port 0 to 65535 (0: any free one), an IPv6 host in brackets. */
export function parseListen(text: string): { hostname: string; port: number } | undefined {
  const [, six, other = "", digits = ""] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) return undefined;
  return { hostname: six ?? other, port };
}

const path = v.pipe(
  v.string("must be a path in quotes"),
  v.check((text) => text.startsWith("/"), "must be an absolute path"),
  v.check(isPrintable, "must not contain control or invisible characters"),
);

const networks = v.array(network);

const count = (max: number) =>
  v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(1, "must be at least 1"),
    v.maxValue(max, `must be at most ${max}`),
  );

const store = v.strictObject({
  url: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (text) => text === "sqlite:",
        'must be "sqlite:" (the database in the data directory), the one store of this version',
      ),
    ),
    "sqlite:",
  ),
});

const limits = v.strictObject({
  /** Requests (links) of one account that may wait for a person at once. */
  pending_per_account: v.optional(count(1_000), 3),
  logins_per_minute_per_host: v.optional(count(10_000_000), 600),
  /** Unknown links, wrong tokens and wrong secrets from one address. */
  failures_per_minute_per_source: v.optional(count(1_000_000), 30),
});

/** Authenticators that are registered here and count at hosts. */
const codes = v.strictObject({
  /** Of which accounts a host gets what it needs to judge codes; root there learns those secrets. */
  accounts: v.optional(v.array(accountPattern), []),
  /** How long a host goes on without having asked again. */
  offline: v.optional(duration(3_600_000, 365 * 86_400_000), "720h"),
});

const pin = v.strictObject({
  ttl: v.optional(duration(10_000, 300_000), "60s"),
  /** Of one login, however many PINs it takes. */
  tries: v.optional(count(10), 3),
});

const ServerFile = v.pipe(
  v.strictObject({
    listen: v.optional(
      v.pipe(
        v.string(),
        v.check((text) => parseListen(text) !== undefined, 'must be "HOST:PORT"'),
      ),
      DEFAULT_LISTEN,
    ),
    public_url: v.optional(webAddress),
    data: v.optional(path, DEFAULT_DATA),
    tls_cert: v.optional(path),
    tls_key: v.optional(path),
    trusted_proxies: v.optional(networks, []),
    store: v.optional(store, {}),
    approval: v.optional(approval, {}),
    accounts: v.optional(accounts, []),
    routing: v.optional(routing, {}),
    groups: v.optional(groups, {}),
    limits: v.optional(limits, {}),
    compat: v.optional(v.strictObject({ ssh2fa: v.optional(v.boolean(), false) }), {}),
    metrics: v.optional(
      v.strictObject({ allow: v.optional(networks, ["127.0.0.0/8", "::1/128"]) }),
      {},
    ),
    pin: v.optional(pin, {}),
    codes: v.optional(codes, {}),
    notify: v.optional(notify, []),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const { tls_cert, tls_key } = dataset.value as Record<string, unknown>;
    if ((tls_cert === undefined) === (tls_key === undefined)) return;
    addIssue(missing(dataset.value, tls_cert === undefined ? "tls_cert" : "tls_key"));
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    // Also where there are other faults: all are told at once.
    for (const fault of unknownGroups(dataset.value)) addIssue(fault);
  }),
);

export type ServerConfig = v.InferOutput<typeof ServerFile>;

/** @throws Failure (78) that lists every fault */
export function parseServerConfig(text: string, file: string): ServerConfig {
  return readDocument(text, file, ServerFile, holdsSecret);
}
