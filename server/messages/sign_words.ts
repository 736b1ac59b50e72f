/** What people read where they sign in, are invited, and look after their devices. */
import type { Language } from "./language.ts";
import { signEn } from "./sign_en.ts";
import { signZhCN } from "./sign_zh_cn.ts";
import type { Refusal } from "../sign_in.ts";

interface Said {
  readonly title: string;
  readonly text: string;
}

/** What the page's script shows, see assets/client/passkey.ts. */
type PasskeySaying =
  | "insecure"
  | "unsupported"
  | "cancelled"
  | "registered"
  | "elsewhere"
  | "unsuitable"
  | "failed"
  | "offline";

export interface SignMessages {
  readonly language: Language;

  readonly signIn: string;
  /** Before something that needs a proof that is minutes old. */
  readonly again: string;
  readonly byPasskey: string;
  readonly byCode: string;
  readonly byCodeHint: string;
  readonly withCode: string;
  readonly lostDevices: string;
  readonly recoveryHint: string;
  readonly withRecoveryCode: string;
  readonly name: string;
  readonly code: string;
  readonly recoveryCode: string;
  readonly passkey: Readonly<Record<PasskeySaying, string>>;
  readonly noScript: string;
  /** The server's address allows no passkeys, and why. */
  readonly noPasskeys: Readonly<Record<"insecure" | "address", string>>;
  readonly refusals: Readonly<Record<Refusal, string>>;
  /** @param retryAt, now milliseconds since the Unix epoch */
  readonly limited: (retryAt: number, now: number) => string;

  readonly invited: string;
  /** Who invites: an administrator at the server's terminal, a person, or the server itself. */
  readonly invitedBy: (by: string) => string;
  readonly theServer: string;
  readonly invitedWho: string;
  readonly invitedFor: string;
  readonly validUntil: string;
  readonly everything: string;
  readonly ownAccount: string;
  readonly more: (count: number) => string;
  readonly haveDevices: (count: number) => string;
  readonly makePasskey: string;
  readonly makePasskeyHint: string;
  readonly useAuthenticator: string;
  readonly closed: Readonly<Record<"used" | "expired" | "unknown", Said>>;

  readonly deviceName: string;
  readonly browserOn: (browser: string, system: string) => string;
  readonly passkeyKind: string;
  readonly authenticatorApp: string;
  readonly hostApp: string;
  readonly notRegistered: Readonly<
    Record<"malformed" | "late" | "refused" | "known" | "too_many" | "name", string>
  >;

  readonly addAuthenticator: string;
  readonly addHostCodes: string;
  readonly hostCodesHint: string;
  readonly scan: string;
  readonly qrCode: string;
  readonly openApp: string;
  readonly typeSecret: string;
  readonly typeCode: string;
  readonly confirm: string;
  readonly draftOver: string;
  readonly codeRefused: Readonly<Record<"malformed" | "foreign", string>>;
  /** @param minutes how many the device's clock is ahead of ours; negative: behind */
  readonly clockOff: (minutes: number) => string;
  readonly back: string;

  readonly recoveryTitle: string;
  readonly recoveryText: string;
  readonly recoveryOf: string;
  readonly recoveryMade: string;
  readonly noted: string;

  readonly registered: string;

  readonly myDevices: string;
  readonly recovering: string;
  readonly freshNeeded: string;
  readonly proveAgain: string;
  readonly noDevices: string;
  readonly forPages: string;
  readonly forHosts: string;
  readonly current: string;
  readonly added: string;
  readonly lastUsed: string;
  readonly never: string;
  readonly backedUp: string;
  readonly notBackedUp: string;
  readonly change: string;
  readonly rename: string;
  readonly revoke: string;
  readonly revokeLast: string;
  readonly confirmLast: string;
  readonly addDevice: string;
  readonly addPasskey: string;
  readonly recoveryCodes: string;
  readonly codesLeft: (count: number) => string;
  readonly newSheet: string;
  readonly newSheetHint: string;
  readonly aboutYou: string;
  readonly pageLanguage: string;
  readonly languages: Readonly<Record<"auto" | Language, string>>;
  readonly save: string;
  readonly contacts: string;
  readonly noContacts: string;

  readonly frozenTitle: string;
  readonly frozenNote: (count: number) => string;
  readonly look: string;
  readonly noneFrozen: string;
  readonly onAllHosts: string;
  readonly frozenSince: string;
  readonly frozenBy: string;
  readonly reportedLogin: string;
  readonly unfreeze: string;
  readonly unfreezeHint: string;
  readonly onlyAdministrators: string;
  readonly administratorsHere: string;
  readonly unfreezeNeedsPasskey: string;
}

export function signMessages(language: Language): SignMessages {
  return language === "zh-CN" ? signZhCN : signEn;
}
