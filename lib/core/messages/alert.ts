/** What administrators and persons are told at once. */
import { type Fact, type Foreign, foreign, type Letter, type Line } from "../letter.ts";
import type { Alert, AlertKind, AlertSummary, DeviceType, SingleAlert } from "../notification.ts";
import { localTime, rfc3339 } from "../time.ts";
import { deciderLine } from "./decider.ts";
import { en } from "./alert_en.ts";
import { zhCN } from "./alert_zh_cn.ts";
import { loginFacts, type Reader } from "./login_facts.ts";

export interface AlertWords {
  readonly denied: (user: Foreign, host: Foreign) => Line;
  /** By a wrong number of the reader's own. */
  readonly ownNumber: (user: Foreign, host: Foreign) => Line;
  readonly failOpen: (user: Foreign, host: Foreign) => Line;
  readonly emergency: (host: Foreign) => Line;
  /** @param host undefined: all */
  readonly frozen: (user: Foreign, host: Foreign | undefined) => Line;
  readonly quiet: (user: Foreign, host: Foreign, refusals: number) => Line;
  readonly notMe: (user: Foreign, host: Foreign) => Line;
  readonly newDevice: (person: Foreign) => Line;
  readonly recovery: (person: Foreign, left: number) => Line;
  readonly cloned: (person: Foreign) => Line;
  readonly personFrozen: (person: Foreign) => Line;
  readonly hostKey: (host: Foreign) => Line;
  readonly by: string;
  readonly reason: string;
  /** Of an account that is frozen. */
  readonly reported: string;
  readonly reasons: Readonly<
    Record<"denied" | "wrong_number" | "offline" | "unenrolled", string>
  >;
  readonly quietUntil: string;
  readonly device: string;
  readonly deviceOf: (name: Foreign, type: DeviceType) => Line;
  readonly addedBy: string;
  readonly added: (byInvitation: boolean) => string;
  readonly source: string;
  readonly time: string;
  /** @param host null: not one alone */
  readonly summary: Readonly<
    Record<AlertKind, (count: number, host: Foreign | null, since: string) => Line>
  >;
  /** Where administrators read the rest. */
  readonly record: string;
  /** To the owner of the account, of one login that was denied. @param own by themselves */
  readonly deniedBy: (own: boolean) => string;
  /** What to do about it. */
  readonly advice: Readonly<Record<AlertKind, string>>;
}

type Parts = Pick<Letter, "title" | "facts" | "notes" | "subject">;

export function alertText(alert: Alert, reader: Reader): Parts {
  const words = reader.language === "zh-CN" ? zhCN : en;
  if (alert.kind === "summary") return summaryText(alert, words, reader);
  return {
    title: titleOf(alert, words),
    facts: factsOf(alert, words, reader),
    notes: [
      ...(alert.kind === "denied" ? [[words.deniedBy(alert.own)]] : []),
      [words.advice[alert.kind]],
    ],
    subject: subjectOf(alert),
  };
}

/** The same for those of which no message was sent. */
function summaryText(alert: AlertSummary, words: AlertWords, { timeZone }: Reader): Parts {
  const { of, audience, host, count, since } = alert;
  const where = host === null ? null : foreign(host, 64);
  return {
    title: words.summary[of](count, where, localTime(since, timeZone)),
    facts: [],
    notes: [...(audience === "administrators" ? [[words.record]] : []), [words.advice[of]]],
    subject: { kind: "summary", of, audience, host, count, since: rfc3339(since) },
  };
}

function titleOf(alert: SingleAlert, words: AlertWords): Line {
  switch (alert.kind) {
    case "denied":
      return (alert.own ? words.ownNumber : words.denied)(
        foreign(alert.user, 64),
        foreign(alert.host, 64),
      );
    case "fail_open":
      return words.failOpen(foreign(alert.user, 64), foreign(alert.host, 64));
    case "emergency_code":
      return words.emergency(foreign(alert.host, 64));
    case "frozen": {
      const { host, user } = alert;
      return words.frozen(foreign(user, 64), host === null ? undefined : foreign(host, 64));
    }
    case "quiet":
      return words.quiet(foreign(alert.user, 64), foreign(alert.host, 64), alert.refusals);
    case "not_me_unproven":
      return words.notMe(foreign(alert.user, 64), foreign(alert.host, 64));
    case "new_device":
      return words.newDevice(foreign(alert.person, 64));
    case "recovery_used":
      return words.recovery(foreign(alert.person, 64), alert.left);
    case "passkey_cloned":
      return words.cloned(foreign(alert.person, 64));
    case "person_frozen":
      return words.personFrozen(foreign(alert.person, 64));
    case "host_key_disputed":
      return words.hostKey(foreign(alert.host, 64));
  }
}

function factsOf(alert: SingleAlert, words: AlertWords, reader: Reader): Fact[] {
  const fact = (label: string, value: Line): Fact => ({ label, value });
  const by = (who: string) => fact(words.by, deciderLine(who, reader.language));
  const device = (name: string, type: DeviceType) =>
    fact(words.device, words.deviceOf(foreign(name, 64), type));
  const source = (from: string) => fact(words.source, [foreign(from, 64)]);
  const time = (at: number) => fact(words.time, [localTime(at, reader.timeZone)]);
  switch (alert.kind) {
    case "denied":
      return [
        ...(alert.own ? [] : [by(alert.by)]),
        fact(words.reason, [words.reasons[alert.reason]]),
        ...loginFacts(alert, reader),
      ];
    case "fail_open":
      return [fact(words.reason, [words.reasons[alert.why]]), ...loginFacts(alert, reader)];
    case "frozen": {
      const { login } = alert;
      return login === null ? [by(alert.by), time(alert.at)] : [
        by(alert.by),
        fact(words.reason, [words.reported]),
        ...loginFacts(login, reader),
      ];
    }
    case "quiet": {
      const until = fact(words.quietUntil, [localTime(alert.until, reader.timeZone)]);
      return [until, ...loginFacts(alert, reader)];
    }
    case "emergency_code":
    case "not_me_unproven":
      return loginFacts(alert, reader);
    case "new_device":
      return [
        device(alert.device, alert.type),
        fact(words.addedBy, [words.added(alert.invitation)]),
        source(alert.source),
        time(alert.at),
      ];
    case "recovery_used":
    case "host_key_disputed":
      return [source(alert.source), time(alert.at)];
    case "passkey_cloned":
      return [device(alert.device, "passkey"), source(alert.source), time(alert.at)];
    case "person_frozen":
      return [by(alert.by), time(alert.at)];
  }
}

/** What it is about, flat; of a reported login what is known of that. */
function subjectOf(alert: SingleAlert): Letter["subject"] {
  if (alert.kind === "frozen") {
    const { kind, user, host, by, login, at } = alert;
    const source = login?.source ?? null;
    return { kind, user, host, by, service: login?.service ?? null, source, at: rfc3339(at) };
  }
  const { at, own: _, ...rest } = { own: false, ...alert };
  const until = "until" in rest ? { until: rfc3339(rest.until) } : {};
  const flat = "invitation" in rest ? { ...rest, invitation: rest.invitation ? 1 : 0 } : rest;
  return { ...flat, ...until, at: rfc3339(at) };
}
