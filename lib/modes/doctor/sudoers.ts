/** Whom sudo lets by without asking PAM, where its PAM service has our line. */
import type { Finding } from "../../core/doctor/finding.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import {
  type Included,
  includesIn,
  isTakenFrom,
  unaskedFindings,
} from "../../core/doctor/sudoers.ts";
import { readWiring } from "./wiring.ts";

const SUDOERS = "/etc/sudoers";
/** sudo stops there, too (sudoers(5)). */
const DEEPEST = 128;

export function examineSudoers(files: SiteTree): Finding[] {
  const wired = readWiring(files).modules.map(({ service }) => service)
    .filter((service) => service === "sudo" || service === "sudo-i");
  if (wired.length === 0) return [];
  const read = new Set<string>();
  const walk = (file: string): Finding[] => {
    if (read.has(file) || read.size >= DEEPEST) return [];
    read.add(file);
    const text = files.text(file);
    if (text === undefined) return [];
    return [
      ...unaskedFindings(text, file, wired),
      ...includesIn(text, file).flatMap((one) => filesOf(one, files)).flatMap(walk),
    ];
  };
  return walk(SUDOERS);
}

function filesOf({ kind, path }: Included, files: SiteTree): string[] {
  if (kind === "file") return [path];
  return (files.names(path) ?? []).filter(isTakenFrom).map((name) => `${path}/${name}`);
}
