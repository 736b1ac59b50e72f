/** What SMTP replies mean: RFC 5321 section 4.2.3, RFC 4954 section 6 (AUTH), RFC 3463 (5.1.1 and such). */
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal } from "./channel.ts";
import { refusing } from "./refusal.ts";

/** What was said last. */
export type SmtpStep = "connect" | "tls" | "auth" | "sender" | "recipient" | "data";

/** Why a mail was not taken. */
export type SmtpFault =
  /** @property enhanced of RFC 3463, or "" */
  | {
    readonly kind: "reply";
    readonly step: SmtpStep;
    readonly code: number;
    readonly enhanced: string;
  }
  /** The server wants no password, or in no way that we know. */
  | { readonly kind: "no_auth" }
  /** No encryption, or a certificate that is not to be trusted. */
  | { readonly kind: "tls" }
  /** @property late it was connected already, so the mail may have been on its way */
  | { readonly kind: "network" | "time"; readonly late: boolean }
  /** "protocol": it is no mail server; "proxy": a proxy is, and lets nobody through. */
  | { readonly kind: "protocol" | "proxy" };

const refuse = refusing("email", {
  recipient: "compare the contact with the person's mail address",
  rate_limited: "try again in some minutes: the mail server wants mails to come slower, or later",
  settings: "compare host, port, tls, user, password and from in server.toml with what the mail " +
    "server's administrator says",
  address: "have this server's address taken off the block list that the mail server goes by",
  unavailable: "check host and port in server.toml, and that this server can reach the mail server",
  unusable: "check host and port in server.toml: no mail server answers there",
  rejected: "look into the mail server's log",
});

const AUTH =
  "compare user and password in server.toml with the mail account; some providers want a " +
  "password made for the application";
const TLS =
  "see that the certificate is for host in server.toml and trusted by this machine, and that " +
  'tls is right: "starttls" mostly goes with port 587, "tls" with 465';

const NO_ACCOUNT = "set user and password in server.toml: the mail server takes mails from its " +
  'accounts alone; where tls is "none" it may want "starttls" first';

const PROXY = "check user and password in proxy, and that it lets through to host and port in " +
  "server.toml";

export function readSmtpFault(fault: SmtpFault): Refusal {
  switch (fault.kind) {
    case "no_auth":
      return refuse("settings", "server wants no password", { hint: AUTH });
    case "tls":
      return refuse("unusable", "server offers no encryption that is to be trusted", { hint: TLS });
    case "protocol":
      return refuse("unusable", "server does not speak SMTP");
    case "proxy":
      return refuse("settings", "server cannot be reached: the proxy refuses", { hint: PROXY });
    case "network":
      return refuse("unavailable", fault.late ? "server hung up" : "server cannot be reached", {
        mayArrive: fault.late,
      });
    case "time":
      return refuse("unavailable", "server does not answer in time", { mayArrive: fault.late });
    case "reply":
      return readReply(fault);
  }
}

function readReply({ step, code, enhanced }: Extract<SmtpFault, { kind: "reply" }>): Refusal {
  const what = `server answers ${code}${enhanced === "" ? "" : ` ${enhanced}`} to ${WORDS[step]}`;
  const why = whyOf(step, code, enhanced);
  if (step === "auth" && why === "settings") return refuse(why, what, { hint: AUTH });
  // RFC 4954 section 6: it wants AUTH, which is done first where there is a user; so there is none.
  if (code === 530) return refuse(why, what, { hint: NO_ACCOUNT });
  if (step === "tls" && why === "settings") return refuse(why, what, { hint: TLS });
  return refuse(why, what);
}

const WORDS: Readonly<Record<SmtpStep, string>> = {
  connect: "the connection",
  tls: "STARTTLS",
  auth: "AUTH",
  sender: "MAIL FROM",
  recipient: "RCPT TO",
  data: "DATA",
};

function whyOf(step: SmtpStep, code: number, enhanced: string): DeliveryFault {
  // It closes the connection, or cannot look up passwords.
  if (code === 421 || code === 454) return "unavailable";
  // A mailbox that is full.
  if (step === "recipient" && /^[45]\.2\.2$/.test(enhanced)) return "recipient";
  // Greylisting, limits, something that is to pass.
  if (code >= 400 && code < 500) return step === "auth" ? "settings" : "rate_limited";
  // A password is wanted, or is wrong, or is too weak a way to prove it.
  if (code === 530 || code === 534 || code === 535 || code === 538) return "settings";
  switch (step) {
    case "connect":
      return "address";
    case "tls":
    case "auth":
      return "settings";
    case "sender":
      return code === 552 ? "rejected" : "settings";
    case "recipient":
      // 5.7: it does not relay for us, or only for whom gave a password.
      return enhanced.startsWith("5.7.") ? "settings" : "recipient";
    case "data":
      return "rejected";
  }
}
