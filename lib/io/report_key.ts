/** What signs this host's reports: made of its key for codes, so there is no second file to guard. */
import type { CryptoKey } from "jose";
import { fromBase64url } from "../core/encoding.ts";
import type { HostKeyPair } from "../core/central_set.ts";

/** RFC 8410, section 7: a PKCS #8 document of Ed25519 up to its 32 bytes. */
const PKCS8 = new Uint8Array([
  ...[
    0x30,
    0x2e,
    0x02,
    0x01,
    0x00,
    0x30,
    0x05,
    0x06,
    0x03,
    0x2b,
    0x65,
    0x70,
    0x04,
    0x22,
    0x04,
    0x20,
  ],
]);
const PURPOSE = "gatehouse report";

interface ReportKey {
  readonly key: CryptoKey;
  /** 32 raw bytes */
  readonly publicKey: Uint8Array;
}

/** RFC 5869 between the two, so that neither tells anything of the other. */
export async function reportKey({ d }: HostKeyPair): Promise<ReportKey> {
  const subtle = crypto.subtle;
  const secret = await subtle.importKey("raw", fromBase64url(d).slice(), "HKDF", false, [
    "deriveBits",
  ]);
  const info = new TextEncoder().encode(PURPOSE);
  const derived = await subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    secret,
    256,
  );
  const document = new Uint8Array([...PKCS8, ...new Uint8Array(derived)]);
  const key = await subtle.importKey("pkcs8", document, "Ed25519", true, ["sign"]);
  const { x = "" } = await subtle.exportKey("jwk", key);
  return { key, publicKey: fromBase64url(x) };
}
