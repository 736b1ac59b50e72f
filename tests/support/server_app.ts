/** The approval server's HTTP side with a fake clock, fake timers and a store that is watched. */
import { keyId } from "../../lib/core/signing.ts";
import { deepEqual } from "node:assert/strict";
import { createApp, type ServerApp } from "../../server/app.ts";
import type { AppConfig, LogFields, LogLevel } from "../../server/deps.ts";
import { sha256Hex } from "../../lib/core/encoding.ts";
import { passkeySite } from "../../lib/core/passkey.ts";
import type { Login } from "../../lib/core/login.ts";
import { MemoryStore } from "./memory_store.ts";
import { WebauthnPasskeys } from "../../lib/io/passkeys.ts";
import type { AuditEvent } from "../../lib/core/audit.ts";
import type { AuditReader, Notifier, Random, Sealer, Store } from "../../lib/ports.ts";
import { auditOf } from "./audit_lines.ts";
import { T0 } from "./logins.ts";

export const PUBLIC_URL = "https://auth.example.com";
export const HOST_TOKEN = "ghh_test-token-of-web1";
export const NONCE = "N".repeat(43);
export const KEY = "SHA256:of-alices-key";

/** Binds to the row, and hides nothing: what is sealed is looked at elsewhere. */
export const readableSealer: Sealer = {
  seal: (secret, row) => Promise.resolve(JSON.stringify([row, secret])),
  open: (sealed, row) => {
    const [its, secret] = JSON.parse(sealed);
    return its === row ? Promise.resolve(secret) : Promise.reject(new Error("another row's"));
  },
  isCurrent: () => true,
};

const trueRandom: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface Created {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly match: string;
  readonly ticket: string;
}

/** Time that only moves when told to; timers that are due run then, in order. */
export class FakeTime {
  #timers = new Set<{ at: number; run: () => void }>();
  #now = T0;

  /** @param changed called when a timer begins or ends */
  constructor(private readonly changed: () => void = () => {}) {}

  now = (): number => this.#now;

  after = (ms: number, run: () => void): () => void => {
    // What is only to come after something else.
    if (ms === 0) {
      let stopped = false;
      queueMicrotask(() => !stopped && run());
      return () => stopped = true;
    }
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    this.changed();
    return () => this.#end(timer);
  };

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at > this.#now || !this.#timers.has(timer)) continue;
      this.#end(timer);
      timer.run();
    }
  }

  get timers(): number {
    return this.#timers.size;
  }

  #end(timer: { at: number; run: () => void }): void {
    if (this.#timers.delete(timer)) this.changed();
  }
}

/** What a test wants otherwise. */
export type AppChanges = Partial<Omit<AppConfig, "approval">> & {
  readonly approval?: Partial<AppConfig["approval"]>;
};

export class TestServer {
  readonly time = new FakeTime(() => this.#changed());
  readonly audited: AuditEvent[] = [];
  readonly logged: LogLine[] = [];
  /** Names of the store's methods in the order they were called. */
  readonly calls: string[] = [];
  /** Of which rows secrets were opened. */
  readonly opened: string[] = [];
  watchers = 0;
  /** Method of the store, or "append", that throws from now on. */
  failing: string | undefined;
  #app: ServerApp | undefined;
  #create: (() => ServerApp) | undefined;
  /** Who waits for timers, watchers, log and audit lines to be as they should. */
  readonly #looks = new Set<() => void>();

  private constructor(readonly publicKey: Uint8Array, readonly memory: Store) {}

  /** @param real adapters in the place of a store in memory, and of a sealer that hides nothing */
  static async start(
    changes: AppChanges = {},
    notifiers: Notifier | readonly Notifier[] = [],
    { store = new MemoryStore(), sealer = readableSealer, random = trueRandom, auditReader }: {
      readonly store?: Store;
      readonly sealer?: Sealer;
      readonly random?: Random;
      /** Default: of what was audited. */
      readonly auditReader?: AuditReader;
    } = {},
  ): Promise<TestServer> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    if (!("privateKey" in pair)) throw new TypeError("not a key pair");
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const server = new TestServer(publicKey, store);
    await server.addHost("web1", HOST_TOKEN);
    const { time } = server;
    const signer = { kid: await keyId(publicKey), key: pair.privateKey };
    const site = passkeySite(changes.publicUrl ?? PUBLIC_URL);
    server.#create = () =>
      createApp({
        store: server.#store(),
        audit: {
          append: (event) => {
            if (server.failing === "append") return Promise.reject(new Error("secret disk detail"));
            server.audited.push(event);
            server.#changed();
            return Promise.resolve();
          },
        },
        auditReader: auditReader ?? auditOf(server.audited),
        clock: time,
        after: time.after,
        random,
        log: (level, message, fields = {}) => {
          server.logged.push({ level, message, fields });
          server.#changed();
        },
        signer,
        publicKey,
        pinKey: new Uint8Array(32).fill(7),
        notifiers: [notifiers].flat(),
        sealer: {
          seal: (secret, row) => sealer.seal(secret, row),
          open: (sealed, row) => {
            server.opened.push(row);
            return sealer.open(sealed, row);
          },
          isCurrent: (sealed) => sealer.isCurrent(sealed),
        },
        passkeys: site.usable ? new WebauthnPasskeys(site) : undefined,
      }, {
        publicUrl: PUBLIC_URL,
        routing: { nextAfterMs: 20_000, escalations: [] },
        numberMatch: true,
        trustedProxies: [],
        pin: { ttlMs: 60_000, tries: 3 },
        codes: { accounts: ["*@*"], validForMs: 30 * 86_400_000 },
        alerts: new Map(),
        ssh2fa: false,
        metricsAllow: ["127.0.0.0/8"],
        ...changes,
        // Who has the link approves, where a test is not about who approves.
        approval: {
          require: "link",
          twoPersons: [],
          grants: { longestMs: 8 * 3_600_000, ipv6Prefix: 128 },
          groups: new Map(),
          ...changes.approval,
        },
        limits: {
          pendingPerAccount: 3,
          loginsPerMinutePerHost: 600,
          failuresPerMinutePerSource: 30,
          requestsAtOnce: 1_000,
          ...changes.limits,
        },
      });
    server.restart();
    return server;
  }

  /** Another process in the place of the last one, with the same store. */
  restart(): void {
    this.#app = this.#create?.();
  }

  get app(): ServerApp {
    if (this.#app === undefined) throw new Error("not started");
    return this.#app;
  }

  async addHost(name: string, token: string): Promise<void> {
    await this.memory.addHost({
      name,
      tokenHash: await sha256Hex(token),
      createdAt: T0,
      joinedAt: null,
      revokedAt: null,
      lastSeenAt: null,
      version: null,
      codesKey: null,
      reportKey: null,
    });
  }

  fetch(
    method: string,
    path: string,
    init: RequestInit = {},
    remote = "127.0.0.1",
  ): Promise<Response> {
    return this.app.fetch(new Request(`${PUBLIC_URL}${path}`, { ...init, method }), { remote });
  }

  json(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    remote?: string,
  ): Promise<Response> {
    const all = { "content-type": "application/json", ...headers };
    return this.fetch("POST", path, { headers: all, body: JSON.stringify(body) }, remote);
  }

  /** What a browser sends when somebody presses a button on the page. */
  press(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const all = { origin: PUBLIC_URL, accept: "text/html", ...headers };
    return this.fetch("POST", path, { headers: all, body: new URLSearchParams(fields) });
  }

  ask(changes: Record<string, unknown> = {}, token = HOST_TOKEN): Promise<Response> {
    const body = {
      user: "alice",
      service: "sshd",
      source: "192.0.2.7",
      tty: true,
      key: KEY,
      nonce: NONCE,
      ...changes,
    };
    return this.json("/api/v1/logins", body, { authorization: `Bearer ${token}` });
  }

  async create(changes: Record<string, unknown> = {}): Promise<Created> {
    const response = await this.ask(changes);
    deepEqual(response.status, 201);
    const created = await response.json();
    return { ...created, ticket: created.url.split("/").at(-1) };
  }

  poll(
    { id, secret }: Pick<Created, "id" | "secret">,
    wait = 0,
    signal?: AbortSignal,
  ): Promise<Response> {
    const headers = { authorization: `Bearer ${secret}` };
    const init = signal === undefined ? { headers } : { headers, signal };
    return this.fetch("GET", `/api/v1/logins/${id}?wait=${wait}`, init);
  }

  /** A poll that has begun to wait. */
  async waiting(
    login: Pick<Created, "id" | "secret">,
    wait = 60,
    signal?: AbortSignal,
  ): Promise<{ answer: Promise<Response> }> {
    const before = this.time.timers;
    const answer = this.poll(login, wait, signal);
    await this.until(() => this.time.timers !== before);
    return { answer };
  }

  /** Looks whenever timers, watchers, log or audit lines are more or fewer. @throws after ten seconds */
  until(condition: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => reject(new Error(`not so within ten seconds: ${condition}`));
    const limit = setTimeout(giveUp, 10_000);
    const look = () => {
      if (!condition()) return;
      this.#looks.delete(look);
      clearTimeout(limit);
      resolve();
    };
    this.#looks.add(look);
    look();
    return promise;
  }

  approve(login: Created, fields: Record<string, string> = {}): Promise<Response> {
    return this.press(`/l/${login.ticket}/approve`, { match: login.match, ...fields });
  }

  async stored(id: string): Promise<Login> {
    const login = await this.memory.login(id);
    if (login === undefined) throw new Error(`no login ${id}`);
    return login;
  }

  #store(): Store {
    return new Proxy(this.memory, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          this.calls.push(String(key));
          if (this.failing === key) return Promise.reject(new Error("secret database detail"));
          const result: unknown = Reflect.apply(member, target, args);
          return key === "watchLogin" || key === "watchLogins" ? this.#counted(result) : result;
        };
      },
    });
  }

  #counted(unwatch: unknown): () => void {
    this.watchers++;
    this.#changed();
    return () => {
      this.watchers--;
      this.#changed();
      if (typeof unwatch === "function") unwatch();
    };
  }

  #changed(): void {
    for (const look of [...this.#looks]) look();
  }
}

/** Exactly what a problem document must be, then its content. */
export async function problemOf(response: Response, status: number) {
  deepEqual([response.status, response.headers.get("content-type")], [
    status,
    "application/problem+json",
  ]);
  const body = await response.json();
  deepEqual(body.status, status);
  return body;
}
