/** Lines of sudoers(5) by which sudo does not ask PAM, or asks another service than ours. */
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";

/** With the number of its first line; lines that go on behind a backslash are one. */
interface Line {
  readonly number: number;
  readonly text: string;
}

export interface Included {
  readonly kind: "file" | "folder";
  readonly path: string;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let begun: Line | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const goesOn = /(?:^|[^\\])(?:\\\\)*\\$/.test(raw);
    const part = goesOn ? raw.slice(0, -1) : raw;
    begun = { number: begun?.number ?? index + 1, text: (begun?.text ?? "") + part };
    if (goesOn) continue;
    lines.push(begun);
    begun = undefined;
  }
  return begun === undefined ? lines : [...lines, begun];
}

/** What a line brings in from elsewhere; the older form begins like a remark. */
export function includesIn(text: string, file: string): Included[] {
  return linesOf(text).flatMap(({ text: line }): Included[] => {
    const [, dir, quoted, plain = ""] =
      /^\s*[#@]include(dir)?\s+(?:"([^"]+)"|((?:\\.|\S)+))/.exec(line) ?? [];
    const path = quoted ?? plain.replace(/\\(.)/g, "$1");
    if (path === "") return [];
    const whole = path.startsWith("/") ? path : `${file.slice(0, file.lastIndexOf("/"))}/${path}`;
    return [{ kind: dir === undefined ? "file" : "folder", path: whole }];
  });
}

/** sudo skips the others of a folder. */
export function isTakenFrom(name: string): boolean {
  return !name.includes(".") && !name.endsWith("~");
}

/** @param services of sudo that have our line */
export function unaskedFindings(
  text: string,
  file: string,
  services: readonly string[],
): Finding[] {
  return linesOf(text).flatMap(({ number, text: line }) => {
    const reason = reasonOf(line.replace(/(^|\s)#(?!\d).*$/, ""), services);
    if (reason === undefined) return [];
    return [{
      id: "pam.sudo-unasked",
      severity: "warning" as const,
      where: { file, line: number },
      what: `sudo asks ${printable(reason.whom, 80)} for no second factor: ${reason.why}`,
      means: "sudo then asks PAM for nothing, or a service without our line.",
      mend: "remove it where the factor is to be asked for: visudo",
    }];
  });
}

function reasonOf(
  line: string,
  services: readonly string[],
): { readonly whom: string; readonly why: string } | undefined {
  const [, scope, settings] = /^\s*Defaults([@:!>]\s*[^\s]+)?\s+(.*)$/.exec(line) ?? [];
  if (settings !== undefined) {
    const whom = scope === undefined ? "everybody" : `those of Defaults${scope}`;
    if (/(?:^|[\s,])!\s*authenticate\b/.test(settings)) return { whom, why: "!authenticate" };
    if (/(?:^|[\s,])exempt_group\s*=/.test(settings)) return { whom, why: "exempt_group" };
    const named = [
      ...settings.matchAll(/(?:^|[\s,])(pam_(?:login_)?service)\s*=\s*"?([^\s",]+)/g),
    ].find(([, , service = ""]) => !services.includes(service));
    return named === undefined
      ? undefined
      : { whom, why: `${named[1]}=${printable(named[2] ?? "", 40)}` };
  }
  if (!/[=:)\s,]\s*NOPASSWD\s*:/.test(line)) return undefined;
  const [, whom = "somebody"] =
    /^\s*((?:"[^"]*"|[^\s,="])+(?:\s*,\s*(?:"[^"]*"|[^\s,="])+)*)/.exec(line) ?? [];
  // Who is root already is asked in no case.
  return whom === "root" ? undefined : { whom, why: "NOPASSWD" };
}
