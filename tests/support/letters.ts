/** Letters to try on channels. */
import fc from "fast-check";
import type { Letter } from "../../lib/core/letter.ts";
import type { Language } from "../../lib/core/messages/language.ts";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type {
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
    answer: { by: "chat", number: { choices: ["17", "42", "85"] } },
    ...changes,
  };
}

export function aPin(changes: Partial<PinNotification> = {}): PinNotification {
  return { kind: "pin", ...login, pin: "012345", validMs: 60_000, ...changes };
}

export function anEnded(): Notification {
  return { kind: "request_ended", ...login, ticket: TICKET, outcome: "approved", by: "person:bob" };
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

/** Notifications in which others have chosen whatever they like. */
export const hostileNotifications: fc.Arbitrary<Notification> = fc.record({
  user: hostile,
  host: hostile,
  service: hostile,
  source: hostile,
  requester: fc.option(hostile),
  command: fc.option(hostile),
  kind: fc.constantFrom(
    "request",
    "typed",
    "pin",
    "denied",
    "frozen",
    "device",
    "summary",
    "ended",
  ),
}).map(({ kind, command, ...chosen }): Notification => {
  const by = chosen.requester ?? "person:bob";
  switch (kind) {
    case "request":
      return aRequest({ ...chosen, command });
    case "typed":
      return aRequest({ ...chosen, command, answer: { by: "chat", number: "typed" } });
    case "pin":
      return aPin(chosen);
    case "ended":
      return { ...login, ...chosen, kind: "request_ended", ticket: TICKET, outcome: "not_me", by };
    case "frozen": {
      const { host, user } = chosen;
      return { kind: "frozen", user, host, by, login: { ...login, ...chosen }, at: T0 };
    }
    case "device": {
      const { source, user: person, host: device } = chosen;
      const type = "authenticator" as const;
      return { kind: "new_device", person, device, type, invitation: true, source, at: T0 };
    }
    case "summary": {
      const { host } = chosen;
      const of = "host_key_disputed" as const;
      return { kind: "summary", of, audience: "administrators", host, count: 12, since: T0 };
    }
    default:
      return { ...login, ...chosen, kind: "denied", by, reason: "wrong_number" };
  }
});

export const languages: fc.Arbitrary<Language> = fc.constantFrom("en" as const, "zh-CN" as const);
