/** What vendors and phones read that know no markup. */
const LIKENESS: Readonly<Record<string, string>> = { "／": "/", "＠": "@", "․": "." };

/** What only looks like a sign is read as that sign. */
export function asSeen(text: string): string {
  return text.replace(/[／＠․]/g, (c) => LIKENESS[c] ?? c);
}

/** A body as JSON; undefined: it is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
