/** Somebody at a browser, for a test server: keeps its cookie, follows nothing, presses buttons. */
import { equal } from "node:assert/strict";
import {
  makeRecoveryCodes,
  newRecoveryCodes,
  RECOVERY_BYTES,
  RECOVERY_KEY_BYTES,
  recoveryRow,
} from "../../lib/core/recovery_code.ts";
import type { Kind, Kinds } from "../../lib/core/store_change.ts";
import { type AuthenticatorUse, seedRow } from "../../lib/core/device.ts";
import { base64url } from "../../lib/core/encoding.ts";
import type { Person } from "../../lib/core/person.ts";
import { T0 } from "./logins.ts";
import { anAuthenticator, aPasskey } from "./people.ts";
import { PUBLIC_URL, readableSealer, type TestServer } from "./server_app.ts";
import { SoftPasskey } from "./soft_passkey.ts";
import { codeOf, RFC_BASE32 } from "./totp.ts";

export class Visitor {
  /** The session's cookie as the browser keeps it: "__Host-gh=…"; "" for none. */
  cookie = "";

  constructor(
    private readonly server: TestServer,
    private readonly language = "en",
    private readonly remote = "198.51.100.7",
  ) {}

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await this.#send("GET", path, { headers: { ...this.#headers(), ...headers } });
  }

  /** As a form of our own page sends it. */
  async post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const all = { ...this.#headers(), origin: PUBLIC_URL, ...headers };
    return await this.#send("POST", path, { headers: all, body: new URLSearchParams(fields) });
  }

  /** What the page's script is told to have signed. */
  async challenge(path: string, fields: Record<string, string> = {}): Promise<string> {
    const answer = await this.post(path, fields, { accept: "application/json" });
    equal(answer.status, 200);
    const { challenge } = await answer.json();
    return String(challenge);
  }

  /** By passkey, on the page for it. */
  async signIn(passkey: SoftPasskey, to = "/logins"): Promise<Response> {
    const challenge = await this.challenge("/sign-in/options");
    const signed = await passkey.signed({ challenge });
    return await this.post("/sign-in", { way: "passkey", passkey: signed, to });
  }

  async signInByCode(name: string, code: string, to = "/logins"): Promise<Response> {
    return await this.post("/sign-in", { way: "code", name, code, to });
  }

  /** The same browser, somewhere else. */
  at(remote: string): Visitor {
    const other = new Visitor(this.server, this.language, remote);
    other.cookie = this.cookie;
    return other;
  }

  async #send(method: string, path: string, init: RequestInit): Promise<Response> {
    const answer = await this.server.fetch(method, path, init, this.remote);
    const [set] = answer.headers.getSetCookie();
    if (set !== undefined) {
      const [pair = ""] = set.split(";");
      this.cookie = set.includes("Max-Age=0") ? "" : pair;
    }
    return answer;
  }

  #headers(): Record<string, string> {
    const shared = { accept: "text/html", "accept-language": this.language };
    return this.cookie === "" ? shared : { ...shared, cookie: this.cookie };
  }
}

/** The person with a passkey, which is answered. */
export async function withPasskey(server: TestServer, person: Person): Promise<SoftPasskey> {
  const soft = await SoftPasskey.make(PUBLIC_URL, person.id);
  const device = aPasskey({ id: `d_key_${person.name}`, person: person.id }, soft.kept);
  await keep(server, person, { device: [device] });
  return soft;
}

/** The person with an authenticator whose secret is that of RFC 6238. */
export async function withAuthenticator(
  server: TestServer,
  person: Person,
  use: AuthenticatorUse = "sign_in",
): Promise<void> {
  const id = `d_app_${person.name}`;
  const seed = await readableSealer.seal(RFC_BASE32, seedRow(id));
  const device = anAuthenticator({ id, person: person.id, seed, use });
  await keep(server, person, { device: [device] });
}

/** The code that it shows at that server's time. */
export function codeNow(server: TestServer): string {
  return codeOf(Math.floor(server.time.now() / 30_000));
}

/** Recovery codes of that person, which are answered. */
export async function withRecoveryCodes(server: TestServer, person: Person): Promise<string[]> {
  const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const codes = makeRecoveryCodes(bytes(RECOVERY_BYTES));
  const key = bytes(RECOVERY_KEY_BYTES);
  const sealed = await readableSealer.seal(base64url(key), recoveryRow(person.id));
  const sheet = await newRecoveryCodes(person.id, key, sealed, codes, T0);
  await keep(server, person, { recovery: [sheet] });
  return codes;
}

/** Adds the records, and the person too where it is not there yet. */
export async function keep(
  server: TestServer,
  person: Person,
  put: { readonly [K in Kind]?: readonly Kinds[K][] },
): Promise<void> {
  await server.memory.change({
    wants: { person: [{ id: person.id }] },
    make: () => ({ answer: undefined, put: { ...put, person: [person] } }),
  });
}

/** The heading of a page. */
export async function headingOf(answer: Response): Promise<string | undefined> {
  return /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1];
}

/** What a page says is wrong. */
export function faultIn(html: string): string | undefined {
  return /<p class="error" role="alert">(.*?)<\/p>/.exec(html)?.[1];
}

/** What is on the page of a new authenticator. */
export async function drafted(visitor: Visitor, path: string) {
  const html = await (await visitor.get(path)).text();
  const [, groups = ""] = /<code class="box secret">([^<]*)<\/code>/.exec(html) ?? [];
  const [, draft = ""] = /name="draft" value="([^"]*)"/.exec(html) ?? [];
  const secret = groups.replace(/\s/g, "");
  return { html, secret, draft: draft.replaceAll("&quot;", '"') };
}

/** The code of an app that has this secret, in base32, at that time. */
export function shows(secret: string, at: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
  return codeOf(Math.floor(at / 30_000), key);
}
