/** What administrators say of a person, as fields of a form. */
import { OWN, type Person } from "../../lib/core/person.ts";
import { contactLines } from "../../lib/core/person_contacts.ts";
import { printable } from "../../lib/core/text.ts";
import type { FormFault } from "../messages/board_words.ts";
import { LinesField, NameField } from "./board_fields.tsx";
import { type BoardView, FaultNote } from "./board_parts.tsx";

/** As typed. */
export interface PersonForm {
  readonly name: string;
  readonly administrator: boolean;
  /** One entry a line. */
  readonly approves: string;
  /** One entry a line, as `contactLines` has them. */
  readonly contacts: string;
  readonly language: Person["language"];
  readonly fault?: FormFault | undefined;
  /** Which entry is wrong. */
  readonly detail?: string | undefined;
}

export const EMPTY_FORM: PersonForm = {
  name: "",
  administrator: false,
  approves: OWN,
  contacts: "",
  language: "auto",
};

export function formOf({ name, administrator, approves, contacts, language }: Person): PersonForm {
  return {
    ...{ name, administrator, language },
    approves: approves.join("\n"),
    contacts: contactLines(contacts),
  };
}

const LANGUAGES = ["auto", "en", "zh-CN"] as const;

/** A view with a form for persons. */
export interface PersonFormView extends BoardView {
  /** The names of the channels that there are. */
  readonly channels: readonly string[];
}

export function PersonFields({ form, view }: { form: PersonForm; view: PersonFormView }) {
  const { messages } = view;
  const m = messages.persons;
  return (
    <>
      <FaultNote fault={form.fault} detail={form.detail} view={view} />
      <NameField label={messages.name} name="name" value={form.name} required />
      <label class="check">
        <input
          type="checkbox"
          name="administrator"
          value="1"
          {...(form.administrator ? { checked: true } : {})}
        />
        <span>
          {m.administrator} <span class="note">{m.administratorText}</span>
        </span>
      </label>
      <LinesField
        label={m.approves}
        name="approves"
        value={form.approves}
        text={m.approvesText}
      />
      <LinesField
        label={m.contacts}
        name="contacts"
        value={form.contacts}
        text={`${m.contactsText} ${m.channelsHere(view.channels.map((name) => printable(name)))}`}
      />
      <label class="field">
        {m.language}
        <select name="language">
          {LANGUAGES.map((one) => (
            <option key={one} value={one} {...(one === form.language ? { selected: true } : {})}>
              {m.languages[one]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
