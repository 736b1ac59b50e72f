/** host.toml: a host's configuration (DESIGN.md 4). */
import * as v from "valibot";
import { readDocument } from "./document.ts";
import { duration, fileMode, network, webAddress } from "../core/values.ts";
import { parseServerKey } from "../core/verdict_key.ts";
import { CONTACT_RULE, isContact, MAX_CONTACTS } from "../core/contact.ts";
import { isPrintable } from "../core/text.ts";

export const DEFAULT_HOST_CONFIG = "/etc/gatehouse/host.toml";

const name = v.pipe(
  v.string(),
  v.minLength(1, "must not be empty"),
  v.maxLength(128, "must have at most 128 characters"),
  v.check(isPrintable, "must not contain control or invisible characters"),
);

/** Where it leads must not depend on the directory in which the gate is started. */
const isPath = (text: string) => /^(~|\$\{HOME\}|%h)?\//.test(text) && isPrintable(text);
const PATH = "must be a path that begins with /, ~/, ${HOME}/ or %h/";
const path = v.pipe(v.string(), v.check(isPath, PATH));
const pathOrNone = v.pipe(v.string(), v.check((text) => text === "" || isPath(text), PATH));

/** The same for every account. */
const absolutePath = v.pipe(
  v.string(),
  v.check((text) => /^\/[^/]/.test(text) && isPrintable(text), "must be a path that begins with /"),
);

const DAY_MS = 86_400_000;

const policy = v.strictObject({
  noninteractive: v.optional(v.picklist(["require", "skip"]), "require"),
  unenrolled: v.optional(v.picklist(["deny", "enroll", "allow"]), "deny"),
  offline: v.optional(v.picklist(["code", "deny", "allow"]), "code"),
  exempt_users: v.optional(v.array(name), []),
  exempt_groups: v.optional(v.array(name), []),
  exempt_sources: v.optional(v.array(network), []),
});

const codes = v.strictObject({
  /** Where there is none, it depends on who asks: io/code_config.ts. So with `spent`. */
  secret: v.optional(path),
  totp_secrets: v.optional(pathOrNone, ""),
  spent: v.optional(path),
  emergency: v.optional(absolutePath, "/etc/gatehouse/emergency"),
  reuse: v.optional(v.picklist(["never", "file"]), "never"),
  noskewadj: v.optional(v.boolean(), false),
  no_increment_hotp: v.optional(v.boolean(), false),
  no_strict_owner: v.optional(v.boolean(), false),
  allowed_perm: v.optional(fileMode, "0600"),
  grace_period: v.optional(duration(0, 30 * DAY_MS), "0s"),
});

const contact = v.pipe(
  v.string(),
  v.check(isContact, `must be ${CONTACT_RULE}`),
);
const contactList = v.pipe(
  v.array(contact),
  v.minLength(1, "must name at least one"),
  v.maxLength(MAX_CONTACTS, `must name at most ${MAX_CONTACTS}`),
);
const oneOrMore = v.pipe(
  v.union([contact, contactList], "must be a contact in quotes, or a list of them"),
  v.transform((given) => typeof given === "string" ? [given] : given),
);
/** By account. */
const contacts = v.pipe(
  // A list would pass for a table whose keys are numbers.
  v.custom<object>((given) => given instanceof Object && !Array.isArray(given), "must be a table"),
  v.record(name, oneOrMore),
  v.transform((table) => new Map(Object.entries(table))),
);

const serverKeys = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check(
        (text) => parseServerKey(text) !== undefined,
        'must be "ed25519:" and 43 characters',
      ),
    ),
  ),
  v.maxLength(2, "must pin at most two keys (two during a rotation)"),
);
const hostToken = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{8,256}$/, "must be the host's token"));

const settings = {
  timeout: v.optional(duration(1_000, 300_000), "60s"),
  connect_timeout: v.optional(duration(100, 30_000), "2s"),
  /** Links are shown only as the server signed them. `join` knows whether it does. */
  signed_offers: v.optional(v.boolean(), false),
  language: v.optional(v.picklist(["auto", "en", "zh-CN"]), "auto"),
  contact: v.optional(v.picklist(["server", "gecos"]), "server"),
  policy: v.optional(policy, {}),
  codes: v.optional(codes, {}),
  contacts: v.optional(contacts, {}),
};

const JoinedHost = v.strictObject({
  servers: v.array(webAddress),
  server_keys: v.pipe(serverKeys, v.minLength(1, "must pin at least one key")),
  host: name,
  host_token: hostToken,
  ...settings,
});

/** `servers = []`: codes are the only factor, as where google-authenticator did it. */
const CodesOnlyHost = v.strictObject({
  servers: v.array(webAddress),
  server_keys: v.optional(serverKeys),
  host: v.optional(name),
  host_token: v.optional(hostToken),
  ...settings,
});

const HostFile = v.lazy((file) => namesNoServer(file) ? CodesOnlyHost : JoinedHost);

export type HostConfig = v.InferOutput<typeof HostFile>;
export type JoinedHostConfig = v.InferOutput<typeof JoinedHost>;

/** @throws Failure (78) that lists every fault */
export function parseHostConfig(text: string, file: string): HostConfig {
  return readDocument(text, file, HostFile);
}

export function hasServers(config: HostConfig): config is JoinedHostConfig {
  return config.servers.length > 0;
}

/** It must say so: a file that is cut off before its servers is no such host. */
function namesNoServer(file: unknown): boolean {
  return typeof file === "object" && file !== null && "servers" in file &&
    Array.isArray(file.servers) && file.servers.length === 0;
}
