# shellcheck shell=sh
# What is chosen for `install.sh host`: by options, by what is installed, by asking, by default.

HOST_TOML=/etc/gatehouse/host.toml

# What was not said is as it was installed before, else the safe default; a person is asked.
host_choose() {
    host_chose_who=no
    [ -z "$GROUP$USERS" ] && [ "$ALL" = no ] || host_chose_who=yes
    [ -z "$USERS" ] || [ -z "$GROUP" ] || usage_error "--group and --users cannot be combined"
    [ "$ALL" = no ] || [ -z "$GROUP$USERS" ] || usage_error "--all cannot be combined with --group or --users"
    [ "$CODES_ONLY" = no ] || [ -z "$JOIN_URL" ] || usage_error "--codes-only and --join cannot be combined"
    host_said_first=$FIRST host_said_services=$SERVICES
    if [ "$host_chose_who" = no ]; then
        GROUP=$(plan_setting_of GROUP) USERS=$(plan_setting_of USERS) ALL=$(plan_setting_of ALL)
        ALL=${ALL:-no}
    fi
    host_or MODE "$MODE" pam "where to ask: in PAM, in sshd's gate, or both" pam gate both
    host_one_of --mode "$MODE" pam gate both
    host_refuse_ignored
    if [ "$MODE" = pam ]; then
        host_or FIRST "$FIRST" key "what sshd wants before that" key password
    else
        FIRST=$(plan_setting_of FIRST)
        FIRST=${FIRST:-key}
    fi
    host_one_of --first "$FIRST" key password
    if [ -z "$GROUP$USERS" ] && [ "$ALL" = no ]; then
        GROUP=ssh-2fa
        if can_ask; then
            ask "whom to ask: members of the group" "$GROUP"
            GROUP=$answer
        fi
    fi
    if [ "$MODE" = both ]; then host_services=sudo; else host_services=sshd; fi
    # The default follows the mode, so another mode forgets it.
    if [ -z "$SERVICES" ] && [ "$MODE" = "$(plan_setting_of MODE)" ]; then SERVICES=$(plan_setting_of SERVICES); fi
    SERVICES=${SERVICES:-$host_services}
    WITHIN=${WITHIN:-300}
    case $WITHIN in
        *[!0-9]* | ?????*) usage_error "--within takes seconds, 60 to 3600" ;;
    esac
    { [ "$WITHIN" -ge 60 ] && [ "$WITHIN" -le 3600 ]; } || usage_error "--within takes seconds, 60 to 3600"
    host_choose_services
    host_choose_server
}

# What the mode has no use for.
host_refuse_ignored() {
    if [ "$MODE" = gate ] && [ -n "$host_said_services" ]; then
        fail 2 "--services does not go with --mode gate: the gate is sshd's alone" \
            "for other programs too: --mode both --services sudo; in PAM alone: --mode pam --services sshd,sudo"
    fi
    if [ "$MODE" != pam ] && [ -n "$host_said_first" ]; then
        fail 2 "--first does not go with --mode $MODE: the gate comes behind whatever sshd wants" \
            "what sshd wants is AuthenticationMethods of sshd_config; in PAM: --mode pam --first $(shown "$host_said_first")"
    fi
}

# Those that are asked for; and what is not asked any more, by a name that was left out.
host_choose_services() {
    accounts_check_list --services "$SERVICES"
    case ,$SERVICES, in
        *,ssh,*)
            fail 2 "--services ssh: the service of ssh is called sshd" \
                "use: --services $(shown "$(printf '%s' ",$SERVICES," | sed 's/,ssh,/,sshd,/; s/^,//; s/,$//')")"
            ;;
    esac
    if sshd_wanted || ! host_asks_ssh; then return 0; fi
    warn "sshd is no longer asked; for both: --services sshd,$(shown "$SERVICES")" \
        "as it is now, ssh asks for the factor ($(plan_setting_of MODE)); behind this it does not"
    if ! can_ask; then return 0; fi
    ask_choice "guard ssh no more?" no yes no
    if [ "$answer" = no ]; then ask_declined; fi
}

# Does what is installed guard ssh?
host_asks_ssh() {
    case $(plan_setting_of MODE):,$(plan_setting_of SERVICES), in
        gate:* | both:* | pam:*,sshd,* | pam:*,all,*) return 0 ;;
    esac
    return 1
}

# NAME GIVEN DEFAULT QUESTION CHOICE...: sets the variable NAME.
host_or() {
    host_name=$1 host_value=$2
    [ -n "$host_value" ] || host_value=$(plan_setting_of "$1")
    if [ -z "$host_value" ]; then
        host_value=$3
        if can_ask; then
            host_default=$3 host_question=$4
            shift 4
            ask_choice "$host_question" "$host_default" "$@"
            host_value=$answer
        fi
    fi
    case $host_name in
        MODE) MODE=$host_value ;;
        FIRST) FIRST=$host_value ;;
    esac
}

# OPTION VALUE ALLOWED...
host_one_of() {
    host_option_name=$1 host_given=$2
    shift 2
    for host_allowed in "$@"; do
        if [ "$host_given" = "$host_allowed" ]; then return 0; fi
    done
    usage_error "$host_option_name $(shown "$host_given"): must be one of $(listed "$*")"
}

# Which server decides, if any: host.toml says so, or `gatehouse join` will write it.
host_choose_server() {
    host_joins=no
    host_toml=$(plan_text "$HOST_TOML")
    host_servers=$(printf '%s\n' "$host_toml" | host_read_servers)
    if [ -z "$JOIN_URL" ] && [ "$CODES_ONLY" = no ] && [ -z "$host_toml" ] && can_ask; then
        ask_address "the server's address, or none for codes of an authenticator app alone" none
        if [ "$answer" = none ]; then CODES_ONLY=yes; else JOIN_URL=$answer; fi
    fi
    if [ "$CODES_ONLY" = yes ] && [ -n "$host_servers" ]; then
        refuse "$HOST_TOML names a server, so codes alone would not be what this host asks for" \
            "leave --codes-only out; or, to leave that server: write servers = [] into it"
    fi
    if [ -n "$JOIN_URL" ]; then
        # The program would say so, too, but only in the middle of the change.
        is_address "$JOIN_URL" ||
            usage_error "--join $(shown "$JOIN_URL"): must begin with https:// or http://"
        if printf '%s\n' "$host_servers" | grep -qxF -e "${JOIN_URL%/}"; then return 0; fi
        if [ -n "$host_servers" ]; then
            refuse "$HOST_TOML names another server already" \
                "to join anew, run first: mv $HOST_TOML $HOST_TOML.old"
        fi
        host_joins=yes
        # Before anything is changed: nobody is asked in the middle of it.
        case $JOIN_TOKEN in
            '' | -)
                JOIN_TOKEN=
                if [ "$DRY_RUN" = yes ]; then return 0; fi
                if [ -t 0 ]; then
                    ask_hidden "Token of this host (what is typed or pasted is not shown):"
                    JOIN_TOKEN=$answer
                else
                    read -r JOIN_TOKEN || :
                fi
                [ -n "$JOIN_TOKEN" ] || fail 2 "--join needs a token" "write it to stdin; it is made at the server: gatehouse host add NAME"
                ;;
        esac
    elif [ -n "$host_toml" ]; then
        host_require_readable
    elif [ "$CODES_ONLY" = no ]; then
        refuse "there is no $HOST_TOML, so nothing says who decides" \
            "give --join URL, or --codes-only for codes of an authenticator app alone"
    fi
}

# The addresses in `servers`, one a line, without a slash at their end. An array may go over many lines, with
# comments in it (toml.io, v1.0.0, Array); behind the first table's name none of the keys is the file's own.
host_read_servers() {
    awk '
        BEGIN { quote = sprintf("%c", 39) }
        !inside && /^[ \t]*\[/ { exit }
        !inside {
            if (!match($0, "^[ \t]*[\"" quote "]?servers[\"" quote "]?[ \t]*=")) next
            $0 = substr($0, RLENGTH + 1)
            inside = 1
        }
        {
            rest = $0
            while (match(rest, "[]#\"" quote "]")) {
                mark = substr(rest, RSTART, 1)
                rest = substr(rest, RSTART + 1)
                if (mark == "#") next
                if (mark == "]") exit
                end = index(rest, mark)
                if (!end) next
                server = substr(rest, 1, end - 1)
                sub(/\/$/, "", server)
                print server
                rest = substr(rest, end + 1)
            }
        }'
}

# The gate runs as the account that logs in.
host_require_readable() {
    plan_resolve "$HOST_TOML"
    # shellcheck disable=SC2012 # the mode is all we want, and POSIX fixes it
    case $MODE:$(LC_ALL=C ls -ld "$ROOT$plan_real") in
        pam:* | *:???????r*) ;;
        *) refuse "$HOST_TOML is root's alone, and the gate runs as the account that logs in" "chmod 0644 $HOST_TOML, or use --mode pam" ;;
    esac
}
