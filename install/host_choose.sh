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
    if [ "$host_chose_who" = no ]; then
        GROUP=$(plan_setting_of GROUP) USERS=$(plan_setting_of USERS) ALL=$(plan_setting_of ALL)
        ALL=${ALL:-no}
    fi
    host_or MODE "$MODE" pam "where to ask: in PAM, in sshd's gate, or both (pam, gate, both)"
    host_one_of --mode "$MODE" pam gate both
    host_or FIRST "$FIRST" key "what sshd wants before that (key, password)"
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
    host_choose_server
}

# NAME GIVEN DEFAULT QUESTION: sets the variable NAME.
host_or() {
    host_value=$2
    [ -n "$host_value" ] || host_value=$(plan_setting_of "$1")
    if [ -z "$host_value" ]; then
        host_value=$3
        if can_ask; then
            ask "$4" "$3"
            host_value=$answer
        fi
    fi
    case $1 in
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
    host_servers=$(printf '%s\n' "$host_toml" | sed -n 's/^[[:space:]]*servers[[:space:]]*=//p' | head -n 1)
    if [ -z "$JOIN_URL" ] && [ "$CODES_ONLY" = no ] && [ -z "$host_toml" ] && can_ask; then
        ask "the server's address, or none for codes of an authenticator app alone" none
        if [ "$answer" = none ]; then CODES_ONLY=yes; else JOIN_URL=$answer; fi
    fi
    if [ -n "$JOIN_URL" ]; then
        case $host_servers in
            *"\"${JOIN_URL%/}\""*) return 0 ;;
            *[\"\']*)
                refuse "$HOST_TOML names another server already" \
                    "to join anew, run first: mv $HOST_TOML $HOST_TOML.old"
                ;;
        esac
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
                [ -n "$JOIN_TOKEN" ] || usage_error "--join needs a token"
                ;;
        esac
    elif [ -n "$host_toml" ]; then
        host_require_readable
    elif [ "$CODES_ONLY" = no ]; then
        refuse "there is no $HOST_TOML, so nothing says who decides" \
            "give --join URL, or --codes-only for codes of an authenticator app alone"
    fi
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
