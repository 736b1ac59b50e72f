/**
 * Leads a person through the making of an authenticator. Nothing is saved before a code was right
 * (where one is asked for) and every question is answered.
 */
import {
  type AppKey,
  type CodeSettings,
  DEFAULT_STEP,
  newStateFile,
  SCRATCH_CODES,
  spendFirstCode,
  type UsedStep,
} from "../core/enrollment.ts";
import type { EnrollMessages } from "../core/messages/enroll.ts";
import { drawSheet } from "../core/scratch_sheet.ts";
import { bold } from "../core/terminal_look.ts";
import { printable } from "../core/text.ts";
import type { EnrollDoors } from "./doors.ts";
import { askFirstCode } from "./first_code.ts";
import { showSecret } from "./secret_page.ts";
import { makeScratchCodes, makeSecret } from "./secrets.ts";
import { askSettings, safeSettings, type Wishes } from "./settings.ts";

export interface Subject {
  readonly account: string;
  /** This machine's name. */
  readonly host: string;
  /** How the app lists it; account@host unless told otherwise. */
  readonly label: string;
  /** "" for none. */
  readonly issuer: string;
}

export interface EnrollWishes extends Wishes {
  /** Asks for a code from the app before anything is saved. */
  readonly confirm: boolean;
  /** Asks for what is not said; else the safe choice is taken. */
  readonly ask: boolean;
  readonly scratchCodes: number;
}

/**
 * Makes the state file durable.
 * @param used a step whose code was typed and must not be right again, where the text cannot say it
 * @throws Failure when that cannot be
 */
type Save = (text: string, used: UsedStep | undefined) => Promise<void>;

/** `gatehouse enroll`. @returns whether it was saved; false: the person gave up */
export async function enrollInDialog(
  doors: EnrollDoors,
  messages: EnrollMessages,
  subject: Subject,
  wishes: EnrollWishes,
  place: { readonly path: string; readonly save: Save },
): Promise<boolean> {
  const { dialog, random, look } = doors;
  const { account, host } = subject;
  const path = printable(place.path);
  dialog.print(bold(look, messages.title(printable(account, 64), printable(host, 64))));
  dialog.print(messages.willSave(path, wishes.confirm));
  const secret = makeSecret(random);
  const { kind, step } = safeSettings(wishes);
  showSecret(doors, messages, appKey(subject, secret, { kind, step }));

  const first = wishes.confirm
    ? await askFirstCode(doors, messages, secret, safeSettings(wishes))
    : undefined;
  if (wishes.confirm) {
    if (first === undefined) return false;
    dialog.print(messages.codeRight);
  }
  const settings = wishes.ask ? await askSettings(dialog, messages, wishes) : safeSettings(wishes);
  if (settings === undefined) return false;

  const codes = makeScratchCodes(random, wishes.scratchCodes);
  const file = spendFirstCode(newStateFile(secret, settings, codes), first);
  showScratchCodes(doors, messages, subject, codes);
  await place.save(file.text, file.usedSteps === undefined ? first?.used : undefined);
  dialog.print(messages.saved(path));
  return true;
}

/**
 * Enrolment in the middle of a login, with safe choices and no question but for the code. The
 * secret does not stay on the screen when the dialog has its own; the scratch codes do, to be noted.
 * @param signal ends it; the dialog is closed then
 * @returns true after the first right code; false: the person gave up, or was given up
 */
export async function enrollAtLogin(
  doors: EnrollDoors,
  messages: EnrollMessages,
  subject: Subject,
  save: Save,
  time: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const { signal, withinMs } = time;
  const aborted = new Promise<false>((resolve) => {
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  try {
    if (signal.aborted) return false;
    return await Promise.race([aborted, leadAtLogin(doors, messages, subject, save, withinMs)]);
  } finally {
    doors.dialog.close();
  }
}

async function leadAtLogin(
  doors: EnrollDoors,
  messages: EnrollMessages,
  subject: Subject,
  save: Save,
  withinMs: number,
): Promise<boolean> {
  const { dialog, random, look } = doors;
  const secret = makeSecret(random);
  const settings = safeSettings({});
  const showPage = () => {
    dialog.clear();
    dialog.print(bold(look, messages.titleAtLogin(printable(subject.host, 64))));
    dialog.print(messages.willAskCode(Math.floor(withinMs / 1000)));
    showSecret(doors, messages, appKey(subject, secret, settings));
  };
  showPage();
  const first = await askFirstCode(doors, messages, secret, settings, showPage);
  if (first === undefined) return false;
  const codes = makeScratchCodes(random, SCRATCH_CODES);
  await save(spendFirstCode(newStateFile(secret, settings, codes), first).text, undefined);
  dialog.close();
  showScratchCodes(doors, messages, subject, codes);
  dialog.print(messages.savedAtLogin);
  return true;
}

/** What an app is to be told of a secret. */
export function appKey(
  { label, issuer }: Subject,
  secret: string,
  { kind, step }: Pick<CodeSettings, "kind" | "step">,
): AppKey {
  return { secret, kind, step: step ?? DEFAULT_STEP, label, issuer };
}

export function showScratchCodes(
  { dialog, look, clock }: EnrollDoors,
  messages: EnrollMessages,
  { account, host }: Subject,
  codes: readonly string[],
): void {
  if (codes.length === 0) return;
  const date = new Date(clock.now()).toISOString().slice(0, 10);
  const facts = [
    { label: messages.account, value: account },
    { label: messages.sheetHost, value: host },
    { label: messages.sheetDate, value: date },
  ];
  const sheet = { title: messages.sheetTitle, facts, codes, notes: messages.sheetNotes };
  dialog.print(["", ...drawSheet(sheet, look.frame), ""].join("\n"));
}
