/** What a person reads who enrols: the words of `gatehouse enroll` and of enrolment at a login. */
import { enrollEn } from "./enroll_en.ts";
import { enrollZhCn } from "./enroll_zh_cn.ts";
import type { Language } from "./language.ts";

export interface EnrollMessages {
  readonly title: (account: string, host: string) => string;
  /** @param confirmed only after a code of it was right */
  readonly willSave: (path: string, confirmed: boolean) => string;
  readonly titleAtLogin: (host: string) => string;
  readonly willAskCode: (seconds: number) => string;
  readonly scan: string;
  readonly typeIn: string;
  readonly qrTooLarge: (columns: number, rows: number) => string;

  /** What stands beside the QR code, by its labels. */
  readonly secret: string;
  readonly type: string;
  readonly account: string;
  readonly clock: string;
  readonly timeBased: (seconds: number) => string;
  readonly counterBased: string;
  /** Short: it stands in a narrow column. Undefined: the kernel does not say. */
  readonly synchronised: (yes: boolean | undefined) => string;

  readonly askCode: string;
  readonly codeRight: string;
  readonly codeMalformed: string;
  readonly codeForeign: string;
  readonly codeForeignCounter: string;
  /** @param off how long ago (negative) or ahead, in seconds @param time this machine's, as text */
  readonly codeOff: (off: number, time: string, synchronised: boolean | undefined) => string;

  readonly askReuse: readonly string[];
  readonly askWindow: Readonly<Record<"totp" | "hotp", readonly string[]>>;
  readonly askRateLimit: readonly string[];
  readonly yesOrNo: string;

  readonly sheetTitle: string;
  readonly sheetHost: string;
  readonly sheetDate: string;
  readonly sheetNotes: readonly string[];

  readonly saved: (path: string) => string;
  readonly savedAtLogin: string;
  readonly nothingSaved: string;
  /** Where nobody sits at a terminal. */
  readonly nothingSavedHint: string;
  readonly alreadyEnrolled: (account: string, path: string) => string;
  readonly alreadyEnrolledHint: string;
  readonly cannotWrite: (account: string, folder: string) => string;
  readonly cannotWriteHint: string;
}

export function enrollMessages(language: Language): EnrollMessages {
  return language === "zh-CN" ? enrollZhCn : enrollEn;
}
