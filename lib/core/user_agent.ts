/** What kind of device somebody sits at, as its browser says: coarse, and good for a first name only. */

interface Agent {
  /** "Chrome"; undefined: another one, or on a phone or tablet, where it does not matter. */
  readonly browser: string | undefined;
  /** "iPhone", "Windows". */
  readonly system: string;
}

/** Browsers name what they are like too, so the ones that do come first. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;

/** A phone's or tablet's says what it is like, too. */
const HELD = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
] as const;
const DESKS = [
  [/\bWindows NT\b/, "Windows"],
  [/\bMac OS X\b/, "Mac"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
] as const;

/** @param header the request's User-Agent; undefined: it says nothing that we know */
export function readAgent(header: string | undefined): Agent | undefined {
  const text = (header ?? "").slice(0, 512);
  const among = (known: readonly (readonly [RegExp, string])[]) =>
    known.find(([sign]) => sign.test(text))?.[1];
  const held = among(HELD);
  if (held !== undefined) return { browser: undefined, system: held };
  const system = among(DESKS);
  return system === undefined ? undefined : { browser: among(BROWSERS), system };
}
