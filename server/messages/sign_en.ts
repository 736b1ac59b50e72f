import { secondsUntil } from "../../lib/core/time.ts";
import type { SignMessages } from "./sign_words.ts";

export const signEn: SignMessages = {
  language: "en",

  signIn: "Sign in",
  again: "Some minutes have passed since you proved who you are. Please do it once more.",
  byPasskey: "Sign in with a passkey",
  byCode: "Use a code instead",
  byCodeHint: "Six digits, from your authenticator app.",
  withCode: "Sign in with the code",
  lostDevices: "No device at hand?",
  recoveryHint: "A recovery code lets you in once, to add a new device.",
  withRecoveryCode: "Sign in with the recovery code",
  name: "Name",
  code: "Code",
  recoveryCode: "Recovery code",
  passkey: {
    insecure: "This page was opened over plain http, where browsers offer no passkeys. Use a code.",
    unsupported: "This browser knows no passkeys. Use a code, or another browser.",
    cancelled: "Nothing was signed: it was cancelled or took too long. Try again, or use a code.",
    registered: "This device has a passkey for you already.",
    elsewhere: "The page was opened at another address than the server's own. Open it there.",
    unsuitable: "This device cannot hold such a passkey: it needs a screen lock or a PIN.",
    failed: "The passkey did not work. Try again, or use a code.",
    offline: "The server does not answer. Try again.",
  },
  noScript: "Passkeys need JavaScript, which is switched off here. Codes work without.",
  noPasskeys: {
    insecure: "This server is reached over plain http, where browsers offer no passkeys. " +
      "Codes of an authenticator app work.",
    address:
      "This server is reached by a number instead of a name, and passkeys belong to names. " +
      "Codes of an authenticator app work.",
  },
  refusals: {
    malformed: "That is not what was asked for. Look again, and type all of it.",
    wrong: "The name or the code is wrong, or the code was used already. Wait for the next one.",
    late: "That took too long. Press the button once more.",
    unknown: "This passkey is not known here, or was revoked.",
    refused: "This passkey was refused. If it happens again, tell an administrator.",
  },
  limited: (retryAt, now) => {
    const seconds = secondsUntil(retryAt, now);
    return seconds > 90
      ? `Too many wrong codes. Try again in ${Math.ceil(seconds / 60)} minutes.`
      : `Too many wrong codes. Try again in ${seconds} seconds.`;
  },

  invited: "You are invited",
  invitedBy: (by) => `${by} invites you to approve logins with a device of your own.`,
  theServer: "This server",
  invitedWho: "You are",
  invitedFor: "You approve",
  validUntil: "Valid until",
  everything: "as an administrator, all logins",
  ownAccount: "logins to your own account",
  more: (count) => `and ${count} more`,
  haveDevices: (count) =>
    count === 1
      ? "Your other device stays. If you have lost it, revoke it afterwards on “My devices”."
      : `Your other ${count} devices stay. Revoke what you have lost afterwards on “My devices”.`,
  makePasskey: "Make a passkey",
  makePasskeyHint: "It stays with this device, and is unlocked by your face, finger or PIN.",
  useAuthenticator: "Use an authenticator app",
  closed: {
    used: {
      title: "Used already",
      text: "This invitation has been used: each registers one device. If that was not you, tell " +
        "an administrator now.",
    },
    expired: {
      title: "Expired",
      text: "This invitation is too old. Ask an administrator for a new one.",
    },
    unknown: {
      title: "No such invitation",
      text:
        "The link is wrong, or was replaced by a newer one. Open it to the last character, or " +
        "ask an administrator.",
    },
  },

  deviceName: "Name of the device",
  browserOn: (browser, system) => `${browser} on ${system}`,
  passkeyKind: "Passkey",
  authenticatorApp: "Authenticator app",
  hostApp: "App for hosts",
  notRegistered: {
    malformed: "The passkey was not made. Press the button once more.",
    late: "That took too long. Press the button once more.",
    refused: "This passkey cannot be used here: the device must be unlocked for it.",
    known: "This device is registered already.",
    too_many: "You have as many devices as there can be. Revoke one first.",
    name: "Give the device a name of 1 to 64 characters.",
  },

  addAuthenticator: "Add an authenticator app",
  addHostCodes: "Add an app for codes at hosts",
  hostCodesHint:
    "Its codes are typed at the prompt of a host, where you log in to your own account. They sign " +
    "in to no page, and approve nothing.",
  scan: "Scan this with the app.",
  qrCode: "QR code with the secret",
  openApp: "Open in an app on this device",
  typeSecret: "Or type this secret into the app:",
  typeCode: "Then type the six digits that the app shows.",
  confirm: "Confirm",
  draftOver: "The secret was too old, so here is a new one. Remove the old one from the app.",
  codeRefused: {
    malformed: "A code has six digits.",
    foreign: "That is not a code of this secret. Look for the newest entry in the app.",
  },
  clockOff: (minutes) =>
    `The code is of another time: your device's clock is about ${Math.abs(minutes)} ` +
    `${Math.abs(minutes) === 1 ? "minute" : "minutes"} ${minutes > 0 ? "fast" : "slow"}. Set it, ` +
    "and type the next code.",
  back: "Back",

  recoveryTitle: "Your recovery codes",
  recoveryText: "Write them down or print them, and keep them away from your devices. Each lets " +
    "you in once when the devices are gone. They are never shown again.",
  recoveryOf: "Of",
  recoveryMade: "Made",
  noted: "I have noted them",

  registered: "Your device is registered.",

  myDevices: "My devices",
  recovering:
    "You signed in with a recovery code. Add a new device now, and revoke what you have " +
    "lost; everything else comes after that.",
  freshNeeded: "To add or revoke a device, prove again who you are.",
  proveAgain: "Prove it",
  noDevices: "You have none. Add one before you sign out.",
  forPages: "Authenticator",
  forHosts: "For hosts",
  current: "in use now",
  added: "Added",
  lastUsed: "Last used",
  never: "never",
  backedUp: "Backed up by its maker's cloud",
  notBackedUp: "On this one device only",
  change: "Rename or revoke",
  rename: "Rename",
  revoke: "Revoke",
  revokeLast: "Without another device you cannot sign in. Tick the box if you want that.",
  confirmLast: "I know that I shall need a new invitation",
  addDevice: "Add a device",
  addPasskey: "Add a passkey",
  recoveryCodes: "Recovery codes",
  codesLeft: (count) => count === 1 ? "1 code is left." : `${count} codes are left.`,
  newSheet: "Make new codes",
  newSheetHint: "The old ones are worth nothing then.",
  aboutYou: "About you",
  pageLanguage: "Language",
  languages: { auto: "As the browser asks", en: "English", "zh-CN": "简体中文" },
  save: "Save",
  contacts: "You are told by",
  noContacts: "Nothing yet. An administrator can give you a contact.",

  frozenTitle: "Frozen accounts",
  frozenNote: (count) =>
    count === 1 ? "An account of yours is frozen." : `${count} accounts of yours are frozen.`,
  look: "Look at it",
  noneFrozen: "No account of yours is frozen.",
  onAllHosts: "all hosts",
  frozenSince: "Since",
  frozenBy: "By",
  reportedLogin: "The login",
  unfreeze: "Unfreeze",
  unfreezeHint: "Change your password and SSH keys first: somebody may have them. It takes a " +
    "passkey and a recovery code, which is used up by it.",
  onlyAdministrators: "Only an administrator can lift this.",
  administratorsHere: "Look at all frozen accounts",
  unfreezeNeedsPasskey: "It takes a passkey, and this address has none: ask an administrator.",
};
