# shellcheck shell=sh
# What an installer that was killed (kill -9) has left in the temporary folder: up to two programs' size.
# Needs rollback.sh, TMPDIR.

# Says in the plan's folder who works there: "PID START BOOT...".
leftover_sign() {
    printf '%s %s %s\n' "$$" "$(rollback_stat "$$" 20)" "$(rollback_boot)" >"$PLAN/owner"
}

# Removes those of processes that are gone. Everybody can make such a name there, but no folder that is root's
# alone; what has no sign stays, and what is of this boot but of another container: its processes are not seen.
leftover_sweep() {
    leftover_here=$(rollback_boot)
    # Not through a link (-type), not below (-prune); a name that is no mktemp's is not ours.
    find "$TMPDIR/." ! -name . -prune -type d -user 0 -perm 700 -name 'gatehouse-plan.??????' 2>/dev/null |
        while IFS= read -r leftover_folder; do
            [ -f "$leftover_folder/owner" ] || continue
            read -r leftover_pid leftover_start leftover_boot <"$leftover_folder/owner" || continue
            if [ "$leftover_boot" = "$leftover_here" ]; then
                if rollback_alive "$leftover_pid" "$leftover_start"; then continue; fi
            elif [ -z "$leftover_boot" ] || [ "${leftover_boot%% *}" = "${leftover_here%% *}" ]; then
                continue
            fi
            rm -rf "$leftover_folder"
        done
}
