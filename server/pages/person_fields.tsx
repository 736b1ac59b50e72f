/** What administrators say of a person, as fields of a form. */
import { WECOM } from "../../lib/core/contact.ts";
import { OWN, type Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { FormFault } from "../messages/board_words.ts";
import { NameField } from "./board_fields.tsx";
import { type BoardView, FaultNote } from "./board_parts.tsx";

/** As typed. */
export interface PersonForm {
  readonly name: string;
  readonly administrator: boolean;
  /** One entry a line. */
  readonly approves: string;
  readonly contact: string;
  readonly language: Person["language"];
  readonly fault?: FormFault | undefined;
  /** Which entry is wrong. */
  readonly detail?: string | undefined;
}

export const EMPTY_FORM: PersonForm = {
  name: "",
  administrator: false,
  approves: OWN,
  contact: "",
  language: "auto",
};

export function formOf({ name, administrator, approves, contacts, language }: Person): PersonForm {
  const contact = contacts[WECOM] ?? "";
  return { name, administrator, approves: approves.join("\n"), contact, language };
}

const LANGUAGES = ["auto", "en", "zh-CN"] as const;

export function PersonFields({ form, view }: { form: PersonForm; view: BoardView }) {
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
      <div>
        <label class="field">
          {m.approves}
          <textarea
            name="approves"
            rows={4}
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="approves-text"
          >
            {form.approves.split("\n").map((line) => printable(line)).join("\n")}
          </textarea>
        </label>
        <p class="note" id="approves-text">{m.approvesText}</p>
      </div>
      <NameField label={m.contact(WECOM)} name="contact" value={form.contact} />
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
