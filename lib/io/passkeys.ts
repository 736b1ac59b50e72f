/**
 * Passkeys by way of @simplewebauthn/server. What is asked of a browser: a discoverable passkey, and
 * that the person unlocks the device each time. What it answers is judged here, before the library
 * and after it, since the library
 * - quotes the expected challenge in its errors, which are all of one kind;
 * - judges the counter before the signature, so that anybody could make a passkey look cloned;
 * - compares neither the passkey's id nor the person with what they should be;
 * - takes answers from frames where the browser does not say whose page is around them.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { base64url, fromBase64url, sha256Hex } from "../core/encoding.ts";
import {
  type Passkey,
  type PasskeyChecked,
  type PasskeyFault,
  type PasskeySite,
  type PasskeyUse,
  usePasskey,
} from "../core/passkey.ts";
import type { NewPasskeyAnswer, PasskeyAnswer } from "../core/passkey_answer.ts";
import { CHALLENGE_TTL_MS } from "../core/passkey_challenge.ts";
import type { Passkeys } from "../ports.ts";

/**
 * ES256, which all devices have; Ed25519; RS256, which some of Windows need (RFC 8812, RFC 9053).
 * Not the library's own choice: that changes with what the runtime can do.
 */
const ALGORITHMS = [-7, -8, -257];

type Refused = { readonly ok: false; readonly fault: PasskeyFault };
const refuse = (fault: PasskeyFault): Refused => ({ ok: false, fault });

export class WebauthnPasskeys implements Passkeys {
  /** @param site where they work, of `passkeySite()` */
  constructor(private readonly site: PasskeySite & { readonly usable: true }) {}

  /**
   * What the page hands to the browser, as JSON, to make a passkey.
   * @param person `id` stays in the device, `name` is what it shows
   * @param existing of that person: no device shall hold two
   * @param challenge base64url
   */
  async creationOptions(
    person: { readonly id: string; readonly name: string },
    existing: readonly Passkey[],
    challenge: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { generateRegistrationOptions } = await library();
    const options = await generateRegistrationOptions({
      rpName: "gatehouse",
      rpID: this.site.rpId,
      userID: new TextEncoder().encode(person.id),
      userName: person.name,
      userDisplayName: person.name,
      challenge: bytes(challenge),
      timeout: CHALLENGE_TTL_MS,
      attestationType: "none",
      excludeCredentials: existing.map(described),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      supportedAlgorithmIDs: ALGORITHMS,
    });
    return { ...options };
  }

  /**
   * What the page hands to the browser, as JSON, to have the challenge signed.
   * @param allowed none: the person chooses among the passkeys that the device has for this site
   * @param challenge base64url
   */
  async requestOptions(
    allowed: readonly Passkey[],
    challenge: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({
      rpID: this.site.rpId,
      challenge: bytes(challenge),
      timeout: CHALLENGE_TTL_MS,
      allowCredentials: allowed.map(described),
      userVerification: "required",
    });
    return { ...options };
  }

  /** @param challenge base64url: the one that was made for this */
  async checkNew(
    answer: NewPasskeyAnswer,
    challenge: string,
  ): Promise<PasskeyChecked<Passkey>> {
    const fault = this.#asked(answer, "webauthn.create", challenge);
    if (fault !== undefined) return refuse(fault);
    const { verifyRegistrationResponse } = await library();
    const { origin, rpId } = this.site;
    const attestationObject = await withoutAttestation(answer.attestationObject);
    if (attestationObject === undefined) return refuse("malformed");
    const response: RegistrationResponseJSON = {
      ...credential(answer),
      response: { clientDataJSON: answer.clientDataJson, attestationObject },
    };
    const found = await tried(() =>
      verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: false, // told apart below
        supportedAlgorithmIDs: ALGORITHMS,
      })
    );
    if (!found?.verified) return refuse("malformed");
    const { credential: made, ...info } = found.registrationInfo;
    if (made.id !== answer.id) return refuse("malformed");
    if (!info.userVerified) return refuse("unverified");
    const passkey: Passkey = {
      id: made.id,
      publicKey: base64url(made.publicKey),
      counter: made.counter,
      backupEligible: info.credentialDeviceType === "multiDevice",
      backedUp: info.credentialBackedUp,
      transports: answer.transports,
      aaguid: info.aaguid,
    };
    return { ok: true, value: passkey };
  }

  /**
   * Whether that passkey signed that challenge here. The use is then to be noted down by
   * `usePasskey()`, in one atomic step with what it is used for.
   * @param owner id of the person whose passkey it is
   * @param challenge base64url: the one that was made for this
   */
  async check(
    answer: PasskeyAnswer,
    challenge: string,
    passkey: Passkey,
    owner: string,
  ): Promise<PasskeyChecked<PasskeyUse>> {
    const fault = this.#asked(answer, "webauthn.get", challenge);
    if (fault !== undefined) return refuse(fault);
    if (answer.id !== passkey.id) return refuse("wrong_passkey");
    if (answer.person !== undefined && answer.person !== owner) return refuse("wrong_person");
    const { origin, rpId } = this.site;
    if (!await isForSite(answer.authenticatorData, rpId)) return refuse("wrong_site");
    const { verifyAuthenticationResponse } = await library();
    const response: AuthenticationResponseJSON = {
      ...credential(answer),
      response: {
        clientDataJSON: answer.clientDataJson,
        authenticatorData: answer.authenticatorData,
        signature: answer.signature,
      },
    };
    const found = await tried(() =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        // Both are judged by usePasskey(), once it is known who says it.
        requireUserVerification: false,
        credential: { id: passkey.id, publicKey: bytes(passkey.publicKey), counter: 0 },
      })
    );
    if (found === undefined) return refuse("malformed");
    if (!found.verified) return refuse("bad_signature");
    const { authenticationInfo: info } = found;
    const use: PasskeyUse = {
      counter: info.newCounter,
      verified: info.userVerified,
      backupEligible: info.credentialDeviceType === "multiDevice",
      backedUp: info.credentialBackedUp,
    };
    const used = usePasskey(passkey, use);
    return used.ok ? { ok: true, value: use } : used;
  }

  #asked(
    { client }: NewPasskeyAnswer | PasskeyAnswer,
    type: string,
    challenge: string,
  ): PasskeyFault | undefined {
    if (client.type !== type || client.challenge !== challenge) return "wrong_challenge";
    return client.origin === this.site.origin && !client.framed ? undefined : "wrong_site";
  }
}

/** Loaded with the first passkey: it is half a megabyte of code. */
function library() {
  return import("@simplewebauthn/server");
}

/**
 * As browsers do where no attestation is wanted (WebAuthn 5.1.3), or should: what a device says of
 * its maker is not asked for. Believing it, the library would read certificates, and
 * fetch lists of revoked ones from wherever these say.
 * @returns undefined when it cannot be read
 */
async function withoutAttestation(attestationObject: string): Promise<string | undefined> {
  const { decodeAttestationObject, isoCBOR } = await import("@simplewebauthn/server/helpers");
  return await tried(() => {
    const authData = decodeAttestationObject(bytes(attestationObject)).get("authData");
    const plain = new Map<string | number, string | Uint8Array | Map<string, string>>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", authData],
    ]);
    return base64url(isoCBOR.encode(plain));
  });
}

/** The first 32 bytes are the SHA-256 of the site that the device was asked for (WebAuthn 6.1). */
async function isForSite(authenticatorData: string, rpId: string): Promise<boolean> {
  const hash = bytes(authenticatorData).subarray(0, 32);
  return hash.toHex() === await sha256Hex(rpId);
}

/** Undefined: it threw, on bytes that it could not read. */
async function tried<T>(verify: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}

function credential({ id }: NewPasskeyAnswer | PasskeyAnswer) {
  return { id, rawId: id, type: "public-key", clientExtensionResults: {} } as const;
}

function described({ id, transports }: Passkey) {
  return { id, transports: [...transports] };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromBase64url(text));
}
