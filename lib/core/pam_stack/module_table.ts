/**
 * What the modules of PAM can return: from Linux-PAM 1.5.2's sources, and the manual pages of the others.
 * Codes that only a machine out of memory returns are left out: nobody can bring them about to get in.
 */
import type { PamResult } from "./stack.ts";

/**
 * "password": what the account's owner knows; "factor": something else that proves the person (a code, a
 * key, a finger); "gatehouse": our module; "unknown": a module that nobody here knows, or a script;
 * "none": success says nothing about who it is.
 */
export type Proof = "password" | "factor" | "gatehouse" | "unknown" | "none";

export type Results = readonly PamResult[];
/** By type; what is not there is a function that the module has not. */
export interface Known {
  readonly proof?: Proof;
  readonly auth?: Results;
  readonly account?: Results;
  readonly password?: Results;
  readonly session?: Results;
  /** pam_setcred(3), which runs over the modules of `auth`. */
  readonly setcred?: Results;
}

const OK: Results = ["success"];
const SKIP: Results = ["ignore"];
const SESSION: Results = ["success", "session_err"];
const ASKS: Results = [
  "success",
  "auth_err",
  "user_unknown",
  "authinfo_unavail",
  "maxtries",
  "conv_err",
];
const JUDGES: Results = [
  "success",
  "acct_expired",
  "new_authtok_reqd",
  "perm_denied",
  "user_unknown",
  "auth_err",
  "authinfo_unavail",
  "ignore",
];
const CHANGES: Results = ["success", "authtok_err", "try_again", "user_unknown", "perm_denied"];
/** A directory says of an account that asks for it what else it knows, or cannot be reached. */
const DIRECTORY: Results = [...ASKS, "perm_denied", "acct_expired", "system_err", "ignore"];

const directory = (): Known => ({
  proof: "password",
  auth: DIRECTORY,
  account: JUDGES,
  password: CHANGES,
  session: ["success", "session_err", "ignore", "user_unknown"],
  setcred: ["success", "ignore"],
});
const factor = (auth: Results = [...ASKS, "ignore", "service_err"]): Known => ({
  proof: "factor",
  auth,
  account: ["success", "ignore"],
  session: ["success", "ignore"],
  setcred: OK,
});
const sessions = (session: Results = SESSION): Known => ({ session });
/** The same in all types, as many small modules do. */
const everywhere = (results: Results, setcred: Results): Known => ({
  auth: results,
  account: results,
  password: results,
  session: results,
  setcred,
});

export const KNOWN_MODULES: Readonly<Record<string, Known>> = {
  pam_warn: everywhere(SKIP, SKIP),
  pam_echo: everywhere(SKIP, SKIP),
  pam_issue: { auth: SKIP, setcred: SKIP },

  pam_unix: {
    proof: "password",
    auth: [...ASKS, "authtok_err"],
    account: [
      "success",
      "acct_expired",
      "new_authtok_reqd",
      "authtok_expired",
      "authinfo_unavail",
      "user_unknown",
    ],
    password: CHANGES,
    session: SESSION,
    setcred: OK,
  },
  pam_userdb: {
    proof: "password",
    auth: [...ASKS, "service_err", "ignore"],
    account: OK,
    setcred: OK,
  },
  pam_pwdfile: { proof: "password", auth: ASKS, account: SKIP, setcred: OK },
  pam_sss: directory(),
  pam_sss_gss: directory(),
  pam_ldap: directory(),
  pam_krb5: { ...directory(), setcred: ["success", "ignore", "cred_err"] },
  pam_winbind: directory(),
  pam_lsass: directory(),
  pam_radius_auth: directory(),
  pam_tacplus: directory(),
  pam_systemd_home: directory(),
  pam_himmelblau: directory(),
  pam_mysql: directory(),

  pam_google_authenticator: factor(["success", "auth_err", "ignore"]),
  pam_oath: factor(),
  pam_duo: factor([
    "success",
    "auth_err",
    "perm_denied",
    "authinfo_unavail",
    "service_err",
    "ignore",
  ]),
  pam_u2f: factor(["success", "auth_err", "authinfo_unavail", "user_unknown", "ignore"]),
  pam_yubico: factor(),
  pam_fprintd: factor(["success", "auth_err", "authinfo_unavail", "maxtries", "user_unknown"]),
  pam_ssh_agent_auth: factor(["success", "auth_err"]),
  pam_ssh: factor(),
  pam_pkcs11: factor([...ASKS, "ignore", "cred_insufficient"]),
  pam_p11: factor(),

  pam_rootok: { auth: ["success", "auth_err"], account: ["success", "auth_err"], setcred: OK },
  pam_wheel: {
    auth: ["ignore", "perm_denied", "auth_err", "service_err"],
    account: ["ignore", "perm_denied", "auth_err", "service_err"],
    setcred: OK,
  },
  pam_succeed_if: everywhere(["success", "auth_err"], SKIP),
  pam_usertype: everywhere(["success", "auth_err"], SKIP),
  pam_localuser: everywhere(["success", "perm_denied"], OK),
  pam_listfile: everywhere(["success", "auth_err"], OK),
  pam_access: everywhere(["success", "perm_denied"], SKIP),
  pam_nologin: {
    auth: ["ignore", "auth_err"],
    account: ["ignore", "auth_err"],
    setcred: ["ignore"],
  },
  pam_securetty: { auth: ["success", "auth_err"], account: ["success", "auth_err"], setcred: OK },
  pam_shells: { auth: ["success", "auth_err"], account: ["success", "auth_err"], setcred: OK },
  pam_time: { account: ["success", "perm_denied"] },
  pam_sepermit: {
    auth: ["ignore", "auth_err"],
    account: ["ignore", "auth_err"],
    setcred: SKIP,
  },
  pam_faillock: { auth: ["success", "ignore", "auth_err"], account: OK, setcred: OK },
  pam_tally2: { auth: ["success", "ignore", "auth_err"], account: OK, setcred: OK },
  pam_lastlog: {
    auth: ["success", "ignore", "auth_err"],
    account: ["success", "ignore", "auth_err"],
    session: ["success", "ignore", "service_err"],
    setcred: OK,
  },
  pam_lastlog2: { ...sessions(["success", "ignore", "service_err"]) },
  pam_rhosts: { auth: ["success", "auth_err"], setcred: OK },
  pam_ftp: { auth: ["success", "auth_err"], setcred: SKIP },
  pam_timestamp: { auth: ["success", "auth_err"], session: SESSION, setcred: OK },

  pam_faildelay: { auth: SKIP, setcred: SKIP },
  pam_env: {
    auth: SKIP,
    account: ["service_err"],
    password: ["service_err"],
    session: ["success", "ignore"],
    setcred: ["success", "ignore"],
  },
  pam_group: { auth: SKIP, setcred: OK },
  pam_cap: { auth: ["ignore", "auth_err"], setcred: ["success", "ignore"] },
  pam_mail: { auth: SKIP, session: ["success", "ignore"], setcred: ["success", "ignore"] },
  pam_keyinit: {
    auth: SKIP,
    session: ["success", "ignore"],
    setcred: ["success", "ignore"],
  },
  pam_selinux: { auth: ["auth_err"], session: SESSION, setcred: OK },
  pam_gnome_keyring: {
    auth: ["ignore", "success", "service_err"],
    password: ["ignore", "success"],
    session: ["success", "ignore", "service_err"],
    setcred: OK,
  },
  pam_kwallet5: {
    auth: ["ignore", "success"],
    password: ["ignore", "success"],
    session: ["success", "ignore"],
    setcred: OK,
  },
  pam_ecryptfs: {
    auth: ["success", "ignore"],
    password: ["success", "ignore"],
    session: ["success", "ignore"],
    setcred: OK,
  },
  pam_mount: {
    auth: ["success", "ignore"],
    password: ["success", "ignore"],
    session: ["success", "ignore"],
    setcred: OK,
  },

  pam_systemd: sessions(),
  pam_elogind: sessions(),
  pam_limits: sessions(["success", "perm_denied"]),
  pam_loginuid: { account: SESSION, session: SESSION },
  pam_mkhomedir: sessions(["success", "perm_denied"]),
  pam_oddjob_mkhomedir: sessions(["success", "perm_denied"]),
  pam_motd: sessions(SKIP),
  pam_umask: sessions(OK),
  pam_namespace: sessions(),
  pam_tty_audit: sessions(),
  pam_setquota: sessions(["success", "perm_denied"]),
  pam_xauth: sessions(),

  pam_pwquality: { password: CHANGES },
  pam_cracklib: { password: CHANGES },
  pam_passwdqc: { password: CHANGES },
  pam_pwhistory: { password: ["success", "ignore", "maxtries", "authtok_err"] },

  // Scripts: what they prove is in the script.
  pam_exec: { proof: "unknown", ...everywhere(["success", "system_err", "ignore"], SKIP) },
};
