/**
 * Mails to one person at a time, each over a connection of its own: a pool would make the next mail wait
 * for a server that has died, and these are few.
 */
import type { NodemailerError } from "nodemailer";
import * as v from "valibot";
import {
  aboutOf,
  type Addressed,
  type Breaker,
  CLOSED,
  leftAloneUntil,
  noted,
  type Outcome,
  pass,
} from "../core/breaker.ts";
import { hex } from "../core/encoding.ts";
import type { Letter } from "../core/letter.ts";
import type { Language } from "../core/messages/language.ts";
import { letterOf } from "../core/messages/letter.ts";
import type { Delivery } from "../core/delivery.ts";
import type { MessageSort, Notification } from "../core/notification.ts";
import type { MailDialect, Refusal } from "../notify/channel.ts";
import { readSmtpFault, type SmtpFault, type SmtpStep } from "../notify/email_codes.ts";
import type { Clock, Notifier, Random } from "../ports.ts";

/** In milliseconds. */
interface MailLimits {
  readonly mail: number;
  /** Names looked up, connected, encrypted, greeted; and each silence after that. */
  readonly step: number;
}
const LIMITS: MailLimits = { mail: 25_000, step: 10_000 };

/** As server.toml says. */
interface MailChannel {
  readonly name: string;
  readonly type: string;
  readonly sends: ReadonlySet<MessageSort>;
  readonly isContact: (text: string) => boolean;
  readonly contactKey: (contact: string) => string;
  readonly reachesAnyone?: boolean;
  readonly language: Language;
  /** In which people read times, by its IANA name. */
  readonly timeZone: string;
  /** "http://[user:password@]host:port"; null: none */
  readonly proxy: string | null;
  readonly dialect: MailDialect;
}

interface MailPorts {
  readonly clock: Clock;
  readonly random: Random;
}

export class MailNotifier implements Notifier {
  readonly name: string;
  readonly type: string;
  readonly language: Language;
  readonly reach = "person";
  readonly sends: ReadonlySet<MessageSort>;
  readonly answers = false;
  readonly updates = false;
  readonly isContact: (text: string) => boolean;
  readonly contactKey: (contact: string) => string;
  readonly reachesAnyone: boolean;
  #breaker: Breaker = CLOSED;

  constructor(
    private readonly channel: MailChannel,
    private readonly ports: MailPorts,
    private readonly limits: MailLimits = LIMITS,
  ) {
    this.name = channel.name;
    this.type = channel.type;
    this.language = channel.language;
    this.sends = channel.sends;
    this.isContact = channel.isContact;
    this.contactKey = channel.contactKey;
    this.reachesAnyone = channel.reachesAnyone ?? false;
  }

  leftAloneUntil(message?: Addressed): number | null {
    return leftAloneUntil(this.#breaker, this.ports.clock.now(), message);
  }

  async send(message: Notification, to: string): Promise<Delivery> {
    const { clock } = this.ports;
    const passed = pass(this.#breaker, { about: aboutOf(message), to }, clock.now());
    if (!passed.ok) {
      const { why, what, hint } = passed;
      return { ok: false, why, detail: `email ${what}`, hint, mayArrive: false };
    }
    this.#breaker = passed.breaker;
    let outcome: Outcome = "unknown";
    try {
      const { language, timeZone } = this.channel;
      const letter = letterOf(message, message.language ?? language, timeZone);
      const refusal = await this.#mail(letter, to);
      if (refusal === undefined) {
        outcome = { ok: true };
        return { ok: true, handle: null };
      }
      const { why, detail, hint, mayArrive } = refusal;
      outcome = { ok: false, why, hint, mayArrive, waitMs: null };
      return { ok: false, why, detail, hint, mayArrive };
    } finally {
      this.#breaker = noted(this.#breaker, passed.attempt, outcome, clock.now());
    }
  }

  update(): Promise<Delivery> {
    return Promise.resolve({
      ok: false,
      why: "rejected",
      detail: "email cannot change a message",
      hint: "nothing is wrong with the settings",
      mayArrive: false,
    });
  }

  /** Undefined: it was taken. */
  async #mail(letter: Letter, to: string): Promise<Refusal | undefined> {
    const { dialect, proxy } = this.channel;
    const { from } = dialect;
    const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
    const progress = { sending: false };
    // Here, for it is large and most servers send no mail.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      ...connectionOf(dialect, this.limits.step),
      ...(proxy === null ? {} : { proxy }),
      // The machine's own name is not for us to know; no server may refuse for it (RFC 5321, 4.1.4).
      name: domain,
      disableFileAccess: true,
      disableUrlAccess: true,
      logger: follow(progress),
    });
    try {
      await transport.sendMail({
        ...dialect.mail(letter),
        from: { ...from },
        to: { name: "", address: to },
        envelope: { from: from.address, to },
        messageId: `<${hex(this.ports.random.bytes(16))}@${domain}>`,
        date: new Date(this.ports.clock.now()),
        headers: {
          // RFC 3834: no machine is to answer; the second is what Microsoft's go by ([MS-OXCMAIL]).
          "Auto-Submitted": "auto-generated",
          "X-Auto-Response-Suppress": "All",
          "Content-Language": letter.language,
        },
        signal: AbortSignal.timeout(this.limits.mail),
      });
      return undefined;
    } catch (error) {
      return readSmtpFault(faultOf(error, progress.sending));
    }
  }
}

function connectionOf({ server }: MailDialect, stepMs: number) {
  const { host, port, tls, user, password } = server;
  return {
    host,
    port,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    // Also where the server does not ask for it: it may take mails for itself alone then.
    ...(user === null ? {} : { auth: { user, pass: password ?? "" }, forceAuth: true }),
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    dnsTimeout: stepMs,
    maxResponseSize: 65_536,
  };
}

/** "Sending message …", and what follows it. */
const Send = v.object({ tnx: v.literal("send") });

/** Writes nothing down: addresses and replies go through it. It hears when the mail itself begins. */
function follow(progress: { sending: boolean }) {
  const nothing = () => {};
  const info = (entry: unknown) => {
    if (v.is(Send, entry)) progress.sending = true;
  };
  return {
    info,
    level: nothing,
    trace: nothing,
    debug: nothing,
    warn: nothing,
    error: nothing,
    fatal: nothing,
  };
}

const STEPS: Readonly<Record<string, SmtpStep>> = {
  "STARTTLS": "tls",
  "MAIL FROM": "sender",
  "RCPT TO": "recipient",
  "DATA": "data",
};

/** @param error of nodemailer, which rejects with no other kind @param late the mail had begun */
function faultOf(error: unknown, late: boolean): SmtpFault {
  const { code = "", command = "", responseCode, response = "", originalCode } =
    error as NodemailerError;
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 600) {
    const step = command.startsWith("AUTH") ? "auth" : STEPS[command] ?? "connect";
    const [enhanced = ""] = /\b[45]\.[0-9]{1,3}\.[0-9]{1,3}\b/.exec(response) ?? [];
    return { kind: "reply", step, code: responseCode, enhanced };
  }
  switch (code) {
    case "EAUTH":
    case "ENOAUTH":
      return { kind: "no_auth" };
    case "ETLS":
      return { kind: "tls" };
    case "EPROTOCOL":
      return { kind: "protocol" };
    case "EPROXY":
      return { kind: "proxy" };
    case "ETIMEDOUT":
    case "EABORT":
      return { kind: "time", late };
    case "ESOCKET":
      // The system's own codes are about the network; a certificate's fault has another one, or none.
      return late || originalCode !== undefined && /^E[A-Z]+$/.test(originalCode)
        ? { kind: "network", late }
        : { kind: "tls" };
    default:
      return { kind: "network", late };
  }
}
