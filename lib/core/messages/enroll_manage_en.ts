import type { ManageMessages } from "./enroll_manage.ts";

export const manageEn: ManageMessages = {
  notEnrolled: (account, path) => `${account} has no authenticator here: there is no ${path}`,
  notEnrolledHint: (command) => `to make one, run: ${command}`,
  noAppSecret: (account) => `${account} has scratch codes only, and no app`,
  noAppSecretHint: (command) => `to make a new authenticator, run: ${command} -f`,
  codesLeft: (count) => count === 1 ? "1 scratch code is left" : `${count} scratch codes are left`,
  summary: (kind, codes) => `${kind}; ${codes}`,

  unseen: (why) => `it was done, but could not be shown: ${why}`,
  unseenHint: (command) => `nobody knows it now; to make another one, run: ${command}`,
  notOurs: (path) => `${path} is no authenticator's file`,
  notOursHint: "it may be any file, so remove it by hand if nobody needs it",
  rootsAlone: (account) =>
    `Only root can read it there. PAM mode will use it so; the gate runs as ${account} and cannot.`,

  pamElsewhere: (path, mend) =>
    `warning: PAM looks for codes in ${path}, and not in the home: ${mend}`,
  pamCopy: (command) => `for the same there, run: ${command}`,
  pamHere: (path) => `for the same there, use: -s ${path}`,
  pamForAll: "set codes.secret in host.toml",
  keptByRoot: (account, path) => `root keeps the codes of ${account}, in ${path}`,
  keptByRootHint: (account) => `root has to run: gatehouse enroll --user ${account}`,
  rootsConfig: (path) => `only root can read ${path}`,

  willProve: (account, host) =>
    `First a code of ${account}'s authenticator on ${host}, or a scratch code; it is used up by this.`,
  askProof: "Code: ",
  wrongCode: "That is not right.",
  spentCode: "That code was used already. Wait for the next one.",
  malformedCode: "A code has six digits, a scratch code eight.",
  limited: (s) => `too many tries, try again in ${s} s`,
  notProven: "no right code was given",
  notProvenHint: (account) =>
    `without phone and scratch codes, root helps: gatehouse enroll --user ${account} --emergency 1`,
  showsOld: "A new secret waits for its first use; this is the one before it. " +
    "--rotate makes another new one.",
  nowNew: "That was the new secret's first use: the old one is worthless from now on.",
  oneCounter: "Its codes are counted: from now on use one app or token only.",

  willRemove: (account, path) => `The authenticator of ${account}, ${path}:`,
  unusable: (fault) => `it cannot be used: ${fault}`,
  unenrolled: {
    deny: "Without it, a login that needs a code is refused.",
    enroll: "Without it, a login that needs a code leads through enrolment first.",
    allow: "Without it, a login that needs a code is let in WITHOUT one.",
  },
  nobodyGetsIn: (account) =>
    `Without it, nobody can log in as ${account}: here, only codes let in.`,
  askRemove: "Remove it?",
  nothingRemoved: "nothing was removed",
  nothingRemovedHint: "answer y, or say --yes",
  removed: (account) => `Removed. Codes of ${account}'s authenticator are worthless from now on.`,
  removedHere: "Removed.",
  stillListed: (path) => `${path} has a secret of this account too: its codes go on to count.`,

  rotateTitle: (account, host) => `A new secret for ${account} on ${host}`,
  willRotate: "The old one works until the first code of the new one was used at a login.",
  replacesWaiting: "It takes the place of another new secret, which was never used.",
  oldStillWorks: (path) =>
    `Saved in ${path}.\nThe old secret works until you log in with a code of the new one.`,
  codesReplaced: (count) =>
    count === 0
      ? "The scratch codes are worthless; there are no others."
      : "The old scratch codes are worthless.",

  openToOthers: (path, mode) =>
    `warning: ${path} is open to others (mode ${mode}): remove it, or run: chmod go= ${path}`,
  importHint: "google-authenticator's state file can be imported, or a list of user:SECRET lines",
  importForce: "-f replaces it",
  importedState: (account, path) => `The authenticator of ${account} is now in ${path}:`,
  oneSecretFile: "-s names one file, and the list is of many accounts",
  oneSecretFileHint: "add --user NAME, or set codes.secret in host.toml",
  listHead: ["LINE", "ACCOUNT", "RESULT"],
  imported: (path) => `imported to ${path}`,
  noAccountName: "no account is named",
  noSuchAccount: "there is no such account",
  listedTwice: "an earlier line of this account counts",
  notInList: (account, path) => `${path} has no line of ${account}`,
  notImported: (failed, all) => `${failed} of ${all} ${all === 1 ? "line" : "lines"} not imported`,
  notImportedHint: "all others are in place",

  addedCodes: (added, kept, account) => {
    const made = added === 1 ? "1 new scratch code" : `${added} new scratch codes`;
    const older = kept === 0
      ? "there were none before"
      : kept === 1
      ? "1 older one stays"
      : `${kept} older ones stay`;
    return `${made} for ${account}; ${older}.`;
  },
  shownOnce: "They are shown only this once.",
};
