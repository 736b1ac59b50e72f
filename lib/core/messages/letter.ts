/** What a notification says to the person who reads it, in no channel's dialect. */
import type { Button, Letter, Line } from "../letter.ts";
import { foreign } from "../letter.ts";
import type {
  Alert,
  EndedNotification,
  LoginFacts,
  Notification,
  PinNotification,
  RequestNotification,
  TestNotification,
} from "../notification.ts";
import { localTime, rfc3339 } from "../time.ts";
import { alertText } from "./alert.ts";
import { deciderLine } from "./decider.ts";
import type { Language } from "./language.ts";
import { en } from "./letter_en.ts";
import type { LetterWords } from "./letter_words.ts";
import { zhCN } from "./letter_zh_cn.ts";
import { loginFacts, type Reader } from "./login_facts.ts";

/** @param timeZone in which people read the times, by its IANA name */
export function letterOf(
  notification: Notification,
  language: Language,
  timeZone: string,
): Letter {
  const words = language === "zh-CN" ? zhCN : en;
  const reader = { language, timeZone };
  switch (notification.kind) {
    case "request":
      return requestLetter(notification, words, reader);
    case "request_ended":
      return endedLetter(notification, words, reader);
    case "pin":
      return pinLetter(notification, words, reader);
    case "test":
      return testLetter(notification, words, reader);
    default:
      return alertLetter(notification, reader);
  }
}

/** Of most letters. */
const PLAIN = { pin: null, link: null, ticket: null, buttons: [], typing: null } as const;

function requestLetter(
  request: RequestNotification,
  words: LetterWords,
  reader: Reader,
): Letter {
  const { answer, command, commandWhole, connections, expiresAt, preauthMs, ticket, url } = request;
  const [user, host] = [foreign(request.user, 64), foreign(request.host, 64)];
  const typed = answer.by === "chat" && answer.number === "typed";
  const chosen = answer.by === "chat" && answer.number !== null && !typed;
  const told = words.to[request.reader];
  return {
    ...PLAIN,
    kind: "request",
    language: reader.language,
    title: preauthMs === null
      ? titleOf(request, words)
      : words.ahead(user, host, duration(preauthMs, words)),
    ticket,
    facts: [
      ...loginFacts(
        request,
        reader,
        command === null ? null : { text: command, whole: commandWhole },
      ),
      ...(connections > 1 ? [{ label: words.connections, value: [String(connections)] }] : []),
      { label: words.until, value: [localTime(expiresAt, reader.timeZone)] },
    ],
    notes: [
      ...(!request.twoPersons
        ? []
        : request.firstBy === undefined
        ? [[words.two]]
        : [words.first(foreign(personIn(request.firstBy), 64))]),
      ...whyAsked(request, words),
      ...(answer.by === "link"
        ? [[words.open]]
        : typed
        ? [[told.type]]
        : chosen
        ? [[told.choose]]
        : []),
      [told.reflex],
    ],
    link: { text: words.link, url },
    buttons: answer.by === "link" ? [] : [
      ...approvals(answer.number, words),
      { text: words.deny, act: { kind: "deny" }, look: "plain" },
      { text: told.freeze, act: { kind: "not_me" }, look: "danger" },
    ],
    typing: typed ? { prompt: words.typePrompt } : null,
    urgent: true,
    subject: {
      ...subjectOf(request, "request"),
      command,
      ticket,
      url,
      connections,
      expires_at: rfc3339(expiresAt),
    },
  };
}

/** Whoever logs in reads what they do, others who it is. */
function titleOf(
  { host, reader, requester, shared, user }: RequestNotification,
  words: LetterWords,
): Line {
  const [account, where] = [foreign(user, 64), foreign(host, 64)];
  switch (reader) {
    case "self":
      return words.request(account, where);
    case "group":
      return words.waits(account, where);
    case "other":
      return shared
        ? words.requestBy(null, account, where)
        : requester === null || requester === user
        ? words.requestOf(account, where)
        : words.requestBy(foreign(requester, 64), account, where);
  }
}

function whyAsked(
  { escalated, firstBy, reader, twoPersons }: RequestNotification,
  words: LetterWords,
): Line[] {
  if (reader !== "other" || firstBy !== undefined) return [];
  if (escalated) return [[words.escalated]];
  return twoPersons ? [] : [[words.answersFor]];
}

function approvals(
  number: { readonly choices: readonly string[] } | "typed" | null,
  { approve }: LetterWords,
): Button[] {
  if (number === "typed") return [];
  if (number === null) {
    return [{ text: approve, act: { kind: "approve", match: null }, look: "approve" }];
  }
  return number.choices.map((match) => ({
    text: match,
    act: { kind: "approve", match },
    look: "approve",
  }));
}

function endedLetter(ended: EndedNotification, words: LetterWords, reader: Reader): Letter {
  const { by, decidedAt, outcome, ticket, via } = ended;
  const [user, host] = [foreign(ended.user, 64), foreign(ended.host, 64)];
  // What is cancelled after it was approved has another time.
  const isDecided = by !== null && outcome !== "cancelled";
  return {
    ...PLAIN,
    kind: "ended",
    language: reader.language,
    title: outcome === "not_me" && by === "link"
      ? words.reportedByLink(user, host)
      : words.ended[outcome](user, host),
    ticket,
    facts: [
      ...(by === null ? [] : [{ label: words.by, value: deciderLine(by, reader.language, via) }]),
      ...(isDecided && decidedAt !== null
        ? [{ label: words.decided, value: [localTime(decidedAt, reader.timeZone)] }]
        : []),
      ...loginFacts(ended, reader),
    ],
    notes: [],
    urgent: false,
    subject: {
      ...subjectOf(ended, "request_ended"),
      ticket,
      outcome,
      by,
      via,
      decided_at: decidedAt === null ? null : rfc3339(decidedAt),
    },
  };
}

function pinLetter(notification: PinNotification, words: LetterWords, reader: Reader): Letter {
  const { pin, validMs } = notification;
  return {
    ...PLAIN,
    kind: "pin",
    language: reader.language,
    title: words.pin(pin),
    pin,
    facts: loginFacts(notification, reader),
    notes: [[words.pinValid(duration(validMs, words))], [words.pinNotYou]],
    urgent: true,
    subject: { ...subjectOf(notification, "pin"), valid_for: Math.round(validMs / 1000) },
  };
}

function testLetter({ at, channel }: TestNotification, words: LetterWords, reader: Reader): Letter {
  return {
    ...PLAIN,
    kind: "test",
    language: reader.language,
    title: words.test(foreign(channel, 32)),
    facts: [{ label: words.time, value: [localTime(at, reader.timeZone)] }],
    notes: [[words.testNote]],
    urgent: false,
    subject: { kind: "test", channel, at: rfc3339(at) },
  };
}

function alertLetter(alert: Alert, reader: Reader): Letter {
  return {
    ...PLAIN,
    ...alertText(alert, reader),
    kind: "alert",
    language: reader.language,
    urgent: alert.kind !== "summary",
  };
}

function subjectOf({ at, host, requester, service, source, user }: LoginFacts, kind: string) {
  return { kind, user, host, service, source, requester, at: rfc3339(at) };
}

/** As it is in a login's `by`. */
function personIn(by: string): string {
  return by.replace(/^person:/, "");
}

/** In hours or minutes where they are whole. */
function duration(ms: number, { hours, minutes, seconds }: LetterWords): string {
  const s = Math.round(ms / 1000);
  if (s > 0 && s % 3600 === 0) return `${s / 3600} ${hours}`;
  return s % 60 === 0 ? `${s / 60} ${minutes}` : `${s} ${seconds}`;
}
