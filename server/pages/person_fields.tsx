/** What administrators say of a person, as fields of a form. */
import { OWN, type Person } from "../../lib/core/person.ts";
import { contactLines } from "../../lib/core/person_contacts.ts";
import { printable } from "../../lib/core/text.ts";
import type { Channel } from "../channel.ts";
import type { FormFault } from "../messages/board_words.ts";
import { contactExample, contactRule } from "../messages/contact_rules.ts";
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
  /** The channel that it names, or that it may have been meant to name. */
  readonly channel?: string | undefined;
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
  /** Those that there are. */
  readonly channels: readonly Pick<Channel, "name" | "reach" | "type">[];
}

export function PersonFields({ form, view }: { form: PersonForm; view: PersonFormView }) {
  const { messages, channels } = view;
  const m = messages.persons;
  const { fault, detail } = form;
  const names = channels.map(({ name }) => printable(name));
  return (
    <>
      <FaultNote fault={fault} detail={detail} advice={adviceOn(form, view)} view={view} />
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
        text={`${m.contactsText(exampleOf(channels))} ${m.channelsHere(names)}`}
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

/** What the wrong entry should be. */
function adviceOn({ fault, channel }: PersonForm, { messages, channels }: PersonFormView) {
  const m = messages.persons;
  if (channel === undefined) return undefined;
  if (fault === "channel") return m.didYouMean(printable(channel));
  const type = channels.find(({ name }) => name === channel)?.type ?? "";
  const rule = contactRule(type, messages.language);
  return rule === undefined ? undefined : m.contactIs(printable(channel), rule);
}

/** A line for the first channel that has contacts: one for persons, where there is any. */
function exampleOf(channels: PersonFormView["channels"]): string | undefined {
  const lines = (reach: Channel["reach"]) =>
    channels.filter((channel) => channel.reach === reach).flatMap(({ name, type }) => {
      const example = contactExample(type);
      return example === undefined ? [] : [`${printable(name)}: ${example}`];
    });
  return [...lines("person"), ...lines("group")][0];
}
