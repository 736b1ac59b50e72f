# shellcheck shell=sh
# The dead man's switch: a change of what guards logins is taken back unless somebody new gets in by it.
#
#   deadman_arm SECONDS     before the first change; from here on everything is undone by itself
#   deadman_ready           after the last change and sshd's reload; from here on logins count. Fails when it
#                           is being undone already
#   deadman_confirm         install.sh confirm: refuses in a session that is older than the change
#   deadman_undo WHY        everything as before, sshd told of it, and disarmed
#   deadman_pending         true while armed, and says for how long; that nobody watches is said and mended
#   deadman_left            how many seconds there are to confirm
#   deadman_last            when and why the last one was taken back, if it was
#
# Needs ROOT, STATE, HERE, plan.sh, talk.sh; MODE, GROUP, USERS, ALL, SERVICES say whose logins count. A
# tree (--root) has nobody who could log in: there is nothing to arm there.

# shellcheck source=install/rollback.sh
. "$HERE/install/rollback.sh"

deadman_arm() {
    [ -z "$ROOT" ] || return 0
    case $1 in
        '' | *[!0-9]* | ??????*) usage_error "the time to confirm is a number of seconds: $(shown "$1")" ;;
    esac
    rollback_locked deadman_claim "$1" || case $? in
        75) fail 75 "nothing was changed" ;;
        69) fail 69 "the rollback cannot be prepared in $STATE" "is the disk full?" ;;
        *) fail 75 "an earlier change is still on trial" "see: install.sh status" ;;
    esac
    deadman_start || deadman_give_up "no process can be left behind that watches"
    deadman_means=$(rollback_setting means)
    case $deadman_means in
        systemd) deadman_units "$1" || deadman_give_up "the units cannot be made in $ROLLBACK_UNITS" ;;
        at) deadman_jobs "$1" || deadman_give_up "at(1) takes no job" ;;
        none)
            warn "if this machine restarts within $1 s, the change is not taken back" \
                "neither systemd nor atd runs here; to be safe against that, start atd first"
            ;;
    esac
}

deadman_give_up() {
    rollback_locked rollback_clean
    fail 69 "$1" "nothing was changed"
}

# SECONDS. Under the lock, or another one could be on trial by then.
deadman_claim() {
    deadman_forget_old || return 1
    deadman_prepare "$1" || return 69
}

# Under the lock. What was ended before it had changed anything.
deadman_forget_old() {
    [ -d "$STATE/trial" ] || return 0
    [ "$(rollback_verdict)" = forget ] && rollback_clean
}

# SECONDS: all that the rollback needs, on the disk before anything is changed.
deadman_prepare() {
    # shellcheck disable=SC2174 # the folders above it are as they are
    mkdir -p -m 0700 "$STATE" && rm -rf "$STATE/trial.new" "$STATE/last" && mkdir -m 0700 "$STATE/trial.new" || return 1
    cp "$HERE/install/rollback.sh" "$HERE/install/plan.sh" "$STATE/trial.new" || return 1
    # Put away at random: what is all zeros takes no room on some disks.
    dd if=/dev/urandom of="$STATE/trial.new/ballast" bs=65536 count=16 2>/dev/null || return 1
    deadman_settings "$1" >"$STATE/trial.new/settings" || return 1
    plan_sync "$STATE/trial.new/settings" "$STATE/trial.new/rollback.sh" "$STATE/trial.new/plan.sh" \
        "$STATE/trial.new/ballast" "$STATE/trial.new"
    mv "$STATE/trial.new" "$STATE/trial" && plan_sync "$STATE"
}

deadman_settings() {
    deadman_now=$(rollback_now)
    deadman_leader=$(rollback_stat "$$" 4)
    printf '%s=%s\n' \
        id "$$-$(rollback_stat "$$" 20)-$deadman_now" \
        within "$1" until "$((deadman_now + $1))" boot "$(rollback_boot)" \
        installer "$$" installer_started "$(rollback_stat "$$" 20)" \
        terminal "$(deadman_terminal)" terminal_number "$(rollback_stat "$$" 5)" \
        leader "$deadman_leader" leader_started "$(rollback_stat "$deadman_leader" 20)" \
        mode "${MODE-}" all "${ALL-no}" group "${GROUP-}" users "${USERS-}" services "$(deadman_services)" \
        group_made "$(deadman_group_made)" \
        means "$(deadman_find_means)"
}

# The group that goes when the change does: one that was installed before stays.
deadman_group_made() {
    deadman_group=$(plan_setting_of GROUP_MADE)
    if [ -n "$deadman_group" ] && ! grep -qsx "GROUP_MADE=$deadman_group" "$STATE/kept/settings"; then
        printf '%s\n' "$deadman_group"
    fi
}

deadman_terminal() {
    # stdout is what is read here; and tty(1) prints something also where there is none.
    if tty >/dev/null 2>&1; then tty; elif [ -t 2 ]; then tty <&2; fi
}

# Logins by sshd are what must not be lost. Where it is not changed, those that are.
deadman_services() {
    case ${MODE-}:,${SERVICES-sshd}, in
        pam:*,sshd,* | pam:*,all,* | gate:* | both:*) printf 'sshd\n' ;;
        *) printf '%s\n' "$SERVICES" ;;
    esac
}

# What is still there after a restart.
deadman_find_means() {
    if [ -d /run/systemd/system ]; then
        printf 'systemd\n'
    elif command -v at >/dev/null && grep -qsx atd /proc/[0-9]*/comm; then
        printf 'at\n'
    else
        printf 'none\n'
    fi
}

# In a session of its own: no terminal that is closed and no signal to our group ends it. Without our lock (8),
# for it is there longer than we are.
deadman_start() {
    [ "$(setsid sh "$STATE/trial/rollback.sh" watch </dev/null 2>/dev/null 8>&- &)" = watching ]
}

# SECONDS. When the machine starts, it is undone before sshd runs; the timer is for a watcher that is ended.
deadman_units() {
    if [ ! -d "$ROLLBACK_UNITS/sysinit.target.wants" ]; then
        : >"$STATE/trial/wants"
        mkdir "$ROLLBACK_UNITS/sysinit.target.wants" || return 1
    fi
    deadman_service >"$ROLLBACK_UNITS/gatehouse-trial.service" &&
        deadman_timer "$1" >"$ROLLBACK_UNITS/gatehouse-trial.timer" &&
        ln -sf ../gatehouse-trial.service "$ROLLBACK_UNITS/sysinit.target.wants/gatehouse-trial.service" || return 1
    plan_sync "$ROLLBACK_UNITS/gatehouse-trial.service" "$ROLLBACK_UNITS/gatehouse-trial.timer" \
        "$ROLLBACK_UNITS/sysinit.target.wants" "$ROLLBACK_UNITS"
    systemctl daemon-reload && systemctl start gatehouse-trial.timer
}

deadman_service() {
    cat <<END
# Of install.sh, while a change of it is on trial; it goes when that is confirmed or taken back.
[Unit]
Description=gatehouse: takes back a change that nobody has confirmed
DefaultDependencies=no
RequiresMountsFor=$STATE /etc /usr
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target ssh.service sshd.service ssh.socket sshd.socket shutdown.target
Conflicts=shutdown.target
ConditionPathExists=$STATE/trial/rollback.sh

[Service]
Type=oneshot
ExecStart=/bin/sh $STATE/trial/rollback.sh due
# What hangs is ended, and the timer begins it anew: systemd itself would wait for ever.
TimeoutStartSec=90s

[Install]
WantedBy=sysinit.target
END
}

deadman_timer() {
    cat <<END
# Of install.sh, while a change of it is on trial; it goes when that is confirmed or taken back.
[Unit]
Description=gatehouse: takes back a change that nobody has confirmed
# A timer comes before its service, and that one before sysinit.target.
DefaultDependencies=no
Before=shutdown.target
Conflicts=shutdown.target

[Timer]
OnActiveSec=$1s
OnUnitInactiveSec=15s
AccuracySec=1s
END
}

# SECONDS. At most eleven, the last when the time is over: after a restart the next one undoes it.
deadman_jobs() {
    deadman_minutes=$((($1 + 59) / 60 + 1))
    deadman_step=$(((deadman_minutes + 9) / 10))
    deadman_minute=0
    : >"$STATE/trial/jobs"
    while [ "$deadman_minute" -lt "$deadman_minutes" ]; do
        deadman_minute=$((deadman_minute + deadman_step))
        deadman_said=$(cd / && printf '/bin/sh %s due >/dev/null 2>&1\n' "$STATE/trial/rollback.sh" |
            at now + "$deadman_minute" minutes 2>&1) || return 1
        printf '%s\n' "$deadman_said" | sed -n 's/^job \([0-9]*\) at .*/\1/p' >>"$STATE/trial/jobs"
    done
    [ -s "$STATE/trial/jobs" ]
}

deadman_ready() {
    [ -z "$ROOT" ] || return 0
    rollback_locked deadman_open
}

# Under the lock.
deadman_open() {
    if [ ! -d "$STATE/trial" ] || [ -f "$STATE/trial/undoing" ]; then return 1; fi
    rollback_forget_marks
    # Where only root's word counts nobody else has to write. At the gate the accounts do, and only root can list.
    deadman_marks=1733
    if [ "$(rollback_setting mode)" = pam ]; then deadman_marks=0700; fi
    mkdir -p "$RUN" && mkdir "$RUN/passed" && chmod "$deadman_marks" "$RUN/passed" && chmod 0755 "$RUN" || return 1
    deadman_old_ports >"$STATE/trial/ports"
    deadman_started_now >"$STATE/trial/ready.new" && mv "$STATE/trial/ready.new" "$STATE/trial/ready" || return 1
    (umask 022 && rollback_setting id >"$RUN/trial.new") && mv "$RUN/trial.new" "$RUN/trial"
}

# "CLIENT-OURS", the ports of each connection that there is: sshd reads its files for none of those again.
deadman_old_ports() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk "$ROLLBACK_PORTS"'
        $4 == "01" { print ports() }'
}

# When a process starts that starts now, in the units of all others.
deadman_started_now() {
    sh -c 'tr "\n" " " <"/proc/$$/stat"' | sed 's/.*) //' | cut -d ' ' -f 20
}

# --- confirm, undo, status -------------------------------------------------------------------------------

deadman_confirm() {
    if ! [ -d "$STATE/trial" ]; then
        fail 78 "nothing is on trial" "$(deadman_last || printf 'see: install.sh status')"
    fi
    deadman_new_session || exit
    rollback_locked deadman_keep
}

# Under the lock.
deadman_keep() {
    if [ ! -f "$STATE/trial/ready" ] && rollback_installer_lives; then
        fail 75 "the change is still being made" "wait until install.sh says so"
    fi
    deadman_verdict=$(rollback_verdict)
    case $deadman_verdict in
        '' | keep*) rollback_keep "confirmed by install.sh confirm" || fail 69 "it cannot be kept" "is the disk full?" ;;
        *)
            deadman_hint="not everything could be taken back: see above, then run install.sh undo"
            if rollback_act; then deadman_hint="all is as it was before; see: install.sh status"; fi
            fail 78 "it is too late: ${deadman_verdict#undo }" "$deadman_hint"
            ;;
    esac
}

# Is the connection that this is run in younger than the change? Only such a one proves that the way in is
# still open. A console has none.
deadman_new_session() {
    deadman_connection='' deadman_ssh='' deadman_pid=$$
    while [ "${deadman_pid:-0}" -gt 1 ]; do
        if deadman_is_connection "$deadman_pid"; then deadman_connection=$deadman_pid; fi
        if tr '\0' '\n' 2>/dev/null <"/proc/$deadman_pid/environ" | grep -q '^SSH_CONNECTION='; then deadman_ssh=yes; fi
        deadman_pid=$(rollback_stat "$deadman_pid" 2)
    done
    if [ -z "$deadman_connection" ] && [ -z "$deadman_ssh" ]; then return 0; fi
    deadman_ready=$(cat "$STATE/trial/ready" 2>/dev/null || rollback_setting installer_started)
    if [ -z "$deadman_connection" ]; then
        printf 'install.sh: error: %s\n' "nobody can tell which connection this terminal belongs to" >&2
    elif [ "$(rollback_stat "$deadman_connection" 20)" -gt "$deadman_ready" ]; then
        return 0
    else
        printf 'install.sh: error: %s\n' "this connection is older than the change, so it proves nothing" >&2
    fi
    printf 'install.sh: hint: %s\n' "open another terminal, log in anew (ssh -o ControlPath=none HOST; no tmux or screen of before), and run it there" >&2
    return 78
}

# PID: sshd's process for one connection, not the one that waits for them. See the title in sshd's
# setproctitle() calls; since OpenSSH 9.8 the program is sshd-session.
deadman_is_connection() {
    case $(cat "/proc/$1/comm" 2>/dev/null) in sshd | sshd-session) ;; *) return 1 ;; esac
    case $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") in
        *'[listener]'*) return 1 ;;
        'sshd: '* | 'sshd-session: '*) return 0 ;;
        # One that socket units or inetd start for each connection has not given itself a title yet.
        *' -i'*) return 0 ;;
    esac
    return 1
}

deadman_undo() {
    rollback_locked deadman_take_back "$1"
}

# WHY. Under the lock, or the watcher might be at it just then.
deadman_take_back() {
    if [ -d "$STATE/trial" ]; then
        rollback_decide "$1"
        rollback_stop_installer
    fi
    rollback_files "$1" && rollback_reload || return 1
    rollback_log "taken back: $1"
    rollback_stop_timers
    rollback_clean
}

deadman_pending() {
    [ -d "$STATE/trial" ] || return 1
    if [ -f "$STATE/trial/undoing" ]; then
        deadman_say_undoing
    else
        say "on trial: taken back in $(deadman_left) s, unless a new login passes the factor, or: install.sh confirm"
    fi
    read -r deadman_pid deadman_since 2>/dev/null <"$STATE/trial/watcher" || deadman_pid=
    if [ -n "$deadman_pid" ] && rollback_alive "$deadman_pid" "$deadman_since"; then return 0; fi
    if deadman_start; then
        warn "nobody watches: the process that would take it back was ended" "it is started again"
    else
        warn "nobody watches, and no process can be started that does" "run install.sh undo, or install.sh confirm"
    fi
}

deadman_say_undoing() {
    say "being taken back: $(shown "$(cat "$STATE/trial/undoing")")"
    deadman_why=$(grep -vs '^install\.sh: ' "$STATE/trial/log" | tail -n 1)
    [ -z "$deadman_why" ] ||
        warn "it is tried again and again, for not everything can be put back: $(shown "$deadman_why")" "mend that"
}

deadman_left() {
    deadman_seconds=$(($(rollback_setting until) - $(rollback_now)))
    if [ "$deadman_seconds" -lt 0 ]; then deadman_seconds=0; fi
    printf '%s\n' "$deadman_seconds"
}

deadman_last() {
    [ -s "$STATE/last" ] && LC_ALL=C tr -cd '\12\40-\176\200-\377' <"$STATE/last"
}
