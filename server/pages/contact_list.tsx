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
        </li>
      ))}
    </ol>
  );
}

/** "requests, alerts" */
export function sorts(sends: readonly MessageSort[], language: Language): string {
  const m = wayMessages(language);
  return sends.map((sort) => m.sorts[sort]).join(m.and);
}
