/** What libpam would find on the machine that is examined: its files, and its modules. */
import type { SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { DEBIAN_FOLDERS, type PamFiles, type PamFolders } from "../../core/pam_stack/stack.ts";

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

/** Where services have files: the administrator's, the vendor's, and SUSE's libpam looks there as well. */
const FOLDERS = ["/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d"];

/**
 * Where the machine's libpam looks. All but Debian's and its like look for what is included where they look
 * for services (_pam_open_config_file() of libpam/pam_handlers.c); what says nothing of itself is Debian.
 */
export function pamFolders(tree: SiteTree): PamFolders {
  const systems = [...release(tree).matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)]
    .flatMap(([, names = ""]) => names.split(" "));
  if (systems.length === 0 || systems.includes("debian")) return DEBIAN_FOLDERS;
  const folders = FOLDERS.filter((one) => one !== "/usr/etc/pam.d" || systems.includes("suse"));
  return { services: folders, includes: folders };
}

/** os-release(5) */
function release(tree: SiteTree): string {
  try {
    return tree.text("/etc/os-release") ?? tree.text("/usr/lib/os-release") ?? "";
  } catch (error) {
    if (error instanceof Failure) return "";
    throw error;
  }
}

/** All that is named like a service of PAM, sorted. @throws Failure */
export function serviceNames(tree: SiteTree): string[] {
  const names = pamFolders(tree).services.flatMap((folder) => tree.names(folder) ?? []);
  return [...new Set(names)].toSorted();
}

/** What services include, and what editors and packages leave behind. */
const NO_SERVICE =
  /^(common-|system-|password-auth|smartcard-auth|fingerprint-auth|postlogin|other$)|[~#]|\.(bak|orig|old|new|save|dpkg-|rpm|ucf-|pam-)/;

/** Whether that is meant to be one, by its name. */
export function isService(name: string): boolean {
  return !NO_SERVICE.test(name);
}

/** Each file is read once, so that all types and services see the same. */
export function pamFiles(tree: SiteTree): PamFiles {
  const folder = remembered((path) => tree.folder(path));
  const text = remembered((path) => folder(path) ? "" : tree.text(path));
  return { folder, text, folders: pamFolders(tree) };
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
