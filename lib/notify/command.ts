/** A program of one's own, started for each message: no shell, and nothing of the message among its words. */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { isPrintable } from "../core/text.ts";
import { duration } from "../core/values.ts";
import { channelType } from "./channel.ts";
import { eventData, eventOf, isProgramContact, PROGRAM_CONTACT } from "./event.ts";

const argv = v.pipe(
  v.array(
    v.pipe(
      v.string("must be text in quotes"),
      v.check(isPrintable, "must not contain control or invisible characters"),
      v.maxLength(4_096, "must be 4096 characters at most"),
    ),
  ),
  v.check(
    ([program = ""]) => /^\/.*[^/]$/.test(program),
    'must begin with the program, by its absolute path: ["/usr/local/bin/tell", "--loud"]',
  ),
  v.maxLength(64, "must be 64 words at most"),
);

export const command = channelType({
  type: "command",
  reach: "group",
  answers: false,
  changesRing: true,
  settings: {
    argv,
    timeout: v.optional(duration(100, 25_000), "10s"),
  },
  secrets: [],
  isContact: isProgramContact,
  contact: PROGRAM_CONTACT,
  open: ({ argv, timeout }) => ({
    via: "command",
    argv,
    environment,
    stdin: (letter, to) => {
      const event = eventOf(letter);
      return `${JSON.stringify({ type: event.type, data: eventData(letter, event, to) })}\n`;
    },
    withinMs: timeout,
  }),
});

/** Whoever may read a process's environment is its user, or root. */
function environment(letter: Letter, to: string): Record<string, string> {
  const { message, subject, type } = eventOf(letter);
  const { link, pin } = letter;
  const url = link?.url ?? "";
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    ...Object.fromEntries(
      Object.entries(subject).filter(([, value]) => value !== null)
        .map(([key, value]) => [`GATEHOUSE_${key.toUpperCase()}`, String(value)]),
    ),
    GATEHOUSE_EVENT: type,
    GATEHOUSE_TO: to,
    GATEHOUSE_TITLE: message.title,
    GATEHOUSE_TEXT: [...message.lines, ...(url === "" ? [] : [url])].join("\n"),
    GATEHOUSE_URL: url,
    ...(pin === null ? {} : { GATEHOUSE_PIN: pin }),
  };
}
