# shellcheck shell=sh
# `install.sh host`, and what takes back one that is on trial: the order of the steps, and what is undone when
# one fails.

host_install() {
    plan_begin
    leftover_sign
    host_choose
    accounts_check
    sshd_preflight
    host_plan
    if [ "$DRY_RUN" = yes ]; then
        host_show
        return 0
    fi
    if plan_is_empty && [ "$host_joins" = no ] && [ "$accounts_made" = no ]; then
        say "nothing to do: gatehouse is installed like that"
        return 0
    fi
    host_agree
    host_change
}

# --- the plan --------------------------------------------------------------------------------------------

host_plan() {
    case ,$(plan_setting_of SERVICES),:,$SERVICES, in
        *,all,*:*,all,*) ;;
        *,all,*:*) refuse "all services ask now, through files that pam-auth-update writes" "run install.sh uninstall first" ;;
    esac
    program_plan
    accounts_plan_group
    if [ "$CODES_ONLY" = yes ] && [ -z "$host_toml" ]; then
        printf '%s\n%s\n' '# gatehouse on this host; every key is explained in docs/configuration.md' 'servers = []' |
            plan_stage "$HOST_TOML" 0644 early
    fi
    if [ "$host_joins" = yes ]; then
        plan_adopt "$HOST_TOML" early
        # The server takes no second key for a token (server/central_join.ts): with this one the same token
        # joins again after an undo. It is root's alone, and by itself it opens nothing.
        plan_leave "$(host_key_path)" early
        if [ -z "$ROOT" ]; then plan_adopt_folder /var/spool/gatehouse early; fi
    fi
    sshd_plan
    pam_plan
    units_plan
    plan_release '/etc/ssh/*' '/etc/pam.d/*'
    plan_setting MODE "$MODE"
    plan_setting FIRST "$FIRST"
    plan_setting GROUP "$GROUP"
    plan_setting USERS "$USERS"
    plan_setting ALL "$ALL"
    plan_setting SERVICES "$SERVICES"
    host_group_made=$(plan_setting_of GROUP_MADE)
    if [ "$accounts_made" = yes ]; then host_group_made=$GROUP; fi
    plan_setting GROUP_MADE "$host_group_made"
}

# Where `gatehouse join` puts the key that codes are sealed to.
host_key_path() {
    if [ -z "$ROOT" ]; then printf '/var/lib/gatehouse/host.key\n'; else printf '/etc/gatehouse/host.key\n'; fi
}

host_show() {
    plan_show
    if [ "$accounts_made" = yes ] && [ -z "$ROOT" ]; then say "would be made: group $GROUP"; fi
    if [ "$host_joins" = yes ]; then say "would be run: gatehouse join $(shown "$JOIN_URL")"; fi
    host_say_who
}

# Where it is asked.
host_mode_text() {
    case $MODE in
        gate) printf 'gate for ssh' ;;
        both) printf 'gate for ssh, PAM for %s' "$(host_services_or and)" ;;
        *) printf 'pam (%s)' "$SERVICES" ;;
    esac
}

# [WORD]: "sudo", "sudo or su".
host_services_or() {
    printf '%s' "$SERVICES" | sed "s/,/ ${1-or} /g"
}

host_say_who() {
    if [ "$ALL" = yes ]; then
        say "guarded: every account"
        return 0
    fi
    host_names=$(accounts_guarded | tr '\n' ' ')
    if [ -n "$USERS" ]; then
        say "guarded: $(shown "$(listed "$host_names")")"
    else
        say "guarded: members of group $GROUP: $(shown "$(listed "${host_names:-nobody}")")"
        if [ -z "$host_names" ]; then say "to guard somebody: usermod -aG $GROUP NAME"; fi
    fi
}

host_agree() {
    can_ask || return 0
    host_say_who
    while :; do
        ask_choice "change this machine now?" yes yes no show
        case $answer in
            yes) return 0 ;;
            no) ask_declined ;;
        esac
        host_show
    done
}

# --- the change ------------------------------------------------------------------------------------------

# PAM comes behind sshd: a stack that relies on the key that sshd has taken must not be there before sshd does.
host_change() {
    plan_check_places
    deadman_arm "$WITHIN"
    trap 'host_stopped 130' INT
    trap 'host_stopped 143' TERM HUP
    plan_record || host_failed "cannot write below $STATE"
    if [ -z "$ROOT" ]; then tick "takes itself back unless a new login passes within $WITHIN s"; fi
    plan_apply early || host_failed "cannot put the program in place"
    accounts_make_group || host_failed "cannot make group $GROUP"
    tick "program and module"
    if [ "$host_joins" = yes ]; then host_join; fi
    # From here: whoever is not enrolled, say, was not so before.
    program_judge "$ROOT$(program_path)" "$PLAN/critical.before" || : >"$PLAN/critical.before"
    if ! { plan_apply first && sshd_check; }; then host_failed "sshd's files were not changed"; fi
    sshd_reload || host_failed "sshd could not be told to read its files anew"
    if sshd_wanted; then tick "sshd"; fi
    if ! { plan_apply last && pam_finish; }; then host_failed "PAM's files were not changed"; fi
    if [ "$MODE" != gate ]; then tick "PAM: $SERVICES"; fi
    host_doctor
    units_start || host_failed "the timers cannot be started"
    if [ -n "$ROOT" ]; then
        # Nobody logs in there who could confirm it.
        plan_keep || fail 70 "cannot write below $STATE"
        host_say_who
        return 0
    fi
    deadman_ready || fail 69 "the change was taken back meanwhile" "see: install.sh status"
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    host_say_next
}

host_stopped() {
    trap - INT TERM HUP
    # The dead man has ended us: it does the rest.
    if [ ! -f "$STATE/trial/undoing" ]; then host_back "install.sh was ended"; fi
    exit "$1"
}

# WHY [STATUS HINT]: everything as before, at once.
host_failed() {
    trap - INT TERM HUP
    # In a process of its own: what it refuses must not end this one.
    if (host_back "$1"); then
        fail "${2:-70}" "$1" "${3:+$3; }everything is as it was before"
    fi
    fail 70 "$1" "not everything could be taken back: see above, then run install.sh undo"
}

host_back() {
    host_back_group=$(plan_setting_of GROUP_MADE)
    if [ -n "$ROOT" ]; then plan_undo; else deadman_undo "$1"; fi || return 1
    units_gone
    # Was it made by what is installed, it stays until that goes.
    if [ "$host_back_group" != "$(plan_setting_of GROUP_MADE)" ]; then accounts_drop_group "$host_back_group"; fi
}

# The token goes by stdin: every account sees the words that a command was called with.
host_join() {
    if [ -z "$ROOT" ]; then set --; else set -- --config "$ROOT$HOST_TOML"; fi
    printf '%s\n' "$JOIN_TOKEN" | "$ROOT$(program_path)" join "$@" "$JOIN_URL" >"$PLAN/joined" 2>"$PLAN/join.said" ||
        host_join_failed "$?"
    JOIN_TOKEN=
    tick "$(shown "$(sed 's/; wrote .*//; 1q' "$PLAN/joined")")"
}

# STATUS: the program's, with its words as ours; all of them where it did not get as far as to say why.
host_join_failed() {
    host_why=$(sed -n 's/^gatehouse: error: //p' "$PLAN/join.said")
    host_hint=$(sed -n 's/^gatehouse: hint: //p' "$PLAN/join.said")
    if [ -n "$host_why" ]; then host_failed "cannot join: $(shown "$host_why")" "$1" "$(shown "$host_hint")"; fi
    cat "$PLAN/joined" "$PLAN/join.said" | LC_ALL=C tr -cd '\12\40-\176\200-\377' >&2
    host_failed "cannot join $(shown "$JOIN_URL")"
}

host_doctor() {
    if ! program_judge "$ROOT$(program_path)" "$PLAN/critical.after"; then
        host_failed "the doctor says nothing: $(program_path) doctor --json"
    fi
    # Who could have enrolled, before the program was there? A trial protects those.
    # And that nobody is in the group yet is said below.
    host_nobody=
    [ -n "$(accounts_guarded)" ] || host_nobody=yes
    host_new=$(comm -13 "$PLAN/critical.before" "$PLAN/critical.after" | cut -f 1 | sort -u |
        grep -vx -e codes.not-enrolled ${host_nobody:+-e sshd.nobody-guarded} | tr '\n' ' ')
    # Faulty before, too, perhaps, but it is only now that anybody is asked by it.
    if host_file=$HOST_TOML awk -F '\t' '
        $1 ~ /^host\.config-/ && $2 == ENVIRON["host_file"] { found = 1 }
        END { exit !found }' "$PLAN/critical.after"; then
        host_show_doctor
        host_failed "with $HOST_TOML as it is, nobody who is guarded would get in"
    elif [ -n "$host_new" ]; then
        host_show_doctor
        host_failed "the doctor finds what was not there before: $(shown "$(listed "$host_new")")"
    fi
    tick "doctor"
    host_warn_enrol
}

host_show_doctor() {
    if [ -n "$ROOT" ]; then set -- --root "$ROOT"; else set --; fi
    "$ROOT$(program_path)" doctor "$@" 2>&1 | LC_ALL=C tr -cd '\11\12\40-\176\200-\377' >&2 || :
}

# Where codes alone let in: who has none yet. The doctor names ten, "and N more".
host_warn_enrol() {
    if [ "$host_joins" = yes ] || [ -n "$host_servers" ]; then return 0; fi
    host_witness=$(awk '{ text = text $0 " " }
        END {
            if (!(at = index(text, "\"codes.not-enrolled\""))) exit
            text = substr(text, at)
            if (!match(text, /"witness": *"[^"\\]*"/)) exit
            text = substr(text, RSTART, RLENGTH - 1)
            sub(/^"witness": *"/, "", text)
            print text
        }' "$PLAN/critical.after.json")
    [ -n "$host_witness" ] || return 0
    host_before="before the time is over"
    if [ -n "$ROOT" ]; then host_before="before that system starts"; fi
    warn "without an authenticator, so locked out by this: $(shown "$host_witness")" "$host_before, for each of them:"
    printf '%s\n' "$host_witness" | sed 's/ and [0-9]* more$//' | tr -d ' ' | tr ',' '\n' | while read -r host_one; do
        printf 'install.sh: hint:   gatehouse enroll --user %s\n' "$(shown "$host_one")" >&2
    done
}

host_say_next() {
    say ""
    host_say_who
    say ""
    if sshd_wanted; then
        say "Keep this session open. Log in anew from another terminal within $WITHIN seconds, as somebody who is"
        say "guarded, and stay in: some seconds after it has passed the factor, the change stays. Else every file goes"
        say "back by itself."
    else
        say "Keep this session open. Within $WITHIN seconds open a new session and use $(host_services_or), as somebody who is"
        say "guarded. When that has passed the factor, the change stays. Else every file goes back by itself."
    fi
    say "  to keep it yourself, in that new session:  install.sh confirm"
    say "  to take it back now:                       install.sh undo"
    say "  to take it back some day:                  install.sh uninstall"
}

# --- afterwards ------------------------------------------------------------------------------------------

host_confirm() {
    if [ -z "$ROOT" ] && { [ -d "$STATE/trial" ] || ! plan_pending; }; then
        deadman_confirm
    elif plan_pending; then
        plan_keep || fail 70 "cannot write below $STATE"
    else
        fail 78 "nothing is on trial" "see: install.sh status"
    fi
    say "kept; to take it back some day: install.sh uninstall"
}

host_undo() {
    if ! plan_pending && [ ! -d "$STATE/trial" ]; then
        if [ "$DRY_RUN" = no ]; then plan_finish && plan_leave_state; fi
        say "nothing is on trial, so there is nothing to undo"
        return 0
    fi
    if [ "$DRY_RUN" = yes ]; then
        say "would be as before:"
        sed 's/^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* /  /' "$STATE/pending/files"
        return 0
    fi
    host_back "install.sh undo" || fail 70 "not everything could be taken back" "see above, then run install.sh undo again"
    say "everything is as it was before"
}
