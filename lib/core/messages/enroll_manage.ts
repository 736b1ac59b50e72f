/** What a person reads whose authenticator is shown again, changed, taken over or removed. */
import { manageEn } from "./enroll_manage_en.ts";
import { manageZhCn } from "./enroll_manage_zh_cn.ts";

export interface ManageMessages {
  readonly notEnrolled: (account: string, path: string) => string;
  /** @param command what to type for this account */
  readonly notEnrolledHint: (command: string) => string;
  readonly noAppSecret: (account: string) => string;
  readonly noAppSecretHint: (command: string) => string;
  readonly codesLeft: (count: number) => string;
  /** An authenticator on one line. @param codes as codesLeft() says it */
  readonly summary: (kind: string, codes: string) => string;

  /** What exists already, or is gone, and could not be told. */
  readonly unseen: (why: string) => string;
  readonly unseenHint: (command: string) => string;
  /** A file at the place that `-s` names. */
  readonly notOurs: (path: string) => string;
  readonly notOursHint: string;
  readonly rootsAlone: (account: string) => string;
  /** @param path where PAM looks @param mend one of the next three */
  readonly pamElsewhere: (path: string, mend: string) => string;
  readonly pamCopy: (command: string) => string;
  readonly pamHere: (path: string) => string;
  readonly pamForAll: string;
  readonly keptByRoot: (account: string, path: string) => string;
  readonly keptByRootHint: (account: string) => string;
  readonly rootsConfig: (path: string) => string;

  readonly willProve: (account: string, host: string) => string;
  readonly askProof: string;
  readonly wrongCode: string;
  readonly spentCode: string;
  readonly malformedCode: string;
  readonly limited: (seconds: number) => string;
  readonly notProven: string;
  readonly notProvenHint: (account: string) => string;
  readonly showsOld: string;
  readonly nowNew: string;
  readonly oneCounter: string;

  readonly willRemove: (account: string, path: string) => string;
  readonly unusable: (fault: string) => string;
  /** What the next login meets, by host.toml's `unenrolled`. */
  readonly unenrolled: Readonly<Record<"deny" | "enroll" | "allow", string>>;
  /** The same for "deny", on a host without servers. */
  readonly nobodyGetsIn: (account: string) => string;
  readonly askRemove: string;
  readonly nothingRemoved: string;
  readonly nothingRemovedHint: string;
  readonly removed: (account: string) => string;
  /** Instead of `removed`, and of what the next login would meet. */
  readonly removedHere: string;
  readonly stillListed: (path: string) => string;

  readonly rotateTitle: (account: string, host: string) => string;
  readonly willRotate: string;
  readonly replacesWaiting: string;
  readonly oldStillWorks: (path: string) => string;
  readonly codesReplaced: (count: number) => string;

  readonly openToOthers: (path: string, mode: string) => string;
  readonly importHint: string;
  readonly importForce: string;
  readonly importedState: (account: string, path: string) => string;
  readonly oneSecretFile: string;
  readonly oneSecretFileHint: string;
  readonly listHead: readonly [line: string, account: string, result: string];
  readonly imported: (path: string) => string;
  readonly noAccountName: string;
  readonly noSuchAccount: string;
  readonly listedTwice: string;
  readonly notInList: (account: string, path: string) => string;
  readonly notImported: (failed: number, all: number) => string;
  readonly notImportedHint: string;

  readonly addedCodes: (added: number, kept: number, account: string) => string;
  readonly shownOnce: string;
}

export function manageMessages(language: "en" | "zh-CN"): ManageMessages {
  return language === "zh-CN" ? manageZhCn : manageEn;
}
