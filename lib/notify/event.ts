/** A letter for programs: what happened by stable English names, and beside it what a person would read. */
import { type Letter, type Writing, written, writtenFact } from "../core/letter.ts";
import { printable } from "../core/text.ts";

/** Longer than any name, and enough of a command. */
const MAX_VALUE = 4_096;

/** Of alerts it is `alert.` and their kind. */
const TYPES = {
  request: "login.request",
  ended: "login.ended",
  pin: "login.pin",
  test: "test",
} as const;

/** As it came, but printable: programs escape for what they write it into. */
const AS_IT_IS: Writing = { own: (text) => text, foreign: (text) => text };

interface EventMessage {
  readonly language: Letter["language"];
  readonly title: string;
  readonly lines: readonly string[];
}

interface GatehouseEvent {
  /** Letters, digits, dots and underscores, as Standard Webhooks wants it. */
  readonly type: string;
  /** By the keys of `Letter.subject`; texts are one printable line each. */
  readonly subject: Readonly<Record<string, string | number | null>>;
  readonly message: EventMessage;
}

export function eventOf(letter: Letter): GatehouseEvent {
  const { facts, kind, language, notes, subject, title } = letter;
  return {
    type: kind === "alert" ? `alert.${subject["kind"] ?? "unknown"}` : TYPES[kind],
    subject: Object.fromEntries(
      Object.entries(subject).map(([key, value]) => [
        key,
        typeof value === "string" ? printable(value, MAX_VALUE) : value,
      ]),
    ),
    message: {
      language,
      title: written(title, AS_IT_IS),
      lines: [
        ...facts.map((fact) => writtenFact(fact, language, AS_IT_IS)),
        ...notes.map((note) => written(note, AS_IT_IS)),
      ],
    },
  };
}

/** As it goes out: `to` is whom to tell, "": nobody in particular; `pin` is in login.pin alone. */
export function eventData(letter: Letter, event: GatehouseEvent, to: string) {
  return {
    ...event.subject,
    to,
    ...(letter.pin === null ? {} : { pin: letter.pin }),
    message: event.message,
  };
}

/** Whom a program is to tell: no option of a command, whoever puts it into one. */
export function isProgramContact(text: string): boolean {
  return /^[A-Za-z0-9+_@][A-Za-z0-9+_.@-]{0,127}$/.test(text);
}

export const PROGRAM_CONTACT =
  "whatever the program knows somebody by: 1 to 128 letters, digits or +_.@-, not beginning " +
  "with a dot or hyphen";
