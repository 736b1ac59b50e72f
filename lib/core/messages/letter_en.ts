/** Requests, PINs and tests in English. */
import { line } from "../letter.ts";
import type { LetterWords } from "./letter_words.ts";

const OTHERS = {
  choose: "Choose the number on their terminal: ask them for it.",
  type: "Several requests were refused lately, so the number is to be typed: the one on their " +
    "terminal.",
  freeze: "Suspicious: freeze the account",
  reflex: "If you do not know that they are logging in: ask them, or deny it.",
};

export const en: LetterWords = {
  request: (user, host) => line`Log in to ${host} as ${user}?`,
  requestBy: (who, user, host) =>
    line`${who ?? "Somebody"} wants to log in to ${host} as ${user}. Do you approve?`,
  requestOf: (user, host) => line`${user} wants to log in to ${host}. Do you approve?`,
  waits: (user, host) => line`A login to ${host} as ${user} waits for approval`,
  ahead: (user, host, duration) => line`Let ${user} log in to ${host} for the next ${duration}?`,
  connections: "Connections",
  until: "Open until",
  to: {
    self: {
      choose: "Choose the number that your terminal shows.",
      type: "Several requests were refused lately, so the number is to be typed: the one that " +
        "your terminal shows.",
      freeze: "This wasn't me",
      reflex: "If you are not logging in right now: deny it.",
    },
    other: OTHERS,
    group: {
      ...OTHERS,
      reflex:
        "It is for whoever logs in, or answers for the account. If none of you knows of it: " +
        "deny it.",
    },
  },
  typePrompt: "Number on the terminal",
  open: "Open the page to approve or deny it.",
  two: "Two persons have to approve this account.",
  first: (name) => line`${name} has approved it. One more person has to.`,
  escalated: "Nobody has decided so far, so you are asked as well.",
  answersFor: "You are asked because you answer for this account.",
  link: "Open the page",
  approve: "Approve",
  deny: "Deny",
  ended: {
    approved: (user, host) => line`Approved: ${user} at ${host}`,
    denied: (user, host) => line`Denied: ${user} at ${host}`,
    not_me: (user, host) => line`Denied, and an account is frozen: ${user} at ${host}`,
    wrong_number: (user, host) => line`Denied, the number was wrong: ${user} at ${host}`,
    expired: (user, host) => line`Nobody decided in time: ${user} at ${host}`,
    cancelled: (user, host) => line`No longer wanted: ${user} at ${host}`,
  },
  reportedByLink: (user, host) => line`Denied, reported as "not me": ${user} at ${host}`,
  by: "By",
  decided: "Decided",
  pin: (pin) => line`${pin} is your code to log in`,
  pinValid: (duration) => `Valid for ${duration}, for this login only.`,
  pinNotYou:
    "If this is not you: somebody has your password or key. Give the code to nobody, change " +
    "the password or key, and tell your administrator.",
  test: (channel) => line`gatehouse reaches you by ${channel}`,
  testNote: "This is a test, there is nothing to do.",
  time: "Time",
  hours: "h",
  minutes: "min",
  seconds: "s",
};
