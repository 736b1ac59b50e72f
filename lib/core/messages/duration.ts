/** For how long, as people say it. */
import type { Language } from "./language.ts";

/** "8 hours", "1 hour 30 minutes": whole minutes, rounded up. @param ms milliseconds */
export function duration(ms: number, language: Language): string {
  const all = Math.ceil(ms / 60_000);
  const [hours, minutes] = [Math.floor(all / 60), all % 60];
  const units = language === "zh-CN"
    ? [`${hours} 小时`, `${minutes} 分钟`]
    : [plural(hours, "hour"), plural(minutes, "minute")];
  return units.filter((_, index) => [hours, minutes][index] !== 0).join(" ");
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
