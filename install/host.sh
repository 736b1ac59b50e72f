# shellcheck shell=sh
# `install.sh host` and what takes it back: the order of the steps, and what is undone when one fails.

host_install() {
    plan_begin
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
        plan_adopt "$(host_key_path)" early
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
    ask "change this machine now (yes, no, show)?" yes
    while [ "$answer" = show ]; do
        host_show
        ask "change this machine now (yes, no, show)?" yes
    done
    case $answer in
        y | yes) ;;
        *) fail 77 "nothing was changed" ;;
    esac
}

# --- the change ------------------------------------------------------------------------------------------

# PAM comes behind sshd: a stack that relies on the key that sshd has taken must not be there before sshd does.
host_change() {
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

# WHY: everything as before, at once.
host_failed() {
    trap - INT TERM HUP
    # In a process of its own: what it refuses must not end this one.
    if (host_back "$1"); then
        fail 70 "$1" "everything is as it was before"
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
    printf '%s\n' "$JOIN_TOKEN" | "$ROOT$(program_path)" join "$@" "$JOIN_URL" >"$PLAN/joined" 2>&1 || {
        LC_ALL=C tr -cd '\12\40-\176\200-\377' <"$PLAN/joined" >&2
        host_failed "cannot join $(shown "$JOIN_URL")"
    }
    JOIN_TOKEN=
    tick "$(shown "$(head -n 1 "$PLAN/joined")")"
}

host_doctor() {
    if ! program_judge "$ROOT$(program_path)" "$PLAN/critical.after"; then
        host_failed "the doctor says nothing: $(program_path) doctor --json"
    fi
    host_new=$(comm -13 "$PLAN/critical.before" "$PLAN/critical.after" | tr '\n' ' ')
    if [ -n "$host_new" ]; then
        if [ -n "$ROOT" ]; then set -- --root "$ROOT"; else set --; fi
        "$ROOT$(program_path)" doctor "$@" 2>&1 | LC_ALL=C tr -cd '\11\12\40-\176\200-\377' >&2 || :
        host_failed "the doctor finds what was not there before: $(shown "$(listed "$host_new")")"
    fi
    tick "doctor"
}

host_say_next() {
    say ""
    host_say_who
    say ""
    say "Keep this session open. Log in anew from another terminal within $WITHIN seconds, as somebody who is"
    say "guarded. When that login has passed the factor, the change stays. Else every file goes back by itself."
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

# Refuses while a line that is not ours to take out still starts the program: whoever meets it could not log in.
host_refers() {
    host_found=$(cd "$ROOT/etc" && grep -lsE '^[^#]*(pam_gatehouse\.so|gatehouse (gate|pam))' ssh/sshd_config ssh/sshd_config.d/*.conf pam.d/* | head -n 1) || :
    if [ -n "$host_found" ]; then
        refuse "/etc/$(shown "$host_found") still names gatehouse, so the program stays" \
            "take that line out, then run install.sh uninstall again"
    fi
}

host_uninstall() {
    if plan_pending; then
        [ "$DRY_RUN" = yes ] || host_undo
    fi
    if ! plan_installed; then
        if [ "$DRY_RUN" = no ]; then plan_finish && plan_leave_state; fi
        say "nothing is installed"
        return 0
    fi
    if [ "$DRY_RUN" = yes ]; then
        say "would be as before:"
        plan_files | sed 's/^[^ ]* /  /'
        return 0
    fi
    host_back_group=$(plan_setting_of GROUP_MADE)
    units_stop
    pam_unplan || warn "pam-auth-update failed, see above: the files that it writes are put back as they were before"
    # PAM first: without its lines sshd's still let nobody in who should not be.
    if ! { plan_restore_phase last && plan_restore_phase first; }; then exit 70; fi
    sshd_find
    if [ -n "$SSHD" ] && [ -z "$ROOT" ]; then
        SSHD_KEY=
        if sshd_run -t; then sshd_reload; else warn "sshd refuses its files, so it was not reloaded" "see: sshd -t"; fi
    fi
    host_refers
    plan_restore_all || exit 70
    program_remove
    units_gone
    accounts_drop_group "$host_back_group"
    say "everything is as it was before gatehouse"
    if [ -d "$ROOT/var/lib/gatehouse" ] || [ -d "$ROOT/etc/gatehouse" ]; then
        say "kept, for they are not the installer's: authenticators and the audit (/var/lib/gatehouse, /etc/gatehouse, files in homes)"
    fi
}
