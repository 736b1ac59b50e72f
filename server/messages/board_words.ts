/** The words of the lists: one's own logins and grants, and what administrators see. */
import type { LoginOutcome, LoginStanding } from "../../lib/core/login_list.ts";
import { en } from "./board_en.ts";
import { zhCN } from "./board_zh_cn.ts";
import type { ChannelsMessages } from "./channels.ts";
import type { HostsMessages } from "./hosts.ts";
import type { Language } from "./language.ts";
import type { PersonsMessages } from "./persons.ts";

/** What was done just now, said on the page that follows. */
export type Done =
  | "changed"
  | "frozen"
  | "unfrozen"
  | "revoked"
  | "reported"
  | "registered"
  | "tested";

/** What is wrong with a form. */
export type FormFault =
  | "name"
  | "name_taken"
  | "approves"
  | "contact"
  | "contact_twice"
  | "contact_many"
  | "contact_there"
  | "channel"
  | "self"
  | "gone"
  | "user"
  | "host";

export interface BoardMessages {
  readonly language: Language;
  readonly done: Readonly<Record<Done, string>>;
  readonly faults: Readonly<Record<FormFault, string>>;
  readonly standing: Readonly<Record<LoginStanding, string>>;

  /** The heads of columns, and the names of facts. */
  readonly account: string;
  readonly source: string;
  readonly service: string;
  readonly requester: string;
  readonly runs: string;
  readonly shell: string;
  readonly noTerminal: string;
  readonly notSaid: string;
  /** What preauth asks for; nothing runs. @param time for how long */
  readonly ahead: (time: string) => string;
  readonly key: string;
  readonly noKey: string;
  readonly started: string;
  readonly state: string;
  readonly by: string;
  readonly commands: string;
  readonly anyCommand: string;
  readonly transferOnly: string;
  readonly until: string;
  readonly host: string;
  readonly anyHost: string;
  readonly group: (name: string) => string;
  readonly name: string;
  readonly never: string;
  readonly you: string;
  readonly somebodyElse: string;
  /** Whoever had the link. */
  readonly byLink: string;
  /** A grant that nobody knows any more. */
  readonly earlier: string;
  readonly automatic: string;
  readonly connectionCount: (count: number) => string;

  /** `count` of all; for lists that go on. */
  readonly older: string;
  readonly newest: string;
  readonly search: string;
  readonly searchLabel: string;
  readonly nothingFound: string;
  readonly previousPage: string;
  readonly nextPage: string;
  readonly pageOf: (page: number, pages: number) => string;
  readonly fresh: { readonly text: string; readonly link: string };

  readonly myLogins: {
    readonly title: string;
    readonly waiting: (count: number) => string;
    readonly waitingForOthers: string;
    readonly nothingWaits: string;
    readonly reload: string;
    readonly live: string;
    readonly notLive: string;
    readonly ended: string;
    readonly open: string;
    readonly deny: string;
    readonly preauth: (time: string) => string;
    readonly recent: string;
    readonly noRecent: string;
    readonly notMe: string;
    /** The same of an account that is not (only) theirs. */
    readonly suspicious: string;
    /** @param host undefined: on all */
    readonly notMeText: (user: string, host: string | undefined, tells: boolean) => string;
    readonly notMeButton: (user: string, host: string | undefined) => string;
    readonly frozen: (user: string) => string;
    /** @param lift who lifts it */
    readonly frozenText: (lift: "self" | "reader" | "administrator") => string;
    readonly unfreeze: string;
  };
  readonly myGrants: {
    readonly title: string;
    readonly text: string;
    readonly none: string;
    readonly givenBy: string;
    readonly revoke: string;
    readonly revokeAll: string;
  };
  readonly persons: PersonsMessages;
  readonly hosts: HostsMessages;
  readonly logins: {
    readonly title: string;
    readonly hint: string;
    readonly kept: string;
    readonly outcomes: Readonly<Record<LoginOutcome, string>>;
    readonly anyOutcome: string;
    readonly hours: { readonly title: string; readonly text: (count: number) => string };
    readonly hour: string;
    readonly map: {
      readonly title: string;
      readonly text: (sources: number, accounts: number) => string;
    };
    readonly others: (count: number) => string;
    readonly figures: string;
    readonly total: string;
  };
  readonly grants: { readonly title: string; readonly none: string };
  readonly freezes: {
    readonly title: string;
    readonly none: string;
    readonly since: string;
    readonly why: Readonly<Record<"not_me" | "administrator", string>>;
    readonly lift: string;
    readonly freeze: string;
    readonly freezeText: string;
    readonly user: string;
    readonly hostLabel: string;
    readonly freezeButton: string;
    readonly lifted: string;
    readonly evidence: string;
  };
  readonly channels: ChannelsMessages;
  readonly audit: {
    readonly title: string;
    readonly chain: string;
    readonly chainText: string;
    readonly verify: string;
    readonly whole: (entries: number) => string;
    readonly cutLines: (lines: string) => string;
    readonly broken: (line: number) => string;
    readonly brokenText: (before: number) => string;
    readonly lastHash: string;
    readonly verified: string;
    readonly time: string;
    readonly event: string;
    readonly fields: string;
    readonly damaged: string;
    readonly searchedOnly: string;
  };
}

export function boardMessages(language: Language): BoardMessages {
  return language === "zh-CN" ? zhCN : en;
}
