#!/bin/sh
# A change of what guards logins, as install.sh makes one, and no more than that: `change gate|pam SECONDS`,
# or one function of deadman.sh with its words. HERE is the folder that holds install/.
set -eu
ROOT='' STATE=/var/lib/gatehouse-install YES=yes
MODE=gate GROUP=ssh-2fa USERS='' ALL=no SERVICES=sshd
LC_ALL=C
export ROOT STATE YES MODE GROUP USERS ALL SERVICES LC_ALL
# shellcheck source=install/talk.sh
. "$HERE/install/talk.sh"
# shellcheck source=install/plan.sh
. "$HERE/install/plan.sh"
# shellcheck source=install/deadman.sh
. "$HERE/install/deadman.sh"

stage_gate() {
    plan_stage /etc/ssh/sshd_config.d/50-gatehouse.conf 0644 <<'END'
# gatehouse begin
Match Group ssh-2fa
    ForceCommand exec /usr/local/bin/gatehouse gate
    DisableForwarding yes
# gatehouse end
END
    # Nothing asks this service. It is there so that something changes after sshd was told.
    plan_stage /etc/pam.d/gatehouse-other 0644 last <<'END'
auth required pam_deny.so
END
}

stage_pam() {
    plan_stage /etc/ssh/sshd_config.d/50-gatehouse.conf 0644 <<'END'
# gatehouse begin
KbdInteractiveAuthentication yes
Match Group ssh-2fa
    AuthenticationMethods publickey,keyboard-interactive:pam
# gatehouse end
END
    plan_stage /etc/pam.d/sshd 0644 last <<'END'
auth required /usr/local/lib/pam_gatehouse.so mode=code
auth required pam_permit.so
account required pam_unix.so
END
}

change() {
    MODE=$1
    plan_begin
    "stage_$1"
    plan_record
    deadman_arm "$2"
    plan_apply first
    sshd -t
    rollback_reload
    plan_apply last
    deadman_ready
    plan_drop
    say ready
}

# Whatever was left by one that was killed.
tidy() {
    if deadman_pending || plan_pending; then deadman_undo tidy; fi
}

"$@"
