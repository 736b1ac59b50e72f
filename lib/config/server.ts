/** server.toml: the approval server's configuration (DESIGN.md 4). Every key has a default. */
import * as v from "valibot";
import { isPrintable } from "../core/text.ts";
import { readDocument } from "./document.ts";
import { network, webAddress } from "./values.ts";

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

const approval = v.strictObject({
  require: v.optional(v.picklist(["link"]), "link"),
  number_match: v.optional(v.boolean(), true),
});

const limits = v.strictObject({
  /** Requests (links) of one account that may wait for a person at once. */
  pending_per_account: v.optional(count(1_000), 3),
  logins_per_minute_per_host: v.optional(count(10_000_000), 600),
  /** Unknown links, wrong tokens and wrong secrets from one address. */
  failures_per_minute_per_source: v.optional(count(1_000_000), 30),
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
    limits: v.optional(limits, {}),
    compat: v.optional(v.strictObject({ ssh2fa: v.optional(v.boolean(), false) }), {}),
    metrics: v.optional(
      v.strictObject({ allow: v.optional(networks, ["127.0.0.0/8", "::1/128"]) }),
      {},
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const { tls_cert, tls_key } = dataset.value as Record<string, unknown>;
    if ((tls_cert === undefined) === (tls_key === undefined)) return;
    addIssue(missing(dataset.value, tls_cert === undefined ? "tls_cert" : "tls_key"));
  }),
);

/** The fault of a key that must be there because another one is. */
function missing(input: unknown, key: string) {
  const path: [v.UnknownPathItem] = [
    { type: "unknown", origin: "value", input, key, value: undefined },
  ];
  return { input: undefined, message: "missing", path };
}

export type ServerConfig = v.InferOutput<typeof ServerFile>;

/** @throws Failure (78) that lists every fault */
export function parseServerConfig(text: string, file: string): ServerConfig {
  return readDocument(text, file, ServerFile);
}
