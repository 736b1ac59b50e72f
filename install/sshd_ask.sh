# shellcheck shell=sh
# What sshd makes of its configuration for an account: as it is, without our lines, or as it is planned.
#
# It is asked with a copy of sshd_config and of all that it includes, so that nothing has to be written first
# and a tree can be asked about that has no sshd of its own.

# Options of some builds and versions, none of which the factor depends on; the doctor has the same (isOfOthers()
# of lib/core/sshd/refusal.ts).
SSHD_OF_OTHERS='gssapi[a-z0-9]*|kerberos[a-z0-9]*|debianbanner|requiredrsasize|rsaminsize|channeltimeout|unusedconnectiontimeout|refuseconnection|persource[a-z0-9]+|sshdsessionpath|sshdauthpath|use(blacklist|blocklist)|permitblacklistedkeys|pubkeyauthoptions|logverbose|showpatchlevel|authorizedkeyscommandrunas|ldap[a-z0-9]*|tcprcvbufpoll|hpn[a-z0-9]*|nonesenabled|moduli?file|casignaturealgorithms|permitlisten|rdomain|ipqos|fingerprinthash|securitykeyprovider'

SSHD_DROP_IN=/etc/ssh/sshd_config.d/50-gatehouse.conf

# The sshd of this machine in SSHD; empty when there is none.
sshd_find() {
    SSHD=
    for sshd_one in "$(command -v sshd || :)" /usr/sbin/sshd /usr/local/sbin/sshd /usr/lib/ssh/sshd; do
        # A relative one could not start itself anew for each connection (sshd(8)).
        case $sshd_one in /*) [ ! -x "$sshd_one" ] || { SSHD=$sshd_one && return 0; } ;; esac
    done
}

# The file that sshd starts from, in SSHD_MAIN. Where /etc has none, SUSE takes the vendor's.
sshd_find_main() {
    SSHD_MAIN=
    for sshd_one in /etc/ssh/sshd_config /usr/etc/ssh/sshd_config; do
        plan_resolve "$sshd_one"
        if [ -z "$SSHD_MAIN" ] && [ -f "$ROOT$plan_real" ]; then SSHD_MAIN=$sshd_one; fi
    done
}

# VERSION PATH: the text of a file; VERSION is planned, or before: without our lines.
sshd_text() {
    case $1 in
        planned) plan_text "$2" ;;
        before) plan_text "$2" | plan_strip - ;;
    esac
}

# VERSION PATTERN: which files Include means, in its order (glob(3)); one that is planned, too.
sshd_included() {
    case $2 in
        /*) sshd_pattern=$2 ;;
        *) sshd_pattern=/etc/ssh/$2 ;;
    esac
    {
        # shellcheck disable=SC2086 # the pattern is to be expanded; a blank in it is none of IFS
        (IFS='' && for sshd_one in $ROOT$sshd_pattern; do
            if [ -f "$sshd_one" ] || [ -L "$sshd_one" ]; then printf '%s\n' "${sshd_one#"$ROOT"}"; fi
        done)
        # shellcheck disable=SC2254 # a pattern
        case $SSHD_DROP_IN in $sshd_pattern) printf '%s\n' "$SSHD_DROP_IN" ;; esac
    } | sort -u | while IFS= read -r sshd_one; do
        if sshd_text "$1" "$sshd_one" | grep -q .; then printf '%s\n' "$sshd_one"; fi
    done
}

# Each line with a letter in front: I and a pattern of an Include, E behind its last one, else L. Group criteria become criteria
# of the user where SSHD_REWRITE is set, for sshd knows the groups of its own machine alone.
# shellcheck disable=SC2016 # for awk
SSHD_LINES='
function glob(text, pattern) {
    gsub(/[][\\.^$+(){}|]/, "\\\\&", pattern)
    gsub(/\*/, ".*", pattern)
    gsub(/\?/, ".", pattern)
    return text ~ ("^(" pattern ")$")
}
# As ga_match_pattern_list() of groupaccess.c: a "!" that matches any of the groups outdoes all else.
function member(list, count, each, at, one, found) {
    count = split(list, each, ",")
    for (at = 1; at <= count; at++)
        for (one = 1; one <= all; one++) {
            if (substr(each[at], 1, 1) == "!") { if (glob(group[one], substr(each[at], 2))) return 0 }
            else if (glob(group[one], each[at])) found = 1
        }
    return found
}
function words(text, word) {
    count = 0
    while (match(text, /^[ \t=]*("[^"]*"|[^ \t="#][^ \t="]*)/)) {
        word = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        sub(/^[ \t=]*/, "", word)
        gsub(/"/, "", word)
        list[++count] = word
    }
}
BEGIN { rewrite = ENVIRON["SSHD_REWRITE"]; without = " " ENVIRON["SSHD_WITHOUT"]; all = split(ENVIRON["groups"], group, " ") }
{
    sub(/\r$/, "")
    words($0)
    key = count ? tolower(list[1]) : ""
    if (key == "include") { for (at = 2; at <= count; at++) print "I" list[at]; print "E" }
    else if (key == "match" && rewrite) {
        line = "LMatch"
        for (at = 2; at <= count; at++) {
            if (tolower(list[at]) == "group") { line = line " User " (member(list[++at]) ? "*" : "!*") }
            else line = line " \"" list[at] "\""
        }
        print line
    }
    # Its line stays: what sshd says of others has their numbers.
    else if (key != "" && index(without, " " key " ")) print "L"
    else print "L" $0
}'

# VERSION PATH [DEPTH]: the path of a copy, with copies of what it includes.
sshd_copy() (
    # As deep as sshd goes (servconf.c).
    depth=${3-0}
    [ "$depth" -le 16 ] || exit 1
    copy=$(mktemp "$SSHD_WORK/XXXXXX")
    printf '%s %s\n' "$copy" "$2" >>"$SSHD_WORK/copies"
    # One line for one line, or sshd's complaints would have other numbers than the file.
    sshd_text "$1" "$2" | awk "$SSHD_LINES" | {
        include=Include
        while IFS= read -r line; do
            case $line in
                L*) printf '%s\n' "${line#L}" ;;
                I*)
                    sshd_included "$1" "${line#I}" >"$copy.in"
                    while IFS= read -r path; do
                        include="$include \"$(sshd_copy "$1" "$path" $((depth + 1)))\""
                    done <"$copy.in"
                    ;;
                E)
                    if [ "$include" = Include ]; then include=; fi
                    printf '%s\n' "$include"
                    include=Include
                    ;;
            esac
        done
    } >"$copy"
    printf '%s\n' "$copy"
)

sshd_work() {
    SSHD_WORK=$PLAN/sshd
    [ ! -d "$SSHD_WORK" ] || return 0
    mkdir "$SSHD_WORK"
    : >"$SSHD_WORK/copies"
    # Keywords that a copy has no lines of, each with a blank behind it.
    SSHD_WITHOUT=
    export SSHD_WITHOUT
    SSHD_KEY=
    # Without any host key sshd says nothing, and those of a tree are not where it would look.
    if [ -n "$ROOT" ] && command -v ssh-keygen >/dev/null; then
        ssh-keygen -q -t ed25519 -N '' -f "$SSHD_WORK/key" </dev/null
        SSHD_KEY=$SSHD_WORK/key
    fi
}

# Of the machine; sshd wants its folder even for a look, and a unit may make it no sooner than at its start.
# It stays: by the time that it could go, an sshd may have been started that lets nobody in without it.
sshd_run() {
    if [ ! -d /run/sshd ] && [ "$(id -u)" = 0 ]; then mkdir -m 0755 /run/sshd || :; fi
    "$SSHD" "$@" ${SSHD_KEY:+-h "$SSHD_KEY"}
}

# VERSION ACCOUNT FILE: writes "keyword value" lines into FILE. Non-zero when sshd refuses the files.
# VERSION real: what sshd itself reads.
sshd_ask() {
    set -- "$1" "$3" -C "user=$2,host=gatehouse.invalid,addr=203.0.113.1,laddr=203.0.113.2,lport=22" "$2"
    if [ "$1" != real ]; then
        sshd_copied "$1" "$5" || return 1
        set -- "$1" "$2" "$3" "$4" -f "$sshd_config"
    else
        set -- "$1" "$2" "$3" "$4"
    fi
    sshd_out=$2
    shift 2
    # From another network: what holds for some addresses alone is the doctor's.
    sshd_run -T "$@" >"$sshd_out" 2>"$SSHD_WORK/said"
}

# VERSION [ACCOUNT]: a copy's path in sshd_config; one for all where sshd knows who is in which group.
sshd_copied() {
    if [ -n "$ROOT" ]; then
        sshd_config=$(groups=$(accounts_groups_of "${2-root}") SSHD_REWRITE=1 sshd_copy "$1" "$SSHD_MAIN")
        return
    fi
    [ -s "$SSHD_WORK/$1.path" ] || sshd_copy "$1" "$SSHD_MAIN" >"$SSHD_WORK/$1.path" || return 1
    sshd_config=$(cat "$SSHD_WORK/$1.path")
}

# FILE KEYWORD: its value, as sshd_ask wrote it; of several lines all.
sshd_value() {
    sed -n "s/^$2 //p" "$1"
}
