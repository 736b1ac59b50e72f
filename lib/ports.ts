/** What the pure parts need of the outside world. Types only: adapters live in lib/io/. */
import type { AccountNow } from "./core/account_request.ts";
import type { AuditEvent, ChainReport } from "./core/audit.ts";
import type { Login, Whose } from "./core/login.ts";
import type { LoginCount, LoginPage, LoginQuestion } from "./core/login_list.ts";
import type { AnswerChat, CallbackRefusal, CallbackReply, CallbackRequest } from "./core/chat.ts";
import type { Language } from "./core/messages/language.ts";
import type { Delivery } from "./core/delivery.ts";
import type { MessageSort, Notification } from "./core/notification.ts";
import type { Passkey, PasskeyChecked, PasskeyUse } from "./core/passkey.ts";
import type { NewPasskeyAnswer, PasskeyAnswer } from "./core/passkey_answer.ts";
import type { ApprovalRules } from "./core/approval.ts";
import type { Change, Kind, Kinds, Where } from "./core/store_change.ts";

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export interface Random {
  /** Bytes from a cryptographically secure source. */
  bytes(length: number): Uint8Array;
}

/** A machine that joined, as the server knows it. */
export interface Host {
  readonly name: string;
  /** SHA-256 (hex) of its token. */
  readonly tokenHash: string;
  readonly createdAt: number;
  readonly joinedAt: number | null;
  readonly revokedAt: number | null;
  readonly lastSeenAt: number | null;
  /** Of its gatehouse, as it says itself; null when it has not said yet. */
  readonly version: string | null;
  /** What codes are sealed to for it (central_api.ts); null when it joined without one. */
  readonly codesKey: string | null;
  /** `ed25519:…`, whose reports of its doctor are believed (host_report.ts); null: the first one's. */
  readonly reportKey: string | null;
}

/**
 * The server's memory. Every method that changes something answers only when the change is durable,
 * and every `change` callback is run inside one atomic step: it must be pure, for a store may run it
 * again when it lost a race.
 */
export interface Store {
  /** False when the name is taken by a host that is not revoked. */
  addHost(host: Host): Promise<boolean>;
  hosts(): Promise<Host[]>;
  /** Revoked hosts are not found. */
  hostByToken(tokenHash: string): Promise<Host | undefined>;
  /** The changed host, or undefined when there is none of that name that is not revoked. */
  changeHost(name: string, change: (host: Host) => Host): Promise<Host | undefined>;

  /**
   * Adds the login that `decide` makes of all logins of that account which are still `pending`, and
   * of what else is known of it; none is added when it answers undefined.
   */
  addLogin(
    account: AskedFor,
    decide: (pending: readonly Login[], account: AccountNow) => Login | undefined,
  ): Promise<Login | undefined>;
  login(id: string): Promise<Login | undefined>;
  /** All logins that share this link, oldest first. */
  loginsByTicket(ticket: string): Promise<Login[]>;
  /** Newest first. */
  recentLogins(limit: number): Promise<Login[]>;
  /**
   * A page of those that fit, of the 10,000 next to it at most: so it may be empty, with more behind it.
   * @param after the id of the login that it begins behind; undefined or gone: at the newest
   */
  listLogins(
    question: LoginQuestion,
    after: string | undefined,
    size: number,
  ): Promise<LoginPage>;
  /**
   * How many fit of those that began within these hours.
   * @param hours when each begins, in milliseconds since the Unix epoch
   */
  countLogins(question: LoginQuestion, hours: readonly number[]): Promise<LoginCount[]>;
  /** As `recentLogins`, of one user alone: however many there are of others. */
  recentLoginsOf(whose: Whose, limit: number): Promise<Login[]>;
  /** All that have not ended: pending, or approved and not collected; oldest first. */
  openLogins(): Promise<Login[]>;
  /** Writes the logins that `change` returns (a subset of those found, changed). Returns them. */
  changeLogins(
    where: { id: string } | { ticket: string } | { expiredBy: number },
    change: (found: readonly Login[]) => readonly Login[],
  ): Promise<Login[]>;
  /**
   * When requests of that account were refused since the last approval, one for each request, oldest
   * first: what `ladder` takes.
   */
  refusals(account: Pick<Login, "host" | "user">): Promise<number[]>;
  /** Forgets ended logins that were created before `before`. Returns how many. */
  forgetLogins(before: number): Promise<number>;

  /**
   * Calls `wake` after each change of that login, by this or another process, until the returned
   * function is called. May also call it without a change.
   */
  watchLogin(id: string, wake: () => void): () => void;
  /**
   * As `watchLogin`, of all logins, new ones too.
   * @param wake is told which; none: it is not known which
   */
  watchLogins(wake: (ids: readonly string[]) => void): () => void;

  /** Records of one kind, in the order in which they were added. */
  find<K extends Kind>(kind: K, where: Where<K>): Promise<Kinds[K][]>;
  /**
   * Shows the change what it wants to see, and writes what it makes of that. Wakes who watches the
   * logins it changed. Rejects, with nothing written, when two records of a kind would share what only
   * one may have, or a record was not shown that is changed or removed.
   */
  change<A>(change: Change<A>): Promise<A>;
  /**
   * Forgets the records that nobody needs after `before` any more, and of a kind that anybody can add
   * to, those beyond the most that are kept.
   */
  forget(before: number): Promise<void>;

  /**
   * Times (milliseconds since the Unix epoch) that are kept under a name, for limits that hold across
   * restarts: replaces them by what `change` makes of those there are.
   */
  changeTimes(
    name: string,
    change: (times: readonly number[]) => readonly number[],
  ): Promise<void>;
  /** What is kept under the names that begin so. */
  timesUnder(prefix: string): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Forgets the names of which no time is as late as `before`. */
  forgetTimes(before: number): Promise<void>;

  /** The server's public address as last started, so that administrative commands can name it. */
  setPublicUrl(url: string): Promise<void>;
  publicUrl(): Promise<string | undefined>;
  /** What it approves by, as last started, so that commands go by the same. */
  setRules(rules: ApprovalRules): Promise<void>;
  rules(): Promise<ApprovalRules | undefined>;

  /** Throws when the store cannot be written. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The account that a login is for, the one that asks for it where that is another one, and from where. */
export type AskedFor =
  & Pick<Login, "host" | "user">
  & Partial<
    Pick<Login, "requester" | "source" | "key">
  >
  & {
    /** Host groups that the host is in now, for grants that were given for all of one. */
    readonly groups?: readonly string[];
  };

/** Keeps secrets that the server has to read again, under a key that is not in its database. */
export interface Sealer {
  /** @param row what the secret belongs to: in another row it cannot be opened */
  seal(secret: string, row: string): Promise<string>;
  /** @throws Failure when it was changed or moved, or its key is gone; never quotes anything of it */
  open(sealed: string, row: string): Promise<string>;
  /** False when its key is an older one, so that it is to be sealed anew. */
  isCurrent(sealed: string): boolean;
}

/** WebAuthn's ceremonies for one site; challenges are base64url. */
export interface Passkeys {
  /** What the page hands to the browser, as JSON, to make a passkey. @param existing of that person */
  creationOptions(
    person: { readonly id: string; readonly name: string },
    existing: readonly Passkey[],
    challenge: string,
  ): Promise<Readonly<Record<string, unknown>>>;
  /**
   * What the page hands to the browser, as JSON, to have the challenge signed.
   * @param allowed none: the person chooses among those that the device has for this site
   */
  requestOptions(
    allowed: readonly Passkey[],
    challenge: string,
  ): Promise<Readonly<Record<string, unknown>>>;
  checkNew(answer: NewPasskeyAnswer, challenge: string): Promise<PasskeyChecked<Passkey>>;
  /** Whether that passkey, of the person `owner`, signed that challenge; `usePasskey` notes it down. */
  check(
    answer: PasskeyAnswer,
    challenge: string,
    passkey: Passkey,
    owner: string,
  ): Promise<PasskeyChecked<PasskeyUse>>;
}

/** A channel that reaches people, as server.toml names it. */
export interface Notifier {
  /** What a person's contacts call it: "wecom". */
  readonly name: string;
  /** Which kind of channel it is; "wecom" as well, unless there are two of a kind. */
  readonly type: string;
  /** "group": it has one place where all is read, so it needs nobody's contact. */
  readonly reach: "person" | "group";
  /** Of those whose own language nobody knows. */
  readonly language: Language;
  /** What is sent by it. */
  readonly sends: ReadonlySet<MessageSort>;
  /** Requests can be answered in it. */
  readonly answers: boolean;
  /** As a ChannelType's (lib/notify/channel.ts). */
  readonly secretContacts?: boolean;
  readonly reachesAnyone?: boolean;
  /** A message can be changed later, see `update`. */
  readonly updates: boolean;
  /** As a ChannelType's. */
  readonly changesRing?: boolean;
  isContact(text: string): boolean;
  /** As a ChannelType's: what contacts of one recipient have in common. */
  contactKey(contact: string): string;
  /**
   * Until when nothing is tried, for too much failed; null: it is tried; none: it always is.
   * @param message to that contact, about that account; undefined: any message
   */
  readonly leftAloneUntil?: (
    message?: { readonly about: string; readonly to: string },
  ) => number | null;
  /**
   * Resolves when the channel has taken the message, or will not. Takes no longer than half a minute.
   * @param to one contact, in the channel's own alphabet; where it reaches a group, whom to mention, or ""
   * @throws when the server's own files cannot be used
   */
  send(message: Notification, to: string): Promise<Delivery>;
  /** Makes a message that was sent say this. @param handle as `send` has answered */
  update(message: Notification, to: string, handle: string): Promise<Delivery>;
  /** Reads what the vendor sends to us; none: the vendor sends nothing. */
  readonly receive?: (
    request: CallbackRequest,
    answer: AnswerChat,
  ) => Promise<CallbackReply | CallbackRefusal>;
  /** Fetches answers from the vendor until the returned function is called; none: there is no need to. */
  readonly listen?: (answer: AnswerChat) => () => Promise<void>;
}

export interface Audit {
  /** Resolves when the line is durable. */
  append(event: AuditEvent): Promise<void>;
}

/** One line of the audit log as it is stored. */
export interface AuditLine {
  /** Where it begins in the log, in bytes. */
  readonly position: number;
  /** Without newline; what is no UTF-8 is replaced. */
  readonly text: string;
}

export interface AuditPage {
  /** The newest first. */
  readonly lines: readonly AuditLine[];
  /** What is before this position was not looked at; null: nothing is. */
  readonly before: number | null;
}

/** Reads the audit log while it is written. */
export interface AuditReader {
  /**
   * The newest lines that are wanted. Gives up after some megabytes: then there are fewer, and more may
   * be before.
   * @param before where an earlier page ended; null: the end of the log
   */
  newest(
    before: number | null,
    count: number,
    wanted: (line: string) => boolean,
  ): Promise<AuditPage>;
  /** Reads all of it. */
  verify(): Promise<ChainReport>;
}
