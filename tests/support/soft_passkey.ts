/** A passkey in software, and the browser around it: answers what a test wants it to. */
import { base64url, fromBase64url } from "../../lib/core/encoding.ts";
import type { Passkey } from "../../lib/core/passkey.ts";

/** What is said of one use; the rest is as a sound browser and device say it. */
export interface Said {
  readonly challenge: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** Names of flags (WebAuthn 6.1): UP, UV, BE, BS. */
  readonly flags?: readonly (keyof typeof FLAGS)[];
  readonly counter?: number;
  /** Id of the person the device holds it for; null: it does not say. */
  readonly person?: string | null;
  /** Signs with another key than its own. */
  readonly forged?: boolean;
}

const FLAGS = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10 } as const;
const ATTESTED = 0x40;
const UNLOCKED = ["UP", "UV"] as const;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export class SoftPasskey {
  #counter = 0;

  private constructor(
    private readonly site: { readonly origin: string; readonly rpId: string },
    readonly owner: string,
    readonly id: string,
    private readonly key: CryptoKeyPair,
    private readonly x: Uint8Array,
    private readonly y: Uint8Array,
  ) {}

  /** @param owner id of the person it is made for */
  static async make(origin: string, owner: string): Promise<SoftPasskey> {
    const key = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    if (!("privateKey" in key)) throw new TypeError("not a key pair");
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey));
    const id = base64url(crypto.getRandomValues(new Uint8Array(16)));
    const site = { origin, rpId: new URL(origin).hostname };
    return new SoftPasskey(site, owner, id, key, raw.slice(1, 33), raw.slice(33));
  }

  /** As a server keeps it that has not seen it since. */
  get kept(): Passkey {
    return {
      id: this.id,
      publicKey: base64url(this.#publicKey),
      counter: 0,
      backupEligible: false,
      backedUp: false,
      transports: ["internal"],
      aaguid: "00000000-0000-0000-0000-000000000000",
    };
  }

  /** What the form's field `passkey` holds after a registration. */
  async created(said: Said): Promise<string> {
    const id = fromBase64url(this.id);
    const data = Uint8Array.of(
      ...await this.#data({ counter: 0, ...said }, ATTESTED),
      ...new Uint8Array(16), // the make
      ...[0, id.length],
      ...id,
      ...this.#publicKey,
    );
    // {"fmt": "none", "attStmt": {}, "authData": h'...'}
    const attestationObject = Uint8Array.of(
      ...Uint8Array.fromHex("a363666d74646e6f6e656761747453746d74a068617574684461746158"),
      data.length,
      ...data,
    );
    return this.#answer({
      clientDataJSON: this.#clientData("webauthn.create", said),
      attestationObject: base64url(attestationObject),
      transports: ["internal"],
    });
  }

  /** What the form's field `passkey` holds after a signature. */
  async signed(said: Said): Promise<string> {
    const data = await this.#data(said, 0);
    const clientDataJSON = this.#clientData("webauthn.get", said);
    const hash = await crypto.subtle.digest("SHA-256", fromBase64url(clientDataJSON).slice());
    const other = said.forged ? await SoftPasskey.make(this.site.origin, this.owner) : this;
    const { privateKey } = other.key;
    const text = Uint8Array.of(...data, ...new Uint8Array(hash));
    const signature = new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, text));
    const { person = this.owner } = said;
    return this.#answer({
      clientDataJSON,
      authenticatorData: base64url(data),
      signature: base64url(der(signature)),
      userHandle: person === null ? null : base64url(new TextEncoder().encode(person)),
    });
  }

  /** COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y} */
  get #publicKey(): Uint8Array {
    const head = Uint8Array.fromHex("a5010203262001215820");
    return Uint8Array.of(...head, ...this.x, ...Uint8Array.fromHex("225820"), ...this.y);
  }

  async #data({ rpId, flags = UNLOCKED, counter }: Said, more: number): Promise<Uint8Array> {
    const name = new TextEncoder().encode(rpId ?? this.site.rpId);
    const bits = flags.reduce((sum, flag) => sum | FLAGS[flag], more);
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, counter ?? ++this.#counter);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
    return Uint8Array.of(...hash, bits, ...count);
  }

  #clientData(usual: string, { type = usual, challenge, origin, crossOrigin, topOrigin }: Said) {
    const said = { type, challenge, origin: origin ?? this.site.origin, crossOrigin, topOrigin };
    return base64url(new TextEncoder().encode(JSON.stringify(said)));
  }

  #answer(response: Record<string, unknown>): string {
    const { id } = this;
    const known = { clientExtensionResults: {}, authenticatorAttachment: "platform" };
    return JSON.stringify({ id, rawId: id, type: "public-key", response, ...known });
  }
}

/** r and s, 32 bytes each, as SEQUENCE { INTEGER, INTEGER }. */
function der(signature: Uint8Array): Uint8Array {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].flatMap((number) => {
    const start = number.findIndex((byte) => byte !== 0);
    const short = [...number.subarray(start)];
    const positive = (short[0] ?? 0) > 127 ? [0, ...short] : short;
    return [2, positive.length, ...positive];
  });
  return Uint8Array.of(0x30, numbers.length, ...numbers);
}
