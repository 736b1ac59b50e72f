/** What a terminal can show, as far as the environment says. */

/** How a QR code may be asked for; google-authenticator's names. */
export const QR_MODES = [
  "NONE",
  "ANSI",
  "ANSI_INVERSE",
  "ANSI_GREY",
  "UTF8",
  "UTF8_INVERSE",
  "UTF8_GREY",
] as const;
/** "PLAIN": where escape sequences are not obeyed, for a dark ground. */
export type QrMode = typeof QR_MODES[number] | "PLAIN";

export interface Look {
  readonly qr: QrMode;
  /** Bold and dim. */
  readonly styled: boolean;
  /** For boxes. */
  readonly frame: "unicode" | "ascii";
}

export interface Surroundings {
  /** Somebody sees it: not a file or a pipe. */
  readonly terminal: boolean;
  /** The locale's name for characters: the first of LC_ALL, LC_CTYPE and LANG that is set. */
  readonly locale: string | undefined;
  /** TERM */
  readonly term: string | undefined;
}

/** @param asked the QR code's way that was asked for */
export function lookOf({ terminal, locale, term }: Surroundings, asked?: QrMode): Look {
  // Where no locale is set (a container, a client that sends none) the terminal is one of today.
  const unicode = (locale ?? "") === "" || /\.utf-?8/i.test(locale ?? "");
  const styled = terminal && !/^(dumb|unknown|vt[0-9]+)?$/.test(term ?? "");
  const suitable = !styled ? "NONE" : unicode && term !== "ansi" ? "UTF8" : "ANSI";
  return { qr: asked ?? suitable, styled, frame: unicode ? "unicode" : "ascii" };
}

export function bold({ styled }: Look, text: string): string {
  return styled ? `\x1b[1m${text}\x1b[0m` : text;
}
