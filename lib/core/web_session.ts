/** Sessions of the web side: short ones, so that a second login needs only the number. */
import { isUsable } from "./device.ts";
import { sha256 } from "./hash.ts";
import type { Change } from "./store_change.ts";

export interface WebSession {
  /** `s_…`; stays when the token changes. */
  readonly id: string;
  /** SHA-256 (hex) of what the cookie holds. */
  readonly tokenHash: string;
  /** The id of the person whose it is. */
  readonly person: string;
  /** The id of the device that began it; null after a recovery code. */
  readonly device: string | null;
  readonly via: "passkey" | "code" | "recovery_code" | "invitation";
  readonly createdAt: number;
  /** When the person last proved themself in it. */
  readonly provenAt: number;
  /** When it was last used, to the minute. */
  readonly seenAt: number;
}

/** Random bytes of a token; in the cookie base64url. */
export const SESSION_BYTES = 32;
const IDLE_MS = 900_000;
const ABSOLUTE_MS = 8 * 3_600_000;
/** What changes how one signs in needs a proof this young: a session may have been left open. */
const FRESH_MS = 300_000;
/** Not worth a write for each request. */
const SEEN_EVERY_MS = 60_000;

export function sessionHash(token: string): string {
  return sha256(token);
}

/** When it ends if nobody uses it any more. */
export function sessionEnd({ createdAt, seenAt }: WebSession): number {
  return Math.min(createdAt + ABSOLUTE_MS, seenAt + IDLE_MS);
}

/** @param now also one that is before the session began ends it: the clock was set back */
export function isLive(session: WebSession, now: number): boolean {
  return now >= session.createdAt && now < sessionEnd(session);
}

export function isFresh(session: WebSession, now: number): boolean {
  return isLive(session, now) && now >= session.provenAt && now < session.provenAt + FRESH_MS;
}

/** Whether `useSession` is worth it. */
export function isSeenLongAgo(session: WebSession, now: number): boolean {
  return now - session.seenAt >= SEEN_EVERY_MS;
}

/**
 * Begins a session, in the place of the one that the browser had, whosever it was: a cookie that
 * somebody else put there is worth nothing afterwards. False when the person is not active, or the
 * device is revoked.
 * @param before the token hash of the browser's session, if it sent any
 */
export function signIn(session: WebSession, before: string | undefined): Change<boolean> {
  return {
    wants: {
      person: [{ id: session.person }],
      device: session.device === null ? [] : [{ id: session.device }],
      session: before === undefined ? [] : [{ token: before }],
    },
    make: ({ person: [person], device: [device], session: old }) => {
      const usable = session.device === null ||
        (device?.person === session.person && isUsable(device));
      if (person?.state !== "active" || !usable) return { answer: false };
      return {
        answer: true,
        put: { session: [session] },
        remove: { session: old.map(({ id }) => id) },
      };
    },
  };
}

/** Keeps it from idling out. Undefined when it has ended meanwhile. */
export function useSession(id: string, now: number): Change<WebSession | undefined> {
  return {
    wants: { session: [{ id }] },
    make: ({ session: [session] }) => {
      if (session === undefined || !isLive(session, now)) return { answer: undefined };
      const used = { ...session, seenAt: now };
      return { answer: used, put: { session: [used] } };
    },
  };
}

export function signOut(id: string): Change<void> {
  return {
    wants: { session: [{ id }] },
    make: ({ session }) => ({
      answer: undefined,
      remove: { session: session.map(({ id }) => id) },
    }),
  };
}
