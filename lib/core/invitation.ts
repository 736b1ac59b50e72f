/**
 * Invitations: a link that lets one person register the first device, or one more after a loss. Whoever
 * opens it sees a page; only what is registered there uses it up.
 */
import { cannotAdd, type Device, sameCredential } from "./device.ts";
import { base64url } from "./encoding.ts";
import { sha256 } from "./hash.ts";
import type { Person } from "./person.ts";
import { RECORD_ID_BYTES, recordId } from "./record_id.ts";
import type { Change } from "./store_change.ts";

export interface Invitation {
  /** `i_…` */
  readonly id: string;
  /** SHA-256 (hex) of the token in the link. */
  readonly tokenHash: string;
  /** The id of the person it is for. */
  readonly person: string;
  /** Who made it, as in a login's `by`. */
  readonly by: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

/** Random bytes of a token; in the link base64url. */
const INVITATION_BYTES = 24;
export const INVITATION_MS = 24 * 3_600_000;

/** Enough random bytes for `newInvitation`. */
export const NEW_INVITATION_BYTES = RECORD_ID_BYTES + INVITATION_BYTES;

/**
 * One that is in force from now on, and the token of its link, which nothing else keeps.
 * @param by as in a login's `by` @param bytes NEW_INVITATION_BYTES random ones
 */
export function newInvitation(
  person: string,
  by: string,
  bytes: Uint8Array,
  now: number,
): { readonly invitation: Invitation; readonly token: string } {
  if (bytes.length !== NEW_INVITATION_BYTES) throw new RangeError("wrong number of random bytes");
  const token = base64url(bytes.subarray(RECORD_ID_BYTES));
  return {
    token,
    invitation: {
      id: recordId("i", bytes.subarray(0, RECORD_ID_BYTES)),
      tokenHash: invitationHash(token),
      person,
      by,
      createdAt: now,
      expiresAt: now + INVITATION_MS,
      usedAt: null,
    },
  };
}

/** What a link's token is looked up by. */
export function invitationHash(token: string): string {
  return sha256(token);
}

type Standing = "open" | "used" | "expired" | "unknown";

/** `person`: the one it is for, as it is now. */
export function invitationStanding(
  invitation: Invitation | undefined,
  person: Person | undefined,
  now: number,
): Standing {
  if (invitation === undefined || invitation.person !== person?.id) return "unknown";
  if (person.state !== "active") return "unknown";
  if (invitation.usedAt !== null) return "used";
  return now < invitation.expiresAt ? "open" : "expired";
}

/** The one whose link still waits to be opened, or has waited in vain; undefined: there is none. */
export function unusedOf(
  person: Person,
  invitations: readonly Invitation[],
): Invitation | undefined {
  return person.state === "active"
    ? invitations.find((each) => each.person === person.id && each.usedAt === null)
    : undefined;
}

/** Takes the place of the person's earlier ones. False when that person is not active. */
export function invite(invitation: Invitation): Change<boolean> {
  return {
    wants: {
      person: [{ id: invitation.person }],
      invitation: [{ person: invitation.person }],
    },
    make: ({ person: [person], invitation: earlier }) =>
      person?.state === "active"
        ? {
          answer: true,
          put: { invitation: [invitation] },
          remove: { invitation: unused(earlier) },
        }
        : { answer: false },
  };
}

/** Used ones stay for a while, so that a second visit can say what happened. */
export function unused(invitations: readonly Invitation[]): string[] {
  return invitations.filter(({ usedAt }) => usedAt === null).map(({ id }) => id);
}

/** Who makes the first administrator's, at each start of a server at which nobody has a device. */
export const BY_SERVER = "gatehouse";

type Accepted =
  | { readonly ok: true; readonly person: Person }
  | {
    readonly ok: false;
    readonly why: Exclude<Standing, "open"> | "too_many" | "known";
  };

/**
 * Uses it up for a device, in one step: of two that come at once with one link, one is registered. From
 * then on somebody has a device, so what a start of the server invited is good no more.
 * @param device of the person that the invitation was found to be for
 */
export function acceptInvitation(token: string, device: Device, now: number): Change<Accepted> {
  return {
    wants: {
      invitation: [{ all: true }],
      person: [{ id: device.person }],
      device: [{ person: device.person }, ...sameCredential(device)],
    },
    make: ({ invitation: invitations, person: [person], device: found }) => {
      const invitation = invitations.find(({ tokenHash }) => tokenHash === invitationHash(token));
      const standing = invitationStanding(invitation, person, now);
      if (standing !== "open") return { answer: { ok: false, why: standing } };
      if (invitation === undefined || person === undefined) {
        return { answer: { ok: false, why: "unknown" } };
      }
      const why = cannotAdd(device, found);
      if (why !== undefined) return { answer: { ok: false, why } };
      const first = invitations.filter(({ by, id }) => by === BY_SERVER && id !== invitation.id);
      return {
        answer: { ok: true, person },
        put: { invitation: [{ ...invitation, usedAt: now }], device: [device] },
        remove: { invitation: unused(first) },
      };
    },
  };
}
