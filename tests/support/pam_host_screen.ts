/** What PAM's conversation shows in the ssh client, and on terminals. */
import { deepEqual } from "node:assert/strict";
import { expectShell } from "./gate_outcome.ts";
import type { Offer } from "./gate_offer.ts";
import type { Running } from "./process.ts";
import type { Terminal } from "./terminal.ts";

/** How ssh begins what PAM asks: the account, as it was given. */
export const ASKED = /^\(\S+@127\.0\.0\.1\) /;

export const CODE_PROMPT = "Verification code:";
/** Asks for an approval where a code will do as well. */
export const ENTER_OR_CODE = "Press Enter once approved, or type a code:";
export const ENTER = "Press Enter once approved:";

/** Waits for the link and the number, and for the prompt below them. */
export async function pamOffer(screen: Terminal): Promise<Offer> {
  return offerIn(await screen.waitFor(/http\S+\n.*\b\d\d\n[^]*Press Enter once approved.*:/));
}

/** The same where nobody has to press Enter. */
export async function streamedOffer(where: Terminal | Running): Promise<Offer> {
  const pattern = /http\S+\s[^]*?number\D*\d\d\b/;
  const shown = "waitFor" in where ? where.waitFor(pattern) : where.err(pattern);
  return offerIn(await shown);
}

function offerIn(text: string): Offer {
  const [, url = "", number = ""] = /(http\S+)\s.*?\b(\d\d)\b/s.exec(text) ?? [];
  return { url, number };
}

/** How often the screen shows it. */
export function times(screen: Terminal, text: string): number {
  return screen.screen().split(text).length - 1;
}

/** Resolves when the screen shows it so many times. */
export async function seen(screen: Terminal, text: string, count: number): Promise<void> {
  const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  await screen.waitFor(new RegExp(`(?:${literal}[^]*){${count}}`));
}

/**
 * It is the account's own login shell that answers. Ends it. @param prompt what the shell's ends with
 */
export async function expectIn(screen: Terminal, prompt: "$" | "#" = "$"): Promise<void> {
  // ssh throws away what is typed before it has put the terminal back (readpassphrase(3)).
  await screen.waitFor(prompt === "$" ? /\$$/m : /#$/m);
  await expectShell(screen);
}

/** sshd has said no for the last time. */
export async function expectPermissionDenied(screen: Terminal, words = ""): Promise<void> {
  if (words !== "") await screen.waitFor(words);
  await screen.waitFor(/Permission denied \(.*keyboard-interactive/);
  deepEqual(await screen.closed, { code: 255 });
}
