/** Which language a page speaks. */

export type Language = "en" | "zh-CN";

/** The best of `Accept-Language` (RFC 9110, section 12.5.4); English when none of ours is wanted. */
export function pickLanguage(header: string | undefined): Language {
  const wanted = (header ?? "").slice(0, 1_000).split(",").map((part) => {
    const [tag = "", ...parameters] = part.trim().toLowerCase().split(";");
    const q = parameters.map((p) => /^\s*q=([0-9.]+)\s*$/.exec(p)?.[1]).find((x) =>
      x !== undefined
    );
    return { language: known(tag.trim()), q: q === undefined ? 1 : Number(q) };
  });
  const best = wanted.filter((w) => w.language !== undefined && w.q > 0)
    .reduce<{ language: Language | undefined; q: number }>(
      (a, b) => b.q > a.q ? b : a,
      { language: undefined, q: 0 },
    );
  return best.language ?? "en";
}

function known(tag: string): Language | undefined {
  if (/^zh(-|$)/.test(tag)) return "zh-CN";
  if (/^en(-|$)/.test(tag) || tag === "*") return "en";
  return undefined;
}
