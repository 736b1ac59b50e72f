/**
 * The life of one login at the server, as a pure state machine (DESIGN.md 1).
 *
 * `pending → approved | denied | expired | cancelled`; an approved login is collected once.
 * Times are milliseconds since the Unix epoch and always passed in.
 */
import type { PinState } from "./pin.ts";

export type LoginState = "pending" | "approved" | "denied" | "expired" | "cancelled";

/** Why a login ended other than by approval; wire values, so never renamed. */
export type EndReason =
  | "denied"
  | "not_me"
  | "wrong_number"
  | "timeout"
  | "not_collected"
  | "hung_up"
  | "code_used"
  | "too_many_codes"
  | "not_delivered";

export interface Login {
  readonly id: string;
  /** In the link; lets its holder see the request and decide it, never collect the verdict. */
  readonly ticket: string;
  /** SHA-256 (hex) of the secret that collects the verdict. */
  readonly secretHash: string;
  readonly host: string;
  readonly user: string;
  readonly service: string;
  /** The address the ssh client came from; IPv4 or IPv6 text. */
  readonly source: string;
  /** The account that asks for it, where the host knows of another one than `user`. */
  readonly requester: string | null;
  readonly tty: boolean;
  /** What would run, for people to read; null for a login shell, or when nobody has said yet. */
  readonly command: string | null;
  /** SHA-256 (hex) of the whole command, "" where there is none. */
  readonly commandHash: string;
  /**
   * False when `command` is not exactly what would run: the host shortened it, it is no text, or,
   * where it is null, the host asks before anything was said of it, as PAM does.
   */
  readonly commandWhole: boolean;
  /** Fingerprint of the SSH key, when sshd told the host. */
  readonly key: string | null;
  readonly nonce: string;
  /** The two-digit number on the terminal; null when number matching is off. */
  readonly match: string | null;
  /** What the page offers, the right number among them; empty when number matching is off. */
  readonly choices: readonly string[];
  /**
   * Asked for by `gatehouse preauth`: it lets nobody in itself, but approving it gives a grant for that
   * long. Null: an ordinary login.
   */
  readonly preauth: Preauth | null;
  /** How it is decided when a PIN decides it; nobody is told its link then. */
  readonly pin: PinState | null;
  readonly createdAt: number;
  /** When the first login of its request was created: of all that have its link. */
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly state: LoginState;
  readonly decidedAt: number | null;
  /** Who decided, for verdict and audit ("link" when nobody had to prove who they are). */
  readonly by: string | null;
  /** How it was decided: "link", "terminal", "ssh2fa", "pin". */
  readonly via: string | null;
  readonly reason: EndReason | null;
  /** An approved login whose verdict has been handed out. */
  readonly collected: boolean;
}

export interface Preauth {
  readonly forMs: number;
  readonly commands: "any" | "transfer";
}

export type LoginEvent =
  | { type: "approve"; match: string | null; by: string; via: string }
  | { type: "deny"; notMe: boolean; by: string; via: string }
  /** The host waits no more: its user is gone, or has typed a code instead. */
  | { type: "cancel"; reason?: "hung_up" | "code_used" }
  /** No PIN can decide it any more: none arrived, none was right, or the right one came late. */
  | { type: "fail"; reason: "not_delivered" | "too_many_codes" | "timeout" }
  | { type: "expire" }
  | { type: "collect" };

/** An approval that nobody collects within this time is void: nobody is waiting for it. */
export const COLLECT_WITHIN_MS = 30_000;

type Step =
  | { changed: true; login: Login }
  /** Nothing changed: the login had already ended (or not begun to end) that way. */
  | { changed: false; login: Login };

/**
 * Applies one event. A login whose time is up becomes `expired` whatever the event was, so an
 * approval that comes too late can never count.
 */
export function step(login: Login, event: LoginEvent, now: number): Step {
  const unchanged: Step = { changed: false, login };
  const end = (
    state: LoginState,
    reason: EndReason | null,
    by: string | null,
    via: string | null,
  ): Step => ({ changed: true, login: { ...login, state, reason, by, via, decidedAt: now } });

  if (login.state === "pending") {
    if (now >= login.expiresAt) return end("expired", "timeout", null, null);
    switch (event.type) {
      case "approve":
        if (login.match !== null && event.match !== login.match) {
          return end("denied", "wrong_number", event.by, event.via);
        }
        return end("approved", null, event.by, event.via);
      case "deny":
        return end("denied", event.notMe ? "not_me" : "denied", event.by, event.via);
      case "cancel":
        return end("cancelled", event.reason ?? "hung_up", null, null);
      case "fail":
        return end(event.reason === "timeout" ? "expired" : "denied", event.reason, null, null);
      case "expire":
      case "collect":
        return unchanged;
    }
  }

  if (login.state === "approved" && !login.collected) {
    const voidAt = (login.decidedAt ?? login.createdAt) + COLLECT_WITHIN_MS;
    if (now >= voidAt) return end("expired", "not_collected", login.by, login.via);
    switch (event.type) {
      case "collect":
        return { changed: true, login: { ...login, collected: true } };
      case "cancel":
        return end("cancelled", event.reason ?? "hung_up", login.by, login.via);
      case "deny":
        // Between click and collection there is still time to take it back.
        return end("denied", event.notMe ? "not_me" : "denied", event.by, event.via);
      case "approve":
      case "fail":
      case "expire":
        return unchanged;
    }
  }

  return unchanged;
}

/** A login of SSH2FA's client; the others always have a nonce. */
export function isSsh2fa({ nonce }: Pick<Login, "nonce">): boolean {
  return nonce === "";
}

/** True while the login can still be decided by a person. */
export function isOpen(login: Login, now: number): boolean {
  return login.state === "pending" && now < login.expiresAt;
}

/**
 * What asks: a terminal, something that runs a command or moves files, or PAM, which does not know.
 */
export function askerOf(
  { command, commandWhole, tty }: Pick<Login, "command" | "commandWhole" | "tty">,
): "terminal" | "command" | "pam" {
  if (command === null && !commandWhole) return "pam";
  return command === null && tty ? "terminal" : "command";
}

/**
 * Logins that are one request to the person (DESIGN.md 6): same host, account, service, source,
 * requester and key, pending together. Ansible's twenty connections are one question, not twenty.
 * A terminal is never one request with anything else: whoever opens one believes to approve it alone.
 * Where no key is known they never are: whoever else has the password, behind the same router or
 * bastion, would be let in with the owner.
 */
export function sameRequest(a: Sameness, b: Sameness): boolean {
  return a.key !== null && a.key === b.key && a.host === b.host && a.user === b.user &&
    a.service === b.service && a.source === b.source && a.requester === b.requester &&
    askerOf(a) === askerOf(b);
}
type Sameness = Pick<
  Login,
  | "host"
  | "user"
  | "service"
  | "source"
  | "requester"
  | "key"
  | "command"
  | "commandWhole"
  | "tty"
>;

/** Whose logins are wanted, by the account that they are for or the one that asks. */
export type Whose =
  /** `host`: a pattern, as in account_pattern.ts. */
  | { readonly user: string; readonly host: string }
  | { readonly requester: string };

/**
 * Connections that one program opens begin together. Later ones may be somebody else's, who has the key
 * too and waits for the owner: they are a request of their own.
 */
const JOIN_WITHIN_MS = 10_000;

/** Whether one that begins now can still belong to the request. */
export function takesMore({ requestedAt }: Pick<Login, "requestedAt">, now: number): boolean {
  return Math.abs(now - requestedAt) <= JOIN_WITHIN_MS;
}
