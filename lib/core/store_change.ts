/**
 * One atomic change of what the server keeps, as a value: what it must see, and what it makes of that.
 * So the rules stay pure, and each store runs them its own way. Types only.
 */
import type { Device } from "./device.ts";
import type { Tries } from "./device_tries.ts";
import type { Freeze } from "./freeze.ts";
import type { Grant } from "./grant.ts";
import type { HostReport } from "./host_report.ts";
import type { Invitation } from "./invitation.ts";
import type { Login } from "./login.ts";
import type { Challenge } from "./passkey_challenge.ts";
import type { Person } from "./person.ts";
import type { Place } from "./place.ts";
import type { RecoveryCodes } from "./recovery_code.ts";
import type { SentMessage } from "./sent_message.ts";
import type { Approval } from "./two_persons.ts";
import type { WebSession } from "./web_session.ts";

/** What is kept, by kind; hosts and logins have methods of their own. */
export interface Kinds {
  readonly person: Person;
  readonly device: Device;
  readonly recovery: RecoveryCodes;
  readonly tries: Tries;
  readonly invitation: Invitation;
  readonly session: WebSession;
  readonly challenge: Challenge;
  readonly grant: Grant;
  readonly freeze: Freeze;
  readonly approval: Approval;
  readonly place: Place;
  readonly message: SentMessage;
  readonly report: HostReport;
}
export type Kind = keyof Kinds;

/** What records of a kind are looked for by, beside their id; store_kinds.ts says what each means. */
export interface Searched {
  readonly person: "name";
  readonly device: "person" | "credential";
  readonly recovery: never;
  readonly tries: never;
  readonly invitation: "person" | "token";
  readonly session: "person" | "device" | "token";
  readonly challenge: never;
  readonly grant: "person" | "user" | "requester" | "account";
  readonly freeze: "user";
  readonly approval: "person" | "ticket";
  readonly place: "user";
  readonly message: "ticket" | "handle";
  readonly report: never;
}

export type Where<K extends Kind> =
  | { readonly id: string }
  | { readonly all: true }
  | { [C in Searched[K]]: { readonly [column in C]: string } }[Searched[K]];

/**
 * `openOf`: what that user asked for, for the own account or another one, on any host, and what has
 * not ended: it is pending, or approved and not collected.
 */
export type WhereLogin =
  | { readonly id: string }
  | { readonly ticket: string }
  | { readonly openOf: string };

export type Wants = { readonly [K in Kind]?: readonly Where<K>[] } & {
  readonly login?: readonly WhereLogin[];
};

export type FoundRecords = { readonly [K in Kind]: readonly Kinds[K][] };

/** Each record once, in the order of the wants, of one want in the order they were added. */
export type Found = FoundRecords & { readonly login: readonly Login[] };

export interface Change<A> {
  readonly wants: Wants;
  /** Pure: a store may run it again when it lost a race. What it throws undoes the change. */
  readonly make: (found: Found) => Made<A>;
}

export interface Made<A> {
  readonly answer: A;
  /** Records that were shown, changed; or new ones, but no new logins. */
  readonly put?: { readonly [K in keyof Found]?: Found[K] };
  /** Ids of records that were shown. */
  readonly remove?: { readonly [K in Kind]?: readonly string[] };
}
