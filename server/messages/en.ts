import type { PageMessages } from "./page.ts";

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const en: PageMessages = {
  language: "en",
  question: "Is this you signing in?",
  source: "From",
  askedBy: "Asked by",
  requester: "Asked by",
  service: "Service",
  runs: "Runs",
  shell: "interactive shell",
  noTerminal: "shell without a terminal",
  notSaid: "not known before the login",
  key: "SSH key",
  started: "Started",
  time: "When",
  allYours: (n) => `${n} connections: approve only if you started all of them.`,
  times: (n) => `${n} times`,
  showAll: "Show all of it",
  cutShort: "Only the beginning is shown.",
  notWhole: "This is not the whole command: it is too long, or not all of it is text.",
  more: (n) => `and ${plural(n, "other command", "other commands")}`,
  left: ["", " s left"],
  timeUp: {
    title: "Time is up",
    text: "Nobody decided in time, so the login was not let in. Start it again if it was yours.",
  },
  chooseNumber: "Choose your terminal's number",
  approve: "Approve",
  deny: "Deny",
  notMe: "This wasn't me",
  approved: {
    title: "Approved",
    text: "Your terminal goes on by itself. You can close this page.",
  },
  approvedInPam: {
    title: "Approved",
    text: "Go back to your terminal; if it is waiting there, press Enter. You can close this page.",
  },
  denied: { title: "Denied", text: "The login was refused. You can close this page." },
  notMine: {
    title: "Denied: not you",
    text: "The login was refused and recorded. Somebody has your password or SSH key: change it, " +
      "and tell your administrator.",
  },
  wrongNumber: {
    title: "Denied: wrong number",
    text: "The number chosen is not the one on the terminal, so the login was denied. If it was " +
      "you, start it again and look at your terminal first.",
  },
  expired: {
    title: "Expired",
    text: "Nobody decided in time, so the login was not let in. Start it again if it was yours.",
  },
  notCollected: {
    title: "Not used",
    text: "It was approved, but the terminal was no longer waiting. Start the login again.",
  },
  cancelled: {
    title: "Cancelled",
    text: "The terminal hung up before anybody decided. There is nothing to do.",
  },
  codeUsed: {
    title: "Signed in with a code",
    text: "A code from the authenticator app was typed instead. If that was not you, tell the " +
      "administrator.",
  },
  alsoWaiting: (n) =>
    n === 1
      ? "Meanwhile another connection has asked. It is still waiting."
      : `Meanwhile ${n} other connections have asked. They are still waiting.`,
  decideThem: "Look at what is waiting",
  approving: {
    signedInAs: ["Signed in as ", ""],
    withPasskey: "Approve with passkey",
    codeInstead: "With a code instead",
    withCode: "Approve with code",
    typeNumber: "Type your terminal's number",
    howLong: "Remember",
    onlyOnce: "only this time",
    forTime: (time) => `for ${time}`,
    where: "Where",
    onHost: (host) => `only ${host}`,
    inGroup: (name) => `all of ${name}`,
    onlyTransfer: "Only file transfer (rsync, scp, sftp, git)",
    transferWrites:
      "It can still write any file of the account, such as one that runs at the next login.",
    covers: (account, source, key) =>
      `Lets ${account} in from ${source} ${
        key ? "with this SSH key" : "without an SSH key"
      }, and asks nobody.`,
    preauth: {
      question: "Let your next logins in?",
      runs: "nothing now",
      asked: "Asked for",
      howLong: "Let them in",
      text: "Logins like this one will then get in without being asked about.",
      approved: {
        title: "Approved",
        text: "Logins like this one get in without being asked about. You can close this page.",
      },
    },
    twoPersons: "Two persons have to approve this account.",
    firstGiven: (names) => `${names} has approved it. One more person has to.`,
    firstHidden: "One person has approved it. One more has to.",
    seeWho: "Sign in to see who",
    yoursGiven: "You have approved it. One more person has to: give them this page's address.",
    others: {
      question: (user) => `${user} wants to sign in. Do you approve?`,
      preauth: (user) => `Let the next logins of ${user} in?`,
      chooseNumber: (user) => `Choose the number on ${user}'s terminal`,
      typeNumber: (user) => `Type the number on ${user}'s terminal`,
      suspicious: "Suspicious: freeze the account",
      suspiciousFreezes: (user, host) =>
        `“Suspicious” also freezes ${user} on ${host ?? "all hosts"}.`,
    },
    handOver: "Somebody else approves this login. You may hand them this page, or your phone.",
    asSomebodyElse: "Approve it as somebody else",
    notMeTells: "“This wasn't me” alerts administrators.",
    notMeRecords: "“This wasn't me” denies it as well, and keeps a record of it.",
    notMeFreezes: (user, host) =>
      `“This wasn't me” also freezes ${user} on ${host ?? "all hosts"}.`,
    hindrances: {
      proof_needed: "Prove who you are: the link alone does not. Nothing was decided yet.",
      number: "Choose the number that your terminal shows. Nothing was decided yet.",
      not_theirs: "Logins of this account are not yours to decide.",
      own_login: "This account takes two persons, and neither may be the one who logs in.",
      not_active: "You may not approve any more. Ask an administrator.",
      frozen: "The account is frozen, so nobody can approve it. Ask an administrator.",
      not_remembered: "It cannot be remembered like that, so it was not approved. Choose again.",
    },
    triesLeft: (count) =>
      count === 0 ? "Now you have to wait a while." : `${plural(count, "try", "tries")} left.`,
    freeze: {
      title: (user) => user === "" ? "Freeze the account as well?" : `Freeze ${user} as well?`,
      text: (lifts) =>
        "Then nobody can approve its logins, and what was remembered for it ends: on all hosts " +
        "if the account is yours, else on this one. An administrator lifts it again" +
        (lifts ? ", or you with passkey and recovery code." : "."),
      now: "Freeze the account",
      withPasskey: "Freeze with passkey",
      withCode: "Freeze with code",
    },
    frozen: (user, host, { lifts, own }) => ({
      title: `Denied, and ${user} is frozen`,
      text: `Nobody can approve logins of ${user} on ${host ?? "any host"} until an ` +
        `administrator lifts it${lifts ? ", or you with passkey and recovery code" : ""}. ` +
        (own
          ? "Somebody has your password or SSH key: change it."
          : "Somebody may have its password or SSH key: have it changed."),
    }),
    approvedBy: "By",
    remembered: "Remembered",
    until: (time) => `until ${time}`,
  },
  reference: "Reference",
  errors: {
    link: {
      title: "No such request",
      text: "This link is wrong or too old. Open the one on your terminal, to the last character.",
    },
    origin: {
      title: "Not from this page",
      text: "The decision did not come from the approval page at its own address, so it does not " +
        "count. Open the link exactly as your terminal shows it.",
    },
    not_signed_in: {
      title: "Signed out",
      text: "You are not signed in any more, so nothing was changed. Sign in and try again.",
    },
    proof_too_old: {
      title: "Prove it again",
      text: "Some minutes have passed since you signed in, so nothing was changed. Go back, load " +
        "the page anew and sign in once more.",
    },
    not_allowed: { title: "For administrators", text: "You may not see this page." },
    number: {
      title: "No number chosen",
      text: "Go back and choose the number that your terminal shows. Nothing was decided yet.",
    },
    400: { title: "Not understood", text: "The request was malformed. Nothing was decided." },
    401: { title: "Not authorized", text: "This address is for hosts, with their token." },
    403: { title: "Not allowed", text: "This is not allowed from here." },
    404: {
      title: "Nothing here",
      text: "This is the approval server. Open the link that your terminal shows.",
    },
    405: { title: "Not possible", text: "This address cannot be used like that." },
    408: { title: "Too slow", text: "The request did not arrive in time. Nothing was decided." },
    409: { title: "Not possible", text: "Something else was there before. Nothing was decided." },
    410: { title: "Gone", text: "This has been used already." },
    413: { title: "Too large", text: "The request was too large. Nothing was decided." },
    415: { title: "Not understood", text: "The request was malformed. Nothing was decided." },
    422: { title: "Not understood", text: "The request was malformed. Nothing was decided." },
    429: { title: "Too many tries", text: "Wait a minute, then open the link again." },
    500: {
      title: "Something broke",
      text: "The server made a mistake. Nothing was approved. Your administrator finds the cause " +
        "by the reference below.",
    },
    503: {
      title: "Not available",
      text:
        "The server cannot record decisions at the moment, so nothing was approved. Try again " +
        "shortly.",
    },
  },
};
