/** Who is reached where, as the persons of this server have it. */
import type { Language } from "../lib/core/messages/language.ts";
import { foldName, isOwnUser, type Person } from "../lib/core/person.ts";
import type { Store } from "../lib/ports.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Fault } from "./faults.ts";

export interface Recipient {
  /** In the channel's own alphabet. */
  readonly to: string;
  /** Undefined: nobody knows. */
  readonly language: Language | undefined;
}

export class Contacts {
  constructor(
    private readonly store: Pick<Store, "find">,
    /** The channel's name. */
    private readonly channel: string,
  ) {}

  /** Active administrators who have a contact, and those whom server.toml names. */
  async administrators(named: readonly string[]): Promise<readonly Recipient[]> {
    const persons = (await this.store.find("person", { all: true })).filter((person) =>
      person.state === "active" && person.administrator
    );
    return distinct([...named.map(ofNobody), ...persons.flatMap((person) => this.#of(person))]);
  }

  /** Nobody where there is no such person any more, or no contact. A frozen one is told all the same. */
  async person(id: string): Promise<readonly Recipient[]> {
    const [person] = await this.store.find("person", { id });
    return person === undefined || person.state === "removed" ? [] : this.#of(person);
  }

  /**
   * To whom a PIN for that account goes. Of a person's account the person's own contact alone: no host
   * chooses where it goes. Of any other account those that the host names, but for contacts of people who
   * are frozen or gone.
   * @throws Fault 403 when the person is frozen, 422 when nobody can be reached
   */
  async forPin(user: string, named: readonly string[]): Promise<readonly Recipient[]> {
    const owner = await ownerOf(user, this.store);
    if (owner !== undefined) {
      if (owner.state === "frozen") throw frozen();
      return someone(this.#of(owner));
    }
    const all = distinct(named.map(ofNobody));
    const persons = await this.store.find("person", { all: true });
    const withTheir = all.map(({ to }) => ({
      to,
      theirs: persons.filter((p) => this.#has(p, to)),
    }));
    const left = withTheir.filter(({ theirs }) =>
      theirs.length === 0 || theirs.some(({ state }) => state === "active")
    );
    const isFrozen = withTheir.some(({ theirs }) => theirs.some(({ state }) => state === "frozen"));
    if (left.length === 0 && isFrozen) throw frozen();
    return someone(left.map(({ to, theirs }) => ({
      to,
      language: languageOf(theirs.find(({ state }) => state === "active")),
    })));
  }

  #of(person: Person): readonly Recipient[] {
    const to = this.#contact(person);
    return to === undefined ? [] : [{ to, language: languageOf(person) }];
  }

  #has(person: Person, to: string): boolean {
    return this.#contact(person)?.toLowerCase() === to.toLowerCase();
  }

  #contact({ contacts }: Person): string | undefined {
    return Object.hasOwn(contacts, this.channel) ? contacts[this.channel] : undefined;
  }
}

/** Whether there is anybody who is told of alerts, if the channel works. */
export async function tellsAdministrators(
  { store, notifier }: Pick<Deps, "store" | "notifier">,
  { alerts }: Pick<AppConfig, "alerts">,
): Promise<boolean> {
  if (notifier === undefined) return false;
  return (await new Contacts(store, notifier.name).administrators(alerts)).length > 0;
}

/** Whose account it is, frozen or not. */
export async function ownerOf(
  user: string,
  store: Pick<Store, "find">,
): Promise<Person | undefined> {
  const found = await store.find("person", { name: foldName(user) });
  return found.find((person) => person.state !== "removed" && isOwnUser(person, user));
}

/** Names are the same in any case, as WeCom's are. The later one says more. */
function distinct(all: readonly Recipient[]): readonly Recipient[] {
  return [...new Map(all.map((recipient) => [recipient.to.toLowerCase(), recipient])).values()];
}

function ofNobody(to: string): Recipient {
  return { to, language: undefined };
}

function languageOf(person: Person | undefined): Language | undefined {
  return person === undefined || person.language === "auto" ? undefined : person.language;
}

function someone(recipients: readonly Recipient[]): readonly Recipient[] {
  if (recipients.length > 0) return recipients;
  throw new Fault(422, "this account has no contact", { reason: "no_contact" });
}

/** Of an account whose person is. */
export function frozen(): Fault {
  return new Fault(403, "this account is frozen", { reason: "frozen" });
}
