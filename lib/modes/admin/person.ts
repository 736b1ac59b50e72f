/** `gatehouse person add|list|invite`, at the server: who may approve, and the links that let them in. */
import { DEFAULT_LISTEN } from "../../config/server.ts";
import { type Device, isUsable } from "../../core/device.ts";
import { Exit, Failure } from "../../core/errors.ts";
import {
  invitationStanding,
  invite,
  NEW_INVITATION_BYTES,
  newInvitation,
} from "../../core/invitation.ts";
import type { Invitation } from "../../core/invitation.ts";
import { personAdded, personInvited } from "../../core/people_events.ts";
import { approvesFault, foldName, isPersonName, OWN, type Person } from "../../core/person.ts";
import { addPerson } from "../../core/person_change.ts";
import { withContacts } from "../../core/person_contacts.ts";
import { RECORD_ID_BYTES, recordId } from "../../core/record_id.ts";
import { ago, left, table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { INVITATION_PATH } from "../../../server/paths.ts";
import {
  administer,
  type Administration,
  type CommandOptions,
  warnOfNewData,
} from "./administration.ts";
import {
  checkContacts,
  contactFaults,
  type ContactOptions,
  givenContacts,
  warnOfChannels,
  warnOfShared,
} from "./person_contacts.ts";
import { everyone, personNamed, quoted, warnOfAccount, warnOfGroups } from "./person_lookup.ts";
import { record } from "./records.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { systemRandom } from "../../io/random.ts";
import { FIRST_NAME, makeFirstInvitation } from "../../wiring/first_run.ts";
import { printLink, WORKS } from "../../wiring/invitation_link.ts";

/** What somebody at the terminal says about a person. */
export interface PersonOptions extends CommandOptions, ContactOptions {
  readonly administrator?: boolean;
  /** `--approves`, as often as there are entries */
  readonly approves?: readonly string[];
  readonly language?: Person["language"];
}

export async function personAdd(name: string, options: PersonOptions, out: Out): Promise<void> {
  checkPerson({ ...options, name });
  await administer(options, async (administration) => {
    const { store, audit, by } = administration;
    const contacts = givenContacts(options);
    checkContacts(contacts, administration);
    const now = systemClock.now();
    const person: Person = {
      id: recordId("p", systemRandom.bytes(RECORD_ID_BYTES)),
      name,
      administrator: options.administrator ?? false,
      state: "active",
      createdAt: now,
      language: options.language ?? "auto",
      contacts: withContacts({}, contacts),
      approves: options.approves ?? [OWN],
    };
    const made = newInvitation(person.id, by, systemRandom.bytes(NEW_INVITATION_BYTES), now);
    if (!await store.change(addPerson(person, made.invitation))) {
      throw new Failure(
        Exit.usage,
        `there is somebody called ${printable(name)} already`,
        `choose another name; for a new link run: gatehouse person invite ${quoted(name)}`,
      );
    }
    await record(audit, personAdded(person, by), personInvited(person, made.invitation));
    const link = { ...made, expiresAt: made.invitation.expiresAt };
    await show("added", person, link, administration, options, out);
    await warnOfGroups(administration, person, out);
    warnOfAccount(person, out);
    warnOfChannels(contacts, administration, out);
    await warnOfShared(administration, out, person);
    warnOfNewData(administration, out);
  }, "make");
}

export async function personInvite(
  name: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async (administration) => {
    const { store, audit, by } = administration;
    const first = await inviteFirst(name, administration);
    if (first !== undefined) {
      return await show("invited", first.person, first, administration, options, out);
    }
    const person = await personNamed(store, name);
    const now = systemClock.now();
    const made = newInvitation(person.id, by, systemRandom.bytes(NEW_INVITATION_BYTES), now);
    if (!await store.change(invite(made.invitation))) {
      throw new Failure(
        Exit.usage,
        `${printable(person.name)} is frozen`,
        `first run: gatehouse person unfreeze ${quoted(person.name)}`,
      );
    }
    await record(audit, personInvited(person, made.invitation));
    const link = { ...made, expiresAt: made.invitation.expiresAt };
    await show("invited", person, link, administration, options, out);
  });
}

/** What the server's start prints: also where nobody has been added yet. */
async function inviteFirst(name: string, { store, audit, by }: Administration) {
  const persons = await everyone(store);
  const isFirst = foldName(name) === FIRST_NAME && persons.length === 0;
  if (!isFirst) return undefined;
  return await makeFirstInvitation({ store, audit, clock: systemClock, random: systemRandom }, by);
}

async function show(
  done: "added" | "invited",
  person: Person,
  { token, expiresAt }: { readonly token: string; readonly expiresAt: number },
  { store, publicUrl }: Administration,
  { json }: CommandOptions,
  out: Out,
): Promise<void> {
  const base = await store.publicUrl() ?? publicUrl ?? `http://${DEFAULT_LISTEN}`;
  const url = `${base}${INVITATION_PATH}/${token}`;
  const { id, name } = person;
  if (json) return out.result(jsonLine({ id, name, url, expires_at: rfc3339(expiresAt) }));
  const who = printable(name);
  out.result(`${done} ${who}, who may approve logins to ${approvable(person)}`);
  out.result(`this link registers a device for ${who}; ${WORKS}:`);
  printLink(url, out);
  if (done === "invited") out.line("earlier links for the same person are worthless now");
}

/** @throws Failure (2) that names every fault */
export function checkPerson(
  { name, approves = [], ...options }: PersonOptions & { readonly name?: string },
): void {
  const faults: string[] = [];
  if (name !== undefined && !isPersonName(name)) {
    faults.push(
      `${JSON.stringify(printable(name, 80))} is no name: 1 to 64 characters, no comma or colon`,
    );
  }
  for (const entry of approves) {
    const fault = approvesFault(entry);
    if (fault !== undefined) faults.push(`--approves ${printable(entry, 80)} ${fault}`);
  }
  faults.push(...contactFaults(options));
  if (faults.length === 0) return;
  throw new Failure(Exit.usage, faults.join("\n"), "see gatehouse person --help");
}

export async function personList(options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store }) => {
    const now = systemClock.now();
    const [persons, devices, invitations] = await Promise.all([
      everyone(store),
      store.find("device", { all: true }),
      store.find("invitation", { all: true }),
    ]);
    const rows = persons.map((person) => ({
      person,
      devices: devices.filter((device) => device.person === person.id),
      invitation: invitations.findLast((one) => invitationStanding(one, person, now) === "open"),
    }));
    if (options.json) return out.line(jsonLine(rows.map(asJson)));
    if (rows.length === 0) {
      return out.line("nobody yet; add somebody with: gatehouse person add NAME");
    }
    const heads = [
      ...["NAME", "STATE", "ROLE", "DEVICES", "LAST USE", "INVITATION", "APPROVES", "CONTACTS"],
    ];
    const cells = rows.map(({ person, devices, invitation }) => [
      printable(person.name),
      person.state,
      person.administrator ? "administrator" : "person",
      String(devices.filter(isUsable).length),
      lastUse(devices) === null ? "never" : ago(lastUse(devices) ?? 0, now),
      invitation === undefined ? "-" : `${left(invitation.expiresAt, now) ?? "0 s"} left`,
      approvable(person),
      contactsOf(person),
    ]);
    for (const line of table([heads, ...cells])) out.line(line);
  });
}

function asJson({ person, devices, invitation }: {
  readonly person: Person;
  readonly devices: readonly Device[];
  readonly invitation: Invitation | undefined;
}) {
  const { id, name, state, administrator, language, contacts, approves } = person;
  return {
    id,
    name,
    state,
    administrator,
    language,
    contacts,
    approves,
    devices: devices.filter(isUsable).length,
    created_at: rfc3339(person.createdAt),
    last_used_at: rfc3339(lastUse(devices)),
    invited_until: rfc3339(invitation?.expiresAt ?? null),
  };
}

/** In the order in which they are tried. */
export function contactsOf({ contacts }: Person): string {
  const all = Object.entries(contacts).map(([channel, to]) => `${channel}=${printable(to, 64)}`);
  return all.length === 0 ? "-" : all.join(", ");
}

function lastUse(devices: readonly Device[]): number | null {
  const times = devices.flatMap(({ lastUsedAt }) => lastUsedAt === null ? [] : [lastUsedAt]);
  return times.length === 0 ? null : Math.max(...times);
}

/** "own account, deploy@web*" */
export function approvable({ administrator, approves }: Person): string {
  if (administrator) return "all accounts";
  if (approves.length === 0) return "nothing";
  return approves.map((entry) => entry === OWN ? "the own account" : printable(entry)).join(", ");
}
