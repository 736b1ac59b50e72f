/** `gatehouse person change|freeze|unfreeze|remove`, at the server. */
import { isUsable } from "../../core/device.ts";
import { Exit, Failure } from "../../core/errors.ts";
import {
  deviceRevoked,
  personChanged,
  personFrozen,
  personRemoved,
  personUnfrozen,
} from "../../core/people_events.ts";
import type { Person } from "../../core/person.ts";
import { withContacts } from "../../core/person_contacts.ts";
import { changePerson, type PersonPatch } from "../../core/person_change.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { administer, type Administration, type CommandOptions } from "./administration.ts";
import { approvable, checkPerson, contactsOf, type PersonOptions } from "./person.ts";
import { isActing, warnOfAdministrators } from "./administrators.ts";
import { checkContacts, givenContacts, warnOfChannels, warnOfShared } from "./person_contacts.ts";
import { hostGroups, personNamed, quoted, warnOfAccount, warnOfGroups } from "./person_lookup.ts";
import { leave } from "./errands.ts";
import { endedGrants, record, whatEnded } from "./records.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";

export interface ChangeOptions extends PersonOptions {
  /** `--name`, the new one */
  readonly name?: string;
}

export async function personChange(
  name: string,
  options: ChangeOptions,
  out: Out,
): Promise<void> {
  checkPerson(options);
  await administer(options, async (administration) => {
    const contacts = givenContacts(options);
    checkContacts(contacts, administration);
    const person = await personNamed(administration.store, name);
    const patch = patchOf(person, options);
    if (Object.keys(patch).length === 0) {
      throw new Failure(
        Exit.usage,
        "nothing is to be changed",
        "see gatehouse person change --help",
      );
    }
    const changed = await change(person, patch, administration);
    await record(
      administration.audit,
      personChanged(changed.before, changed.person, administration.by),
      ...endedGrants(changed.grants),
    );
    await report(whatChanged(changed), changed, administration, options, out);
    await warnOfGroups(administration, changed.person, out);
    warnOfChannels(contacts, administration, out);
    if (contacts.length > 0) await warnOfShared(administration, out, changed.person);
    if (changed.before.name !== changed.person.name) warnOfAccount(changed.person, out);
  });
}

/** One line for each thing that is another now. */
function whatChanged({ before, person }: Changed): string[] {
  const who = printable(person.name);
  const isAnother = (key: "administrator" | "approves" | "contacts" | "language" | "name") =>
    JSON.stringify(before[key]) !== JSON.stringify(person[key]);
  const lines = [
    ...isAnother("name") ? [`${printable(before.name)} is called ${who} now`] : [],
    ...isAnother("administrator") || isAnother("approves")
      ? [`${who} may approve logins to ${approvable(person)}`]
      : [],
    ...isAnother("contacts")
      ? [
        Object.keys(person.contacts).length === 0
          ? `${who} has no contact any more`
          : `${who} is reached by ${contactsOf(person)}`,
      ]
      : [],
    ...isAnother("language")
      ? [
        person.language === "auto"
          ? `${who} is written to in each channel's language`
          : `${who} is written to in ${person.language}`,
      ]
      : [],
  ];
  return lines.length > 0 ? lines : [`nothing is another now: ${who} was so already`];
}

function patchOf(person: Person, options: ChangeOptions): PersonPatch {
  const { name, administrator, approves, language } = options;
  const contacts = givenContacts(options);
  return {
    ...name === undefined ? {} : { name },
    ...administrator === undefined ? {} : { administrator },
    ...approves === undefined ? {} : { approves },
    ...language === undefined ? {} : { language },
    ...contacts.length === 0 ? {} : { contacts: withContacts(person.contacts, contacts) },
  };
}

export async function personFreeze(
  name: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async (administration) => {
    const person = await personNamed(administration.store, name);
    if (person.state === "frozen") throw already(person, "frozen");
    const changed = await change(person, { state: "frozen" }, administration);
    const { store, audit, by } = administration;
    await leave(store, ["person", person.id, by]);
    await record(audit, personFrozen(changed.person, by), ...endedGrants(changed.grants));
    const who = printable(person.name);
    const said = `froze ${who}, who can neither sign in nor approve`;
    await report([said], changed, administration, options, out);
    if (options.json) return;
    out.line("others may still approve logins to accounts; see: gatehouse account freeze --help");
  });
}

export async function personUnfreeze(
  name: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async (administration) => {
    const person = await personNamed(administration.store, name);
    if (person.state === "active") throw already(person, "active");
    const changed = await change(person, { state: "active" }, administration);
    await record(administration.audit, personUnfrozen(changed.person, administration.by));
    const said = `unfroze ${printable(person.name)}, who can sign in with the devices as before`;
    await report([said], changed, administration, options, out);
  });
}

export async function personRemove(
  name: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async (administration) => {
    const { store, audit, by } = administration;
    const person = await personNamed(store, name);
    const devices = (await store.find("device", { person: person.id })).filter(isUsable);
    const changed = await change(person, { state: "removed" }, administration);
    await record(
      audit,
      personRemoved(changed.person, by),
      ...devices.map((device) => deviceRevoked(person, device, by)),
      ...endedGrants(changed.grants),
    );
    const said = `removed ${printable(person.name)}; the name is free again`;
    await report([said], { ...changed, devices: devices.length }, administration, options, out);
  });
}

type Changed =
  & Extract<
    ReturnType<ReturnType<typeof changePerson>["make"]>["answer"],
    { readonly ok: true }
  >
  & { readonly devices?: number };

/** @throws Failure (2) */
async function change(
  person: Person,
  patch: PersonPatch,
  { store, by }: Administration,
): Promise<Changed> {
  const groups = await hostGroups(store);
  const changed = await store.change(changePerson(person, patch, by, groups, systemClock.now()));
  if (changed.ok) return changed;
  throw changed.why === "name_taken"
    ? new Failure(Exit.usage, `there is somebody called ${printable(patch.name ?? "")} already`)
    : new Failure(Exit.usage, `${printable(person.name)} was removed meanwhile`);
}

/** What was done, what has ended with it, and what nobody may want. */
async function report(
  said: readonly string[],
  { before, person, sessions, grants, devices = 0 }: Changed,
  { store }: Administration,
  { json }: CommandOptions,
  out: Out,
): Promise<void> {
  const { id, name, state, administrator, language, contacts, approves } = person;
  if (json) {
    const ended = { sessions, grants: grants.length, devices };
    out.line(jsonLine({ id, name, state, administrator, language, contacts, approves, ended }));
  } else {
    for (const line of said) out.line(line);
    const ended = whatEnded([[sessions, "session"], [grants.length, "grant"], [devices, "device"]]);
    if (ended !== undefined) out.line(ended);
  }
  if (isActing(before) && !isActing(person)) await warnOfAdministrators(store, out);
}

function already(person: Person, state: string): Failure {
  return new Failure(
    Exit.usage,
    `${printable(person.name)} is ${state} already`,
    `see: gatehouse person list; devices: gatehouse person devices ${quoted(person.name)}`,
  );
}
