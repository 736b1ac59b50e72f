/** pam_gatehouse.so, the one part in C: built where there are a compiler and libpam's headers. */
import { exists, ROOT, runQuietly } from "./run.ts";
import { say } from "./say.ts";

/** From the checkout's folder, where the compiler runs. */
export const PAM_MODULE_SOURCES = [
  "pam/pam_gatehouse.c",
  "pam/handover.c",
  "pam/helper.c",
  "pam/conversation.c",
  "pam/watch.c",
  "pam/log.c",
] as const;

/** What the sources must bear without a warning. */
export const PAM_MODULE_WARNINGS = "-std=c11 -Wall -Wextra -Werror -Wpedantic -Wshadow -Wconversion"
  .split(" ");

/** Debian's package → a file by which it is known to be there. */
export const PAM_MODULE_NEEDS = {
  "gcc": "/usr/bin/gcc",
  "libpam0g-dev": "/usr/include/security/pam_modules.h",
};

/** Stripped and without the checkout's path: the same sources and compiler give the same bytes. */
const FLAGS = [
  ...["-O2", "-fPIC", "-shared", "-s", `-ffile-prefix-map=${ROOT}=.`],
  // Some distributions' compilers define another level.
  ...["-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"],
  "-Wl,-z,relro,-z,now,-z,defs",
];

/** Where it lies beside that executable. */
export function pamModuleBeside(executable: string): string {
  return `${executable.slice(0, executable.lastIndexOf("/"))}/pam_gatehouse.so`;
}

/**
 * Answers whether it was built; else says what that takes, since all else works without.
 * @throws Failure when the compiler refuses the sources
 */
export async function buildPamModule(output: string): Promise<boolean> {
  const needs = Object.entries(PAM_MODULE_NEEDS);
  const found = await Promise.all(needs.map(([, file]) => exists(file)));
  const missing = needs.flatMap(([name], index) => found[index] ? [] : [name]);
  if (missing.length > 0) {
    say("build", `left out the PAM module; for it: apt-get install ${missing.join(" ")}`);
    return false;
  }
  // Programs that have it loaded keep their old file; nobody loads half of the new one.
  const half = `${output}.${Deno.pid}`;
  await runQuietly(
    ["gcc", ...PAM_MODULE_WARNINGS, ...FLAGS, ...PAM_MODULE_SOURCES, "-o", half, "-lpam"],
    "gcc failed on the PAM module",
  );
  await Deno.rename(half, output);
  return true;
}
