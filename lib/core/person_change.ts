/** Persons come and change; what somebody may no longer do ends in the same step. */
import { isUsable, revoke } from "./device.ts";
import { endGrants, type Grant } from "./grant.ts";
import { type Invitation, unused } from "./invitation.ts";
import type { HostGroups } from "./host_group.ts";
import { answersFor, foldName, ownUsers, type Person } from "./person.ts";
import type { Change } from "./store_change.ts";

/** False when the name is taken. */
export function addPerson(person: Person, invitation: Invitation): Change<boolean> {
  return {
    wants: { person: [{ name: foldName(person.name) }] },
    make: ({ person: [taken] }) =>
      taken === undefined
        ? { answer: true, put: { person: [person], invitation: [invitation] } }
        : { answer: false },
  };
}

/**
 * The first administrator, as long as nobody has any device: so the invitation that the server prints
 * at its start can get lost, and the next start prints another. Answers whom it invites, undefined when
 * there is somebody who can sign in.
 * @param person added when there is no administrator yet
 * @param invitationFor the invitation, for a person's id
 */
export function inviteFirst(
  person: Person,
  invitationFor: (personId: string) => Invitation,
): Change<Person | undefined> {
  return {
    wants: {
      person: [{ all: true }],
      device: [{ all: true }],
      invitation: [{ all: true }],
    },
    make: ({ person: persons, device, invitation }) => {
      if (device.length > 0) return { answer: undefined };
      const there = persons.find(({ state, administrator }) => state === "active" && administrator);
      const isTaken = persons.some((other) =>
        other.state !== "removed" && foldName(other.name) === foldName(person.name)
      );
      if (there === undefined && isTaken) return { answer: undefined };
      const invited = there ?? person;
      const earlier = invitation.filter((each) => each.person === invited.id);
      return {
        answer: invited,
        put: {
          person: there === undefined ? [person] : [],
          invitation: [invitationFor(invited.id)],
        },
        remove: { invitation: unused(earlier) },
      };
    },
  };
}

export type PersonPatch = Partial<
  Pick<Person, "name" | "administrator" | "state" | "language" | "contacts" | "approves">
>;

type Changed =
  | {
    readonly ok: true;
    readonly before: Person;
    readonly person: Person;
    readonly grants: readonly Grant[];
    /** How many sessions are over. */
    readonly sessions: number;
  }
  | { readonly ok: false; readonly why: "unknown" | "name_taken" };

/**
 * Ends the sessions of one who is frozen or removed, or whose rights are others now; and with a freeze
 * or removal also open invitations, approvals that wait for a second person, grants given, and grants
 * for the account of that name. A removed person's devices are revoked, and no change brings one back.
 * @param id of the person @param name as it was before this
 * @param by as in a login's `by`
 */
export function changePerson(
  { id, name }: Pick<Person, "id" | "name">,
  patch: PersonPatch,
  by: string,
  groups: HostGroups,
  now: number,
): Change<Changed> {
  const folded = foldName(patch.name ?? name);
  return {
    wants: {
      person: [{ id }, { name: folded }],
      device: [{ person: id }],
      recovery: [{ id }],
      session: [{ person: id }],
      invitation: [{ person: id }],
      approval: [{ person: id }],
      grant: [{ person: id }, ...ownUsers({ name }).map((user) => ({ user }))],
    },
    make: (found) => {
      const before = found.person.find((person) => person.id === id);
      if (before === undefined || before.state === "removed") {
        return { answer: { ok: false, why: "unknown" } };
      }
      if (found.person.some((person) => person.id !== id && foldName(person.name) === folded)) {
        return { answer: { ok: false, why: "name_taken" } };
      }
      const person = { ...before, ...patch };
      const gone = person.state !== "active";
      const rightsChanged = gone || !sameRights(before, person);
      const devices = person.state === "removed" ? found.device.filter(isUsable) : [];
      const grants = gone ? endGrants(found.grant, "frozen", by, now) : endGrants(
        found.grant.filter((grant) => grant.person === id && !answersFor(person, grant, groups)),
        "revoked",
        by,
        now,
      );
      return {
        answer: {
          ok: true,
          before,
          person,
          grants,
          sessions: rightsChanged ? found.session.length : 0,
        },
        put: {
          person: [person],
          device: devices.map((device) => revoke(device, now)),
          grant: grants,
        },
        remove: {
          session: rightsChanged ? found.session.map((session) => session.id) : [],
          approval: rightsChanged ? found.approval.map((approval) => approval.id) : [],
          invitation: gone ? unused(found.invitation) : [],
          recovery: person.state === "removed" ? found.recovery.map((sheet) => sheet.id) : [],
        },
      };
    },
  };
}

function sameRights(a: Person, b: Person): boolean {
  return a.administrator === b.administrator && a.name === b.name &&
    JSON.stringify(a.approves) === JSON.stringify(b.approves);
}
