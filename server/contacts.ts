/** Who is reached where, as the persons of this server and server.toml have it. */
import type { Language } from "../lib/core/messages/language.ts";
import type { MessageSort } from "../lib/core/notification.ts";
import { foldName, isOwnUser, type Person } from "../lib/core/person.ts";
import type { Store } from "../lib/ports.ts";
import { type Channels, hasContact, type Way, wayKey } from "./channels.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Fault } from "./faults.ts";

/** Somebody who is to be told something, once. */
export interface Reach {
  /** The person's id; "": whoever is there. */
  readonly person: string;
  /** Undefined: nobody knows. */
  readonly language: Language | undefined;
  /** In the order in which they are tried. */
  readonly ways: readonly Way[];
  /** No person of this server: a host alone has named them. */
  readonly stranger?: true;
}

/** How a contact of a person is of use. */
export interface KnownContact {
  /** The channel's name. */
  readonly channel: string;
  readonly to: string;
  /** What is sent there, or why nothing is. */
  readonly sends: readonly MessageSort[] | "no_channel" | "no_contact";
}

export class Contacts {
  constructor(
    private readonly deps: Pick<Deps, "log" | "store">,
    private readonly config: Pick<AppConfig, "alerts">,
    private readonly channels: Channels,
  ) {}

  /** In the order in which the person's contacts stand. Without ways where nothing of that sort is sent there. */
  of(person: Person, sort: MessageSort): Reach {
    const ways = Object.entries(person.contacts).flatMap(([name, to]) => {
      const channel = this.channels.find(name);
      // Whoever wrote it down may have done so before that channel was there.
      return channel?.sends.has(sort) && channel.isContact(to) ? [{ channel, to }] : [];
    });
    return { person: person.id, language: languageOf(person), ways };
  }

  /** In their order. */
  all(contacts: Person["contacts"]): readonly KnownContact[] {
    return Object.entries(contacts).map(([name, to]) => {
      const channel = this.channels.find(name);
      const sends = channel === undefined
        ? "no_channel"
        : channel.isContact(to)
        ? [...channel.sends]
        : "no_contact";
      return { channel: name, to, sends };
    });
  }

  /** Nobody where there is no such person any more, or no way. A frozen one is told all the same. */
  async person(id: string): Promise<readonly Reach[]> {
    const [person] = await this.deps.store.find("person", { id });
    if (person === undefined || person.state === "removed") return [];
    return [this.of(person, "alert")].filter(isReached);
  }

  /**
   * Who is told what administrators are told: each active one, those whom server.toml names, and each group
   * once. The latter two whatever the store does.
   */
  async administrators(): Promise<readonly Reach[]> {
    if (this.channels.sending("alert").length === 0) return [];
    return [...await this.#administrators(), ...this.#named()];
  }

  /** Whether there is anybody who is told of alerts, if the channels work. */
  async tellsAdministrators(): Promise<boolean> {
    return (await this.administrators()).length > 0;
  }

  /**
   * To whom a PIN for that account goes. Of a person's account the person's own contacts alone: no host
   * chooses where it goes. Of any other account those that the host names, but for contacts of people who
   * are frozen or gone.
   * @throws Fault 403 when the person is frozen, 422 when nobody can be reached
   */
  async forPin(user: string, named: readonly string[]): Promise<readonly Reach[]> {
    if (this.channels.sending("pin").length === 0) throw noChannel();
    const owner = await ownerOf(user, this.deps.store);
    if (owner !== undefined) {
      if (owner.state === "frozen") throw frozen();
      return someone([this.of(owner, "pin")]);
    }
    const persons = await this.deps.store.find("person", { all: true });
    const all = this.#namedForPin(named).map((way) => ({
      way,
      theirs: persons.filter((person) => hasContact(person, way)),
    }));
    const left = all.filter(({ theirs }) =>
      theirs.length === 0 || theirs.some(({ state }) => state === "active")
    );
    const isFrozen = all.some(({ theirs }) => theirs.some(({ state }) => state === "frozen"));
    if (left.length === 0 && isFrozen) throw frozen();
    return someone(left.map(({ way, theirs }) => ({
      person: "",
      language: languageOf(theirs.find(({ state }) => state === "active")),
      ways: [way],
      ...(theirs.length === 0 ? { stranger: true } as const : {}),
    })));
  }

  async #administrators(): Promise<readonly Reach[]> {
    try {
      const persons = await this.deps.store.find("person", { all: true });
      return persons
        .filter(({ state, administrator }) => state === "active" && administrator)
        .map((person) => this.of(person, "alert"))
        // What a group reads it is told once, see #named().
        .map((reach) => ({
          ...reach,
          ways: reach.ways.filter(({ channel }) => channel.reach === "person"),
        }))
        .filter(isReached);
    } catch (error) {
      if (this.#named().length === 0) throw error;
      this.deps.log("error", "the administrators' contacts could not be read");
      return [];
    }
  }

  #named(): readonly Reach[] {
    return this.channels.sending("alert").flatMap((channel) => {
      const named = this.config.alerts.get(channel.name) ?? [];
      const to = named.length === 0 && channel.reach === "group" ? [""] : named;
      return to.map((to) => ({ person: "", language: undefined, ways: [{ channel, to }] }));
    });
  }

  #namedForPin(named: readonly string[]): readonly Way[] {
    const ways = named.flatMap((text) => {
      const way = this.channels.wayForPin(text);
      if (way !== undefined) return [way];
      const hint = "name the channel before it, as in wecom:zhangsan; it must send PINs";
      this.deps.log("warning", "no channel takes a contact that a host names", {
        to: this.channels.shownNamed(text),
        hint,
      });
      return [];
    });
    return [...new Map(ways.map((way) => [wayKey(way), way])).values()];
  }
}

/** Whose account it is, frozen or not. */
export async function ownerOf(
  user: string,
  store: Pick<Store, "find">,
): Promise<Person | undefined> {
  const found = await store.find("person", { name: foldName(user) });
  return found.find((person) => person.state !== "removed" && isOwnUser(person, user));
}

function languageOf(person: Person | undefined): Language | undefined {
  return person === undefined || person.language === "auto" ? undefined : person.language;
}

function isReached({ ways }: Reach): boolean {
  return ways.length > 0;
}

function someone(reaches: readonly Reach[]): readonly Reach[] {
  if (reaches.some(isReached)) return reaches.filter(isReached);
  throw new Fault(422, "this account has no contact", { reason: "no_contact" });
}

/** Of an account whose person is. */
export function frozen(): Fault {
  return new Fault(403, "this account is frozen", { reason: "frozen" });
}

function noChannel(): Fault {
  return new Fault(422, "this server has no channel to send a code by", { reason: "no_channel" });
}
