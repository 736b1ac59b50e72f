/**
 * What the audit log says about people, devices, grants and frozen accounts. Ids and names as they were
 * then, so that a line can be read when nobody of that name is left. Never a token, seed, hash or code; of
 * a contact as much as tells it from the one before, for the log outlives both and is copied elsewhere.
 */
import { type AuditEvent, loginEvent } from "./audit.ts";
import type { Device } from "./device.ts";
import type { Freeze } from "./freeze.ts";
import type { Grant } from "./grant.ts";
import type { Invitation } from "./invitation.ts";
import type { Login } from "./login.ts";
import type { Person } from "./person.ts";
import { printable } from "./text.ts";
import { rfc3339 } from "./time.ts";
import type { WebSession } from "./web_session.ts";

/** Long enough for a few patterns or contacts; the record itself has all of them. */
const LIST = 1_024;

type Fields = Readonly<Record<string, string | number | boolean | null>>;
type Named = Pick<Person, "id" | "name">;

/** @param by as in a login's `by`, as in all of these */
export function personAdded(person: Person, by: string): AuditEvent {
  return { event: "person.added", ...who(person), ...rightsOf(person), by: printable(by) };
}

/** What is now otherwise, and what it was before as `was_…`. */
export function personChanged(before: Person, person: Person, by: string): AuditEvent {
  const was = rightsOf(before);
  const { contacts: _contacts, ...rights } = rightsOf(person);
  const changed = Object.entries({ name: printable(person.name), ...rights })
    .map(([field, now]) => ({
      field,
      now,
      then: field === "name" ? printable(before.name) : was[field] ?? null,
    }))
    .filter(({ now, then }) => now !== then);
  return {
    event: "person.changed",
    ...who(person),
    ...Object.fromEntries(
      changed.flatMap(({ field, now, then }) => [[field, now], [`was_${field}`, then]]),
    ),
    ...contactsChanged(before, person),
    by: printable(by),
  };
}

/**
 * All of them in their order, which says where messages go first, and the channels where there is another
 * one: two that differ may look alike once they are shortened.
 */
function contactsChanged(before: Person, person: Person): Fields {
  const [then, now] = [Object.entries(before.contacts), Object.entries(person.contacts)];
  if (JSON.stringify(then) === JSON.stringify(now)) return {};
  const [was, is] = [new Map(then), new Map(now)];
  const channels = [...new Set([...is.keys(), ...was.keys()])]
    .filter((channel) => is.get(channel) !== was.get(channel));
  return {
    contacts: shownContacts(now),
    was_contacts: shownContacts(then),
    contacts_changed: printable(channels.join(" "), LIST),
  };
}

export function personFrozen(person: Named, by: string): AuditEvent {
  return { event: "person.frozen", ...who(person), by: printable(by) };
}

export function personUnfrozen(person: Named, by: string): AuditEvent {
  return { event: "person.unfrozen", ...who(person), by: printable(by) };
}

export function personRemoved(person: Named, by: string): AuditEvent {
  return { event: "person.removed", ...who(person), by: printable(by) };
}

export function personInvited(person: Named, invitation: Invitation): AuditEvent {
  return {
    event: "person.invited",
    ...who(person),
    invitation: invitation.id,
    expires: rfc3339(invitation.expiresAt),
    by: printable(invitation.by),
  };
}

/** @param source the address that the browser's requests come from, as in all of these */
export function personSignedIn(
  person: Named,
  { id, via, device }: Pick<WebSession, "id" | "via" | "device">,
  source: string,
): AuditEvent {
  const session = { session: id, via, device };
  return { event: "person.signed_in", ...who(person), ...session, source: printable(source) };
}

/**
 * @param person whose name was given; undefined where it is nobody's: then what was typed stays out of
 *   the log, for it may be a password in the wrong field
 * @param why one word of ours
 */
export function signInRefused(
  person: Named | undefined,
  { via, why, source }: { readonly via: string; readonly why: string; readonly source: string },
): AuditEvent {
  const known = person === undefined ? { person: null, name: null } : who(person);
  return { event: "person.sign_in_refused", ...known, via, why, source: printable(source) };
}

export function personSignedOut(
  person: Named,
  { id }: Pick<WebSession, "id">,
  source: string,
): AuditEvent {
  return {
    event: "person.signed_out",
    ...who(person),
    session: id,
    source: printable(source),
  };
}

/** @param invitation the id of the one that it used up; null: added by a person who was signed in */
export function deviceAdded(
  person: Named,
  device: Device,
  invitation: string | null,
  source: string,
): AuditEvent {
  const how = { invitation, source: printable(source) };
  return { event: "device.added", ...who(person), ...deviceOf(device), ...how };
}

export function deviceRenamed(person: Named, before: Device, device: Device): AuditEvent {
  const was = printable(before.name);
  return { event: "device.renamed", ...who(person), ...deviceOf(device), was_device_name: was };
}

export function deviceRevoked(person: Named, device: Device, by: string): AuditEvent {
  return { event: "device.revoked", ...who(person), ...deviceOf(device), by: printable(by) };
}

export function recoveryMade(person: Named, source: string): AuditEvent {
  return { event: "recovery.made", ...who(person), source: printable(source) };
}

/** @param left how many codes of the sheet are still good */
export function recoveryUsed(person: Named, left: number, source: string): AuditEvent {
  return { event: "recovery.used", ...who(person), left, source: printable(source) };
}

/** @param login the one whose approval it remembers */
export function grantGiven(grant: Grant, login: Pick<Login, "id">): AuditEvent {
  return {
    event: "grant.given",
    ...grantOf(grant),
    by: printable(grant.by),
    login: login.id,
    expires: rfc3339(grant.expiresAt),
  };
}

/** @param login the one that needed nobody because of it */
export function grantUsed(grant: Grant, login: Pick<Login, "id">): AuditEvent {
  return { event: "grant.used", ...grantOf(grant), login: login.id };
}

/** @param grant as it is now that it has ended before its time */
export function grantEnded(grant: Grant): AuditEvent {
  const { ended, endedBy } = grant;
  const by = endedBy === null ? null : printable(endedBy);
  return { event: "grant.ended", ...grantOf(grant), why: ended, by };
}

/** With the login that was reported, where one was: it is forgotten sooner than this line. */
export function accountFrozen(freeze: Freeze): AuditEvent {
  const { evidence } = freeze;
  const login: Fields = evidence === null ? {} : {
    login: evidence.id,
    login_at: rfc3339(evidence.createdAt),
    login_host: printable(evidence.host),
    login_user: printable(evidence.user),
    service: printable(evidence.service),
    source: printable(evidence.source),
    requester: evidence.requester === null ? null : printable(evidence.requester),
    key: evidence.key === null ? null : printable(evidence.key),
    command: evidence.command === null ? null : printable(evidence.command, 200),
    command_hash: printable(evidence.commandHash),
  };
  const by = printable(freeze.by);
  return { event: "account.frozen", ...freezeOf(freeze), why: freeze.why, by, ...login };
}

/** @param freeze as it is now that it is lifted */
export function accountUnfrozen(freeze: Freeze): AuditEvent {
  const by = freeze.liftedBy === null ? null : printable(freeze.liftedBy);
  return { event: "account.unfrozen", ...freezeOf(freeze), why: freeze.why, by };
}

/** @param refusals how many requests in a row nobody approved @param until when it may be asked for again */
export function accountQuiet(
  { host, user }: Pick<Login, "host" | "user">,
  refusals: number,
  until: number,
): AuditEvent {
  return {
    event: "account.quiet",
    host: printable(host),
    user: printable(user),
    refusals,
    until: rfc3339(until),
  };
}

/** The first of two persons has approved it; it waits for the second. */
export function loginApprovedFirst(login: Login, by: string, via: string): AuditEvent {
  return loginEvent("login.approved_first", { ...login, by, via });
}

function who({ id, name }: Named): Fields {
  return { person: id, name: printable(name) };
}

/** What decides where a person's messages go and what the person may do. */
function rightsOf({ administrator, approves, language, contacts }: Person): Fields {
  return {
    administrator,
    // Patterns hold no spaces.
    approves: printable(approves.join(" "), LIST),
    contacts: shownContacts(Object.entries(contacts)),
    language,
  };
}

/** In their order. */
function shownContacts(contacts: readonly (readonly [channel: string, to: string])[]): string {
  const all = contacts.map(([channel, to]) => `${channel}=${shortened(to)}`);
  return printable(all.join(" "), LIST);
}

/** Of a mail address its first letter and the domain, else the last letters: four, half of it at most. */
function shortened(contact: string): string {
  const letters = [...contact];
  const at = letters.lastIndexOf("@");
  if (at > 0) return `${letters[0]}…${letters.slice(at).join("")}`;
  const shown = Math.min(4, Math.floor(letters.length / 2));
  return `…${letters.slice(letters.length - shown).join("")}`;
}

function deviceOf(device: Device): Fields {
  const use = device.kind === "authenticator" ? device.use : null;
  return { device: device.id, device_name: printable(device.name), kind: device.kind, use };
}

function grantOf(grant: Grant): Fields {
  return {
    grant: grant.id,
    host: printable(grant.host),
    user: printable(grant.user),
    service: printable(grant.service),
    requester: grant.requester === null ? null : printable(grant.requester),
    network: grant.network,
    key: printable(grant.key),
    commands: grant.commands,
  };
}

function freezeOf({ id, user, host }: Freeze): Fields {
  return { freeze: id, user: printable(user), host: printable(host) };
}
