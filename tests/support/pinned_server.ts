/** A scripted approval server with a key of its own, and the client of a host that pins it. */
import { keyId, type Signer, signOffer, signVerdict } from "../../lib/core/signing.ts";
import { generateKeyPair } from "jose";
import type { Attempt } from "../../lib/core/attempt.ts";
import { LOGINS_PATH } from "../../lib/core/api.ts";
import { sha256Hex } from "../../lib/core/encoding.ts";
import { type OfferClaims } from "../../lib/core/offer.ts";
import { type VerdictClaims } from "../../lib/core/verdict.ts";
import { ApprovalClient, type ClientConfig } from "../../lib/io/approval_client.ts";
import { PinClient } from "../../lib/io/approval_pin.ts";
import { systemRandom } from "../../lib/io/random.ts";
import type { Asked, Ending, OpenRequest } from "../../lib/login/doors.ts";
import { anAttempt, FixedClock } from "./fakes.ts";
import { asked, type Behaviour, HostileServer, json } from "./hostile_server.ts";
import { T0 } from "./logins.ts";

export const TOKEN = "ghh_the-token-of-this-host";
export const SECRET = "the-collecting-secret";
export const ID = "login-1";

export interface TestKey {
  readonly signer: Signer;
  readonly raw: Uint8Array;
}

export async function newKey(): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return { signer: { key: privateKey, kid: await keyId(raw) }, raw };
}

export const CREATED = {
  id: ID,
  secret: SECRET,
  url: "https://auth.example.com/l/ticket-1",
  match: "42",
  expires_at: "2026-01-01T00:01:00Z",
  state: "pending",
} as const;

export const created = (changes: Record<string, unknown> = {}) =>
  json(201, { ...CREATED, ...changes });

export class PinnedServer extends HostileServer {
  readonly attempt: Attempt = anAttempt({ command: "uptime" });

  private constructor(readonly key: TestKey) {
    super();
    this.on("POST", created()).on("DELETE", json(204, null));
  }

  static async start(): Promise<PinnedServer> {
    return new PinnedServer(await newKey());
  }

  client(changes: Partial<ClientConfig> = {}): ApprovalClient {
    return new ApprovalClient(this.#config(changes), new FixedClock(T0), systemRandom);
  }

  pinClient(changes: Partial<ClientConfig> = {}): PinClient {
    return new PinClient(this.#config(changes), new FixedClock(T0), systemRandom);
  }

  /** What the last login was asked for, as a true verdict says it. */
  async claims(changes: Partial<VerdictClaims> = {}): Promise<VerdictClaims> {
    const post = this.received.findLast(({ path }) => path === LOGINS_PATH);
    const { user, service, source, command, nonce } = JSON.parse(post?.body ?? "{}");
    return {
      iss: this.url,
      aud: "web1",
      sub: user,
      jti: ID,
      svc: service,
      src: source,
      cmd: typeof command === "string" ? await sha256Hex(command) : "",
      nonce,
      by: "bob",
      via: "link",
      ...changes,
    };
  }

  /** The offer of CREATED, for a request's body. */
  async offer(
    body: string,
    changes: Partial<OfferClaims> = {},
    signer = this.key.signer,
  ): Promise<string> {
    const { nonce }: { nonce: string } = JSON.parse(body);
    const { id: jti, url, match } = CREATED;
    const exp = T0 / 1_000 + 60;
    const offered = { jti, nonce, url, match, two_persons: false };
    const claims = { iss: this.url, aud: "web1", ...offered, exp };
    return await signOffer({ ...claims, ...changes }, signer);
  }

  /** Answers CREATED with its offer. */
  offering(changes: Partial<OfferClaims> = {}): Behaviour {
    return asked(async ({ body }) => created({ offer: await this.offer(body, changes) }));
  }

  #config(changes: Partial<ClientConfig>): ClientConfig {
    return {
      servers: [this.url],
      host: "web1",
      token: TOKEN,
      pinned: [this.key.raw],
      timeoutMs: 60_000,
      connectTimeoutMs: 2_000,
      signedOffers: false,
      ...changes,
    };
  }

  async verdict(changes: Partial<VerdictClaims> = {}, signer = this.key.signer): Promise<string> {
    return await signVerdict(await this.claims(changes), signer, T0);
  }
}

/** @throws when the server's answer opened nothing */
export function opened(asked: Asked): OpenRequest {
  if (asked.kind === "open") return asked.request;
  throw new Error(`not open: ${JSON.stringify(asked)}`);
}

/** Asks and waits to the end. */
export async function endingOf(
  server: PinnedServer,
  client: ApprovalClient = server.client(),
  signal: AbortSignal = new AbortController().signal,
): Promise<Ending> {
  return await opened(await client.ask(server.attempt)).ended(signal);
}
