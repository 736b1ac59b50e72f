import type { EnrollMessages } from "./enroll.ts";

export const enrollEn: EnrollMessages = {
  title: (account, host) => `A new authenticator for ${account} on ${host}`,
  willSave: (path, confirmed) =>
    `It is saved in ${path}${confirmed ? " once a code is right" : ""}.`,
  titleAtLogin: (host) => `This account needs an authenticator app to log in to ${host}`,
  willAskCode: (s) =>
    `The login goes on with the first right code; there are ${
      s < 120 ? `${s} s` : `${Math.floor(s / 60)} minutes`
    } for it.`,
  scan: "Scan this with an authenticator app, or type the secret into it:",
  typeIn: "Type the secret into an authenticator app:",
  qrTooLarge: (columns, rows) =>
    `The QR code does not fit here: it needs ${columns} columns and ${rows} rows.`,

  secret: "secret",
  type: "type",
  account: "account",
  clock: "clock",
  timeBased: (seconds) => `time-based, ${seconds} s`,
  counterBased: "counter-based",
  synchronised: (yes) =>
    yes === undefined
      ? "NTP state unknown"
      : yes
      ? "synchronised by NTP"
      : "NOT synchronised by NTP",

  askCode: "Code from the app: ",
  codeRight: "That is right.",
  codeMalformed: "A code has six digits.",
  codeForeign: "That is no code of this secret. Is the app showing another account's?",
  codeForeignCounter:
    "That is none of the first codes of this secret. Is the app showing another account's?",
  codeOff: (off, time, synchronised) => {
    const what = `That is the code ${off < 0 ? `of ${span(-off)} ago` : `of ${span(off)} ahead`}.`;
    const clock = `This machine's clock says ${time}`;
    switch (synchronised) {
      case true:
        return `${what}\n${clock} (synchronised by NTP),\n` +
          `so the phone's is ${off < 0 ? "slow" : "fast"}: let it set its time by itself.`;
      case false:
        return `${what}\n${clock} (NOT synchronised by NTP):\n` +
          "compare it with the phone's; if it is wrong, tell the administrator.";
      case undefined:
        return `${what}\n${clock}; that clock or the phone's is off.`;
    }
  },

  askReuse: ["Accept each code only once?", "Then nobody who sees one typed can use it again."],
  askWindow: {
    totp: [
      "Accept codes of up to 4 minutes ago or ahead? Normally 30 s are enough:",
      "this is for a phone whose clock cannot be set.",
    ],
    hotp: [
      "Accept any of the next 17 codes? Normally any of the next 3 is enough:",
      "this is for a token whose button is often pressed for nothing.",
    ],
  },
  askRateLimit: ["Allow only 3 tries in 30 s?", "It keeps others from trying code after code."],
  yesOrNo: "Please answer y or n.",

  sheetTitle: "Scratch codes: each lets in once, without the app",
  sheetHost: "host",
  sheetDate: "date",
  sheetNotes: ["Keep them where the phone is not."],

  saved: (path) => `Saved in ${path}`,
  savedAtLogin: "Saved. From now on the app's codes let you in here.",
  nothingSaved: "nothing was saved",
  nothingSavedHint: "the input ended before all was answered; --yes asks nothing",
  alreadyEnrolled: (account, path) => `${account} is enrolled already (${path})`,
  alreadyEnrolledHint: "a new secret: --rotate; this one again: --show; to overwrite it: -f",
  cannotWrite: (account, folder) => `${account} may not write in ${folder}`,
  cannotWriteHint: "an administrator can: gatehouse enroll --user NAME",
};

function span(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const rest = seconds % 60;
  if (seconds < 600 && rest !== 0) return `${Math.floor(seconds / 60)} min ${rest} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
