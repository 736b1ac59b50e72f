# shellcheck shell=sh
# `install.sh status`: 0 installed, 3 not installed, 4 on trial, 77 not for who asks.

status_show() {
    if [ -d "$STATE" ] && [ ! -x "$STATE" ]; then
        fail 77 "what is installed root alone can see" "run: sudo $(shown "$0") status"
    fi
    if ! plan_pending && ! plan_installed; then
        say "not installed by install.sh"
        if [ -z "$ROOT" ]; then deadman_last || :; fi
        return 3
    fi
    status_version=$(program_version)
    say "program: gatehouse ${status_version:-that does not start}"
    MODE=$(plan_setting_of MODE) GROUP=$(plan_setting_of GROUP) USERS=$(plan_setting_of USERS)
    ALL=$(plan_setting_of ALL)
    SERVICES=$(plan_setting_of SERVICES)
    if [ -n "$MODE" ]; then
        say "mode: $(shown "$(host_mode_text)")"
        host_say_who
    fi
    status_server
    plan_files | while read -r status_how status_path; do
        case $status_how in
            changed) say "changed since: $(shown "$status_path")" ;;
            gone) say "gone: $(shown "$status_path")" ;;
        esac
    done
    if [ -z "$ROOT" ] && deadman_pending; then return 4; fi
    if [ -n "$ROOT" ] && plan_pending; then
        say "interrupted: take it back with install.sh undo"
        return 4
    fi
    if [ -z "$ROOT" ]; then deadman_last || :; fi
}

# The configuration may be closed to who asks; then its data and address stay unsaid.
status_server() {
    if ! server_is_installed; then return 0; fi
    status_more=
    if [ -r "$ROOT$SERVER_TOML" ]; then
        status_data=$(server_key data)
        status_more=", $(server_key listen), data in ${status_data:-/var/lib/gatehouse}"
    fi
    if [ -n "$ROOT" ]; then
        status_runs=installed
    elif [ -n "$(server_process)" ]; then
        status_runs=running
    else
        status_runs="not running"
    fi
    say "server: $status_runs$(shown "$status_more")"
}
