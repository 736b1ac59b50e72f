/** The start of a server that nobody can sign in to yet: one invitation, for the first administrator. */
import { Failure } from "../core/errors.ts";
import { BY_SERVER, NEW_INVITATION_BYTES, newInvitation } from "../core/invitation.ts";
import { personAdded, personInvited } from "../core/people_events.ts";
import { OWN, type Person } from "../core/person.ts";
import { inviteFirst } from "../core/person_change.ts";
import { RECORD_ID_BYTES, recordId } from "../core/record_id.ts";
import { jsonLine, printable } from "../core/text.ts";
import { rfc3339 } from "../core/time.ts";
import type { Out } from "../io/out.ts";
import type { Audit, Clock, Random, Store } from "../ports.ts";
import { printLink, WORKS } from "./invitation_link.ts";

interface Ports {
  readonly store: Pick<Store, "change" | "find">;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: Random;
}

interface FirstInvitation {
  /** Whom it is for. */
  readonly person: Person;
  readonly token: string;
  readonly expiresAt: number;
}

/** Who is made the first administrator where there is none. */
export const FIRST_NAME = "admin";

/**
 * In the place of earlier ones. Undefined when somebody has a device already.
 * @param by as in a login's `by`
 */
export async function makeFirstInvitation(
  { store, audit, clock, random }: Ports,
  by: string,
): Promise<FirstInvitation | undefined> {
  const now = clock.now();
  const first: Person = {
    id: recordId("p", random.bytes(RECORD_ID_BYTES)),
    name: FIRST_NAME,
    administrator: true,
    state: "active",
    createdAt: now,
    language: "auto",
    contacts: {},
    approves: [OWN],
  };
  const bytes = random.bytes(NEW_INVITATION_BYTES);
  const person = await store.change(
    inviteFirst(first, (id) => newInvitation(id, by, bytes, now).invitation),
  );
  if (person === undefined) return undefined;
  const { invitation, token } = newInvitation(person.id, by, bytes, now);
  if (person.id === first.id) await audit.append(personAdded(person, by));
  await audit.append(personInvited(person, invitation));
  return { person, token, expiresAt: invitation.expiresAt };
}

interface Surroundings {
  /** Of invitations, without the token. */
  readonly address: string;
  readonly out: Out;
  /** One line for programs. */
  readonly json: boolean;
  /** Whether what is printed is kept: then no link is, nor is an earlier one taken back. */
  readonly kept: boolean;
  readonly log: (
    level: "warning" | "error",
    message: string,
    fields: Readonly<Record<string, string>>,
  ) => void;
}

/** At each start of the server, as long as nobody has a device. Never stops it from starting. */
export async function greetFirst(
  ports: Ports,
  { address, out, json, kept, log }: Surroundings,
): Promise<void> {
  const next = `gatehouse person invite ${FIRST_NAME}`;
  try {
    if (kept) {
      const devices = await ports.store.find("device", { all: true });
      return devices.length > 0 ? undefined : log("warning", "nobody can sign in yet", { next });
    }
    const made = await makeFirstInvitation(ports, BY_SERVER);
    if (made !== undefined) print(made, address, out, json);
  } catch (error) {
    const why = error instanceof Failure ? error.message : "an audit line could not be written";
    log("error", "the first administrator is not invited", { why, next });
  }
}

function print(
  { person, token, expiresAt }: FirstInvitation,
  address: string,
  out: Out,
  json: boolean,
): void {
  const url = `${address}/${token}`;
  const name = printable(person.name);
  if (json) {
    const line = { event: "first_invitation", name, url, expires_at: rfc3339(expiresAt) };
    return out.result(jsonLine(line));
  }
  out.result(`nobody can sign in yet; this link registers the first device of ${name}`);
  out.result(`(${WORKS}; until then nothing else is open):`);
  printLink(url, out);
}
