/** One record of each kind, and where it must be found: for the contract of stores. */
import type { Kind, Kinds, Where } from "../../lib/core/store_change.ts";
import type { Store } from "../../lib/ports.ts";
import { T0 } from "./logins.ts";
import { aFreeze, aGrant, anInvitation, aPasskey, aPerson, aSession, putting } from "./people.ts";

type Samples = {
  readonly [K in Kind]: {
    readonly record: Kinds[K];
    readonly foundBy: readonly Where<K>[];
    readonly notFoundBy: readonly Where<K>[];
    /** The last millisecond in which it is needed; null: it always is. */
    readonly neededUntil: number | null;
  };
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const grant = aGrant({ requester: "bob" });
const invitation = anInvitation();
const session = aSession();

export const SAMPLES: Samples = {
  person: {
    record: aPerson({ name: "Ａlice", contacts: { wecom: "zhangsan" } }),
    foundBy: [{ id: "p_alice" }, { name: "alice" }],
    notFoundBy: [{ id: "alice" }, { name: "Ａlice" }],
    neededUntil: null,
  },
  device: {
    record: aPasskey(),
    foundBy: [{ id: "d_key" }, { person: "p_alice" }, { credential: "Y3JlZGVudGlhbA" }],
    notFoundBy: [{ person: "p_bob" }, { credential: "" }],
    neededUntil: null,
  },
  recovery: {
    record: { id: "p_alice", createdAt: T0, key: "sealed", codes: [{ hash: "ff", usedAt: null }] },
    foundBy: [{ id: "p_alice" }],
    notFoundBy: [{ id: "p_bob" }],
    neededUntil: null,
  },
  tries: {
    record: { id: "alice", at: T0, failures: [{ at: T0, source: "192.0.2.7" }], known: [] },
    foundBy: [{ id: "alice" }],
    notFoundBy: [{ id: "bob" }],
    neededUntil: T0 + DAY - 1,
  },
  invitation: {
    record: invitation,
    foundBy: [{ id: "i_1" }, { person: "p_alice" }, { token: invitation.tokenHash }],
    notFoundBy: [{ person: "p_bob" }, { token: "0".repeat(64) }],
    neededUntil: T0 + HOUR + 7 * DAY - 1,
  },
  session: {
    record: session,
    foundBy: [
      { id: "s_1" },
      { person: "p_alice" },
      { device: "d_key" },
      { token: session.tokenHash },
    ],
    notFoundBy: [{ device: "d_app" }, { token: "0".repeat(64) }],
    neededUntil: T0 + HOUR / 4 - 1,
  },
  challenge: {
    record: {
      challenge: "Y2hhbGxlbmdl",
      nonce: "bm9uY2U",
      use: { purpose: "sign_in" },
      expiresAt: T0 + 1,
    },
    foundBy: [{ id: "Y2hhbGxlbmdl" }],
    notFoundBy: [{ id: "bm9uY2U" }],
    neededUntil: T0,
  },
  grant: {
    record: grant,
    foundBy: [
      { id: "g_1" },
      { person: "p_alice" },
      { user: "alice" },
      { requester: "bob" },
      { account: '["alice","web1"]' },
    ],
    notFoundBy: [{ user: "bob" }, { requester: "alice" }, { account: '["alice","web2"]' }],
    neededUntil: T0 + HOUR + DAY - 1,
  },
  freeze: {
    record: aFreeze(),
    foundBy: [{ id: "f_1" }, { user: "alice" }],
    notFoundBy: [{ user: "bob" }],
    neededUntil: null,
  },
  approval: {
    record: {
      id: "login-1 p_alice",
      login: "login-1",
      ticket: "ticket-1",
      person: "p_alice",
      by: "person:alice",
      at: T0,
      expiresAt: T0 + 60_000,
    },
    foundBy: [{ id: "login-1 p_alice" }, { person: "p_alice" }, { ticket: "ticket-1" }],
    notFoundBy: [{ person: "p_bob" }, { ticket: "ticket-2" }],
    neededUntil: T0 + 59_999,
  },
  place: {
    record: { id: '["alice","web1","192.0.2.7","SHA256:abc"]', user: "alice", at: T0 },
    foundBy: [{ id: '["alice","web1","192.0.2.7","SHA256:abc"]' }, { user: "alice" }],
    notFoundBy: [{ user: "bob" }],
    neededUntil: T0 + 30 * DAY - 1,
  },
  message: {
    record: {
      id: "m_1",
      ticket: "ticket-1",
      channel: "telegram",
      to: "4711",
      handle: "4711:12",
      person: "p_alice",
      language: null,
      answers: true,
      shown: ["login-1"],
      says: "request",
      sentAt: T0 + 1,
    },
    foundBy: [{ id: "m_1" }, { ticket: "ticket-1" }, { handle: "4711:12" }],
    notFoundBy: [{ ticket: "ticket-2" }, { handle: "4711:13" }],
    neededUntil: T0 + DAY,
  },
  report: {
    record: {
      id: "token hash",
      key: "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      verdict: "warning",
      counts: { critical: 0, warning: 1, info: 2 },
      findings: [{ id: "host.clock-off", severity: "warning", what: "the clock is 40 s off" }],
      madeAt: T0 - 1_000,
      receivedAt: T0,
    },
    foundBy: [{ id: "token hash" }],
    notFoundBy: [{ id: "another" }],
    neededUntil: T0 + 365 * DAY - 1,
  },
};

export const SAMPLED = Object.keys(SAMPLES) as readonly Kind[];

export function addSample(store: Store, kind: Kind): Promise<void> {
  return store.change(putting({ [kind]: [SAMPLES[kind].record] }));
}
