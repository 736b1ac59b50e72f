/** Letters to try on channels. */
import fc from "fast-check";
import type { Letter } from "../../lib/core/letter.ts";
import type { Language } from "../../lib/core/messages/language.ts";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type {
  AlertKind,
  LoginFacts,
  Notification,
  PinNotification,
  RequestNotification,
} from "../../lib/core/notification.ts";
import { T0 } from "./logins.ts";
import { anyText } from "./texts.ts";

export const TICKET = "AAAABBBBCCCCDDDD";
export const LINK = `https://auth.example.com/l/${TICKET}`;

const login: LoginFacts = {
  user: "alice",
  host: "web1.example.com",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
};

/** Answered in the chat, by one of three numbers. */
export function aRequest(changes: Partial<RequestNotification> = {}): RequestNotification {
  return {
    kind: "request",
    ...login,
    ticket: TICKET,
    url: LINK,
    command: null,
    commandWhole: true,
    preauthMs: null,
    connections: 1,
    expiresAt: T0 + 60_000,
    twoPersons: false,
    reader: "self",
    shared: false,
    escalated: false,
    answer: { by: "chat", number: { choices: ["17", "42", "85"] } },
    ...changes,
  };
}

export function aPin(changes: Partial<PinNotification> = {}): PinNotification {
  return { kind: "pin", ...login, pin: "012345", validMs: 60_000, ...changes };
}

export function anEnded(): Notification {
  return {
    kind: "request_ended",
    ...login,
    ticket: TICKET,
    outcome: "approved",
    by: "person:bob",
    via: null,
    decidedAt: null,
  };
}

export function aLetter(
  notification: Notification = aRequest(),
  language: Language = "en",
): Letter {
  return letterOf(notification, language, "UTC");
}

/** What somebody could choose to have a channel's markup, links or mentions in a message. */
const TRICKS = [
  "<b>x</b>",
  '<a href="https://evil.example">gatehouse</a>',
  "</code><a href='https://evil.example'>x</a><code>",
  "<https://evil.example|Open the page>",
  "<!channel>",
  "<@U012AB3CD>",
  "@everyone",
  "@evil_bot",
  "/start",
  "#tag",
  "[x](https://evil.example)",
  "https://evil.example/x?y=1&amp;z",
  "evil.example",
  "192.0.2.99/x",
  "root@evil.example",
  "tel:+4915112345678",
  "+49 151 1234-5678",
  "1-900-555-0199",
  "*bold* _it_ ~no~ `code` ```x```",
  "&lt;!here&gt;",
  "&amp;lt;",
  "evil．example",
  "evil。example",
  ":smile:",
  "\u202eexample.live",
  "a\nb\r\nc\u2028d",
  "\\u003c",
  "🔑".repeat(300),
  "<>&\"'".repeat(60),
];

const hostile = fc.oneof(
  anyText(),
  fc.constantFrom(...TRICKS),
  fc.array(fc.constantFrom(...TRICKS, " ", "."), { minLength: 2, maxLength: 5 })
    .map((parts) => parts.join("")),
);

/** What others have chosen, and how it can be that they have. */
interface Chosen extends LoginFacts {
  readonly command: string | null;
  readonly by: string;
  readonly reader: RequestNotification["reader"];
  /** One thing or another, where a message has two faces. */
  readonly either: boolean;
  readonly of: AlertKind;
}

type Kind = Notification["kind"];

type Chooses<K extends Kind> = {
  readonly [One in K]: (chosen: Chosen) => Extract<Notification, { readonly kind: One }>;
};

/** One of each kind: a kind without one is a fault of types. */
const ALERTS: Chooses<AlertKind> = {
  denied: ({ by, either, ...chosen }) => ({
    kind: "denied",
    ...loginOf(chosen),
    by,
    reason: either ? "wrong_number" : "denied",
    own: either,
  }),
  fail_open: ({ either, ...chosen }) => ({
    kind: "fail_open",
    ...loginOf(chosen),
    why: either ? "offline" : "unenrolled",
  }),
  emergency_code: (chosen) => ({ kind: "emergency_code", ...loginOf(chosen) }),
  frozen: ({ by, either, ...chosen }) => {
    const login = loginOf(chosen);
    const { at, host, user } = login;
    return { kind: "frozen", user, host: either ? null : host, by, login, at };
  },
  quiet: (chosen) => ({ kind: "quiet", ...loginOf(chosen), refusals: 3, until: T0 + 600_000 }),
  not_me_unproven: (chosen) => ({ kind: "not_me_unproven", ...loginOf(chosen) }),
  new_device: ({ at, either, host: device, source, user: person }) => {
    const type = either ? "authenticator" : "passkey";
    return { kind: "new_device", person, device, type, invitation: either, source, at };
  },
  recovery_used: ({ at, source, user: person }) => ({
    kind: "recovery_used",
    person,
    left: 7,
    source,
    at,
  }),
  passkey_cloned: ({ at, host: device, source, user: person }) => ({
    kind: "passkey_cloned",
    person,
    device,
    source,
    at,
  }),
  person_frozen: ({ at, by, user: person }) => ({ kind: "person_frozen", person, by, at }),
  host_key_disputed: ({ at, host, source }) => ({ kind: "host_key_disputed", host, source, at }),
};
const HOSTILE: Chooses<Kind> = {
  ...ALERTS,
  pin: (chosen) => aPin(loginOf(chosen)),
  request: ({ by, command, either, reader, ...chosen }) =>
    aRequest({
      ...loginOf(chosen),
      command,
      reader,
      shared: either && reader !== "self",
      escalated: either,
      ...(either ? { twoPersons: true, firstBy: by } : {}),
      answer: { by: "chat", number: either ? "typed" : { choices: ["17", "42", "85"] } },
    }),
  request_ended: ({ by, either, ...chosen }) => ({
    kind: "request_ended",
    ...loginOf(chosen),
    ticket: TICKET,
    outcome: either ? "not_me" : "approved",
    by,
    via: either ? null : "passkey",
    decidedAt: either ? null : T0,
  }),
  test: ({ host, at }) => ({ kind: "test", channel: host, at }),
  summary: ({ at, either, host, of }) => ({
    kind: "summary",
    of,
    audience: either ? "person" : "administrators",
    host: either ? null : host,
    count: 12,
    since: at,
  }),
};

function loginOf({ user, host, service, source, requester, at }: LoginFacts): LoginFacts {
  return { user, host, service, source, requester, at };
}

function kindsOf<K extends Kind>(record: Chooses<K>): K[] {
  return Object.keys(record).filter((kind): kind is K => Object.hasOwn(record, kind));
}

/** Notifications of every kind in which others have chosen whatever they like. */
export const hostileNotifications: fc.Arbitrary<Notification> = fc.record({
  kind: fc.constantFrom(...kindsOf(HOSTILE)),
  user: hostile,
  host: hostile,
  service: hostile,
  source: hostile,
  requester: fc.option(hostile),
  at: fc.constant(T0),
  command: fc.option(hostile),
  by: fc.oneof(hostile, fc.constant("person:bob")),
  reader: fc.constantFrom("self" as const, "other" as const, "group" as const),
  either: fc.boolean(),
  of: fc.constantFrom(...kindsOf(ALERTS)),
}).map(({ kind, ...chosen }) => HOSTILE[kind](chosen));

export const languages: fc.Arbitrary<Language> = fc.constantFrom("en" as const, "zh-CN" as const);
