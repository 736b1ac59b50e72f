# shellcheck shell=sh
# `install.sh uninstall`: host, server and program, in an order that keeps nobody out, and what stays.

# Refuses while a line that is not ours to take out still starts the program: whoever meets it could not log in.
host_refers() {
    host_found=$(cd "$ROOT/etc" && for host_one in ssh/sshd_config ssh/sshd_config.d/*.conf pam.d/*; do
        # A pipe there would never end.
        if [ -f "$host_one" ] && grep -qE '^[^#]*(pam_gatehouse\.so|gatehouse (gate|pam))' "$host_one"; then
            printf '%s\n' "$host_one"
            break
        fi
    done) || :
    if [ -n "$host_found" ]; then
        refuse "/etc/$(shown "$host_found") still names gatehouse, so the program stays" \
            "take that line out, then run install.sh uninstall again"
    fi
}

host_uninstall() {
    if plan_pending; then
        host_undo
        if [ "$DRY_RUN" = yes ] && ! plan_installed; then return 0; fi
    fi
    # Why a change was taken back once.
    [ "$DRY_RUN" = yes ] || rm -f "$STATE/last"
    if ! plan_installed; then
        if [ "$DRY_RUN" = no ]; then plan_finish && plan_leave_state; fi
        say "nothing is installed"
        return 0
    fi
    uninstall_server=no
    if server_is_installed; then uninstall_server=yes; fi
    if [ "$DRY_RUN" = yes ]; then
        say "would be as before:"
        uninstall_list
        uninstall_say_stays
        return 0
    fi
    uninstall_agree
    host_back_group=$(plan_setting_of GROUP_MADE)
    plan_kept='' uninstall_keeps=no
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
    if ! { plan_restore_phase early && plan_restore_end; }; then exit 70; fi
    program_remove
    units_gone
    accounts_drop_group "$host_back_group"
    if [ -n "$host_back_group" ] && [ -n "$(accounts_line group "$host_back_group")" ]; then uninstall_keeps=yes; fi
    uninstall_say_files
    uninstall_say_server
    if [ "$uninstall_keeps" = yes ] || [ -n "$plan_kept" ]; then
        say "gatehouse is off this machine, but for what is kept"
    else
        say "everything is as it was before gatehouse"
    fi
}

# Each file that goes, and for which part it was there.
uninstall_list() {
    plan_files | sed 's/^[^ ]* //' | while IFS= read -r uninstall_one; do
        case $uninstall_one in
            "$SERVER_TOML" | "$UNITS_FOLDER/$SERVER_UNIT" | "$UNITS_FOLDER/$SERVER_UNIT.d/"* | /etc/sysusers.d/gatehouse.conf)
                uninstall_part=server
                ;;
            "$(program_path)" | */security/$PROGRAM_MODULE | "$PROGRAM_PREVIOUS"/*) uninstall_part=program ;;
            *) uninstall_part=host ;;
        esac
        say "  $uninstall_part: $(shown "$uninstall_one")"
    done
}

# What runs and ends, and what nobody is asked about, for it stays.
uninstall_say_stays() {
    if [ "$uninstall_server" = no ]; then return 0; fi
    if [ -z "$ROOT" ] && program_server_runs; then say "ends: $SERVER_UNIT, which runs now"; fi
    uninstall_stays=$(server_data_there)
    for uninstall_one in $uninstall_stays; do
        say "stays: the server's data in $uninstall_one, and user $SERVER_USER, whose they are"
    done
    if [ -z "$uninstall_stays" ] && ! program_is_packaged && [ -n "$(accounts_line passwd "$SERVER_USER")" ]; then
        say "stays: user $SERVER_USER"
    fi
}

# Who thinks of the host alone would end the logins of all others, too.
uninstall_agree() {
    if [ "$uninstall_server" = no ]; then return 0; fi
    say "the server goes, too; this is put back as it was, or removed:"
    uninstall_list
    # Unasked, it is said at the end.
    if ! can_ask; then return 0; fi
    uninstall_say_stays
    ask_choice "take all of this off this machine?" no yes no
    # shellcheck disable=SC2154 # the reply
    if [ "$answer" = no ]; then ask_declined; fi
}

# What others wrote into the folders of gatehouse: authenticators, the audit, an administrator's files.
uninstall_say_files() {
    uninstall_all=$(cd "$ROOT/" && find var/lib/gatehouse etc/gatehouse ! -type d 2>/dev/null |
        sed 's|^|/|' | sort) || :
    # Every account may write there, and name a file as it likes.
    uninstall_untold=$(cd "$ROOT/" && find var/spool/gatehouse ! -type d -exec printf '%.0s.' '{}' + 2>/dev/null | wc -c) || :
    if [ "$uninstall_untold" -gt 0 ]; then
        uninstall_all=$(printf '%s\n%s\n' "$uninstall_all" "/var/spool/gatehouse: files, $uninstall_untold of them" | sed '/^$/d')
    fi
    if [ -f "$ROOT/var/lib/gatehouse/gatehouse.db" ]; then
        # The server's own, which are named as a whole.
        uninstall_all=$(printf '%s\n' "$uninstall_all" | grep -vE '^/var/lib/gatehouse/(gatehouse\.db|keys|audit|wake)') || :
    fi
    # Said already.
    if [ -n "$plan_kept" ]; then
        uninstall_all=$(printf '%s\n' "$uninstall_all" | grep -vxF -e "${plan_kept%?}") || :
    fi
    [ -n "$uninstall_all" ] || return 0
    say "kept, for the installer did not write them:"
    printf '%s\n' "$uninstall_all" | head -n 10 | while IFS= read -r uninstall_one; do say "  $(shown "$uninstall_one")"; done
    uninstall_more=$(($(printf '%s\n' "$uninstall_all" | wc -l) - 10))
    if [ "$uninstall_more" -gt 0 ]; then say "  and $uninstall_more more"; fi
    uninstall_keeps=yes
}

uninstall_say_server() {
    if server_kept; then uninstall_keeps=yes; fi
    [ "$uninstall_server" = yes ] || return 0
    uninstall_pid=$(server_process)
    if [ -n "$uninstall_pid" ]; then
        warn "a server still runs, process $uninstall_pid, from a file that is gone" "end it: kill $uninstall_pid"
    fi
}
