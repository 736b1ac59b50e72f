/** The form with which administrators add and change persons, as it is sent. */
import * as v from "valibot";
import { splitAccount } from "../../lib/core/account_pattern.ts";
import { groupIn } from "../../lib/core/host_group.ts";
import { nearest } from "../../lib/core/nearest.ts";
import { approvesFault, isPersonName, OWN, type Person } from "../../lib/core/person.ts";
import {
  type GivenContact,
  MAX_PERSON_CONTACTS,
  readGivenContact,
  withContacts,
} from "../../lib/core/person_contacts.ts";
import type { PersonPatch } from "../../lib/core/person_change.ts";
import { check, readBody } from "../body.ts";
import type { Channels } from "../channels.ts";
import type { Ctx, Parts } from "../http.ts";
import type { FormFault } from "../messages/board_words.ts";
import type { PersonForm } from "../pages/person_fields.tsx";

/** More entries than anybody needs. */
const MAX_APPROVES = 64;

const text = v.optional(v.string(), "");
const Form = v.strictObject({
  name: text,
  administrator: v.optional(v.literal("1")),
  approves: text,
  contacts: text,
  language: v.optional(v.picklist(["auto", "en", "zh-CN"]), "auto"),
});

type Given = Pick<Person, "name" | "administrator" | "approves" | "contacts" | "language">;
type Read =
  | { readonly ok: true; readonly form: PersonForm; readonly given: Given }
  | { readonly ok: false; readonly form: PersonForm };

/** @param known contacts that the person has: they may be of channels that there are not */
export async function readForm(
  c: Ctx,
  parts: Parts,
  known: Person["contacts"],
): Promise<Read> {
  const { value } = await readBody(c.req.raw, ["form"], parts.deps.after);
  const sent = check(Form, value);
  const form: PersonForm = {
    ...sent,
    name: sent.name.trim(),
    administrator: sent.administrator === "1",
  };
  const approves = [...new Set(form.approves.split(/[\s,]+/).filter((entry) => entry !== ""))];
  const wrong = approves.find((entry) => isWrong(entry, parts));
  const fault: FormFault | undefined = !isPersonName(form.name)
    ? "name"
    : wrong !== undefined || approves.length > MAX_APPROVES
    ? "approves"
    : undefined;
  if (fault !== undefined) return { ok: false, form: { ...form, fault, detail: wrong } };
  const read = readContacts(form.contacts, known, parts.channels);
  if (!read.ok) {
    const { fault, line: detail, channel } = read;
    return { ok: false, form: { ...form, fault, detail, channel } };
  }
  const { contacts } = read;
  const { name, administrator, language } = form;
  return { ok: true, form, given: { name, administrator, language, approves, contacts } };
}

interface LineFault {
  readonly fault: "contact" | "contact_twice" | "contact_many" | "contact_there" | "channel";
  /** The channel whose contact it should be, or that may have been meant. */
  readonly channel?: string | undefined;
}

type ContactsRead =
  | { readonly ok: true; readonly contacts: Person["contacts"] }
  | { readonly ok: false; readonly line: string } & LineFault;

function readContacts(
  text: string,
  known: Person["contacts"],
  channels: Channels,
): ContactsRead {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const given = new Map<string, GivenContact>();
  for (const line of lines) {
    const read = readGivenContact(line, ":");
    if (read === undefined || read.to === "") return { ok: false, line, fault: "contact" };
    const { channel, to } = read;
    if (given.has(channel)) return { ok: false, line, fault: "contact_twice" };
    if (given.size === MAX_PERSON_CONTACTS) return { ok: false, line, fault: "contact_many" };
    const isKept = Object.hasOwn(known, channel) && known[channel] === to;
    const wrong = isKept ? undefined : faultOf(read, channels);
    if (wrong !== undefined) return { ok: false, line, ...wrong };
    given.set(channel, read);
  }
  return { ok: true, contacts: withContacts({}, [...given.values()]) };
}

function faultOf({ channel: name, to }: GivenContact, channels: Channels): LineFault | undefined {
  const channel = channels.find(name);
  if (channel === undefined) return { fault: "channel", channel: meant(name, channels) };
  return channel.isContact(to) ? undefined : { fault: "contact_there", channel: name };
}

/** People also say what kind of channel it is, where server.toml gives it another name. */
function meant(typed: string, { all }: Channels): string | undefined {
  return all.find(({ type }) => type === typed)?.name ??
    nearest(typed, all.map(({ name }) => name));
}

/** A group that there is not would silently mean nobody. */
function isWrong(entry: string, { config }: Parts): boolean {
  if (entry === OWN) return false;
  const group = groupIn(splitAccount(entry).host);
  return approvesFault(entry) !== undefined ||
    (group !== undefined && !config.approval.groups.has(group));
}

/** What of it is otherwise now: all else could undo what somebody changes at the same time. */
export function differing(person: Person, given: Given): PersonPatch {
  const entries = Object.entries(given).filter(([key, value]) =>
    JSON.stringify(value) !== JSON.stringify(person[key as keyof Given])
  );
  return Object.fromEntries(entries);
}
