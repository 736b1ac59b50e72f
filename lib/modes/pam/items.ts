/** What PAM says of this login, from the variables that the module and pam_exec set. */
import type { PamItems } from "../../core/pam_items.ts";
import { variable } from "../../io/surroundings.ts";

export function pamItems(): PamItems {
  return {
    user: variable("PAM_USER"),
    service: variable("PAM_SERVICE"),
    type: variable("PAM_TYPE"),
    rhost: variable("PAM_RHOST"),
    ruser: variable("PAM_RUSER"),
    tty: variable("PAM_TTY"),
    sshConnection: variable("SSH_CONNECTION"),
    sshAuthInfo: variable("SSH_AUTH_INFO_0"),
    unixDenied: variable("GATEHOUSE_UNIX") === "denied",
    locale: variable("LC_ALL", "LC_MESSAGES", "LANG"),
  };
}
