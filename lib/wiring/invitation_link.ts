/** An invitation's link, as a person at the server's terminal sees it. */
import { INVITATION_MS } from "../core/invitation.ts";
import { lookOf } from "../core/terminal_look.ts";
import type { Out } from "../io/out.ts";
import { paintQr } from "../io/qr.ts";
import { variable } from "../io/surroundings.ts";

/** In modules: phones are content with less than the standard asks for, and it is to fit in. */
const QR_BORDER = 2;

/** The link alone in its line, and on a terminal its picture; both are shown only once. */
export function printLink(url: string, out: Out): void {
  out.result("");
  out.result(url);
  out.result("");
  if (!out.toTerminal) return;
  const locale = variable("LC_ALL", "LC_CTYPE", "LANG");
  const { qr } = lookOf({ terminal: true, locale, term: variable("TERM") });
  for (const line of paintQr(url, qr, QR_BORDER).lines) out.result(line);
}

/** How long a new one can be used. */
export const WORKS = `it works once, within ${INVITATION_MS / 3_600_000} h`;
