/** What libpam would find on the machine that is examined: its files, and its modules. */
import type { SiteTree } from "../../core/doctor/site.ts";
import type { PamFiles } from "../../core/pam_stack/stack.ts";

/** Where distributions have them; Debian's libpam looks into the first two. */
const MODULE_FOLDERS = [
  "/lib/*-linux-*/security",
  "/lib/security",
  "/usr/lib/*-linux-*/security",
  "/usr/lib/security",
  "/lib64/security",
  "/usr/lib64/security",
];
/** A tree with none of these has at most a module that was put there, and not PAM itself. */
const PAMS_OWN = ["pam_permit.so", "pam_deny.so", "pam_unix.so"];

/** Each file is read once, so that all types and services see the same. */
export function pamFiles(tree: SiteTree): PamFiles {
  const folder = remembered((path) => tree.folder(path));
  return { folder, text: remembered((path) => folder(path) ? "" : tree.text(path)) };
}

/** Whether a module is there; undefined for all where the tree has no modules of its own. */
export function pamModules(tree: SiteTree): (module: string) => boolean | undefined {
  const folders = MODULE_FOLDERS.flatMap((pattern) => tree.matching(pattern));
  const isFile = (path: string) => {
    const place = tree.wayTo(path)?.at(-1);
    return place !== undefined && tree.look(place)?.kind === "file";
  };
  const hasPam = folders.some((folder) => PAMS_OWN.some((name) => isFile(`${folder}/${name}`)));
  if (!hasPam) return () => undefined;
  return remembered((module) =>
    module.startsWith("/") ? isFile(module) : folders.some((each) => isFile(`${each}/${module}`))
  );
}

function remembered<Value>(ask: (path: string) => Value): (path: string) => Value {
  const answers = new Map<string, { readonly value: Value }>();
  return (path) => {
    const known = answers.get(path) ?? { value: ask(path) };
    answers.set(path, known);
    return known.value;
  };
}
