/** How somebody is told, in the order in which it is tried. */
import type { MessageSort } from "../../lib/core/notification.ts";
import { printable } from "../../lib/core/text.ts";
import type { KnownContact } from "../contacts.ts";
import type { Language } from "../messages/language.ts";
import { wayMessages } from "../messages/ways.ts";

export function ContactList(
  { contacts, none, language }: {
    contacts: readonly KnownContact[];
    /** Said where there are none. */
    none: string;
    language: Language;
  },
) {
  if (contacts.length === 0) return <>{none}</>;
  const m = wayMessages(language);
  const said = (sends: KnownContact["sends"]) => {
    if (sends === "no_channel") return m.noChannel;
    return sends === "no_contact" ? m.noContact : sorts(sends, language);
  };
  return (
    <>
      {contacts.map(({ channel, to, sends }) => (
        <div key={channel}>
          {printable(channel)}: {printable(to)} <span class="note">({said(sends)})</span>
        </div>
      ))}
    </>
  );
}

/** "requests, alerts" */
export function sorts(sends: readonly MessageSort[], language: Language): string {
  const m = wayMessages(language);
  return sends.map((sort) => m.sorts[sort]).join(m.and);
}
