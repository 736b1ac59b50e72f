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
    if [ "${COMMAND-}" = server ]; then fail 2 "$1" "see install.sh server --help"; fi
    fail 2 "$1" "see install.sh --help"
}

# Is there a person who can be asked?
can_ask() {
    [ "$YES" = no ] && [ -t 0 ] && [ -t 1 ]
}

# QUESTION DEFAULT: the reply in `answer`. Who ends the input (Ctrl-D) wants out, not the default.
ask() {
    printf '%s [%s] ' "$1" "$2"
    trap 'printf "\nnothing was changed\n"; exit 130' INT
    read -r answer || {
        printf '\n'
        ask_declined
    }
    trap 'exit 130' INT
    answer=${answer:-$2}
}

# QUESTION DEFAULT CHOICE...: the one that was chosen, in `answer`; whatever else is typed is asked again.
ask_choice() {
    ask_question=$1 ask_default=$2
    shift 2
    case $ask_question in
        *\?) ask_question="${ask_question%?} ($(listed "$*"))?" ;;
        *) ask_question="$ask_question ($(listed "$*"))" ;;
    esac
    while :; do
        ask "$ask_question" "$ask_default"
        answer=$(printf '%s' "$answer" | tr '[:upper:]' '[:lower:]')
        case $answer in y) answer=yes ;; n) answer=no ;; esac
        for ask_one in "$@"; do
            if [ "$answer" = "$ask_one" ]; then return 0; fi
        done
    done
}

# QUESTION DEFAULT: DEFAULT, or an address, in `answer`.
ask_address() {
    while :; do
        ask "$1" "$2"
        if [ "$answer" = "$2" ] || is_address "$answer"; then return 0; fi
        say "an address begins with https:// or http://, such as https://auth.example.com"
    done
}

is_address() {
    case $1 in
        [Hh][Tt][Tt][Pp]://?* | [Hh][Tt][Tt][Pp][Ss]://?*) ;;
        *) return 1 ;;
    esac
}

# A "no" is no error.
ask_declined() {
    say "nothing was changed"
    exit 0
}

# QUESTION: nothing that is typed is shown; the reply in `answer`.
ask_hidden() {
    printf '%s ' "$1"
    ask_tty=$(stty -g)
    # Whatever ends this, the terminal shows again what is typed.
    trap 'stty "$ask_tty"; printf "\nnothing was changed\n"; exit 130' INT TERM HUP
    stty -echo
    read -r answer || answer=
    stty "$ask_tty"
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '\n'
}

# Text of others, fit for a terminal: without C0, C1 (U+0080 to U+009F), and what turns or hides what is beside
# it (U+200B to 200F, 2028 to 202E, 2066 to 2069). Again and again, for what is left can be another one.
shown() {
    printf '%s' "$1" | LC_ALL=C tr -cd '\40-\176\200-\377' | LC_ALL=C sed "$(
        printf ':a\ns/\302[\200-\237]//g;ta\n'
        printf 's/\342\200[\213-\217\250-\256]//g;ta\ns/\342\201[\246-\251]//g;ta\n'
    )"
}

# "a b c" as "a, b, c"
listed() {
    # shellcheck disable=SC2086 # words
    set -- $1
    listed_text=
    for listed_one in "$@"; do listed_text="$listed_text${listed_text:+, }$listed_one"; done
    printf '%s' "$listed_text"
}
