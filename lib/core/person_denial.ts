/** Denying a request, by a person who has proven who they are. */
import type { HostGroups } from "./host_group.ts";
import { type Login, step } from "./login.ts";
import { byPerson, mayDeny } from "./person.ts";
import type { Change } from "./store_change.ts";

export type DenialAnswer =
  /** What it ended: also what had been approved, and was not collected yet. */
  | { readonly ok: true; readonly denied: readonly Login[] }
  | { readonly ok: false; readonly why: "unknown" | "not_theirs" };

/** @param login as it was read before: one of the link's @param asked the id of the person, and the proof */
export function denyRequest(
  { ticket, id }: Login,
  asked: { readonly person: string; readonly via: string },
  groups: HostGroups,
  now: number,
): Change<DenialAnswer> {
  return {
    wants: { login: [{ ticket }], person: [{ id: asked.person }] },
    make: ({ login: logins, person: [person] }) => {
      const login = logins.find((each) => each.id === id);
      if (login === undefined) return { answer: { ok: false, why: "unknown" } };
      if (person === undefined || !mayDeny(person, login, groups)) {
        return { answer: { ok: false, why: "not_theirs" } };
      }
      const event = { type: "deny", notMe: false, by: byPerson(person), via: asked.via } as const;
      const denied = logins.map((each) => step(each, event, now))
        .filter(({ changed }) => changed).map((each) => each.login);
      return { answer: { ok: true, denied }, put: { login: denied } };
    },
  };
}
