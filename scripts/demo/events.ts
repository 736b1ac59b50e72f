/** The server's log for a person who watches. */
import { dim, green, print, red } from "../say.ts";

/** Prints one line of it. */
export function showEvent(line: string): void {
  const event = parse(line);
  if (event === undefined) {
    print(line);
    return;
  }
  const { time, level, message, ...fields } = event;
  const { user, host, source, by, reason } = fields;
  const who = user === undefined ? host ?? "" : `${user}@${host} from ${source}`;
  const how = [by === undefined ? [] : `by ${by}`, reason ?? []].flat().join(", ");
  const paint = level !== "info" || /denied|expired|cancelled/.test(message ?? "")
    ? red
    : /approved|collected/.test(message ?? "")
    ? green
    : String;
  const clock = (time ?? "").replace(/^.*T|Z$/g, "");
  print(`  ${dim(clock)}  ${paint((message ?? "").padEnd(16))}  ${who}${how && dim(` (${how})`)}`);
}

function parse(line: string): Partial<Record<string, string>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, String(inner)]));
  } catch {
    return undefined;
  }
}
