#!/bin/sh
# Takes back a change that nobody has confirmed, or keeps it when somebody new gets in by it.
#
# deadman.sh copies this and plan.sh to $STATE/trial before the first change, so it needs nothing of the
# folder that install.sh was run from:
#
#   rollback.sh watch   stays until it is decided; the watcher
#   rollback.sh due     decides what can be decided now; for systemd and at(1), also when the machine starts
#
# In $STATE/trial: settings (KEY=VALUE, of deadman_arm), ready (when the last change was made, of
# deadman_ready), ports (connections older than that), watcher, undoing (why: from then on it is only
# undone), ballast (space for the undo on a full disk), log. In /run/gatehouse: trial and passed/, where
# the gate and PAM leave evidence (lib/core/trial.ts), and the lock.

RUN=/run/gatehouse

rollback_setting() {
    sed -n "s/^$1=//p" "$STATE/trial/settings" 2>/dev/null
}

# PID FIELD: of proc(5)'s stat, counted behind the name, which may hold anything. 2 parent, 4 session,
# 5 terminal, 20 when it started.
rollback_stat() {
    tr '\n' ' ' 2>/dev/null <"/proc/$1/stat" | sed 's/.*) //' | cut -d ' ' -f "$2"
}

# PID START: is that very process still there?
rollback_alive() {
    [ -n "$1" ] && [ -n "$2" ] && [ "$(rollback_stat "$1" 20)" = "$2" ] && [ "$(rollback_stat "$1" 1)" != Z ]
}

# Seconds that no change of the clock moves, and that go on while the machine sleeps.
rollback_now() {
    if read -r rollback_up 2>/dev/null </proc/uptime; then
        printf '%s\n' "${rollback_up%%.*}"
    else
        date +%s
    fi
}

# Changes when the machine starts, and when a container does.
rollback_boot() {
    printf '%s %s\n' "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" "$(rollback_stat 1 20)"
}

# COMMAND [ARGUMENT]...: while nobody else decides anything.
rollback_locked() {
    mkdir -p "$RUN" || return 1
    if command -v flock >/dev/null; then
        (flock 9 && "$@") 9>"$RUN/lock"
        return
    fi
    until mkdir "$RUN/locked" 2>/dev/null; do
        read -r rollback_pid rollback_start 2>/dev/null <"$RUN/locked/by" || rollback_pid=
        # Without a name in it, somebody is just taking it, or was ended just then: a moment tells.
        if [ -z "$rollback_pid" ]; then
            sleep 1
            [ -s "$RUN/locked/by" ] || rm -rf "$RUN/locked"
        elif rollback_alive "$rollback_pid" "$rollback_start"; then
            sleep 1
        else
            rm -rf "$RUN/locked"
        fi
    done
    printf '%s %s\n' "$$" "$(rollback_stat "$$" 20)" >"$RUN/locked/by"
    rollback_result=0
    "$@" || rollback_result=$?
    rm -rf "$RUN/locked"
    return "$rollback_result"
}

# --- what is to be done ----------------------------------------------------------------------------------

# Nothing, or one line: "keep WHY", "undo WHY" or "forget" (there is nothing to undo).
rollback_verdict() {
    if [ -f "$STATE/trial/undoing" ]; then
        printf 'undo %s\n' "$(cat "$STATE/trial/undoing")"
    elif [ -d "$STATE/keeping" ]; then
        printf 'keep it had been confirmed\n'
    elif ! plan_pending; then
        if [ -f "$STATE/trial/ready" ] || ! rollback_installer_lives; then printf 'forget\n'; fi
    elif [ "$(rollback_boot)" != "$(rollback_setting boot)" ]; then
        printf 'undo the machine was restarted before anybody had confirmed it\n'
    elif [ -f "$STATE/trial/ready" ]; then
        rollback_who=$(rollback_evidence)
        if [ -n "$rollback_who" ]; then
            printf 'keep %s has passed the second factor\n' "$rollback_who"
        elif rollback_expired; then
            printf 'undo no new login has passed the second factor within %s s\n' "$(rollback_setting within)"
        fi
    elif ! rollback_installer_lives; then
        printf 'undo install.sh was ended before it had finished\n'
    elif rollback_expired; then
        printf 'undo install.sh had not finished within %s s\n' "$(rollback_setting within)"
    fi
}

rollback_expired() {
    rollback_until=$(rollback_setting until)
    # Nobody can say until when: then it is over.
    [ -z "$rollback_until" ] || [ "$(rollback_now)" -ge "$rollback_until" ]
}

rollback_installer_lives() {
    rollback_alive "$(rollback_setting installer)" "$(rollback_setting installer_started)"
}

# The name of a guarded account that has passed since the change, if there is one. An account's own word is
# taken for itself: who forges it only keeps a guard in force. Whom it names beside, only root's file may.
rollback_evidence() {
    unset TIME_STYLE QUOTING_STYLE
    # -q: no name can pose as another line. Nothing is opened: it may be a link, or a pipe.
    # shellcheck disable=SC2012 # find cannot tell owners everywhere
    ls -lnqA "$RUN/passed" 2>/dev/null |
        awk '$1 ~ /^-/ && $2 == 1 && NF == 9 && $9 ~ /^[0-9]+:[A-Za-z0-9_.-]+:(-|[0-9]+-[0-9]+):[0-9a-f]+$/ {
            split($9, part, ":")
            if ($3 == 0 || $3 == part[1]) print part[1], part[2], part[3]
        }' | sort -u | while read -r rollback_uid rollback_service rollback_ports; do
        case ",$(rollback_setting services)," in *",$rollback_service,"*) ;; *) continue ;; esac
        if [ "$rollback_service" = sshd ] && ! rollback_is_new "$rollback_ports"; then continue; fi
        rollback_guarded "$rollback_uid" || continue
        printf '%s\n' "$rollback_name"
        break
    done
}

# PORTS: of a connection that sshd has taken since it knows the change. An older one can have new sessions.
rollback_is_new() {
    [ "$1" != - ] && ! grep -qx -- "$1" "$STATE/trial/ports"
}

# UID: is it one of those who are to be asked? Its name is rollback_name.
rollback_guarded() {
    rollback_name=$(
        { getent passwd "$1" 2>/dev/null || cat /etc/passwd; } |
            rollback_uid=$1 awk -F: '$3 == ENVIRON["rollback_uid"] { print $1; exit }'
    )
    [ -n "$rollback_name" ] || return 1
    if [ "$(rollback_setting all)" = yes ]; then return 0; fi
    case ",$(rollback_setting users)," in *",$rollback_name,"*) return 0 ;; esac
    rollback_group=$(rollback_setting group)
    [ -n "$rollback_group" ] || return 1
    case " $(id -Gn -- "$rollback_name" 2>/dev/null) " in *" $rollback_group "*) return 0 ;; esac
    return 1
}

# --- doing it --------------------------------------------------------------------------------------------

# Without the lock first: it is called each second.
rollback_turn() {
    [ -n "$(rollback_verdict)" ] || return 0
    rollback_locked rollback_act
}

rollback_act() {
    # Somebody else was quicker.
    [ -d "$STATE/trial" ] || return 0
    rollback_verdict_now=$(rollback_verdict)
    case $rollback_verdict_now in
        keep*) rollback_keep "${rollback_verdict_now#keep }" ;;
        undo*) rollback_undo "${rollback_verdict_now#undo }" ;;
        forget) rollback_clean ;;
    esac
}

# WHY. Needs the lock.
rollback_keep() {
    rm -f "$STATE/trial/ballast"
    (plan_keep && plan_finish) || return 1
    rm -f "$STATE/last"
    rollback_end "kept" "$1"
}

# WHY. Needs the lock. Whatever interrupts this, the next one goes on where it was.
rollback_undo() {
    rm -f "$STATE/trial/ballast"
    # What is half undone cannot be kept any more.
    { printf '%s\n' "$1" >"$STATE/trial/undoing.new" && plan_sync "$STATE/trial/undoing.new" &&
        mv "$STATE/trial/undoing.new" "$STATE/trial/undoing"; } || :
    rollback_stop_installer
    if ! (plan_undo); then
        rollback_log "not everything could be put back, trying again; it is to be undone: $1"
        return 1
    fi
    rollback_drop_group
    rollback_stop_timers
    rollback_more=
    rollback_reload || rollback_more="; sshd could not be told, restart it"
    { printf '%s taken back: %s%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$rollback_more" >"$STATE/last.new" &&
        mv "$STATE/last.new" "$STATE/last"; } || :
    rollback_end "taken back" "$1$rollback_more"
}

# The group that was made for this change, unless somebody is in it.
rollback_drop_group() {
    rollback_group=$(rollback_setting group_made)
    [ -n "$rollback_group" ] || return 0
    case $({ getent group "$rollback_group" 2>/dev/null || cat /etc/group; } |
        rollback_group=$rollback_group awk -F: '$1 == ENVIRON["rollback_group"] { print; exit }') in
        *:) groupdel "$rollback_group" 2>/dev/null || delgroup "$rollback_group" || : ;;
    esac
}

# One that is still at it would go on changing files.
rollback_stop_installer() {
    if [ -f "$STATE/trial/ready" ] || [ "$(rollback_setting installer)" = "$$" ]; then return 0; fi
    rollback_left=20
    while rollback_installer_lives; do
        if [ "$rollback_left" -gt 0 ]; then rollback_signal=TERM; else rollback_signal=KILL; fi
        kill -s "$rollback_signal" "$(rollback_setting installer)" 2>/dev/null || :
        rollback_left=$((rollback_left - 1))
        sleep 0.1
    done
}

# WHAT WHY: the change is kept, or taken back.
rollback_end() {
    rollback_log "$1: $2"
    rollback_terminal=$(rollback_of_terminal)
    rollback_clean
    if [ -n "$rollback_terminal" ]; then
        # In the background: who has stopped the output must not stop us.
        (printf '\r\ngatehouse: the change is %s: %s\r\n' "$1" "$2" >"$rollback_terminal") 2>/dev/null 9>&- &
    fi
}

rollback_log() {
    logger -t gatehouse-install -p authpriv.notice -- "$1" 2>/dev/null || :
}

# Of the installer, when it is still that of the same login: its number may be somebody else's by now.
rollback_of_terminal() {
    rollback_tty=$(rollback_setting terminal)
    rollback_leader=$(rollback_setting leader)
    if [ -n "$rollback_tty" ] && [ -c "$rollback_tty" ] &&
        rollback_alive "$rollback_leader" "$(rollback_setting leader_started)" &&
        [ "$(rollback_stat "$rollback_leader" 5)" = "$(rollback_setting terminal_number)" ]; then
        printf '%s\n' "$rollback_tty"
    fi
}

# sshd reads its files again; sessions stay. In a booting system it has not started yet.
rollback_reload() {
    if [ -d /run/systemd/system ]; then
        for rollback_unit in ssh sshd; do
            if systemctl -q is-active "$rollback_unit.service"; then
                # At once, in no order. gatehouse-trial.service comes before sshd's: whether it does this itself
                # or waits for our lock, a reload in its turn would wait for that one, and nobody would end.
                systemctl --job-mode=ignore-dependencies reload "$rollback_unit.service"
                return
            fi
        done
    fi
    rollback_listener=$(rollback_find_listener)
    [ -n "$rollback_listener" ] || return 0
    # On SIGHUP it starts itself anew, and with a faulty file it would not come back.
    PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin sshd -t || return 1
    kill -s HUP "$rollback_listener"
}

# The process that waits for connections of this machine, with its usual configuration. Its title begins
# with its path, that of a session with "sshd:".
rollback_find_listener() {
    for rollback_proc in /proc/[0-9]*; do
        [ "$(cat "$rollback_proc/comm" 2>/dev/null)" = sshd ] || continue
        [ "$(readlink "$rollback_proc/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ] || continue
        rollback_title=$(tr '\0' ' ' 2>/dev/null <"$rollback_proc/cmdline") || continue
        case $rollback_title in
            *' -f'*) ;;
            *'[listener]'* | /*) printf '%s\n' "${rollback_proc#/proc/}" && return 0 ;;
        esac
    done
}

# Nothing is on trial any more.
rollback_clean() {
    rm -rf "$RUN/trial" "$RUN/passed"
    if [ -f "$STATE/trial/jobs" ]; then
        while read -r rollback_job; do atrm "$rollback_job" 2>/dev/null || :; done <"$STATE/trial/jobs"
    fi
    rollback_clean_units
    # In one step: a folder that is half there could be taken for one on trial.
    if [ -d "$STATE/trial" ]; then
        rm -rf "$STATE/trial.gone"
        mv "$STATE/trial" "$STATE/trial.gone" && rm -rf "$STATE/trial.gone"
    fi
    plan_leave_state
}

ROLLBACK_UNITS=/etc/systemd/system

# Those of the change: systemd goes on with what it has read until it is told.
rollback_stop_timers() {
    [ -d /run/systemd/system ] || return 0
    for rollback_timer in gatehouse-sync gatehouse-doctor; do
        if [ ! -e "$ROLLBACK_UNITS/$rollback_timer.timer" ]; then
            systemctl -q stop "$rollback_timer.timer" 2>/dev/null || :
        fi
    done
}

rollback_clean_units() {
    if [ ! -e "$ROLLBACK_UNITS/gatehouse-trial.timer" ] && [ ! -e "$ROLLBACK_UNITS/gatehouse-trial.service" ]; then
        return 0
    fi
    if [ -d /run/systemd/system ]; then systemctl stop gatehouse-trial.timer || :; fi
    rm -f "$ROLLBACK_UNITS/sysinit.target.wants/gatehouse-trial.service" \
        "$ROLLBACK_UNITS/gatehouse-trial.timer" "$ROLLBACK_UNITS/gatehouse-trial.service"
    if [ -f "$STATE/trial/wants" ]; then
        rmdir "$ROLLBACK_UNITS/sysinit.target.wants" 2>/dev/null || :
    fi
    # Not while the machine starts: what is to be started is being worked out just then.
    if [ -d /run/systemd/system ] && [ "$(rollback_boot)" = "$(rollback_setting boot)" ]; then
        systemctl daemon-reload || :
    fi
}

# --- as a program ----------------------------------------------------------------------------------------

rollback_watch() {
    trap '' HUP INT QUIT TTOU PIPE
    printf '%s %s\n' "$$" "$(rollback_stat "$$" 20)" >"$STATE/trial/watcher" || exit 1
    rollback_id=$(rollback_setting id)
    # Who has started this waits for the end of its output.
    printf 'watching\n'
    exec >/dev/null 2>>"$STATE/trial/log"
    while [ -n "$rollback_id" ] && [ "$(rollback_setting id)" = "$rollback_id" ]; do
        rollback_turn || sleep 4
        sleep 1
    done
}

if [ "${0##*/}" = rollback.sh ]; then
    ROOT=
    STATE=${0%/trial/rollback.sh}
    PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
    LC_ALL=C
    export ROOT STATE PATH LC_ALL
    umask 077
    cd / || exit 1
    # shellcheck source=install/plan.sh
    . "$STATE/trial/plan.sh"
    case ${1-} in
        watch) rollback_watch ;;
        due) rollback_turn ;;
        *) exit 2 ;;
    esac
    # It may remove itself: nothing of it is read after this.
    exit
fi
