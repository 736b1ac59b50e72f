/** Where an account's codes are in tests, and the usual rules for them. */
import type { CodeFilesConfig } from "../../lib/io/code_files.ts";
import type { Scratch } from "./scratch.ts";

export function codeFilesConfig(
  folder: Scratch,
  changes: Partial<CodeFilesConfig> = {},
): CodeFilesConfig {
  return {
    user: "alice",
    uid: Deno.uid() ?? 0,
    secret: `${folder.path}/secret`,
    totpSecrets: "",
    spent: `${folder.path}/spent`,
    source: "192.0.2.7",
    reuse: "never",
    noskewadj: false,
    noIncrementHotp: false,
    noStrictOwner: false,
    allowedPerm: 0o600,
    graceMs: 0,
    ...changes,
  };
}
