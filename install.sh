#!/bin/sh
# Puts gatehouse on a machine, and takes it off again. See --help.
set -eu
umask 022

usage() {
    cat <<'END'
usage: install.sh COMMAND [options]

  host       a second factor for logins on this machine
               --join URL [TOKEN]      the server that asks; TOKEN of: gatehouse host add NAME
                                       (not given, or -: it is asked for, or read from stdin)
               --codes-only            no server: codes of an authenticator app alone
               --mode pam|gate|both    where to ask: in PAM (default), in sshd's ForceCommand, or
                                       there for ssh and in PAM for other programs
               --first key|password    what sshd wants before it, in PAM (default: key)
               --group NAME            who is asked: members of it (default: ssh-2fa)
               --users A,B | --all     ... or these accounts, or all
               --services LIST         PAM services: sshd,sudo,su,login
                                       (default: sshd; with --mode both: sudo)
               --within SECONDS        how long there is to confirm (default: 300)
  confirm    keep what was changed: run it in a new session
  undo       take back what is not confirmed yet, now
  status     what is installed, for whom (exit 0 installed, 3 not, 4 on trial)
  uninstall  everything as it was before, host and server; what is kept is named
  server     the approval server on this machine; see: install.sh server --help
  upgrade    the program and the PAM module anew, from beside this script
  rollback   the version before the last upgrade

  --dry-run  show what would be changed, change nothing
  --yes      ask nothing, take the defaults
  --root DIR work on the tree in DIR: an image, a container
END
}

self=$(readlink -f "$0")
HERE=${self%/*}
# Only a terminal that knows it gets more than ASCII.
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]*) TICK='✓' ;; *) TICK=ok ;; esac
# What others print is read here, so it must be in one language; and sort order is part of file names.
LC_ALL=C
export LC_ALL TICK
# Nothing of our own comes from outside: sudo -E and `su` without `-` bring all that somebody has set.
for name in $(env | sed -n 's/^\([a-z][a-z_]*\)=.*/\1/p'); do
    case $name in *_proxy) ;; *) unset "$name" ;; esac
done
unset CDPATH
PLAN='' SSHD='' SSHD_KEY='' SSHD_MAIN='' SSHD_WITHOUT='' SSHD_WORK=''
# No folder that depends on where this is called. Root's own last, but always: `su` without `-` leaves them out.
PATH=$(printf '%s' "$PATH" | tr ':' '\n' | sed -n 's|^/.*|&:|p' | tr -d '\n')/usr/local/sbin:/usr/sbin:/sbin
export PATH

# shellcheck source=install/talk.sh
. "$HERE/install/talk.sh"
# shellcheck source=install/plan.sh
. "$HERE/install/plan.sh"
TMPDIR=$(plan_temporary)
export TMPDIR
# shellcheck source=install/accounts.sh
. "$HERE/install/accounts.sh"
# shellcheck source=install/sshd_ask.sh
. "$HERE/install/sshd_ask.sh"
# shellcheck source=install/sshd_refuse.sh
. "$HERE/install/sshd_refuse.sh"
# shellcheck source=install/sshd.sh
. "$HERE/install/sshd.sh"
# shellcheck source=install/pam.sh
. "$HERE/install/pam.sh"
# shellcheck source=install/deadman.sh
. "$HERE/install/deadman.sh"
# shellcheck source=install/leftover.sh
. "$HERE/install/leftover.sh"
# shellcheck source=install/program.sh
. "$HERE/install/program.sh"
# shellcheck source=install/units.sh
. "$HERE/install/units.sh"
# shellcheck source=install/server.sh
. "$HERE/install/server.sh"
# shellcheck source=install/host_choose.sh
. "$HERE/install/host_choose.sh"
# shellcheck source=install/host.sh
. "$HERE/install/host.sh"
# shellcheck source=install/uninstall.sh
. "$HERE/install/uninstall.sh"
# shellcheck source=install/status.sh
. "$HERE/install/status.sh"

ROOT='' DRY_RUN=no YES=no
MODE='' FIRST='' GROUP='' USERS='' ALL=no SERVICES='' WITHIN=''
JOIN_URL='' JOIN_TOKEN='' CODES_ONLY=no

[ $# -gt 0 ] || { usage >&2 && exit 2; }
COMMAND=$1
shift
case $COMMAND in
    host | confirm | undo | status | uninstall | server | upgrade | rollback) ;;
    -h | --help | help) usage && exit 0 ;;
    -*) fail 2 "the command comes first, options behind it: $(shown "$COMMAND")" "see install.sh --help" ;;
    *) usage_error "no such command: $(shown "$COMMAND")" ;;
esac

# The value of an option, from the word behind it.
value_of() {
    [ "$2" -ge 2 ] || usage_error "$1 needs a value"
}

# An option of `host`, with how many words there are from it on, and the two behind it; `taken` of those.
host_option() {
    case $1 in
        --join)
            value_of "$1" "$2" && JOIN_URL=$3 taken=1
            case $4 in
                -?*) ;;
                ?*) [ "$2" -lt 3 ] || { JOIN_TOKEN=$4 && taken=2; } ;;
            esac
            ;;
        --codes-only) CODES_ONLY=yes ;;
        --mode) value_of "$1" "$2" && MODE=$3 taken=1 ;;
        --first) value_of "$1" "$2" && FIRST=$3 taken=1 ;;
        --group) value_of "$1" "$2" && GROUP=$3 taken=1 ;;
        --users) value_of "$1" "$2" && USERS=$3 taken=1 ;;
        --all) ALL=yes ;;
        --services) value_of "$1" "$2" && SERVICES=$3 taken=1 ;;
        --within) value_of "$1" "$2" && WITHIN=$3 taken=1 ;;
        *) common_option "$1" ;;
    esac
}

common_option() {
    case $1 in
        -h | --help) usage && exit 0 ;;
        *) usage_error "unknown option: $(shown "$1")" ;;
    esac
}

# What only server, upgrade and rollback know goes behind the words that are still to be read.
words=$#
while [ "$words" -gt 0 ]; do
    option=$1
    shift
    taken=0
    case $option in
        --dry-run) DRY_RUN=yes ;;
        --yes | -y) YES=yes ;;
        --root) value_of "$option" "$words" && ROOT=$1 taken=1 ;;
        *)
            case $COMMAND in
                host) host_option "$option" "$words" "${1-}" "${2-}" ;;
                server | upgrade | rollback) set -- "$@" "$option" ;;
                *) common_option "$option" ;;
            esac
            ;;
    esac
    words=$((words - 1 - taken))
    shift "$taken"
done

if [ -n "$ROOT" ]; then
    [ -d "$ROOT" ] || fail 78 "--root: no such folder: $(shown "$ROOT")" "give the folder that holds the tree's etc"
    ROOT=$(cd "$ROOT" && pwd -P)
    if [ "$ROOT" = / ]; then ROOT=; fi
fi
STATE=$ROOT/var/lib/gatehouse-install
# The folder that this is called in may be gone, and the program does not start in such a one.
cd /
export ROOT STATE

# A plan that is not applied leaves nothing behind.
trap 'plan_drop' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

plan_check_tree

if [ "$COMMAND" != status ] && [ "$(id -u)" != 0 ]; then
    refuse "install.sh $COMMAND must be run as root" "run: sudo $(shown "$0") $COMMAND ..."
fi

# Two at once would take back each other's changes. Root's alone: whoever can open a file can lock it.
alone() {
    if [ "$DRY_RUN" = yes ] || [ -n "$ROOT" ] || ! command -v flock >/dev/null; then return 0; fi
    (umask 077 && : >>/run/gatehouse-install.lock) 2>/dev/null || return 0
    exec 8<>/run/gatehouse-install.lock
    flock -n 8 ||
        fail 75 "another install.sh is at work, process $(shown "$(cat /run/gatehouse-install.lock)")" "wait until it has ended"
    printf '%s\n' "$$" >/run/gatehouse-install.lock
    leftover_sweep
}

case $COMMAND in host | server | upgrade | rollback) program_refuse_beside_package ;; esac
case $COMMAND in host | server | upgrade | rollback | uninstall) alone ;; esac

case $COMMAND in
    host) host_install ;;
    confirm) host_confirm ;;
    undo) host_undo ;;
    status) status_show ;;
    uninstall) host_uninstall ;;
    server) server_install "$@" ;;
    upgrade) program_upgrade "$@" ;;
    rollback) program_rollback "$@" ;;
esac
