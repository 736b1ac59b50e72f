/** What a person proves themself with: passkeys, and authenticators that show codes. */
import { type Passkey, type PasskeyFault, type PasskeyUse, usePasskey } from "./passkey.ts";
import type { Person } from "./person.ts";
import type { Change } from "./store_change.ts";
import { isPrintable } from "./text.ts";

interface DeviceBase {
  /** `d_…` */
  readonly id: string;
  /** The id of the person whose it is. */
  readonly person: string;
  /** What the person calls it. */
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface PasskeyDevice extends DeviceBase {
  readonly kind: "passkey";
  readonly passkey: Passkey;
}

export interface Authenticator extends DeviceBase {
  readonly kind: "authenticator";
  readonly use: AuthenticatorUse;
  /** The TOTP secret in base32, sealed for the row that `seedRow` names; "" once it is revoked. */
  readonly seed: string;
  /** Time steps whose code was accepted, the latest last; see device_code.ts. */
  readonly usedSteps: readonly number[];
}

export type Device = PasskeyDevice | Authenticator;

/**
 * Where its codes are typed: on our pages, or at the prompt of a host. Never both: root of a host holds
 * the seeds of those that its accounts use, and must not hold what approves elsewhere.
 */
export type AuthenticatorUse = "sign_in" | "hosts";

/** More than anybody needs, fewer than make a page or a check of codes slow. */
export const MAX_DEVICES = 16;
const MAX_NAME = 64;

/** What a sealed seed is bound to: in another row it cannot be opened. */
export function seedRow(deviceId: string): string {
  return `device ${deviceId} seed`;
}

/** 1 to 64 printable characters, no space at either end. */
export function isDeviceName(text: string): boolean {
  const length = [...text].length;
  return length >= 1 && length <= MAX_NAME && text.trim() === text && isPrintable(text);
}

export function isUsable(device: Device): boolean {
  return device.revokedAt === null;
}

/** On our pages; else it counts at hosts alone. */
export function signsIn(device: Device): boolean {
  return device.kind === "passkey" || device.use === "sign_in";
}

type Added =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: "not_active" | "too_many" | "known" };

/** Another device of a person who is signed in. */
export function addDevice(device: Device): Change<Added> {
  return {
    wants: {
      person: [{ id: device.person }],
      device: [{ person: device.person }, ...sameCredential(device)],
    },
    make: ({ person: [person], device: found }) => {
      if (person?.state !== "active") return { answer: { ok: false, why: "not_active" } };
      const why = cannotAdd(device, found);
      if (why !== undefined) return { answer: { ok: false, why } };
      return { answer: { ok: true }, put: { device: [device] } };
    },
  };
}

/** Where to look whether a passkey is known already. */
export function sameCredential(device: Device): { readonly credential: string }[] {
  return device.kind === "passkey" ? [{ credential: device.passkey.id }] : [];
}

/** @param found the person's devices, and whatever has the same credential */
export function cannotAdd(
  device: Device,
  found: readonly Device[],
): "too_many" | "known" | undefined {
  const isKnown = (other: Device) =>
    // Also one that is revoked, or adding it once more would bring it back.
    other.id === device.id ||
    other.kind === "passkey" && device.kind === "passkey" && other.passkey.id === device.passkey.id;
  if (found.some(isKnown)) return "known";
  const usable = found.filter((other) => other.person === device.person && isUsable(other));
  return usable.length >= MAX_DEVICES ? "too_many" : undefined;
}

/** Undefined when the person has no such device. */
export function renameDevice(
  person: string,
  id: string,
  name: string,
): Change<Device | undefined> {
  return {
    wants: { device: [{ id }] },
    make: ({ device: [device] }) => {
      if (device === undefined || device.person !== person || !isUsable(device)) {
        return { answer: undefined };
      }
      const renamed = { ...device, name };
      return { answer: renamed, put: { device: [renamed] } };
    },
  };
}

/**
 * From now on it proves nothing, and the sessions that it began are over. Undefined when the person
 * has no such device.
 */
export function revokeDevice(
  person: string,
  id: string,
  now: number,
): Change<Device | undefined> {
  return {
    wants: { device: [{ id }], session: [{ device: id }] },
    make: ({ device: [device], session }) => {
      if (device === undefined || device.person !== person || !isUsable(device)) {
        return { answer: undefined };
      }
      const revoked = revoke(device, now);
      return {
        answer: revoked,
        put: { device: [revoked] },
        remove: { session: session.map(({ id }) => id) },
      };
    },
  };
}

/**
 * A device that has just been added, as if it never had been; an invitation that it used up is good
 * again.
 * @param invitation its id; null: it took none
 */
export function takeBackDevice(id: string, invitation: string | null): Change<void> {
  return {
    wants: {
      device: [{ id }],
      session: [{ device: id }],
      invitation: invitation === null ? [] : [{ id: invitation }],
    },
    make: ({ device, session, invitation }) => ({
      answer: undefined,
      put: { invitation: invitation.map((each) => ({ ...each, usedAt: null })) },
      remove: { device: device.map(({ id }) => id), session: session.map(({ id }) => id) },
    }),
  };
}

/** What is secret of it is forgotten. */
export function revoke(device: Device, now: number): Device {
  return device.kind === "authenticator"
    ? { ...device, revokedAt: now, seed: "" }
    : { ...device, revokedAt: now };
}

type PasskeyAccepted =
  | { readonly ok: true; readonly person: Person; readonly device: PasskeyDevice }
  | { readonly ok: false; readonly why: "unknown" | "not_active" | PasskeyFault };

/**
 * Whose passkey it is, after its signature was found right; the counter is kept.
 * @param credential its id, base64url
 * @param ownerId of the person that the device was found to be of, before this
 */
export function acceptPasskey(
  credential: string,
  ownerId: string,
  use: PasskeyUse,
  now: number,
): Change<PasskeyAccepted> {
  return {
    wants: { device: [{ credential }], person: [{ id: ownerId }] },
    make: ({ device: [device], person: [person] }) => {
      if (device?.kind !== "passkey" || device.person !== ownerId || !isUsable(device)) {
        return { answer: { ok: false, why: "unknown" } };
      }
      if (person?.state !== "active") return { answer: { ok: false, why: "not_active" } };
      const used = usePasskey(device.passkey, use);
      if (!used.ok) return { answer: { ok: false, why: used.fault } };
      const changed = { ...device, passkey: used.value, lastUsedAt: now };
      return { answer: { ok: true, person, device: changed }, put: { device: [changed] } };
    },
  };
}
