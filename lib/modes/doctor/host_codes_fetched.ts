/** Codes that the server gives this host: do they still count, and does anything fetch them again? */
import { fetchedCodes } from "../../core/doctor/host_codes.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { parseStateFile } from "../../core/state_file.ts";
import { type CodesPlace, folderOfPam, lookOrNothing } from "./host_codes_place.ts";

const TIMERS = ["/etc", "/usr/lib", "/lib", "/run"]
  .map((folder) => `${folder}/systemd/system/timers.target.wants/gatehouse-sync.timer`);
const CRON = [
  "/etc/crontab",
  "/etc/cron.d/*",
  "/etc/cron.hourly/*",
  "/etc/cron.daily/*",
  "/var/spool/cron/root",
  "/var/spool/cron/crontabs/root",
  "/var/spool/cron/tabs/root",
];

export function fetchedFindings(place: CodesPlace): Finding[] {
  const { files, now, root } = place;
  const folder = folderOfPam(place);
  if (folder === undefined) return [];
  const all = (files.names(folder) ?? []).flatMap((name) => {
    if (name.startsWith(".") || lookOrNothing(files, `${folder}/${name}`)?.kind !== "file") {
      return [];
    }
    const read = parseStateFile(files.text(`${folder}/${name}`) ?? "");
    if (!read.ok || read.value.synced === undefined) return [];
    const { at, until } = read.value.synced;
    return [{ name, at: at * 1000, until: until * 1000 }];
  });
  // A tree lies still: how old it is says nothing.
  return fetchedCodes(all, schedule(files), root === "" ? now : -Infinity);
}

function schedule(files: SiteTree): "timer" | "cron" | "none" {
  if (TIMERS.some((path) => lookOrNothing(files, path) !== undefined)) return "timer";
  const isInCron = CRON.flatMap((pattern) => files.matching(pattern)).some((path) => {
    if (files.folder(path)) return false;
    return /^[^#]*\bgatehouse\s+sync\b/m.test(files.text(path) ?? "");
  });
  return isInCron ? "cron" : "none";
}
