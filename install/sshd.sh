# shellcheck shell=sh
# sshd's part: the lines that bring the factor, whether they do, and the reload.
# Uses MODE, FIRST, GROUP, USERS, ALL.

# What the gate's process must not get from an account's own files (docs/sshd.md says what each is for).
SSHD_SET_ENV='SHLVL=9 BASH_ENV= BASH_FUNC_exec%%= SHELLOPTS= LD_PRELOAD= LD_LIBRARY_PATH= LD_AUDIT= GCONV_PATH= LOCPATH= ZDOTDIR=/nonexistent XDG_CONFIG_HOME=/nonexistent XDG_DATA_HOME=/nonexistent XDG_DATA_DIRS=/nonexistent'

# Does sshd itself get a part? Not where only sudo is to ask.
sshd_wanted() {
    case $MODE in
        gate | both) return 0 ;;
    esac
    case ,$SERVICES, in *,sshd,* | *,all,*) return 0 ;; esac
    return 1
}

# With exec, or some login shells would stay beside the session.
sshd_gate() {
    printf 'exec %s gate\n' "$(program_path)"
}

sshd_gate_mode() {
    [ "$MODE" != pam ]
}

sshd_methods() {
    case $FIRST in
        key) printf 'publickey,keyboard-interactive:pam\n' ;;
        password) printf 'keyboard-interactive:pam\n' ;;
    esac
}

sshd_criteria() {
    if [ "$ALL" = yes ]; then
        printf 'all\n'
    elif [ -n "$USERS" ]; then
        printf 'User %s\n' "$USERS"
    else
        printf 'Group %s\n' "$GROUP"
    fi
}

# Behind the last line everybody is meant again, whoever writes on.
sshd_lines() {
    cat <<END
# gatehouse begin
# Written by install.sh host; install.sh uninstall takes it out. docs/sshd.md and docs/pam.md explain it.
Match $(sshd_criteria)
END
    if sshd_gate_mode; then
        cat <<END
    ForceCommand $(sshd_gate)
    DisableForwarding yes
    PermitUserRC no
    ExposeAuthInfo yes
    SetEnv $SSHD_SET_ENV$sshd_more_env
END
    else
        cat <<END
    AuthenticationMethods $(sshd_methods)
    KbdInteractiveAuthentication yes
END
    fi
    cat <<END
Match all
# gatehouse end
END
}

# --- the plan --------------------------------------------------------------------------------------------

sshd_plan() {
    if sshd_wanted; then
        if sshd_includes_drop_in; then
            sshd_unplan "$SSHD_MAIN"
            sshd_place "$SSHD_DROP_IN"
        else
            case $SSHD_MAIN in
                /usr/*) refuse "$SSHD_MAIN does not include /etc/ssh/sshd_config.d" "copy it to /etc/ssh/sshd_config first" ;;
            esac
            sshd_unplan "$SSHD_DROP_IN"
            sshd_place "$SSHD_MAIN"
        fi
    else
        sshd_unplan "$SSHD_MAIN"
        sshd_unplan "$SSHD_DROP_IN"
    fi
    [ -z "$SSHD" ] || sshd_compare planned
}

# Is the drop-in read, for everybody? An Include behind a Match is that Match's alone.
sshd_includes_drop_in() {
    plan_text "$SSHD_MAIN" | plan_strip - | SSHD_REWRITE='' groups='' awk "$SSHD_LINES" | awk '
        tolower($1) ~ /^l"?match"?$/ { exit }
        /^I/ { print substr($0, 2) }' | {
        while IFS= read -r sshd_pattern; do
            case $sshd_pattern in /*) ;; *) sshd_pattern=/etc/ssh/$sshd_pattern ;; esac
            # shellcheck disable=SC2254 # a pattern
            case $SSHD_DROP_IN in $sshd_pattern) exit 0 ;; esac
        done
        exit 1
    }
}

# FILE: our lines where they were, or at the end, on lines of their own.
sshd_place() {
    sshd_lines >"$PLAN/sshd.lines"
    plan_resolve "$1"
    if [ "$1" = "$SSHD_DROP_IN" ] && [ -f "$ROOT$plan_real" ] &&
        ! grep -q '^# gatehouse begin' "$ROOT$plan_real" && grep -q '[^[:space:]]' "$ROOT$plan_real"; then
        refuse "$1 is there already, written by somebody else" \
            "give it another name (what is in it stays in force), or remove it, then run this again"
    fi
    plan_text "$1" | sshd_new="$PLAN/sshd.lines" LC_ALL=C awk '
        function ours(line) { while ((getline line < ENVIRON["sshd_new"]) > 0) print line; placed = 1 }
        /^[[:space:]]*# gatehouse begin/ { if (!placed) ours(); old = 1; next }
        old && /^[[:space:]]*# gatehouse end/ { old = 0; next }
        !old { print }
        END { if (!placed) ours(); exit old }' >"$PLAN/sshd.text" ||
        plan_refuse_strip "$1"
    plan_stage_file "$1" 0644 "$PLAN/sshd.text"
}

# FILE: without our lines, if it has any.
sshd_unplan() {
    plan_resolve "$1"
    if [ ! -f "$ROOT$plan_real" ] || ! grep -q '^# gatehouse begin' "$ROOT$plan_real"; then return 0; fi
    plan_strip "$ROOT$plan_real" >"$PLAN/sshd.text" || plan_refuse_strip "$1"
    if [ "$1" = "$SSHD_DROP_IN" ] && ! grep -q '[^[:space:]]' "$PLAN/sshd.text"; then
        plan_remove "$1"
    else
        plan_stage_file "$1" 0644 "$PLAN/sshd.text"
    fi
}

# --- whether it does what it should ----------------------------------------------------------------------

# After the files are in place, before the reload. Non-zero, with what is wrong.
sshd_check() {
    if [ -z "$SSHD" ] || [ -n "$ROOT" ]; then return 0; fi
    if ! sshd_run -t 2>"$SSHD_WORK/said"; then
        plan_error "sshd refuses its new configuration: $(sshd_complaint)" "nothing was reloaded"
        return 1
    fi
    (sshd_compare real)
}

# VERSION: the factor is in force for those who are guarded, and nothing is different for anybody else.
sshd_compare() {
    if [ "$1" != real ]; then
        sshd_copied "$1"
        sshd_run -t -f "$sshd_config" 2>"$SSHD_WORK/said" ||
            refuse "sshd would refuse its new configuration: $(sshd_complaint)" "nothing was changed"
    fi
    if sshd_wanted; then
        while read -r sshd_who; do
            sshd_ask "$1" "$sshd_who" "$SSHD_WORK/then" || refuse "sshd refuses: $(sshd_complaint)" "see: sshd -t"
            sshd_in_force
        done <"$SSHD_WORK/guarded"
    fi
    sshd_who=$(accounts_unguarded)
    [ -n "$sshd_who" ] || return 0
    if ! { sshd_ask before "$sshd_who" "$SSHD_WORK/before" && sshd_ask "$1" "$sshd_who" "$SSHD_WORK/then"; }; then
        refuse "sshd refuses: $(sshd_complaint)" "see: sshd -t"
    fi
    if ! cmp -s "$SSHD_WORK/before" "$SSHD_WORK/then"; then
        refuse "sshd would treat $(shown "$sshd_who"), who is not guarded, in another way: $(sshd_difference)" \
            "report this, with: sshd -T"
    fi
}

sshd_difference() {
    shown "$(diff "$SSHD_WORK/before" "$SSHD_WORK/then" | sed -n 's/^> //p' | head -n 1)"
}

sshd_in_force() {
    if sshd_gate_mode; then
        sshd_expect forcecommand "$(sshd_gate)"
        sshd_expect disableforwarding yes
        sshd_expect permituserrc no
        sshd_expect exposeauthinfo yes
        sshd_value "$SSHD_WORK/then" setenv | grep -qx 'SHLVL=9' || sshd_expect setenv SHLVL=9
    else
        sshd_expect authenticationmethods "$(sshd_methods)"
        sshd_expect kbdinteractiveauthentication yes
        sshd_expect usepam yes
    fi
}

# KEYWORD VALUE
sshd_expect() {
    sshd_found=$(sshd_value "$SSHD_WORK/then" "$1")
    if [ "$sshd_found" != "$2" ]; then
        refuse "for $(shown "$sshd_who") another line of sshd_config wins: $1 is $(shown "$sshd_found"), not $2" \
            "look for it in $SSHD_MAIN and what it includes, and take it out"
    fi
}

# Sessions stay: only the process that waits for connections reads its files anew. One that a socket unit
# starts for each connection reads them anyway.
sshd_reload() {
    [ -n "$ROOT" ] || rollback_reload
}
