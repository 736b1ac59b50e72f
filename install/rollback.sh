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
# the gate and PAM leave evidence (lib/core/trial.ts). The lock is $STATE itself: whoever can open a file can
# lock it, so it must be one that root alone can open.

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

# COMMAND [ARGUMENT]...: while nobody else decides anything. 75 when somebody else does for too long.
rollback_locked() {
    if command -v flock >/dev/null; then rollback_take=rollback_flock; else rollback_take=rollback_mkdir; fi
    (
        rollback_left=60
        until "$rollback_take"; do
            if [ "$rollback_left" -le 0 ]; then
                exec 9<&-
                plan_error "another process has been at work on this for too long: $(rollback_holders)" \
                    "see what it waits for (ps -fp NUMBER), end it if it hangs, then run this again"
                exit 75
            fi
            rollback_left=$((rollback_left - 1))
            sleep 1
        done
        rollback_result=0
        "$@" || rollback_result=$?
        rm -rf "$STATE/locked"
        plan_leave_state
        exit "$rollback_result"
    )
}

# Not each flock(1) can wait for a while only. Whoever had it before us may have removed the folder.
rollback_flock() {
    # shellcheck disable=SC2174 # the folders above it are as they are
    mkdir -p -m 0700 "$STATE" || return 1
    exec 9<"$STATE"
    flock -n 9 || return 1
    # shellcheck disable=SC2012,SC2046 # words: number, name, number, name
    set -- $(ls -di "$STATE/." /proc/self/fd/9/. 2>/dev/null)
    [ -n "${1-}" ] && [ "$1" = "${3-}" ]
}

rollback_mkdir() {
    # shellcheck disable=SC2174 # as above
    mkdir -p -m 0700 "$STATE" || return 1
    if mkdir "$STATE/locked" 2>/dev/null; then
        printf '%s %s\n' "$$" "$(rollback_stat "$$" 20)" >"$STATE/locked/by"
        return
    fi
    # On a full disk.
    [ -d "$STATE/locked" ] || rm -f "$STATE/trial/ballast"
    read -r rollback_pid rollback_start 2>/dev/null <"$STATE/locked/by" || rollback_pid=
    # Without a name in it, somebody is just taking it, or was ended just then: a moment tells.
    if [ -z "$rollback_pid" ]; then
        sleep 1
        [ -s "$STATE/locked/by" ] || rm -rf "$STATE/locked"
    elif ! rollback_alive "$rollback_pid" "$rollback_start"; then
        rm -rf "$STATE/locked"
    fi
    return 1
}

# Numbers of the processes that have the lock, or wait for it.
rollback_holders() {
    rollback_found=$(
        sed 's/ .*//' "$STATE/locked/by" 2>/dev/null || :
        # shellcheck disable=SC2012 # find cannot read links everywhere
        ls -l /proc/[0-9]*/fd/* 2>/dev/null | rollback_to=$STATE awk '
            $NF == ENVIRON["rollback_to"] { split($(NF - 2), part, "/"); if (!said[part[3]]++) print part[3] }'
    )
    printf 'process %s\n' "$(printf '%s' "${rollback_found:-unknown}" | tr '\n' ' ')"
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
        # First: accounts can leave so much that a look at it takes long.
        if rollback_expired; then
            printf 'undo no new login has passed the second factor within %s s\n' "$(rollback_setting within)"
            return
        fi
        rollback_who=$(rollback_evidence)
        if [ -n "$rollback_who" ]; then printf 'keep %s has passed the second factor\n' "$rollback_who"; fi
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

# The name of a guarded account that has passed since the change, if there is one. PAM asks as root, so where
# it guards alone only root's word counts. The gate runs as the account, so there its own word for itself is
# all there is, as long as it is logged in over the connection that it names: a program that the account runs
# from before could still forge it while that login is being asked, and keep a change that lets nobody in.
#
# It is the word of who was authenticated. What sshd and PAM do behind that (account, setcred, session, the
# shell) may still fail; nobody can see from here that it did, and such a change is kept all the same.
rollback_evidence() {
    rollback_marks | while read -r rollback_uid rollback_socket; do
        if [ "$rollback_socket" != root ] && ! rollback_logged_in "$rollback_uid" "$rollback_socket"; then continue; fi
        rollback_guarded "$rollback_uid" || continue
        printf '%s\n' "$rollback_name"
        break
    done
}

# UID root, by root's word; UID SOCKET, by its own: the connection's. Of a service and over a connection that
# count: an older one can have new sessions. Root's first; of what an account says the last few, or it could
# fill our time.
rollback_marks() {
    unset TIME_STYLE QUOTING_STYLE
    {
        sed 's/^/old /' "$STATE/trial/ports"
        cat /proc/net/tcp /proc/net/tcp6
        # -q: no name can pose as another line. Nothing is opened: it may be a link, or a pipe.
        ls -lnqAt "$RUN/passed"
    } 2>/dev/null | rollback_mode=$(rollback_setting mode) rollback_services=$(rollback_setting services) awk "$ROLLBACK_PORTS"'
        $1 == "old" { old[$2] = 1; next }
        $1 ~ /^[0-9]+:$/ { if ($4 == "01") sockets[ports()] = sockets[ports()] " " $10; next }
        $1 !~ /^-/ || $2 != 1 || NF != 9 || $9 !~ /^[0-9]+:[A-Za-z0-9_.-]+:(-|[0-9]+-[0-9]+):[0-9a-f]+$/ { next }
        {
            split($9, part, ":")
            if (!index("," ENVIRON["rollback_services"] ",", "," part[2] ",")) next
            if (part[2] == "sshd" && (part[3] == "-" || part[3] in old)) next
            if ($3 == 0) { if (!said[part[1]]++) print part[1], "root"; next }
            if (ENVIRON["rollback_mode"] == "pam" || $3 != part[1] || named[$9 = part[1] " " part[3]]++) next
            count = split(sockets[part[3]], socket, " ")
            for (at = 1; at <= count && ++own[part[1]] <= 20; at++) later = later part[1] " " socket[at] "\n"
        }
        END { printf "%s", later }'
}

# For awk: the ports of a line of /proc/net/tcp, "CLIENT-OURS" (proc(5)).
# shellcheck disable=SC2016
ROLLBACK_PORTS='
    function number(hex, at, sum) {
        for (at = 1; at <= length(hex); at++) sum = sum * 16 + index("0123456789ABCDEF", toupper(substr(hex, at, 1))) - 1
        return sum
    }
    function ports(ours, theirs) {
        split($2, ours, ":")
        split($3, theirs, ":")
        return number(theirs[2]) "-" number(ours[2])
    }'

# UID SOCKET: has that connection a session of that account? Its process is a child of root's sshd, which
# nothing but a login makes; all else of a process its account can choose.
rollback_logged_in() {
    grep -sE '^(PPid|Uid):' /proc/[0-9]*/status | rollback_uid=$1 awk -F '[/:\t]+' '
        $5 == "PPid" { parent[$3] = $6 }
        $5 == "Uid" { uid[$3] = $6 " " $7 " " $8 }
        END {
            for (pid in uid)
                if (uid[pid] == ENVIRON["rollback_uid"] " " ENVIRON["rollback_uid"] " " ENVIRON["rollback_uid"] &&
                    uid[parent[pid]] == "0 0 0") print parent[pid], pid
        }' | sort | while read -r rollback_parent rollback_child; do
        [ "$rollback_parent" = "${rollback_last-}" ] || rollback_runs=$(rollback_program "$rollback_parent")
        rollback_last=$rollback_parent
        case $rollback_runs in sshd | sshd-session) ;; *) continue ;; esac
        if rollback_sockets "$rollback_child" | grep -qx "$2"; then printf 'yes\n'; fi
    done | grep -q .
}

# PID: the name of the program it runs, whatever it calls itself; also of one that was replaced since.
rollback_program() {
    rollback_exe=$(readlink "/proc/$1/exe") || return 0
    rollback_exe=${rollback_exe%' (deleted)'}
    printf '%s\n' "${rollback_exe##*/}"
}

# PID: numbers of its sockets.
rollback_sockets() {
    # shellcheck disable=SC2012 # find cannot read links everywhere
    ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/.*-> socket:\[\([0-9]*\)\]$/\1/p'
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

# WHY: from here on it is only undone. What is half undone cannot be kept any more.
rollback_decide() {
    rm -f "$STATE/trial/ballast"
    { printf '%s\n' "$1" >"$STATE/trial/undoing.new" && plan_sync "$STATE/trial/undoing.new" &&
        mv "$STATE/trial/undoing.new" "$STATE/trial/undoing"; } || :
}

# WHY: every file as before. Where one cannot be, what could be holds all the same: sshd and PAM must fit
# together. sshd is told once of the same files, for this is tried again and again.
rollback_files() {
    if (plan_undo); then return 0; fi
    rollback_log "not everything could be put back, trying again; it is to be undone: $1"
    rollback_sum=$(cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null | cksum)
    if [ "$rollback_sum" != "$(cat "$STATE/trial/reloaded" 2>/dev/null)" ] && rollback_reload; then
        printf '%s\n' "$rollback_sum" >"$STATE/trial/reloaded" || :
    fi
    return 1
}

# WHY. Needs the lock. Whatever interrupts this, the next one goes on where it was.
rollback_undo() {
    rollback_decide "$1"
    rollback_stop_installer
    rollback_files "$1" || return 1
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
    if [ -z "$rollback_listener" ]; then
        # A socket unit waits for connections, or nobody: sshd reads its files when it starts.
        [ -d /run/systemd/system ] || ! rollback_is_listened
        return
    fi
    # On SIGHUP it starts itself anew, and with a faulty file it would not come back.
    rollback_sshd -t || return 1
    rollback_old=$(rollback_listening "$rollback_listener")
    kill -s HUP "$rollback_listener" || return 1
    # Starting anew, it closes its sockets and opens others (sshd.c, sighup_restart).
    rollback_latest=$(($(rollback_now) + 10))
    until rollback_new=$(rollback_listening "$rollback_listener") && [ -n "$rollback_new" ] &&
        ! printf '%s\n' "$rollback_new" | grep -qxF -e "$rollback_old"; do
        [ "$(rollback_now)" -lt "$rollback_latest" ] || return 1
        sleep 0.1
    done
}

rollback_sshd() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin sshd "$@"
}

# The process that waits for connections of this machine, with its usual configuration: the one that sshd has
# written down, else any. Its title begins with its path, that of a session with "sshd:".
rollback_find_listener() {
    read -r rollback_pid 2>/dev/null </run/sshd.pid || rollback_pid=
    case $rollback_pid in *[!0-9]*) rollback_pid= ;; esac
    for rollback_proc in ${rollback_pid:+"/proc/$rollback_pid"} /proc/[0-9]*; do
        rollback_pid=${rollback_proc#/proc/}
        # Before anything that costs a process.
        read -r rollback_comm 2>/dev/null <"$rollback_proc/comm" || continue
        [ "$rollback_comm" = sshd ] || continue
        # An account can give its process any name and title, but not root's number and sshd's program.
        grep -qsE '^Uid:[[:space:]]+0[[:space:]]+0[[:space:]]+0[[:space:]]' "$rollback_proc/status" || continue
        [ "$(rollback_program "$rollback_pid")" = sshd ] || continue
        [ "$(readlink "$rollback_proc/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ] || continue
        rollback_title=$(tr '\0' ' ' 2>/dev/null <"$rollback_proc/cmdline") || continue
        case $rollback_title in
            *' -f'*) continue ;;
            *'[listener]'* | /*) ;;
            *) continue ;;
        esac
        # One that has just been started for a connection has that title, too.
        [ -n "$(rollback_listening "$rollback_pid")" ] || continue
        printf '%s\n' "$rollback_pid"
        return
    done
}

# PID: numbers of the sockets that it waits at.
rollback_listening() {
    { rollback_sockets "$1" && printf -- '-\n' && cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; } | awk '
        $1 == "-" { all = 1; next }
        !all { its[$1] = 1; next }
        $4 == "0A" && $10 in its { print $10 }'
}

# Does anybody wait at a port of sshd's?
rollback_is_listened() {
    { rollback_sshd -T 2>/dev/null | sed -n 's/^port \([0-9]*\)$/\1/p; s/^listenaddress .*:\([0-9]*\)$/\1/p' &&
        printf -- '-\n' && cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; } | awk "$ROLLBACK_PORTS"'
        $1 == "-" { all = 1; next }
        !all { wanted[$1] = 1; next }
        $4 == "0A" { port = ports(); sub(/.*-/, "", port); if (port in wanted) found = 1 }
        END { exit !found }'
}

# Whoever goes on making files there would keep the folder from being removed.
rollback_forget_marks() {
    chmod 0700 "$RUN/passed" 2>/dev/null || :
    rm -rf "$RUN/passed" "$RUN/trial"
}

# Nothing is on trial any more.
rollback_clean() {
    rollback_forget_marks
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

# Those of the change, when what starts them went: systemd goes on with what it has read until it is told.
rollback_stop_timers() {
    if [ ! -d /run/systemd/system ] || [ -e "$ROLLBACK_UNITS/timers.target.d/50-gatehouse.conf" ]; then return 0; fi
    for rollback_timer in gatehouse-sync gatehouse-doctor; do
        systemctl -q stop "$rollback_timer.timer" 2>/dev/null || :
        systemctl -q reset-failed "$rollback_timer.service" 2>/dev/null || :
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
    ROOT='' PLAN=''
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
