/** What administrators and persons are told at once. */
import type { AlertKind, AlertSummary, DeviceType, SingleAlert } from "../notification.ts";
import { localTime } from "../time.ts";
import { en } from "./alert_en.ts";
import { zhCN } from "./alert_zh_cn.ts";
import { loginLines, type MessageStyle } from "./login_lines.ts";

/** Each takes names that are harmless already. */
export interface AlertWords {
  readonly emergency: (host: string) => string;
  /** @param host undefined: all */
  readonly frozen: (user: string, host: string | undefined) => string;
  readonly frozenBy: (name: string) => string;
  /** Above the login that was reported. */
  readonly reported: string;
  readonly quiet: (user: string, host: string, refusals: number) => string;
  readonly quietUntil: (time: string) => string;
  readonly notMe: (user: string, host: string) => string;
  readonly newDevice: (person: string) => string;
  readonly device: (name: string, type: DeviceType) => string;
  readonly added: (byInvitation: boolean) => string;
  readonly recovery: (person: string, left: number) => string;
  readonly cloned: (person: string) => string;
  readonly personFrozen: (person: string) => string;
  readonly hostKey: (host: string) => string;
  readonly source: (source: string) => string;
  readonly time: (time: string) => string;
  /** @param host null: not one alone */
  readonly summary: Readonly<
    Record<AlertKind, (count: number, host: string | null, since: string) => string>
  >;
  /** Where administrators read the rest. */
  readonly record: string;
  /** What to do about it. */
  readonly advice: Readonly<Record<AlertKind, string>>;
}

/** Plain text of several lines, together at most 2,048 bytes: that is what a channel may take. */
export function alertMessage(alert: SingleAlert, style: MessageStyle): string {
  const words = wordsIn(style);
  return [...linesOf(alert, words, style), words.advice[alert.kind]].join("\n");
}

/** The same for those of which no message was sent. */
export function summaryMessage(
  { of, audience, host, count, since }: AlertSummary,
  style: MessageStyle,
): string {
  const words = wordsIn(style);
  const where = host === null ? null : style.clean(host, 64);
  const head = words.summary[of](count, where, localTime(since, style.timeZone));
  const record = audience === "administrators" ? [words.record] : [];
  return [head, ...record, words.advice[of]].join("\n");
}

function wordsIn({ language }: MessageStyle): AlertWords {
  return language === "zh-CN" ? zhCN : en;
}

/** Up to what to do about it. */
function linesOf(alert: SingleAlert, words: AlertWords, style: MessageStyle): string[] {
  const { clean, timeZone } = style;
  const at = (time: number) => localTime(time, timeZone);
  switch (alert.kind) {
    case "emergency_code":
      return [words.emergency(clean(alert.host, 64)), ...loginLines(alert, style)];
    case "frozen": {
      const { user, host, by, login } = alert;
      const where = host === null ? undefined : clean(host, 48);
      return [
        words.frozen(clean(user, 48), where),
        words.frozenBy(clean(by.replace(/^person:/, ""), 48)),
        ...(login === null ? [words.time(at(alert.at))] : [
          words.reported,
          ...loginLines(login, style),
        ]),
      ];
    }
    case "quiet": {
      const { user, host, refusals, until } = alert;
      return [
        words.quiet(clean(user, 64), clean(host, 64), refusals),
        words.quietUntil(at(until)),
        ...loginLines(alert, style),
      ];
    }
    case "not_me_unproven":
      return [
        words.notMe(clean(alert.user, 64), clean(alert.host, 64)),
        ...loginLines(alert, style),
      ];
    case "new_device":
      return [
        words.newDevice(clean(alert.person, 64)),
        words.device(clean(alert.device, 64), alert.type),
        words.added(alert.invitation),
        words.source(clean(alert.source, 64)),
        words.time(at(alert.at)),
      ];
    case "recovery_used":
      return [
        words.recovery(clean(alert.person, 64), alert.left),
        words.source(clean(alert.source, 64)),
        words.time(at(alert.at)),
      ];
    case "passkey_cloned":
      return [
        words.cloned(clean(alert.person, 64)),
        words.device(clean(alert.device, 64), "passkey"),
        words.source(clean(alert.source, 64)),
        words.time(at(alert.at)),
      ];
    case "person_frozen":
      return [
        words.personFrozen(clean(alert.person, 64)),
        words.frozenBy(clean(alert.by.replace(/^person:/, ""), 48)),
        words.time(at(alert.at)),
      ];
    case "host_key_disputed":
      return [
        words.hostKey(clean(alert.host, 64)),
        words.source(clean(alert.source, 64)),
        words.time(at(alert.at)),
      ];
  }
}
