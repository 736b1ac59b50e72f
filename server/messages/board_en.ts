import type { BoardMessages } from "./board_words.ts";

export const en: BoardMessages = {
  language: "en",
  done: {
    changed: "Saved.",
    frozen: "Frozen.",
    unfrozen: "No longer frozen.",
    revoked: "Revoked.",
    reported: "Reported. Nobody gets in to that account until it is unfrozen.",
    registered: "Your device is registered, and you are signed in.",
    tested: "A test was sent: see whether it arrives.",
  },
  faults: {
    name: "A name has 1 to 64 characters, no comma or colon, and no space at either end.",
    name_taken: "Somebody has that name already.",
    approves: "This is no account that can be approved, or it names a group that there is not:",
    contact:
      "A line of the contacts has a channel's name, a colon, and the contact there, but not:",
    contact_twice: "Each channel is named once in the contacts. This line names one again:",
    contact_many: "These are too many contacts, from this line on:",
    contact_there: "This line names nothing that can be a contact of that channel:",
    channel: "server.toml has no channel of that name:",
    self: "You cannot take this away from yourself. Ask another administrator.",
    gone: "This person was removed.",
    user: "A user has 1 to 64 characters, and none that are invisible.",
    host: "A host has 1 to 64 letters, digits, dots, underscores and hyphens; * stands for all.",
  },
  standing: {
    waiting: "waiting",
    approved: "approved",
    remembered: "remembered",
    denied: "denied",
    not_me: "not me",
    wrong_number: "wrong number",
    too_many_codes: "too many wrong codes",
    not_delivered: "no code could be sent",
    timeout: "timed out",
    not_collected: "approved, not used",
    hung_up: "hung up",
    code_used: "by code",
  },
  account: "Account",
  source: "From",
  service: "Service",
  requester: "Asked by",
  runs: "Runs",
  shell: "an interactive shell",
  noTerminal: "a shell without terminal",
  notSaid: "not known before the login",
  ahead: (time) => `a grant of ${time}`,
  key: "SSH key",
  noKey: "no key",
  started: "Started",
  state: "State",
  by: "By",
  commands: "For",
  anyCommand: "all that it runs",
  transferOnly: "rsync, scp, sftp and git only",
  until: "Until",
  host: "Host",
  anyHost: "all hosts",
  group: (name) => `all of the group ${name}`,
  name: "Name",
  never: "never",
  you: "you",
  somebodyElse: "somebody else",
  byLink: "by the link",
  earlier: "an earlier approval",
  automatic: "gatehouse",
  connectionCount: (n) => `${n} connections`,
  details: "Details",
  older: "Older",
  newest: "Newest",
  search: "Search",
  searchLabel: "Search for",
  all: "All",
  nothingFound: "Nothing found.",
  previousPage: "Previous page",
  nextPage: "Next page",
  pageOf: (page, pages) => `Page ${page} of ${pages}`,
  fresh: {
    text: "To change anything here, prove once more who you are.",
    link: "Sign in again",
  },
  myLogins: {
    title: "My logins",
    waiting: (n) => n === 1 ? "One login is waiting for you" : `${n} logins are waiting for you`,
    waitingForOthers: "Waiting for others",
    nothingWaits: "No login is waiting for you",
    reload: "Reload",
    live: "This page shows changes by itself.",
    notLive: "This page does not show changes by itself now.",
    ended: "You are signed out.",
    open: "Look and decide",
    deny: "Deny",
    preauth: (time) => `wants to connect for ${time} without asking`,
    recent: "The last 24 hours",
    noRecent: "There was no login to your accounts.",
    notMe: "This wasn't me",
    suspicious: "Suspicious",
    notMeText: (user, host, tells) =>
      `Then somebody else has the password or SSH key. Nobody will get in to ${user} on ` +
      `${host ?? "any host"} until it is unfrozen${
        tells ? ", and the administrators are told" : ""
      }.`,
    notMeButton: (user, host) =>
      host === undefined ? `Freeze ${user} now` : `Freeze ${user} on ${host} now`,
    frozen: (user) => `${user} is frozen`,
    frozenText: (lift) =>
      "Nobody gets in by approval, you neither. Change the password and the SSH keys first. Then " +
      {
        self: "unfreeze it with a passkey and a recovery code, or ask an administrator.",
        reader: "unfreeze it.",
        administrator: "ask an administrator to unfreeze it.",
      }[lift],
    unfreeze: "Unfreeze",
  },
  myGrants: {
    title: "Remembered",
    text: "Logins like these need no approval until their time is up.",
    none: "Nothing is remembered: every login asks.",
    givenBy: "Given by",
    revoke: "Ask again",
    revokeAll: "Ask again for all",
  },
  persons: {
    title: "People",
    add: "Add a person",
    addButton: "Add and invite",
    administrator: "Administrator",
    administratorText: "sees everything, and answers for all accounts",
    approves: "Approves",
    approvesText:
      'One a line: "own" for the account of the own name on all hosts, or USER@HOST with * and ?, ' +
      "or USER@group:NAME.",
    allAccounts: "all accounts",
    ownAccount: "own account",
    invited: { open: "invited", expired: "invitation expired" },
    invitedUntil: { open: "There is a link, good until", expired: "The last link expired" },
    contacts: "Contacts",
    noContacts: "No contact yet.",
    contactsText: (example) =>
      `One a line${
        example === undefined
          ? ": a channel's name, a colon, and the contact there"
          : `, as in "${example}"`
      }. They are tried in this order.`,
    contactIs: (channel, rule) => `A contact of ${channel} is ${rule}.`,
    didYouMean: (channel) => `Did you mean ${channel}?`,
    channelsHere: (names) =>
      names.length === 0
        ? "No channel is set up yet."
        : `There are these channels: ${names.join(", ")}.`,
    devices: "Devices",
    lastUsed: "Last used",
    states: { active: "active", frozen: "frozen", removed: "removed" },
    language: "Language",
    languages: { "auto": "of the browser", "en": "English", "zh-CN": "中文" },
    change: "Change",
    save: "Save",
    invite: "Invite",
    inviteText:
      "Makes a link that lets this person register a device, once, within 24 hours. An earlier " +
      "link ends.",
    inviteButton: "Make an invitation link",
    link: (name) => `The link for ${name}`,
    linkText:
      "It is shown only now. It works once, within 24 hours: hand it to this person and nobody " +
      "else.",
    qr: "QR code of the link",
    freeze: "Freeze",
    freezeText:
      "Signs the person out, and ends what they remembered. They can approve nothing until " +
      "unfrozen. Their devices stay.",
    freezeButton: "Freeze this person",
    unfreezeButton: "Unfreeze this person",
    remove: "Remove",
    removeText: "As freezing, and the devices are revoked. This cannot be undone.",
    removeButton: "Remove this person",
    noDevices: "No device yet.",
    kinds: {
      passkey: "passkey",
      sign_in: "authenticator, for pages",
      hosts: "authenticator, for hosts",
    },
    revokeDevice: "Revoke",
    revoked: "revoked",
    added: "Added",
    back: "All people",
  },
  hosts: {
    title: "Hosts",
    none: "No host yet.",
    add: "To add one, run at the server:",
    states: { joined: "joined", waiting: "not joined yet", revoked: "revoked" },
    joined: "Joined",
    seen: "Last seen",
    version: "Version",
    chart: {
      title: "When hosts were last seen",
      text: "How many of the hosts in use were last heard of how long ago.",
    },
    ages: ["up to 5 min", "up to 1 h", "up to 1 day", "up to 1 week", "longer", "never"],
    count: "Hosts",
    doctor: {
      title: "Doctor",
      none: "no report",
      stale: "overdue",
      verdicts: { critical: "critical", warning: "warnings", ok: "well" },
      severities: { critical: "critical", warning: "warning", info: "info" },
      counts: ({ critical, warning, info }) =>
        `${critical} critical, ${warning} warning${
          warning === 1 ? "" : "s"
        }, ${info} for information;`,
      howTo: "It has not reported yet. On the host, as root, or by its timer:",
      hint: "What each means, and how to mend it, on that host:",
    },
    revoke: "Revoke",
    revokeText:
      "Its token is worthless from then on: nobody can ask for approval from there. This cannot " +
      "be undone, but the host can join again with a new token.",
    revokeButton: "Revoke this host",
    back: "All hosts",
    logins: "Its logins",
  },
  logins: {
    title: "All logins",
    hint: "User, host or source address",
    kept: "Logins are kept for a day. The audit log goes further back.",
    outcomes: {
      approved: "approved",
      remembered: "remembered",
      code: "by code",
      refused: "denied",
      ended: "unanswered",
      waiting: "waiting",
    },
    anyOutcome: "any outcome",
    hours: {
      title: "Logins by hour",
      text: (n) => `${n === 1 ? "One login" : `${n} logins`} in the last 24 hours, by outcome.`,
    },
    hour: "Hour (UTC)",
    map: {
      title: "From where to which account",
      text: (sources, accounts) =>
        `${sources === 1 ? "One source" : `${sources} sources`}, ` +
        `${accounts === 1 ? "one account" : `${accounts} accounts`} in the last 24 hours. The ` +
        "thicker the line, the more logins; colours say how they ended.",
    },
    others: (n) => `${n} others`,
    figures: "The same in figures",
    total: "Logins",
  },
  grants: { title: "All remembered", none: "Nothing is remembered." },
  freezes: {
    title: "Frozen accounts",
    none: "No account is frozen.",
    since: "Since",
    why: { not_me: "reported: not me", administrator: "by an administrator" },
    lift: "Unfreeze",
    freeze: "Freeze an account",
    freezeText: "Nobody gets in to it by approval, and what is remembered of it ends.",
    user: "User",
    hostLabel: "Host, or * for all",
    freezeButton: "Freeze",
    lifted: "Unfrozen",
    evidence: "Reported login",
  },
  channels: {
    title: "Channels",
    none: "No channel is set up: nobody can be told of alerts. See [[notify]] in server.toml.",
    working: "working",
    failing: "failing",
    untried: "not used yet",
    lastSent: "Last sent",
    lastFailure: "Last failure",
    notSinceStart: "not since the server's start",
    untold: (n) =>
      n === 1
        ? "One alert has not reached everybody yet. It is tried again."
        : `${n} alerts have not reached everybody yet. They are tried again.`,
    hint: "What to do",
    type: "Kind",
    language: "Language",
    reach: { person: "for single persons", group: "for a group", program: "for a program" },
    sends: "Sends",
    buttons: "Buttons",
    buttonsText: "requests are answered right in the chat",
    leftAlone: "Tried again",
    reaches: "Reaches",
    nobody: {
      person:
        "Nobody. Give people a contact there, on their pages under “People”, or name some for " +
        "alerts in server.toml: alerts = […] under this [[notify]].",
      group: "Everybody in the group. It needs nobody's contact.",
      program: "The program. It needs nobody's contact.",
    },
    withContacts: {
      group: "Everybody in the group; mentions, where it is about them:",
      program: "The program; told whom it is for:",
    },
    shared: "Shared contacts",
    sharedText: (names, to) =>
      `${names} have the same contact, ${to}: an answer in the chat counts for nobody then. Give ` +
      "each their own, or let only one of them have it.",
    others: (n) => n === 1 ? "and one more" : `and ${n} more`,
    named: (n) => n === 1 ? "one contact of server.toml" : `${n} contacts of server.toml`,
    test: {
      person: "Send a test to yourself",
      group: "Send a test to the group",
      program: "Send a test to the program",
    },
    noTest: "To send a test you need a contact there yourself.",
    freshForTest: "To send a test, prove once more who you are.",
    testFailed: "The test was not sent:",
  },
  audit: {
    title: "Audit log",
    chain: "Is it whole?",
    chainText:
      "Each line holds the hash of the one before. Compare the last hash with one that you noted " +
      "elsewhere: only that shows lines cut off the end.",
    verify: "Verify now",
    whole: (n) => `Whole: ${n === 1 ? "one entry" : `${n} entries`}.`,
    cutLines: (lines) => `Cut short by a crash, and recorded as that: line ${lines}.`,
    broken: (line) => `Broken at line ${line}.`,
    brokenText: (n) => `The ${n} lines before it are whole; compare the rest with a backup.`,
    lastHash: "Last hash",
    verified: "Verified",
    time: "Time (UTC)",
    event: "Event",
    fields: "What",
    damaged: "damaged line",
    searchedOnly: "Not all of the log was searched yet: go on with “Older”.",
  },
};
