/**
 * Passkeys (WebAuthn Level 3): where they work, what the server keeps of one, and what can be wrong
 * with what one answers.
 */

export interface Passkey {
  /** The credential id, base64url. */
  readonly id: string;
  /** A COSE key (RFC 9052, 7), base64url. */
  readonly publicKey: string;
  /** How often it has signed; stays 0 where the device does not count. */
  readonly counter: number;
  /** Whether it may be copied to the person's other devices; never changes. */
  readonly backupEligible: boolean;
  /** Whether it has been. */
  readonly backedUp: boolean;
  /** How the browser reaches it ("internal", "usb", "hybrid"); hints only. */
  readonly transports: readonly string[];
  /** The make of the device, a UUID; zeros where it does not say. Not proven. */
  readonly aaguid: string;
}

export type PasskeyFault =
  /** Not what a browser sends. */
  | "malformed"
  /** Made for another challenge, or for registering instead of signing. */
  | "wrong_challenge"
  /** Made at another address, or inside a frame of somebody else's page. */
  | "wrong_site"
  /** Another passkey than the one it is checked against. */
  | "wrong_passkey"
  /** The device holds this passkey for another person. */
  | "wrong_person"
  | "bad_signature"
  /** Nobody unlocked the device: whoever holds it could have touched it. */
  | "unverified"
  /** Its counter did not rise: two devices hold what only one should. */
  | "cloned"
  /** May be copied now and might not before, or the other way round. */
  | "changed";

export type PasskeyChecked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: PasskeyFault };

/** What a signature says beside being right. */
export interface PasskeyUse {
  readonly counter: number;
  readonly verified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/**
 * The passkey as it is after that use (WebAuthn 7.2). To be run inside the store's
 * atomic step too: of two clones that sign at the same time, one must lose.
 */
export function usePasskey(passkey: Passkey, use: PasskeyUse): PasskeyChecked<Passkey> {
  if (!use.verified) return { ok: false, fault: "unverified" };
  if (use.backupEligible !== passkey.backupEligible) return { ok: false, fault: "changed" };
  const stuck = passkey.counter > 0 && use.counter <= passkey.counter;
  if (stuck) return { ok: false, fault: "cloned" };
  return { ok: true, value: { ...passkey, counter: use.counter, backedUp: use.backedUp } };
}

export type PasskeySite =
  | { readonly usable: true; readonly rpId: string; readonly origin: string }
  | { readonly usable: false; readonly why: NoPasskeys };

/** "insecure": plain http, so browsers offer none. "address": passkeys belong to names. */
export type NoPasskeys = "insecure" | "address";

/** Whether passkeys work at that address (WebAuthn 5.1.3; Secure Contexts 3.1). */
export function passkeySite(publicUrl: string): PasskeySite {
  const { protocol, hostname, origin } = new URL(publicUrl);
  const here = /^(.+\.)?localhost$|^127\.[0-9.]+$|^\[::1\]$/.test(hostname);
  if (protocol !== "https:" && !here) return { usable: false, why: "insecure" };
  if (/^\[|^[0-9.]+$/.test(hostname)) return { usable: false, why: "address" };
  return { usable: true, rpId: hostname, origin };
}
