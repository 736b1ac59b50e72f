/** Requests, PINs and tests in English. */
import { line } from "../letter.ts";
import type { LetterWords } from "./letter_words.ts";

export const en: LetterWords = {
  request: (user, host) => line`Log in to ${host} as ${user}?`,
  ahead: (user, host, duration) => line`Let ${user} log in to ${host} for the next ${duration}?`,
  connections: "Connections",
  until: "Open until",
  choose: "Choose the number that your terminal shows.",
  type: "Several requests were refused lately, so the number is to be typed: the one that your " +
    "terminal shows.",
  typePrompt: "Number on the terminal",
  open: "Open the page to approve or deny it.",
  two: "Two persons have to approve this account.",
  first: (name) => line`${name} has approved it. One more person has to.`,
  link: "Open the page",
  approve: "Approve",
  deny: "Deny",
  notMe: "This wasn't me",
  reflex: "If you are not logging in right now: deny it.",
  ended: {
    approved: (user, host) => line`Approved: ${user} at ${host}`,
    denied: (user, host) => line`Denied: ${user} at ${host}`,
    not_me: (user, host) => line`Denied and frozen, reported as "not me": ${user} at ${host}`,
    wrong_number: (user, host) => line`Denied, the number was wrong: ${user} at ${host}`,
    expired: (user, host) => line`Nobody decided in time: ${user} at ${host}`,
    cancelled: (user, host) => line`No longer wanted: ${user} at ${host}`,
  },
  by: "By",
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
