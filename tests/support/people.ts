/** People, and what is kept of them, to test with. */
import type { AccountNow } from "../../lib/core/account_request.ts";
import type { Authenticator, PasskeyDevice } from "../../lib/core/device.ts";
import type { Freeze } from "../../lib/core/freeze.ts";
import type { Grant } from "../../lib/core/grant.ts";
import { type Invitation, invitationHash } from "../../lib/core/invitation.ts";
import { OWN, type Person } from "../../lib/core/person.ts";
import type { Passkey } from "../../lib/core/passkey.ts";
import type { Change, Kind, Kinds } from "../../lib/core/store_change.ts";
import { sessionHash, type WebSession } from "../../lib/core/web_session.ts";
import type { Store } from "../../lib/ports.ts";
import { T0 } from "./logins.ts";

/** alice, who may approve her own account. */
export function aPerson(changes: Partial<Person> = {}): Person {
  return {
    id: "p_alice",
    name: "alice",
    administrator: false,
    state: "active",
    createdAt: T0,
    language: "auto",
    contacts: {},
    approves: [OWN],
    ...changes,
  };
}

/** Active, called so, with an id to match. */
export function someone(name: string, changes: Partial<Person> = {}): Person {
  return aPerson({ id: `p_${name}`, name, ...changes });
}

const device = { person: "p_alice", createdAt: T0, lastUsedAt: null, revokedAt: null };

export function aPasskey(
  changes: Partial<PasskeyDevice> = {},
  passkey: Partial<Passkey> = {},
): PasskeyDevice {
  return {
    ...device,
    kind: "passkey",
    id: "d_key",
    name: "phone",
    passkey: {
      id: "Y3JlZGVudGlhbA",
      publicKey: "cHVibGlj",
      counter: 0,
      backupEligible: true,
      backedUp: false,
      transports: ["internal"],
      aaguid: "00000000-0000-0000-0000-000000000000",
      ...passkey,
    },
    ...changes,
  };
}

export function anAuthenticator(changes: Partial<Authenticator> = {}): Authenticator {
  const sealed = { seed: "1.sealed.seed", usedSteps: [] };
  const app = { kind: "authenticator", use: "sign_in", id: "d_app", name: "app" } as const;
  return { ...device, ...app, ...sealed, ...changes };
}

export const INVITED = "invitation-token";

export function anInvitation(changes: Partial<Invitation> = {}): Invitation {
  return {
    id: "i_1",
    tokenHash: invitationHash(INVITED),
    person: "p_alice",
    by: "admin:root",
    createdAt: T0,
    expiresAt: T0 + 3_600_000,
    usedAt: null,
    ...changes,
  };
}

export const COOKIE = "session-token";

export function aSession(changes: Partial<WebSession> = {}): WebSession {
  return {
    id: "s_1",
    tokenHash: sessionHash(COOKIE),
    person: "p_alice",
    device: "d_key",
    via: "passkey",
    createdAt: T0,
    provenAt: T0,
    seenAt: T0,
    ...changes,
  };
}

/** For an hour, and what `aLogin` asks for. */
export function aGrant(changes: Partial<Grant> = {}): Grant {
  return {
    id: "g_1",
    user: "alice",
    host: "web1",
    service: "ssh",
    requester: null,
    network: "192.0.2.7/32",
    key: "SHA256:abc",
    commands: "any",
    person: "p_alice",
    by: "person:alice",
    createdAt: T0,
    expiresAt: T0 + 3_600_000,
    endedAt: null,
    ended: null,
    endedBy: null,
    ...changes,
  };
}

export function aFreeze(changes: Partial<Freeze> = {}): Freeze {
  return {
    id: "f_1",
    user: "alice",
    host: "*",
    since: T0,
    by: "person:alice",
    why: "not_me",
    evidence: null,
    liftedAt: null,
    liftedBy: null,
    ...changes,
  };
}

export const NOTHING_KNOWN: AccountNow = {
  refusals: [],
  freezes: [],
  grants: [],
  places: [],
};

/** A change that only writes. */
export function putting(put: { readonly [K in Kind]?: readonly Kinds[K][] }): Change<void> {
  return { wants: {}, make: () => ({ answer: undefined, put }) };
}

/** Puts a record in the place of the one with its id, if there is any. */
export function rewrite<K extends Kind>(
  store: Store,
  kind: K,
  record: Kinds[K] & { readonly id: string },
): Promise<void> {
  return store.change({
    wants: { [kind]: [{ id: record.id }] },
    make: () => ({ answer: undefined, put: { [kind]: [record] } }),
  });
}

/** All records of a kind. */
export function all<K extends Kind>(store: Store, kind: K): Promise<Kinds[K][]> {
  return store.find(kind, { all: true });
}
