/** What administrators do with persons, on record; what takes something away holds also where it is not. */
import { type Device, isUsable, revokeDevice } from "../lib/core/device.ts";
import { invite, NEW_INVITATION_BYTES, newInvitation } from "../lib/core/invitation.ts";
import {
  deviceRevoked,
  grantEnded,
  personAdded,
  personChanged,
  personFrozen,
  personInvited,
  personRemoved,
  personUnfrozen,
} from "../lib/core/people_events.ts";
import type { Person } from "../lib/core/person.ts";
import { addPerson, changePerson, type PersonPatch } from "../lib/core/person_change.ts";
import { RECORD_ID_BYTES, recordId } from "../lib/core/record_id.ts";
import type { Alerts } from "./alerts.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Unavailable } from "./faults.ts";
import { INVITATION_PATH } from "./paths.ts";
import { PeopleRecords } from "./people_records.ts";

export interface Invited {
  readonly person: Person;
  /** Of the invitation; nothing keeps it. */
  readonly link: string;
}

type Changed = "changed" | "unknown" | "name_taken";

export class Persons {
  readonly #records: PeopleRecords;

  /** @param by who does it, as in a login's `by` */
  constructor(
    private readonly deps: Deps,
    private readonly config: Pick<AppConfig, "approval" | "publicUrl">,
    private readonly alerts: Pick<Alerts, "personFrozen">,
    private readonly by: string,
  ) {
    this.#records = new PeopleRecords(deps);
  }

  /** Undefined when the name is taken. */
  async add(
    given: Pick<Person, "name" | "administrator" | "approves" | "contacts" | "language">,
  ): Promise<Invited | undefined> {
    const { random, clock, store } = this.deps;
    const now = clock.now();
    const id = recordId("p", random.bytes(RECORD_ID_BYTES));
    const person: Person = { ...given, id, state: "active", createdAt: now };
    const { invitation, token } = this.#invitation(id);
    if (!await store.change(addPerson(person, invitation))) return undefined;
    await this.#records.write(
      personAdded(person, this.by),
      personInvited(person, invitation),
    );
    return { person, link: this.#link(token) };
  }

  /** Undefined when that person is not active. */
  async invite(person: Person): Promise<Invited | undefined> {
    const { invitation, token } = this.#invitation(person.id);
    if (!await this.deps.store.change(invite(invitation))) return undefined;
    await this.#records.write(personInvited(person, invitation));
    return { person, link: this.#link(token) };
  }

  /** @throws Unavailable when it cannot be recorded; all is as it was before then */
  async change(person: Person, patch: PersonPatch): Promise<Changed> {
    const changed = await this.#change(person, patch);
    if (!changed.ok) return changed.why;
    const { before, person: after, grants } = changed;
    await this.#orBack(
      before,
      this.#records.write(personChanged(before, after, this.by), ...grants.map(grantEnded)),
    );
    return "changed";
  }

  /** @throws Unavailable when it cannot be recorded; the person is frozen all the same */
  async freeze(person: Person): Promise<Changed> {
    const changed = await this.#change(person, { state: "frozen" });
    if (!changed.ok) return changed.why;
    const { person: after, grants } = changed;
    this.alerts.personFrozen(after, this.by, this.deps.clock.now());
    await this.#records.write(personFrozen(after, this.by), ...grants.map(grantEnded));
    return "changed";
  }

  /** @throws Unavailable when it cannot be recorded; the person stays frozen then */
  async unfreeze(person: Person): Promise<Changed> {
    const changed = await this.#change(person, { state: "active" });
    if (!changed.ok) return changed.why;
    const { before, person: after } = changed;
    await this.#orBack(before, this.#records.write(personUnfrozen(after, this.by)));
    return "changed";
  }

  async remove(person: Person): Promise<Changed> {
    const devices = await this.deps.store.find("device", { person: person.id });
    const changed = await this.#change(person, { state: "removed" });
    if (!changed.ok) return changed.why;
    const { person: after, grants } = changed;
    await this.#records.write(
      personRemoved(after, this.by),
      ...devices.filter(isUsable).map((device) => deviceRevoked(after, device, this.by)),
      ...grants.map(grantEnded),
    );
    return "changed";
  }

  /** Undefined when the person has no such device. */
  async revoke(person: Person, id: string): Promise<Device | undefined> {
    const { store, clock } = this.deps;
    const device = await store.change(revokeDevice(person.id, id, clock.now()));
    if (device !== undefined) {
      await this.#records.write(deviceRevoked(person, device, this.by));
    }
    return device;
  }

  #change(person: Person, patch: PersonPatch) {
    const { groups } = this.config.approval;
    const now = this.deps.clock.now();
    return this.deps.store.change(changePerson(person, patch, this.by, groups, now));
  }

  /** More rights without a trace are none. */
  async #orBack(before: Person, recorded: Promise<void>): Promise<void> {
    try {
      await recorded;
    } catch (error) {
      const { id, createdAt: _, ...patch } = before;
      const [now = before] = await this.deps.store.find("person", { id }).catch(() => []);
      await this.#change(now, patch).catch(() => {});
      throw error instanceof Unavailable ? error : new Unavailable(error);
    }
  }

  #invitation(person: string) {
    const { random, clock } = this.deps;
    return newInvitation(person, this.by, random.bytes(NEW_INVITATION_BYTES), clock.now());
  }

  #link(token: string): string {
    return `${this.config.publicUrl}${INVITATION_PATH}/${token}`;
  }
}
