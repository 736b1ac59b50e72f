# shellcheck shell=sh
# What is said and asked. Needs ROOT, YES.

say() {
    printf '%s\n' "$1"
}

# A step that is done.
tick() {
    printf '  %s %s\n' "${TICK-ok}" "$1"
}

warn() {
    printf 'install.sh: warning: %s\n' "$1" >&2
    if [ -n "${2-}" ]; then printf 'install.sh: hint: %s\n' "$2" >&2; fi
}

# STATUS MESSAGE [HINT]; statuses are those of sysexits.h, as of gatehouse itself.
fail() {
    printf 'install.sh: error: %s\n' "$2" >&2
    if [ -n "${3-}" ]; then printf 'install.sh: hint: %s\n' "$3" >&2; fi
    exit "$1"
}

refuse() {
    fail 78 "$@"
}

usage_error() {
    fail 2 "$1" "see install.sh --help"
}

# Is there a person who can be asked?
can_ask() {
    [ "$YES" = no ] && [ -t 0 ] && [ -t 1 ]
}

# QUESTION DEFAULT: the reply in `answer`.
ask() {
    printf '%s [%s] ' "$1" "$2"
    read -r answer || answer=
    answer=${answer:-$2}
}

# QUESTION: nothing that is typed is shown; the reply in `answer`.
ask_hidden() {
    printf '%s ' "$1"
    ask_tty=$(stty -g)
    # Whatever ends this, the terminal shows again what is typed.
    trap 'stty "$ask_tty"; exit 130' INT TERM HUP
    stty -echo
    read -r answer || answer=
    stty "$ask_tty"
    trap - INT TERM HUP
    printf '\n'
}

# Text of others, fit for a terminal.
shown() {
    printf '%s' "$1" | LC_ALL=C tr -cd '\40-\176\200-\377'
}

# "a b c" as "a, b, c"
listed() {
    # shellcheck disable=SC2086 # words
    set -- $1
    listed_text=
    for listed_one in "$@"; do listed_text="$listed_text${listed_text:+, }$listed_one"; done
    printf '%s' "$listed_text"
}
