/**
 * What goes over the wire between host and server, protocol version 1 (DESIGN.md 5). Both sides
 * use these schemas, so they cannot drift apart.
 */
import * as v from "valibot";
import { isAddress } from "./address.ts";
import { HostKey, Nonce } from "./central_api.ts";
import { CONTACT_RULE, isContact, MAX_CONTACTS } from "./contact.ts";
import { ReportKey } from "./host_report.ts";
import { isPrintable } from "./text.ts";

export const LOGINS_PATH = "/api/v1/logins";
export const JOIN_PATH = "/api/v1/join";
export const ALERTS_PATH = "/api/v1/alerts";

/** Largest request body the server reads, in bytes. */
export const MAX_BODY = 16_384;
/** Longest wait of one long poll, in seconds. */
export const MAX_WAIT_S = 60;
/** Longest life of a login, in seconds (DESIGN.md 1). */
const MAX_TIMEOUT_S = 300;
export const DEFAULT_TIMEOUT_S = 60;
/** `service` of a request with `preauth`. */
export const PREAUTH_SERVICE = "preauth";
/** For how long a grant can be asked for, in seconds. */
export const MIN_PREAUTH_S = 60;
export const MAX_PREAUTH_S = 2_592_000;
/** A longer command is sent shortened, with the SHA-256 of the whole. */
export const MAX_COMMAND_SENT = 2_000;

const line = (max: number) =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(max),
    v.check(isPrintable, "must not contain control or invisible characters"),
  );

const contact = v.pipe(
  v.string(),
  v.check(isContact, `must be ${CONTACT_RULE}`),
);

const sha256Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex"));

/** `POST /api/v1/logins` */
export const LoginRequest = v.strictObject({
  user: line(256),
  service: line(64),
  /** The client's address as sshd knows it. */
  source: v.pipe(v.string(), v.check(isAddress, "must be an IPv4 or IPv6 address")),
  /** The account that asks for it, where that is another one: who called su. */
  requester: v.optional(line(256)),
  tty: v.boolean(),
  /**
   * May hold newlines and anything else that a command line can; escaped wherever it is shown. Absent
   * for a login shell, null where nobody has said yet what is to run, as in PAM.
   */
  command: v.nullish(v.pipe(v.string(), v.maxLength(MAX_BODY))),
  /** SHA-256 (hex) of the whole command, when `command` was shortened for display. */
  command_sha256: v.optional(sha256Hex),
  /** Fingerprint of the SSH key that was used: "SHA256:...". */
  key: v.optional(line(256)),
  nonce: Nonce,
  /** Seconds that the person has. */
  timeout: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_TIMEOUT_S))),
  /** A PIN by chat decides, not a person on the page. */
  pin: v.optional(
    v.strictObject({ contacts: v.pipe(v.array(contact), v.maxLength(MAX_CONTACTS)) }),
  ),
  /** Lets nobody in: asks for a grant, for the logins that come like this one. */
  preauth: v.optional(
    v.strictObject({
      /** Seconds; the server may allow less. */
      for: v.pipe(
        v.number(),
        v.integer(),
        v.minValue(MIN_PREAUTH_S),
        v.maxValue(MAX_PREAUTH_S),
      ),
      commands: v.picklist(["any", "transfer"]),
    }),
  ),
});
export type LoginRequest = v.InferOutput<typeof LoginRequest>;

const state = v.picklist(["pending", "approved", "denied", "expired", "cancelled"]);

/** `201` of `POST /api/v1/logins`; unknown members are ignored so that a newer server can add. */
export const LoginCreated = v.object({
  // The one goes into an address, the other into a header.
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  secret: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/)),
  url: v.pipe(line(512), v.regex(/^https?:\/\//, "must be a web address")),
  /** Absent or null when number matching is off. */
  match: v.nullish(v.pipe(v.string(), v.regex(/^[0-9]{2}$/))),
  expires_at: v.pipe(v.string(), v.isoTimestamp()),
  state,
  verdict: v.optional(v.string()),
  /** Codes of the account's authenticator are taken for this login (central_api.ts). */
  codes: v.optional(v.boolean()),
  /** No code of the account's own does for this login, at the host neither. */
  two_persons: v.optional(v.boolean()),
  /** A signed copy of what is to be shown: offer.ts. */
  offer: v.optional(v.string()),
});
export type LoginCreated = v.InferOutput<typeof LoginCreated>;

const reason = v.optional(line(64));
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `200` of `GET /api/v1/logins/{id}`. */
export const LoginStatus = v.object({
  state,
  verdict: v.optional(v.string()),
  reason,
  /** Of an approved request with `preauth`: how long the grant holds; absent when none was given. */
  granted_for: v.optional(seconds),
});
export type LoginStatus = v.InferOutput<typeof LoginStatus>;

/** About the PIN of a login. Seconds and no times, for host and server need not agree on the time. */
export const PinStatus = v.object({
  /** "sending": not known yet; should it fail, the login is denied then. */
  delivery: v.picklist(["sent", "sending", "failed"]),
  valid_for: seconds,
  /** Until another one may be asked for; null when there will be none. */
  resend_after: v.nullable(seconds),
  tries_left: seconds,
});
export type PinStatus = v.InferOutput<typeof PinStatus>;

/** `201` of `POST /api/v1/logins` with `pin`. */
export const PinCreated = v.object({
  ...LoginCreated.entries,
  /** Such a login has no page. */
  url: v.null(),
  reason,
  pin: PinStatus,
});
export type PinCreated = v.InferOutput<typeof PinCreated>;

/** `200` of `POST /api/v1/logins/{id}/resend`. */
export const PinResent = v.object({ state, reason, pin: PinStatus });
export type PinResent = v.InferOutput<typeof PinResent>;

/** `POST /api/v1/logins/{id}/code`, which answers as `GET /api/v1/logins/{id}` does, or with 403. */
export const CodeTry = v.strictObject({
  code: v.pipe(v.string(), v.regex(/^[0-9]{6}$/, "must be six digits")),
});
export type CodeTry = v.InferOutput<typeof CodeTry>;

/** `POST /api/v1/join` */
export const JoinRequest = v.strictObject({
  /** What codes are to be sealed to for this host; absent where root does not join it. */
  codes_key: v.optional(HostKey),
  nonce: Nonce,
  /** What its doctor's reports are signed with (host_report.ts); absent where root does not join it. */
  report_key: v.optional(ReportKey),
});
export type JoinRequest = v.InferOutput<typeof JoinRequest>;

/** `200` of `POST /api/v1/join`. */
export const Joined = v.object({
  host: line(128),
  server_keys: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^ed25519:[A-Za-z0-9_-]{43}$/))),
    v.minLength(1),
  ),
  /** See join_answer.ts. */
  signed: v.optional(v.string()),
  /** This host can fetch codes of the server's (central_api.ts). */
  codes: v.optional(v.boolean()),
});
export type Joined = v.InferOutput<typeof Joined>;

const Timestamp = v.pipe(v.string(), v.isoTimestamp());

function isTime(text: string): boolean {
  return v.is(Timestamp, text) && Number.isFinite(Date.parse(text));
}

/** `POST /api/v1/alerts`: what administrators are told. Answered with 204 when it is on record. */
export const AlertRequest = v.pipe(
  v.strictObject({
    kind: v.picklist(["emergency_code", "fail_open"]),
    user: line(256),
    service: line(64),
    source: v.pipe(v.string(), v.check(isAddress, "must be an IPv4 or IPv6 address")),
    /** As in LoginRequest. */
    requester: v.optional(line(256)),
    /** Of "fail_open": what let them in, see notification.ts. */
    why: v.optional(v.picklist(["offline", "unenrolled"])),
    /** When it was, where it could not be told at once. */
    at: v.optional(v.pipe(v.string(), v.check(isTime, "must be a time as in RFC 3339"))),
  }),
  v.forward(
    v.check(
      ({ kind, why }) => (kind === "fail_open") === (why !== undefined),
      "belongs to fail_open, which needs it",
    ),
    ["why"],
  ),
);
export type AlertRequest = v.InferOutput<typeof AlertRequest>;

/** RFC 9457 problem document; `errors` lists every fault of a malformed request. */
export const Problem = v.object({
  type: v.optional(v.string()),
  title: v.string(),
  status: v.number(),
  detail: v.optional(v.string()),
  errors: v.optional(v.array(v.object({ field: v.string(), message: v.string() }))),
  /** What programs tell faults of one status apart by. */
  reason,
  /** With the reason "wrong_code". */
  tries_left: v.optional(seconds),
  /** With 429, as in LoginCreated: the wait is not to be cut short by a code. */
  two_persons: v.optional(v.boolean()),
});
export type Problem = v.InferOutput<typeof Problem>;
