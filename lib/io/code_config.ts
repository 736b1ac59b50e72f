/** What host.toml says of codes, as the files of codes take it. */
import type { HostConfig } from "../config/host.ts";
import { expandPath } from "../core/path_template.ts";
import type { CodeFilesConfig } from "./code_files.ts";
import type { StatePlace } from "../core/state_place.ts";

type Settings = HostConfig["codes"];

/** Where host.toml does not say it. */
export interface CodePlaces {
  readonly secret: string;
  readonly spent: string;
}

/** What works as the account itself, as google-authenticator has it. */
export const IN_HOME: CodePlaces = {
  secret: "${HOME}/.google_authenticator",
  spent: "${HOME}/.gatehouse/spent",
};

/** What works as root: the account cannot read its secret, nor take back what is spent. */
export const ROOTS_OWN: CodePlaces = {
  secret: "/var/lib/gatehouse/codes/${USER}",
  spent: "/var/lib/gatehouse/spent",
};

interface Whose {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

export function statePlace(codes: Settings, account: Whose, otherwise: CodePlaces): StatePlace {
  return {
    path: expandPath(codes.secret ?? otherwise.secret, account),
    owners: codes.no_strict_owner ? undefined : [account.uid, 0],
    allowedPerm: codes.allowed_perm,
  };
}

/** @param source what tries are counted by */
export function codeFilesConfig(
  codes: Settings,
  account: Whose,
  source: string,
  otherwise: CodePlaces,
): CodeFilesConfig {
  return {
    user: account.name,
    uid: account.uid,
    secret: expandPath(codes.secret ?? otherwise.secret, account),
    totpSecrets: expandPath(codes.totp_secrets, account),
    spent: expandPath(codes.spent ?? otherwise.spent, account),
    source,
    reuse: codes.reuse,
    noskewadj: codes.noskewadj,
    noIncrementHotp: codes.no_increment_hotp,
    noStrictOwner: codes.no_strict_owner,
    allowedPerm: codes.allowed_perm,
    graceMs: codes.grace_period,
  };
}
