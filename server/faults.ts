/** Answers that are not what was asked for. Thrown anywhere, turned into an answer in one place. */

export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

const TITLES = {
  400: "Bad request",
  401: "Not authorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content too large",
  415: "Unsupported media type",
  422: "Not valid",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
} as const;
export type FaultStatus = keyof typeof TITLES;

interface More {
  readonly errors?: readonly FieldFault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** What programs tell faults of one status apart by; wire values, so never renamed. */
  readonly reason?: FaultReason;
  readonly triesLeft?: number;
  readonly twoPersons?: boolean;
  readonly revoked?: string;
}

type FaultReason =
  | "frozen"
  | "quiet"
  | "busy"
  | "no_grants"
  | "too_long"
  | "no_network"
  | "no_key"
  | "two_persons"
  | "not_signed_in"
  | "proof_too_old"
  | "not_allowed"
  | "proof_needed"
  | "not_theirs"
  | "own_login"
  | "not_active"
  | "not_remembered"
  | "no_channel"
  | "no_contact"
  | "no_pin"
  | "no_codes"
  | "no_codes_key"
  | "other_codes_key"
  | "other_report_key"
  | "spent_code"
  | "too_many_codes"
  | "wrong_code"
  | "too_early"
  | "no_more_pins"
  | "too_many_pins"
  | "pins_unsent";

export class Fault extends Error {
  readonly title: string;
  readonly errors: readonly FieldFault[] | undefined;
  readonly reason: FaultReason | undefined;
  readonly triesLeft: number | undefined;
  /** It is about a login of an account that takes two persons. */
  readonly twoPersons: boolean;
  /** That a token is worth nothing, as revocation.ts signs it. */
  readonly revoked: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail one sentence in our own words: never a library's message, never what was sent */
  constructor(
    readonly status: FaultStatus,
    readonly detail: string,
    more: More = {},
  ) {
    super(detail);
    this.name = "Fault";
    this.title = TITLES[status];
    this.errors = more.errors;
    this.reason = more.reason;
    this.triesLeft = more.triesLeft;
    this.twoPersons = more.twoPersons ?? false;
    this.revoked = more.revoked;
    this.headers = more.headers ?? {};
  }
}

export function tooMany(
  detail: string,
  retryAfterMs: number,
  reason?: FaultReason,
  twoPersons = false,
): Fault {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new Fault(429, detail, {
    headers: { "retry-after": String(seconds) },
    ...(reason === undefined ? {} : { reason }),
    twoPersons,
  });
}

/** The store or the audit log failed. Nothing is approved then. */
export class Unavailable extends Error {
  constructor(override readonly cause: unknown) {
    super("store or audit log unavailable");
    this.name = "Unavailable";
  }
}

/** RFC 9457 */
export function problem(fault: Fault): Response {
  const { title, status, detail, errors, reason, triesLeft: tries_left, revoked } = fault;
  const two_persons = fault.twoPersons || undefined;
  const document = {
    ...{ type: "about:blank", title, status, detail, errors, reason },
    ...{ tries_left, two_persons, revoked },
  };
  const body = JSON.stringify(document);
  return new Response(body, {
    status,
    headers: { ...fault.headers, "content-type": "application/problem+json" },
  });
}
