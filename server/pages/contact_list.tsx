/** How somebody is told, in the order in which it is tried. */
import type { MessageSort } from "../../lib/core/notification.ts";
import type { Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { KnownContact } from "../contacts.ts";
import type { Language } from "../messages/language.ts";
import { wayMessages } from "../messages/ways.ts";

const NOBODY: ReadonlyMap<string, readonly Person[]> = new Map();

export function ContactList(
  { contacts, none, language, sharedWith = NOBODY }: {
    contacts: readonly KnownContact[];
    /** Others who have one of them, by the channel's name: only administrators are told who they are. */
    sharedWith?: ReadonlyMap<string, readonly Person[]>;
    /** Said where there are none. */
    none: string;
    language: Language;
  },
) {
  if (contacts.length === 0) return <p class="dim">{none}</p>;
  const m = wayMessages(language);
  const said = (sends: KnownContact["sends"]) => {
    if (sends === "no_channel") return m.noChannel;
    return sends === "no_contact" ? m.noContact : sorts(sends, language);
  };
  return (
    <ol class="told">
      {contacts.map(({ channel, to, sends }) => (
        <li key={channel}>
          {printable(channel)}: {printable(to)}
          <div class={typeof sends === "string" ? "note cut" : "note"}>{said(sends)}</div>
          <Shared persons={sharedWith.get(channel) ?? []} language={language} />
        </li>
      ))}
    </ol>
  );
}

function Shared({ persons, language }: { persons: readonly Person[]; language: Language }) {
  if (persons.length === 0) return null;
  return <div class="note cut">{wayMessages(language).shared(namesOf(persons, language))}</div>;
}

/** "alice, bob" */
export function namesOf(persons: readonly Person[], language: Language): string {
  const all = persons.map(({ name }) => printable(name, 64)).join(wayMessages(language).and);
  return printable(all, 200);
}

/** "requests, alerts" */
export function sorts(sends: readonly MessageSort[], language: Language): string {
  const m = wayMessages(language);
  return sends.map((sort) => m.sorts[sort]).join(m.and);
}
