/** Whether what cannot be read is so because of who asks. */
import type { Site } from "../../core/doctor/site.ts";

/** This machine, and not by root; a tree may well be that account's own. */
export function isRootless({ root }: Pick<Site, "root">): boolean {
  return root === "" && Deno.uid() !== 0;
}
