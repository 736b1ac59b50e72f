/**
 * Checks a compact JWS (RFC 7515) that is signed with EdDSA over Ed25519 (RFC 8037), and no other. By
 * hand: a login waits for it, and a library for all of JOSE takes longer to load than all else on the
 * way to the link.
 */
import { fromBase64url } from "./encoding.ts";

/** What a signed text must have, beside a good signature. */
export interface Form {
  /** The type in its header (RFC 7515, 4.1.9); without one any is taken. */
  readonly typ?: string;
  /** `exp`, where it has to end; one that is there counts in any case. */
  readonly requiredClaims: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

/** The signature has 64 bytes (RFC 8032, 5.1.6). */
const JWS = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/;

/**
 * The claims of what a pinned key signed, and what is in force.
 * @param pinned raw Ed25519 public keys @param now milliseconds since the Unix epoch
 */
export async function verifiedClaims(
  jws: string,
  pinned: readonly Uint8Array[],
  form: Form,
  now: number,
): Promise<Claims | "unsigned" | "expired"> {
  const [, header = "", payload = "", signature = ""] = JWS.exec(jws) ?? [];
  if (!isOurHeader(parsed(header), form)) return "unsigned";
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  for (const key of pinned) {
    if (await isSignedBy(key, fromBase64url(signature), signed)) {
      return inForce(parsed(payload), form, now);
    }
  }
  return "unsigned";
}

function isOurHeader(header: Claims | undefined, { typ }: Form): boolean {
  // Of what may be critical (4.1.11) nothing is known here.
  return header?.alg === "EdDSA" && !("crit" in header) &&
    (typ === undefined || header.typ === typ);
}

function inForce(
  claims: Claims | undefined,
  { requiredClaims }: Form,
  now: number,
): Claims | "unsigned" | "expired" {
  if (claims === undefined || !requiredClaims.every((claim) => claim in claims)) return "unsigned";
  const { exp = Infinity } = claims;
  if (typeof exp !== "number") return "unsigned";
  return exp > Math.floor(now / 1000) ? claims : "expired";
}

async function isSignedBy(
  publicKey: Uint8Array,
  signature: Uint8Array,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = "Ed25519";
  try {
    const raw = publicKey.slice();
    const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, key, signature.slice(), signed);
  } catch {
    return false; // bytes that are no key
  }
}

/** Undefined where the part is no JSON object in base64url. */
function parsed(part: string): Claims | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(part));
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}
