/** The words of the pages, in each language. */
import type { FaultStatus } from "../faults.ts";
import { en } from "./en.ts";
import type { Language } from "./language.ts";
import { zhCN } from "./zh_cn.ts";

export interface Said {
  readonly title: string;
  readonly text: string;
}

/** What keeps a request as it is, told on its page. */
export type Hindrance =
  /** Nobody has proven who they are. */
  | "proof_needed"
  | "number"
  | "not_theirs"
  | "own_login"
  | "not_active"
  | "frozen"
  | "not_remembered";

/** To whom a frozen account is shown. */
export interface FrozenFor {
  /** Can lift it by themself. */
  readonly lifts: boolean;
  /** It is theirs, as far as anybody knows. */
  readonly own: boolean;
}

/** How a person proves themself, and what may be remembered. */
interface ApprovingMessages {
  /** What comes before and after the name. */
  readonly signedInAs: readonly [string, string];
  readonly withPasskey: string;
  readonly codeInstead: string;
  readonly withCode: string;
  readonly typeNumber: string;
  readonly howLong: string;
  readonly onlyOnce: string;
  readonly forTime: (time: string) => string;
  readonly where: string;
  readonly onHost: (host: string) => string;
  readonly inGroup: (name: string) => string;
  readonly onlyTransfer: string;
  /** Under it: with a file that a shell or git runs, that is as good as a login. */
  readonly transferWrites: string;
  /** What a remembered approval is for. */
  readonly covers: (account: string, source: string, key: boolean) => string;
  readonly preauth: {
    readonly question: string;
    readonly runs: string;
    readonly asked: string;
    readonly howLong: string;
    readonly text: string;
    readonly approved: Said;
  };
  readonly twoPersons: string;
  /** By whom, where that may be said. */
  readonly firstGiven: (names: string) => string;
  readonly firstHidden: string;
  readonly seeWho: string;
  readonly yoursGiven: string;
  /** Of an account that is not the reader's own. */
  readonly others: {
    readonly question: (user: string) => string;
    readonly preauth: (user: string) => string;
    readonly chooseNumber: (user: string) => string;
    readonly typeNumber: (user: string) => string;
    readonly suspicious: string;
    /** @param host undefined: on all */
    readonly suspiciousFreezes: (user: string, host: string | undefined) => string;
  };
  /** To who is signed in and may not approve it. */
  readonly handOver: string;
  readonly asSomebodyElse: string;
  readonly notMeTells: string;
  /** Where there is nobody to be told. */
  readonly notMeRecords: string;
  /** @param host undefined: on all */
  readonly notMeFreezes: (user: string, host: string | undefined) => string;
  readonly hindrances: Readonly<Record<Hindrance, string>>;
  /** @param count until one has to wait */
  readonly triesLeft: (count: number) => string;
  readonly freeze: {
    /** "" where it depends on who says so. */
    readonly title: (user: string) => string;
    /** @param lifts whether who reported it can lift it */
    readonly text: (lifts: boolean) => string;
    readonly now: string;
    readonly withPasskey: string;
    readonly withCode: string;
  };
  /** @param host undefined: on all @param may whether the reader can lift it, and whose account it is */
  readonly frozen: (user: string, host: string | undefined, may: FrozenFor) => Said;
  readonly approvedBy: string;
  readonly remembered: string;
  readonly until: (time: string) => string;
}

/** Pages that are not an answer to the request itself. */
export type ErrorKey =
  | FaultStatus
  | "link"
  | "origin"
  | "number"
  | "not_signed_in"
  | "proof_too_old"
  | "not_allowed";

export interface PageMessages {
  readonly language: Language;
  readonly question: string;
  readonly source: string;
  /** Instead of `source` for SSH2FA's client, whose host does not say where the user comes from. */
  readonly askedBy: string;
  /** The account that called su. */
  readonly requester: string;
  readonly service: string;
  readonly runs: string;
  readonly shell: string;
  readonly noTerminal: string;
  /** PAM asks before it is said what shall run. */
  readonly notSaid: string;
  readonly key: string;
  readonly started: string;
  readonly time: string;
  /** Of a request of several connections. */
  readonly allYours: (count: number) => string;
  readonly times: (count: number) => string;
  readonly showAll: string;
  readonly cutShort: string;
  /** Under a command that the host did not send exactly as it would run. */
  readonly notWhole: string;
  readonly more: (count: number) => string;
  /** What comes before and after the seconds. */
  readonly left: readonly [string, string];
  readonly timeUp: Said;
  readonly chooseNumber: string;
  readonly approve: string;
  readonly deny: string;
  readonly notMe: string;
  readonly approved: Said;
  /** By PAM, which in sshd waits for a key, and nobody here knows where it does. */
  readonly approvedInPam: Said;
  readonly denied: Said;
  readonly notMine: Said;
  readonly wrongNumber: Said;
  readonly expired: Said;
  readonly notCollected: Said;
  readonly cancelled: Said;
  readonly codeUsed: Said;
  readonly alsoWaiting: (count: number) => string;
  readonly decideThem: string;
  readonly approving: ApprovingMessages;
  readonly reference: string;
  readonly errors: Readonly<Record<ErrorKey, Said>>;
}

export function pageMessages(language: Language): PageMessages {
  return language === "zh-CN" ? zhCN : en;
}
