/** Of each kind of record: its id, what it is looked for by, and how long it is kept. */
import { accountKey } from "./account_pattern.ts";
import { foldName } from "./person.ts";
import { PLACE_KEPT_MS } from "./place.ts";
import { sessionEnd } from "./web_session.ts";
import type { FoundRecords, Kind, Kinds, Searched } from "./store_change.ts";

interface KindRules<R, C extends string> {
  /** Null: not to be found by that. */
  readonly columns: { readonly [column in C]: (record: R) => string | null };
  readonly id: (record: R) => string;
  /** From when on nobody needs it any more, in milliseconds since the Unix epoch; null: never. */
  readonly due: (record: R) => number | null;
  /** No more are kept: those that would be forgotten first go. */
  readonly most?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So that a second visit can say what happened. */
const INVITATION_KEPT_MS = 7 * DAY_MS;
const GRANT_KEPT_MS = DAY_MS;
/** The longest that a limit of wrong codes looks back, see code_memory.ts. */
const TRIES_KEPT_MS = DAY_MS;
/** Of networks that right codes came from: of people who sign in now and then. */
const KNOWN_KEPT_MS = 90 * DAY_MS;
/** Anybody can add one by a wrong code. Those of people who sign in by codes are kept the longest. */
const MOST_TRIES = 10_000;
/** Anybody can have one made. More than people answer within the two minutes that each is good for. */
const MOST_CHALLENGES = 20_000;
/** As long as the logins that they are about. */
const MESSAGE_KEPT_MS = DAY_MS;
/** It holds the key of the host, too, which is to outlast a winter without a word. */
const REPORT_KEPT_MS = 365 * DAY_MS;
const FREEZE_KEPT_MS = 365 * DAY_MS;

const id = (record: { readonly id: string }) => record.id;
const never = () => null;

const KINDS: { readonly [K in Kind]: KindRules<Kinds[K], Searched[K]> } = {
  person: {
    columns: { name: (p) => p.state === "removed" ? null : foldName(p.name) },
    id,
    due: never,
  },
  device: {
    columns: {
      person: (d) => d.person,
      credential: (d) => d.kind === "passkey" ? d.passkey.id : null,
    },
    id,
    due: never,
  },
  recovery: { columns: {}, id, due: never },
  tries: {
    columns: {},
    id,
    due: ({ at, known }) => at + (known.length > 0 ? KNOWN_KEPT_MS : TRIES_KEPT_MS),
    most: MOST_TRIES,
  },
  invitation: {
    columns: { person: (i) => i.person, token: (i) => i.tokenHash },
    id,
    due: (i) => i.expiresAt + INVITATION_KEPT_MS,
  },
  session: {
    columns: { person: (s) => s.person, device: (s) => s.device, token: (s) => s.tokenHash },
    id,
    due: sessionEnd,
  },
  challenge: {
    columns: {},
    id: (c) => c.challenge,
    due: (c) => c.expiresAt,
    most: MOST_CHALLENGES,
  },
  grant: {
    // What has ended is found by whoever gave it, not where a login looks for one.
    columns: {
      person: (g) => g.person,
      user: (g) => g.endedAt === null ? g.user : null,
      requester: (g) => g.endedAt === null ? g.requester : null,
      account: (g) => g.endedAt === null ? accountKey(g) : null,
    },
    id,
    due: (g) => (g.endedAt ?? g.expiresAt) + GRANT_KEPT_MS,
  },
  freeze: {
    columns: { user: (f) => f.liftedAt === null ? f.user : null },
    id,
    due: (f) => f.liftedAt === null ? null : f.liftedAt + FREEZE_KEPT_MS,
  },
  approval: {
    columns: { person: (a) => a.person, ticket: (a) => a.ticket },
    id,
    due: (a) => a.expiresAt,
  },
  place: { columns: { user: (p) => p.user }, id, due: (p) => p.at + PLACE_KEPT_MS },
  message: {
    // Handles are each channel's own.
    columns: { ticket: (m) => m.ticket, handle: (m) => m.handle },
    id,
    due: (m) => m.sentAt + MESSAGE_KEPT_MS,
  },
  report: { columns: {}, id, due: (r) => r.receivedAt + REPORT_KEPT_MS },
};

export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** Where it does not matter which kind it is. */
export type AnyRecord = Kinds[Kind];

interface AnyRules {
  readonly columns: Readonly<Record<string, (record: AnyRecord) => string | null>>;
  readonly id: (record: AnyRecord) => string;
  readonly due: (record: AnyRecord) => number | null;
  readonly most?: number;
}

/** The rules of a kind, for records that are known to be of it. */
export function rulesOf(kind: Kind): AnyRules {
  return KINDS[kind] as unknown as AnyRules;
}

/** What a change is shown. @param records of that kind alone */
export function foundRecords(records: (kind: Kind) => readonly AnyRecord[]): FoundRecords {
  return Object.fromEntries(
    KIND_NAMES.map((kind) => [kind, records(kind)]),
  ) as unknown as FoundRecords;
}

/**
 * By which column ("id" among them) a record is looked for, and what it holds; undefined: all are.
 * @param where a `Where` of that kind
 */
export function lookup(
  kind: Kind,
  where: object,
): { readonly column: string; readonly value: string } | undefined {
  if ("all" in where) return undefined;
  const [column, value]: [string, unknown] | [] = Object.entries(where)[0] ?? [];
  if (column === undefined || typeof value !== "string") throw new TypeError("looks for nothing");
  if (column !== "id" && !Object.hasOwn(KINDS[kind].columns, column)) {
    throw new TypeError(`no ${kind} is looked for by ${column}`);
  }
  return { column, value };
}
