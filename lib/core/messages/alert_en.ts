/** Alerts in English. */
import type { DeviceType } from "../notification.ts";
import { type Foreign, line } from "../letter.ts";
import type { AlertWords } from "./alert.ts";

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count} more ${count === 1 ? one : many}`;
const at = (host: Foreign | null) => host === null ? line`` : line` at ${host}`;
const were = (count: number) => count === 1 ? "was" : "were";

const TYPES: Readonly<Record<DeviceType, string>> = {
  passkey: "passkey",
  authenticator: "authenticator",
  host_codes: "authenticator for codes at hosts",
};

export const en: AlertWords = {
  denied: (user, host) => line`A login to ${host} as ${user} was denied`,
  ownNumber: (user, host) =>
    line`You chose a wrong number, so the login to ${host} as ${user} was denied`,
  failOpen: (user, host) => line`${user} logged in to ${host} without a second factor`,
  emergency: (host) => line`The emergency code of ${host} was used to log in`,
  frozen: (user, host) => line`The account ${user} is frozen on ${host ?? "all hosts"}`,
  quiet: (user, host, refusals) =>
    line`${refusals} requests to log in to ${host} as ${user} were not approved`,
  notMe: (user, host) =>
    line`Somebody who has the link says that the login to ${host} as ${user} was not them`,
  newDevice: (person) => line`${person} has a new device`,
  recovery: (person, left) =>
    line`A recovery code of ${person} was used, ${left === 0 ? "no" : left} more ${
      left === 1 ? "is" : "are"
    } left`,
  cloned: (person) => line`A passkey of ${person} was refused: it may have been copied`,
  personFrozen: (person) => line`${person} is frozen: nobody can sign in or approve by that name`,
  hostKey: (host) => line`The token of ${host} was used to join with a second key`,
  by: "By",
  reason: "Reason",
  reported: "this login was reported as suspicious",
  reasons: {
    denied: "somebody denied it",
    wrong_number: "the number was wrong",
    offline: 'no server answered, and offline = "allow" is set there',
    unenrolled: 'the account has no authenticator, and unenrolled = "allow" is set there',
  },
  quietUntil: "Nobody is asked until",
  device: "Device",
  deviceOf: (name, type) => line`${name} (${TYPES[type]})`,
  addedBy: "Added by",
  added: (byInvitation) => byInvitation ? "an invitation" : "a signed-in device",
  source: "From",
  time: "Time",
  summary: {
    denied: (count, host, since) =>
      line`${counted(count, "login")}${at(host)} ${were(count)} denied since ${since}`,
    fail_open: (count, host, since) =>
      line`${counted(count, "login")}${at(host)} without a second factor since ${since}`,
    emergency_code: (count, host, since) =>
      line`${counted(count, "use")} of the emergency code${at(host)} since ${since}`,
    frozen: (count, _, since) =>
      line`${counted(count, "account")} ${were(count)} frozen since ${since}`,
    quiet: (count, host, since) =>
      line`${counted(count, "time")} since ${since} too many requests to log in${
        at(host)
      } were not approved`,
    not_me_unproven: (count, host, since) =>
      line`${counted(count, "login")}${at(host)} ${
        were(count)
      } reported as "not me" by a link alone since ${since}`,
    new_device: (count, _, since) =>
      line`${counted(count, "device")} ${were(count)} added since ${since}`,
    recovery_used: (count, _, since) =>
      line`${counted(count, "recovery code")} ${were(count)} used since ${since}`,
    passkey_cloned: (count, _, since) =>
      line`${
        counted(count, "time")
      } since ${since} a passkey was refused that may have been copied`,
    person_frozen: (count, _, since) =>
      line`${counted(count, "person", "persons")} ${were(count)} frozen since ${since}`,
    host_key_disputed: (count, host, since) =>
      line`${counted(count, "time")} since ${since} a token${at(host)} was used with a second key`,
  },
  record: "Accounts and addresses: gatehouse audit show, at the server",
  deniedBy: (own) =>
    own
      ? "If it was you who logged in: begin anew, and look at your terminal first."
      : "If it was you who logged in: ask who denied it.",
  advice: {
    denied:
      "If it was not you who logged in: somebody has the password or key. Change it, and tell your " +
      "administrator.",
    fail_open:
      "If that is not meant to be: set offline and unenrolled in host.toml there. See that " +
      "the host reaches the server.",
    emergency_code:
      "If it was none of you: somebody knows the code. End the session, look at what was done, and " +
      "set a new code there: gatehouse emergency set",
    frozen: "Nobody gets in to it by approval until it is unfrozen. Find out who asked: somebody " +
      "may have the password or key.",
    quiet:
      "If it is not you who asks: somebody has the password or key. Change it, and tell your " +
      "administrator.",
    not_me_unproven:
      "It was denied, nothing is frozen. Ask the owner of the account: somebody may " +
      "have the password or key.",
    new_device:
      "If it was not you: tell your administrator at once, and revoke the device on the " +
      "page of your devices.",
    recovery_used: "If it was not you: somebody has your recovery codes. Make new ones, and tell " +
      "your administrator at once.",
    passkey_cloned:
      "Two devices seem to hold it. Revoke it on the page of your devices, register a new one, and " +
      "tell your administrator.",
    person_frozen: "The devices are kept, and work again once an administrator has unfrozen the " +
      "person. If you do not know why: ask whoever did it.",
    host_key_disputed:
      "It gets no codes from now on. Whoever joined first may have fetched some: revoke the host and " +
      "add it anew, look for host.codes_sent in the audit log, and have the people whose accounts it " +
      "names register their authenticators for hosts anew.",
  },
};
