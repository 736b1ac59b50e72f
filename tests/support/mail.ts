/** A channel that sends mails, as server.toml sets it up. */
import * as v from "valibot";
import { MailNotifier } from "../../lib/io/mail_notifier.ts";
import type { MailDialect } from "../../lib/notify/channel.ts";
import { email } from "../../lib/notify/email.ts";
import type { Clock } from "../../lib/ports.ts";
import { FixedClock } from "./fakes.ts";
import type { Settings } from "./vendors/vendor.ts";

export const FROM = "gatehouse@example.com";
export const ALICE = "alice@example.org";

export function mailDialect(settings: Settings): MailDialect {
  const own = v.parse(v.object(email.settings), { host: "127.0.0.1", from: FROM, ...settings });
  const dialect = email.open(own, { buttons: false });
  if (dialect.via !== "smtp") throw new Error("email does not speak SMTP");
  return dialect;
}

/** @param step how long each step may take, in milliseconds */
export function mailNotifier(
  settings: Settings,
  { clock = new FixedClock(), step = 10_000, mail = 20_000, proxy = null }: {
    readonly clock?: Clock;
    readonly step?: number;
    readonly mail?: number;
    readonly proxy?: string | null;
  } = {},
): MailNotifier {
  const channel = {
    name: "email",
    type: "email",
    sends: new Set(["request", "pin", "alert"] as const),
    isContact: email.isContact,
    contactKey: email.contactKey,
    language: "en",
    timeZone: "UTC",
    proxy,
    dialect: mailDialect(settings),
  } as const;
  const random = { bytes: (length: number) => new Uint8Array(length).fill(0xab) };
  return new MailNotifier(channel, { clock, random }, { mail, step });
}
