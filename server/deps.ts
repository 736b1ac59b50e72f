/** What the server's HTTP side is given: adapters and settings. */
import type { Signer } from "../lib/core/signing.ts";
import type { ApprovalRules } from "../lib/core/approval.ts";
import type { Routing } from "../lib/core/routing.ts";
import type {
  Audit,
  AuditReader,
  Clock,
  Notifier,
  Passkeys,
  Random,
  Sealer,
  Store,
} from "../lib/ports.ts";

export type LogLevel = "info" | "warning" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One event, one line. Never a token, secret, ticket or verdict; the adapter escapes the values. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Runs something once after so many milliseconds, unless the returned function is called before. */
export type After = (ms: number, run: () => void) => () => void;

export interface Deps {
  readonly store: Store;
  readonly audit: Audit;
  readonly auditReader: AuditReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly after: After;
  readonly log: Log;
  readonly signer: Signer;
  /** 32 raw bytes of the key that hosts pin. */
  readonly publicKey: Uint8Array;
  /** 32 bytes of the server's alone. */
  readonly pinKey: Uint8Array;
  readonly sealer: Sealer;
  /** Undefined: at the public address there are none, see `passkeySite`. */
  readonly passkeys: Passkeys | undefined;
  /** The channels that server.toml has, in its order. */
  readonly notifiers: readonly Notifier[];
}

export interface AppConfig {
  readonly approval: ApprovalRules;
  readonly routing: Routing;
  /** The address that people and hosts use, without a final slash; a path prefix is allowed. */
  readonly publicUrl: string;
  readonly numberMatch: boolean;
  readonly limits: {
    readonly pendingPerAccount: number;
    readonly loginsPerMinutePerHost: number;
    readonly failuresPerMinutePerSource: number;
    /** Requests answered at the same time, waiting ones included; more get 503. */
    readonly requestsAtOnce: number;
  };
  /** Networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly pin: { readonly ttlMs: number; readonly tries: number };
  /** Central codes: patterns of the accounts that have any, and for how long hosts go on by themselves. */
  readonly codes: { readonly accounts: readonly string[]; readonly validForMs: number };
  /** Contacts that server.toml names for the administrators' alerts, by the channel's name. */
  readonly alerts: ReadonlyMap<string, readonly string[]>;
  readonly ssh2fa: boolean;
  /** Networks that may read /metrics. */
  readonly metricsAllow: readonly string[];
}

/** What the listener tells about a connection. */
export interface Connection {
  /** The address at its other end. */
  readonly remote: string;
}
