/** What people are told through a channel. No channel's dialect is in here. */
import type { Language } from "./messages/language.ts";

/**
 * The login that a message is about. All texts, here and below, are as they came: each channel makes them
 * harmless.
 */
export interface LoginFacts {
  readonly user: string;
  readonly host: string;
  readonly service: string;
  readonly source: string;
  /** The account that asks, where that is another than `user`; else null. */
  readonly requester: string | null;
  /** When the login was started. Times are milliseconds since the Unix epoch. */
  readonly at: number;
}

/** The PIN of one login. */
export interface PinNotification extends LoginFacts {
  readonly kind: "pin";
  readonly pin: string;
  readonly validMs: number;
}

/** A login waits for somebody to approve it. */
export interface RequestNotification extends LoginFacts {
  readonly kind: "request";
  /** Names the request, in the link and in what is answered in a chat. */
  readonly ticket: string;
  /** The page. */
  readonly url: string;
  /** What would run; null: a login shell, or nobody has said yet. */
  readonly command: string | null;
  /** False: `command` is not all of it. */
  readonly commandWhole: boolean;
  /** For how long it would be approved ahead; null: it is a login. */
  readonly preauthMs: number | null;
  /** How many connections wait for it. */
  readonly connections: number;
  readonly expiresAt: number;
  /** It takes two persons. */
  readonly twoPersons: boolean;
  /** Who has given the first of their approvals, as in a login's `by`; none: nobody yet. */
  readonly firstBy?: string;
  /** To whom it speaks: who logs in, as far as anybody knows; another person; or all who read a group. */
  readonly reader: "self" | "other" | "group";
  /** The account is nobody's own, and it is not known who asks for it. */
  readonly shared: boolean;
  /** Others were asked before, and nobody has decided. */
  readonly escalated: boolean;
  readonly answer: RequestAnswer;
}

/**
 * What can be answered right in the chat. "link": nothing, only the page. The number of the terminal is
 * never in a message as such: it is among `choices`, or is to be typed ("typed"), or there is none (null).
 */
export type RequestAnswer =
  | { readonly by: "link" }
  | {
    readonly by: "chat";
    readonly number: { readonly choices: readonly string[] } | "typed" | null;
  };

/** A request that people were told of waits no more. */
export interface EndedNotification extends LoginFacts {
  readonly kind: "request_ended";
  readonly ticket: string;
  readonly outcome: "approved" | "denied" | "not_me" | "wrong_number" | "expired" | "cancelled";
  /** As in a login's `by`; null: nobody. */
  readonly by: string | null;
  /** As in a login's `via`. */
  readonly via: string | null;
  readonly decidedAt: number | null;
}

/** Somebody wants to know whether the channel works. */
export interface TestNotification {
  readonly kind: "test";
  /** The channel's name. */
  readonly channel: string;
  readonly at: number;
}

/** The emergency code of a host let somebody in; `at`: when the server heard of it. */
export interface EmergencyNotification extends LoginFacts {
  readonly kind: "emergency_code";
}

/** An account is frozen, because a person reported a login or an administrator wants it. */
interface FrozenNotification {
  readonly kind: "frozen";
  readonly user: string;
  /** Null: on all hosts. */
  readonly host: string | null;
  /** As in a login's `by`. */
  readonly by: string;
  /** The login that was reported. */
  readonly login: LoginFacts | null;
  readonly at: number;
}

/** Too many requests for an account were not approved: for a while nobody is asked. */
interface QuietNotification extends LoginFacts {
  readonly kind: "quiet";
  readonly refusals: number;
  readonly until: number;
}

/** A login was denied, by somebody else than the owner of the account, or by a wrong number. */
interface DeniedNotification extends LoginFacts {
  readonly kind: "denied";
  /** As in a login's `by`. */
  readonly by: string;
  readonly reason: "denied" | "wrong_number";
  /** By the one who is told. */
  readonly own: boolean;
}

/** A host let somebody in without a second factor, as its configuration says; `at`: when it did. */
export interface FailOpenNotification extends LoginFacts {
  readonly kind: "fail_open";
  /** "offline": no server answered; "unenrolled": the account has no authenticator. */
  readonly why: "offline" | "unenrolled";
}

/** Somebody who has the link, and has not proven to be anybody, says that it was not them. */
interface NotMeNotification extends LoginFacts {
  readonly kind: "not_me_unproven";
}

/** "host_codes": an authenticator whose codes are typed at the prompts of hosts. */
export type DeviceType = "passkey" | "authenticator" | "host_codes";

/** A person has one device more. */
interface NewDeviceNotification {
  readonly kind: "new_device";
  readonly person: string;
  readonly device: string;
  readonly type: DeviceType;
  /** It was added by an invitation; else by somebody who was signed in. */
  readonly invitation: boolean;
  readonly source: string;
  readonly at: number;
}

/** A person signed in by a recovery code. */
interface RecoveryNotification {
  readonly kind: "recovery_used";
  readonly person: string;
  /** How many codes are still good. */
  readonly left: number;
  readonly source: string;
  readonly at: number;
}

/** A passkey's counter did not rise: two devices hold what only one should. It was refused. */
interface ClonedNotification {
  readonly kind: "passkey_cloned";
  readonly person: string;
  readonly device: string;
  readonly source: string;
  readonly at: number;
}

/** A person is frozen by an administrator. */
interface PersonFrozenNotification {
  readonly kind: "person_frozen";
  readonly person: string;
  /** As in a login's `by`. */
  readonly by: string;
  readonly at: number;
}

/** A host's token was used to join with a second key, so it gets no codes until it is added anew. */
interface HostKeyNotification {
  readonly kind: "host_key_disputed";
  readonly host: string;
  /** Where the second one came from. */
  readonly source: string;
  readonly at: number;
}

/** What somebody is to be told at once. */
export type SingleAlert =
  | DeniedNotification
  | FailOpenNotification
  | EmergencyNotification
  | FrozenNotification
  | QuietNotification
  | NotMeNotification
  | NewDeviceNotification
  | RecoveryNotification
  | ClonedNotification
  | PersonFrozenNotification
  | HostKeyNotification;
export type AlertKind = SingleAlert["kind"];

/** Alerts of one kind that no message has told of: there would have been too many, or none arrived. */
export interface AlertSummary {
  readonly kind: "summary";
  readonly of: AlertKind;
  readonly audience: "administrators" | "person";
  /** The host that they are about; null: not one alone. */
  readonly host: string | null;
  readonly count: number;
  /** When the first of them was. */
  readonly since: number;
}

export type Alert = SingleAlert | AlertSummary;
export type Notification =
  & (RequestNotification | EndedNotification | PinNotification | TestNotification | Alert)
  & {
    /** The reader's, where it is known; else the channel has one. */
    readonly language?: Language;
  };

/** What server.toml lets a channel send; of "request" is also that one waits no more. */
export type MessageSort = "request" | "pin" | "alert";
