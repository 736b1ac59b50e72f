/** What host.toml says of codes, as the files of codes take it. */
import type { HostConfig } from "../config/host.ts";
import { expandPath } from "../core/path_template.ts";
import type { CodeFilesConfig } from "./code_files.ts";
import type { StatePlace } from "./state_files.ts";

type Settings = HostConfig["codes"];

interface Whose {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

export function statePlace(codes: Settings, account: Whose): StatePlace {
  return {
    path: expandPath(codes.secret, account),
    owners: codes.no_strict_owner ? undefined : [account.uid, 0],
    allowedPerm: codes.allowed_perm,
  };
}

/** @param source what tries are counted by */
export function codeFilesConfig(
  codes: Settings,
  account: Whose,
  source: string,
): CodeFilesConfig {
  return {
    user: account.name,
    uid: account.uid,
    secret: expandPath(codes.secret, account),
    totpSecrets: expandPath(codes.totp_secrets, account),
    spent: expandPath(codes.spent, account),
    source,
    reuse: codes.reuse,
    noskewadj: codes.noskewadj,
    noIncrementHotp: codes.no_increment_hotp,
    noStrictOwner: codes.no_strict_owner,
    allowedPerm: codes.allowed_perm,
    graceMs: codes.grace_period,
  };
}
