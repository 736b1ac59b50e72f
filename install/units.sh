# shellcheck shell=sh
# What runs from time to time on a host: `gatehouse sync` and `gatehouse doctor`, by systemd or by cron.
# Needs HERE, ROOT.

UNITS_FOLDER=/etc/systemd/system
UNITS_TIMERS="gatehouse-sync gatehouse-doctor"
UNITS_CRON=/etc/cron.d/gatehouse

# On this machine: does it run? In a tree: will it?
units_are_systemd() {
    if [ -z "$ROOT" ]; then
        [ -d /run/systemd/system ]
    else
        [ -x "$ROOT/usr/lib/systemd/systemd" ] || [ -x "$ROOT/lib/systemd/systemd" ]
    fi
}

units_plan() {
    if units_are_systemd; then
        for units_one in $UNITS_TIMERS; do
            units_stage "$units_one.service"
            units_stage "$units_one.timer"
        done
        # What `systemctl enable` makes is a link, and only a file is put back to the byte.
        plan_stage "$UNITS_FOLDER/timers.target.d/50-gatehouse.conf" 0644 <<'END'
# Written by install.sh host: starts these with the other timers, as systemctl enable would.
[Unit]
Wants=gatehouse-sync.timer gatehouse-doctor.timer
END
    elif [ -d "$ROOT/etc/cron.d" ] && units_have_cron; then
        units_cron | plan_stage "$UNITS_CRON" 0644
        # What is in a tree runs some day.
        if [ -z "$ROOT" ] && ! grep -qsxE 'crond?|fcron|cronie' /proc/[0-9]*/comm; then
            warn "cron does not run, so nothing of $UNITS_CRON does either" "start cron, and with each start of this machine"
        fi
    else
        units_path=$(program_path)
        warn "neither systemd nor cron with its cron.d is here, so nothing runs by itself" \
            "run as root, every hour: $units_path doctor --report --quiet; with a server every 15 minutes: $units_path sync --quiet"
    fi
}

# Is there a cron that reads cron.d? A folder alone may be another package's.
units_have_cron() {
    for units_one in usr/sbin/cron usr/sbin/crond usr/bin/crond usr/sbin/fcron; do
        if [ -x "$ROOT/$units_one" ]; then return 0; fi
    done
    return 1
}

# NAME: as in share/systemd, with the program where it is. A package has it in a folder of its own.
units_stage() {
    if program_is_packaged; then return 0; fi
    units_path=$(program_path)
    sed "s|/usr/local/bin/gatehouse|$units_path|" "$HERE/share/systemd/$1" | plan_stage "$UNITS_FOLDER/$1" 0644
}

# Each host at minutes of its own, so that the server is not asked by all at once.
units_cron() {
    units_path=$(program_path)
    units_name=$(cat "$ROOT/etc/hostname" 2>/dev/null || uname -n)
    units_number=$(printf '%s' "$units_name" | cksum)
    units_number=${units_number%% *}
    cat <<END
# Written by install.sh host. What these say is in syslog; in mail every 15 minutes it would help nobody.
SHELL=/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
$((units_number % 15))-59/15 * * * * root [ ! -e /var/lib/gatehouse/host.key ] || $units_path sync --quiet 2>&1 | logger -t gatehouse-sync
$((units_number % 60)) * * * * root $units_path doctor --report --quiet 2>&1 | logger -t gatehouse-doctor
END
}

# Once the files are there.
units_start() {
    if [ -n "$ROOT" ] || ! units_are_systemd; then return 0; fi
    systemctl daemon-reload
    for units_one in $UNITS_TIMERS; do systemctl start "$units_one.timer"; done
}

# Before the files go: the timers, and the server.
units_stop() {
    server_stop
    if [ -n "$ROOT" ] || ! units_are_systemd; then return 0; fi
    for units_one in $UNITS_TIMERS; do systemctl stop "$units_one.timer" 2>/dev/null || :; done
}

# After they went.
units_gone() {
    if [ -n "$ROOT" ] || ! units_are_systemd; then return 0; fi
    systemctl daemon-reload
    # Or `systemctl --failed` would show for ever what is there no more.
    for units_one in $UNITS_TIMERS gatehouse; do
        systemctl cat "$units_one.service" >/dev/null 2>&1 || systemctl reset-failed "$units_one.service" 2>/dev/null || :
    done
}
