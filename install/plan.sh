# shellcheck shell=sh
# The transaction that every change of a system file goes through: kept, applied, undone, all by rename.
#
# Needs ROOT ("" or the folder of --root, without a slash at its end) and STATE, and no other file: who has
# this one and $STATE can undo (plan_undo). Paths are as on the machine, without ROOT.
#
#   plan_begin                          a new plan; refused (78) while one is on trial
#   plan_stage PATH MODE [PHASE]        stdin is what PATH is to hold; MODE for a new file, else its own stays
#   plan_stage_file PATH MODE SOURCE [PHASE]
#   plan_remove PATH [PHASE]
#   plan_adopt PATH [PHASE]             another program will write it: what was before is remembered
#   plan_leave PATH [PHASE]             ... and undo leaves what it has written; uninstall removes it
#   plan_release PATTERN...             of what was installed there, what this plan does not speak of goes back
#   plan_adopt_folder PATH              ... or make it
#   plan_setting KEY VALUE              remembered with the plan: what was chosen
#   plan_text PATH                      what it will hold: staged, else what is there
#   plan_is_empty, plan_show
#   plan_check_places                   refuses (78) what nobody can change
#   plan_record                         remembers what was before; plan_apply does it, too
#   plan_apply PHASE                    PHASE: early (programs), first (the default everywhere) or last
#   plan_pending                        is one on trial?
#   plan_undo, plan_keep
#   plan_restore_phase PHASE, plan_restore_end   uninstall: as before the first plan, last phase first
#   plan_installed, plan_setting_of KEY, plan_files
#
# Lines of ours in a file of others stand between `# gatehouse begin` and `# gatehouse end`. A line of theirs
# that ours replaces is kept there as `# gatehouse was: LINE`; it comes back when ours are taken out.
#
# In $STATE: pending/ (on trial), kept/ (installed). Each has `files`, a line for each path,
#   NUMBER PHASE KIND WAS SUM PATH
# KIND write, remove, adopt, leave or folder; WAS file or absent; what was is before/NUMBER. SUM is what a
# kept file held when it was installed. Whatever is named there is on the disk before the line is, and a file
# is changed after its line is on the disk. So at any moment all that was changed can be undone.

plan_error() {
    printf 'install.sh: error: %s\n' "$1" >&2
    if [ -n "${2-}" ]; then printf 'install.sh: hint: %s\n' "$2" >&2; fi
}

plan_refuse() {
    plan_error "$@"
    exit 78
}

# Old ones know no FILE and do the whole machine then.
plan_sync() {
    sync -- "$@" 2>/dev/null || sync
}

# Where PATH leads, in plan_real: links are followed inside of ROOT, wherever they point.
plan_resolve() {
    case $1 in
        *"
"*) plan_refuse "a path with a line break" ;;
        /*) ;;
        *) plan_refuse "not an absolute path: $1" ;;
    esac
    plan_rest=$1 plan_real='' plan_links=0
    while [ -n "$plan_rest" ]; do
        plan_rest=${plan_rest#/}
        plan_part=${plan_rest%%/*}
        plan_rest=${plan_rest#"$plan_part"}
        case $plan_part in
            '' | .) continue ;;
            ..) plan_real=${plan_real%/*} && continue ;;
        esac
        if [ -L "$ROOT$plan_real/$plan_part" ]; then
            plan_links=$((plan_links + 1))
            [ "$plan_links" -le 40 ] || plan_refuse "too many links: $1"
            plan_link=$(readlink "$ROOT$plan_real/$plan_part")
            case $plan_link in /*) plan_real='' ;; esac
            plan_rest=/$plan_link$plan_rest
        else
            plan_real=$plan_real/$plan_part
        fi
    done
}

# What a tree records of itself leads nowhere else: neither by "..", nor by a link that is there since.
plan_check_tree() {
    [ -n "$ROOT" ] || return 0
    plan_check_record "${STATE#"$ROOT"}"
    for plan_list in "$STATE/kept/files" "$STATE/pending/files"; do
        [ -f "$plan_list" ] || continue
        while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
            plan_check_record "$plan_path"
        done <"$plan_list"
    done
}

plan_check_record() {
    plan_resolve "$1"
    [ "$plan_real" = "$1" ] ||
        plan_refuse "the tree records a path that leads elsewhere: $1" "somebody has changed $STATE, or put a link there"
}

# Refuses what anybody but root can write: they could put a link in its place while we work.
plan_trust() {
    plan_at=$1
    while :; do
        if [ -e "$ROOT$plan_at/." ] || [ -e "$ROOT$plan_at" ]; then
            # shellcheck disable=SC2012 # the words before the name are all we want, and POSIX fixes them
            plan_look=$(LC_ALL=C ls -ldn "$ROOT$plan_at/" 2>/dev/null || LC_ALL=C ls -ldn "$ROOT$plan_at")
            # shellcheck disable=SC2086 # words: mode, links, owner, group
            set -- $plan_look
            plan_by=
            case $3 in 0 | "$(id -u)") ;; *) plan_by="it belongs to uid $3" ;; esac
            case $1 in ????????w*) plan_by="everybody can write it" ;; esac
            case $1 in ?????w*) [ "$4" = 0 ] || plan_by="group $4 can write it" ;; esac
            if [ -n "$plan_by" ]; then
                plan_refuse "${plan_at:-/} is not root's alone: $plan_by" \
                    "make it root's (chown root, chmod go-w), then run this again"
            fi
        fi
        [ -n "$plan_at" ] || return 0
        plan_at=${plan_at%/*}
    done
}

# TMPDIR, if nobody but root can put something else in the place of what we make there; else /tmp.
plan_temporary() {
    plan_at=$(cd "${TMPDIR:-/tmp}" 2>/dev/null && pwd -P) || plan_at=/nonexistent
    plan_folder=$plan_at
    while :; do
        # shellcheck disable=SC2012,SC2046 # words: mode, links, owner
        set -- $(LC_ALL=C ls -ldn "$plan_at/" 2>/dev/null)
        case ${3-} in 0 | "$(id -u)") ;; *) break ;; esac
        case $1 in
            ?????????[tT]*) ;;
            ?????w* | ????????w*) break ;;
        esac
        if [ -z "$plan_at" ]; then
            printf '%s\n' "$plan_folder"
            return 0
        fi
        plan_at=${plan_at%/*}
    done
    printf '/tmp\n'
}

plan_sum() {
    if [ -f "$1" ]; then
        plan_sum_line=$(sha256sum <"$1")
        printf '%s\n' "${plan_sum_line%% *}"
    else
        printf -- '-\n'
    fi
}

# --- what is planned -------------------------------------------------------------------------------------

plan_begin() {
    if plan_pending; then
        plan_refuse "an earlier change is still on trial" \
            "keep it with: install.sh confirm, or take it back with: install.sh undo"
    fi
    plan_finish || return 1
    plan_drop
    PLAN=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-plan.XXXXXX")
    mkdir "$PLAN/new"
    : >"$PLAN/files"
    : >"$PLAN/settings"
    : >"$PLAN/seen"
    printf '0\n' >"$PLAN/count"
}

# Forgets what is planned, not what is on trial.
plan_drop() {
    if [ -n "${PLAN-}" ]; then rm -rf "$PLAN"; fi
    PLAN=
}

# A line of the plan for PATH, in the place of an earlier one; its number is plan_number.
plan_line() {
    plan_resolve "$3"
    plan_trust "$plan_real"
    if [ -e "$ROOT$plan_real" ] && [ ! -f "$ROOT$plan_real" ]; then
        plan_refuse "$3 is not a regular file" "move it away, then run this again"
    fi
    plan_forget "$plan_real"
    printf '%s\n' "$plan_real" >>"$PLAN/seen"
    # In a file, for plan_stage is mostly the end of a pipe: a process of its own.
    plan_number=$(($(cat "$PLAN/count") + 1))
    printf '%s\n' "$plan_number" >"$PLAN/count"
    printf '%s %s %s %s\n' "$plan_number" "$2" "$1" "$plan_real" >>"$PLAN/files"
}

plan_forget() {
    plan_gone=$1 awk '{ path = $0; sub(/^[^ ]* [^ ]* [^ ]* /, "", path) } path != ENVIRON["plan_gone"]' \
        "$PLAN/files" >"$PLAN/files.new"
    mv "$PLAN/files.new" "$PLAN/files"
}

plan_stage() {
    cat >"$PLAN/staged"
    plan_stage_file "$1" "$2" "$PLAN/staged" "${3-first}"
}

plan_stage_file() {
    plan_line write "${4-first}" "$1"
    if [ -f "$ROOT$plan_real" ] && cmp -s "$3" "$ROOT$plan_real"; then
        plan_forget "$plan_real"
        return 0
    fi
    cp "$3" "$PLAN/new/$plan_number" ||
        plan_refuse "what is to be installed finds no room in ${PLAN%/*}" "make room there, or name another folder: TMPDIR=DIR"
    chmod 0600 "$PLAN/new/$plan_number"
    printf '%s\n' "$2" >"$PLAN/new/$plan_number.mode"
}

plan_remove() {
    plan_line remove "${2-first}" "$1"
    if [ ! -e "$ROOT$plan_real" ]; then plan_forget "$plan_real"; fi
}

# Also after plan_record or plan_apply, then it is remembered at once.
plan_adopt() {
    plan_line adopt "${2-first}" "$1"
    if plan_pending; then plan_record; fi
}

plan_leave() {
    plan_line leave "${2-first}" "$1"
}

plan_adopt_folder() {
    if [ ! -d "$ROOT$1" ]; then plan_line folder "${2-first}" "$1"; fi
}

# For a change of what is installed: of its files those that the new choices do not ask for.
plan_release() {
    if [ ! -f "$STATE/kept/files" ]; then return 0; fi
    while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
        case $plan_kind in folder | adopt | leave) continue ;; esac
        if grep -qxF -e "$plan_path" "$PLAN/seen" || [ ! -f "$ROOT$plan_path" ]; then continue; fi
        plan_matches "$@" || continue
        if [ "$(plan_sum "$ROOT$plan_path")" = "$plan_then" ] && [ "$plan_was" = absent ]; then
            plan_remove "$plan_path" "$plan_phase"
        elif [ "$(plan_sum "$ROOT$plan_path")" = "$plan_then" ]; then
            plan_stage_file "$plan_path" 0644 "$STATE/kept/before/$plan_n" "$plan_phase"
        else
            plan_strip "$ROOT$plan_path" >"$PLAN/stripped" || plan_refuse_strip "$plan_path"
            plan_stage_file "$plan_path" 0644 "$PLAN/stripped" "$plan_phase"
        fi
    done <"$STATE/kept/files"
}

# PATTERN...: plan_path is one of those.
plan_matches() {
    for plan_pattern in "$@"; do
        # shellcheck disable=SC2254 # a pattern
        case $plan_path in $plan_pattern) return 0 ;; esac
    done
    return 1
}

plan_refuse_strip() {
    plan_refuse "$1 has a \"# gatehouse begin\" without its \"# gatehouse end\"" "take our lines out by hand"
}

plan_setting() {
    printf '%s=%s\n' "$1" "$2" >>"$PLAN/settings"
}

plan_text() {
    plan_resolve "$1"
    plan_want=$(plan_wanted="$plan_real" awk '{ path = $0; sub(/^[^ ]* [^ ]* [^ ]* /, "", path) }
        path == ENVIRON["plan_wanted"] && $3 ~ /^(write|remove)$/ { print $1, $3 }' "${PLAN:-/nonexistent}/files" 2>/dev/null) ||
        plan_want=
    case $plan_want in
        *write) cat "$PLAN/new/${plan_want% *}" ;;
        *remove) ;;
        *) if [ -f "$ROOT$plan_real" ]; then cat "$ROOT$plan_real"; fi ;;
    esac
}

# What another program writes counts: it may write something else this time.
plan_is_empty() {
    [ ! -s "$PLAN/files" ]
}

plan_show() {
    while read -r plan_n plan_phase plan_kind plan_path; do
        plan_old=$ROOT$plan_path
        [ -f "$plan_old" ] || plan_old=/dev/null
        case $plan_kind in
            write) plan_new=$PLAN/new/$plan_n ;;
            remove) plan_new=/dev/null ;;
            *) printf 'written by another program: %s\n' "$plan_path" && continue ;;
        esac
        if plan_is_binary "$plan_new" || plan_is_binary "$plan_old"; then
            printf 'binary file: %s (%s bytes)\n' "$plan_path" "$(wc -c <"$plan_new" | tr -d ' ')"
            continue
        fi
        # A host's token is a secret, also in the terminal of who shows this to others.
        { diff -u -L "$plan_path" -L "$plan_path (new)" "$plan_old" "$plan_new" || :; } |
            sed 's/\(host_token\).*/\1 = (not shown)/' | LC_ALL=C tr -cd '\11\12\40-\176\200-\377'
    done <"$PLAN/files"
}

plan_is_binary() {
    [ -s "$1" ] && [ "$(LC_ALL=C head -c 4096 "$1" | LC_ALL=C tr -d '\000' | wc -c)" -ne "$(head -c 4096 "$1" | wc -c)" ]
}

# Refuses what cannot be replaced, before anything is changed: an immutable file, a file system that is read-only.
plan_check_places() {
    plan_check_folder "${STATE#"$ROOT"}"
    while read -r plan_n plan_phase plan_kind plan_path; do
        plan_check_folder "${plan_path%/*}"
        if [ -f "$ROOT$plan_path" ]; then plan_check_place "$plan_path"; fi
    done <"$PLAN/files"
}

# FOLDER, or the one in which it is to be made.
plan_check_folder() {
    plan_above=$1
    while [ ! -e "$ROOT$plan_above/." ]; do plan_above=${plan_above%/*}; done
    plan_check_place "${plan_above:-/}"
}

# PATH: its mode is set to what it is. No other way to ask leaves nothing behind when it is interrupted.
plan_check_place() {
    chmod u+ "$ROOT$1" 2>/dev/null ||
        plan_refuse "$1 cannot be changed" "is it immutable (lsattr -d $1), or its file system read-only (findmnt -T $1)?"
}

# --- on trial --------------------------------------------------------------------------------------------

plan_pending() {
    [ -d "$STATE/pending" ]
}

plan_record() {
    if ! plan_pending; then
        # shellcheck disable=SC2174 # the folder above it is as it is
        mkdir -p -m 0700 "$STATE" && mkdir -m 0700 "$STATE/pending" || return 1
        mkdir "$STATE/pending/before" && : >"$STATE/pending/files" || return 1
    fi
    cp "$PLAN/settings" "$STATE/pending/settings.new" &&
        mv "$STATE/pending/settings.new" "$STATE/pending/settings" || return 1
    cp "$STATE/pending/files" "$STATE/pending/files.new" || return 1
    while read -r plan_n plan_phase plan_kind plan_path; do
        plan_remember "$plan_phase" "$plan_kind" "$plan_path" || return 1
    done <"$PLAN/files"
    plan_sync "$STATE/pending/files.new" "$STATE/pending/before" &&
        mv "$STATE/pending/files.new" "$STATE/pending/files" &&
        plan_sync "$STATE/pending/files" "$STATE/pending" "$STATE"
}

# PHASE KIND PATH: what it is now, unless that is remembered.
plan_remember() {
    if plan_knows "$STATE/pending/files.new" "$3"; then return 0; fi
    plan_above=${3%/*}
    plan_missing=
    while [ -n "$plan_above" ] && [ ! -d "$ROOT$plan_above" ]; do
        plan_missing="$plan_above
$plan_missing"
        plan_above=${plan_above%/*}
    done
    printf '%s' "$plan_missing" >"$STATE/pending/missing"
    # Left there with its folder by a change that was undone.
    if [ "$2" = leave ] && [ "$(ls -A "$ROOT${3%/*}" 2>/dev/null)" = "${3##*/}" ]; then
        printf '%s\n' "${3%/*}" >>"$STATE/pending/missing"
    fi
    while read -r plan_above; do
        plan_knows "$STATE/pending/files.new" "$plan_above" ||
            plan_add "$1" folder absent "$plan_above" || return 1
    done <"$STATE/pending/missing"
    rm -f "$STATE/pending/missing"
    # What is left there may be of a change that was undone, so nothing of before.
    if [ ! -e "$ROOT$3" ] || [ "$2" = folder ] || [ "$2" = leave ]; then
        plan_add "$1" "$2" absent "$3"
        return
    fi
    plan_add "$1" "$2" file "$3" && cp -a "$ROOT$3" "$STATE/pending/before/$plan_added" &&
        plan_sync "$STATE/pending/before/$plan_added"
}

plan_add() {
    plan_added=$(wc -l <"$STATE/pending/files.new" | tr -d ' ')
    printf '%s %s %s %s - %s\n' "$plan_added" "$1" "$2" "$3" "$4" >>"$STATE/pending/files.new"
}

plan_knows() {
    plan_wanted=$2 awk '{ path = $0; sub(/^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* /, "", path) }
        path == ENVIRON["plan_wanted"] { found = 1 } END { exit !found }' "$1"
}

plan_apply() {
    plan_record || return 1
    while read -r plan_n plan_phase plan_kind plan_path; do
        if [ "$plan_phase" != "$1" ]; then continue; fi
        case $plan_kind in
            write)
                plan_make_folder "${plan_path%/*}" || return 1
                plan_put "$PLAN/new/$plan_n" "$plan_path" "$(cat "$PLAN/new/$plan_n.mode")" || return 1
                ;;
            remove) rm -f "$ROOT$plan_path" || return 1 ;;
            *) continue ;;
        esac
        plan_sync "$ROOT${plan_path%/*}/"
    done <"$PLAN/files"
}

plan_make_folder() {
    if [ -d "$ROOT$1" ]; then return 0; fi
    plan_make_folder "${1%/*}" && mkdir -m 0755 "$ROOT$1" && plan_sync "$ROOT${1%/*}/"
}

# Beside the target, so that the rename is one step. No *.conf, no unit, no service has such a name.
plan_beside() {
    printf '%s\n' "$ROOT${1%/*}/.${1##*/}.gatehouse-new"
}

# SOURCE PATH MODE: the content, with the owner, mode and attributes of what is there.
plan_put() {
    plan_temp=$(plan_beside "$2")
    rm -f "$plan_temp" || return 1
    if [ -f "$ROOT$2" ]; then
        cp -a "$ROOT$2" "$plan_temp" && cat "$1" >"$plan_temp" || return 1
    else
        # Nobody may read it before its mode is right.
        (umask 077 && cat "$1" >"$plan_temp") && chmod "$3" "$plan_temp" || return 1
    fi
    plan_sync "$plan_temp"
    mv -f "$plan_temp" "$ROOT$2"
}

# --- as it was before ------------------------------------------------------------------------------------

# Undoes what is on trial, wherever that was interrupted, this function too.
plan_undo() {
    plan_finish || return 1
    if plan_pending; then
        plan_failed=0
        if [ -f "$STATE/pending/files" ]; then
            for plan_turn in last first early; do
                plan_reversed "$STATE/pending/files" >"$STATE/pending/reversed" || return 1
                while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
                    if [ "$plan_phase" != "$plan_turn" ]; then continue; fi
                    case $plan_kind in
                        folder) continue ;;
                        leave) plan_say_left && continue ;;
                    esac
                    plan_put_back "$STATE/pending/before/$plan_n" "$plan_was" "$plan_path" || plan_failed=1
                done <"$STATE/pending/reversed"
            done
            plan_leave_folders "$STATE/pending/reversed"
        fi
        if [ "$plan_failed" != 0 ]; then
            plan_error "not everything could be put back" "mend what is named above, then run: install.sh undo"
            return 1
        fi
        mv "$STATE/pending" "$STATE/gone" && plan_sync "$STATE" && rm -rf "$STATE/gone" || return 1
    fi
    plan_leave_state
}

plan_say_left() {
    if [ -f "$ROOT$plan_path" ]; then printf 'kept: %s, for the next try\n' "$plan_path"; fi
}

plan_reversed() {
    awk '{ line[NR] = $0 } END { for (at = NR; at > 0; at--) print line[at] }' "$1"
}

# COPY WAS PATH: bytes, mode, owner, times, or that there was none.
plan_put_back() {
    plan_temp=$(plan_beside "$3")
    if [ "$2" = absent ]; then
        rm -f "$plan_temp" "$ROOT$3" || return 1
        if [ -d "$ROOT${3%/*}" ]; then plan_sync "$ROOT${3%/*}/"; fi
        return 0
    fi
    # It may be of those that nobody can replace (chattr +i): then it is as it was, and nothing is to be done.
    if plan_same "$1" "$ROOT$3"; then
        rm -f "$plan_temp"
        return
    fi
    plan_make_folder "${3%/*}" && rm -f "$plan_temp" && cp -a "$1" "$plan_temp" && plan_sync "$plan_temp" &&
        mv -f "$plan_temp" "$ROOT$3" && plan_sync "$ROOT${3%/*}/"
}

# COPY FILE: bytes, mode, owner and time are the same.
plan_same() {
    [ -f "$2" ] && [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(plan_owner "$1")" = "$(plan_owner "$2")" ] &&
        [ -z "$(find "$1" -newer "$2")$(find "$2" -newer "$1")" ]
}

plan_owner() {
    # shellcheck disable=SC2012,SC2046 # words: mode, links, owner, group
    set -- $(LC_ALL=C ls -ln "$1")
    printf '%s %s %s\n' "$1" "$3" "$4"
}

# Folders that we made, deepest first, unless somebody has put something there.
plan_leave_folders() {
    while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
        if [ "$plan_kind" = folder ] && [ -d "$ROOT$plan_path" ]; then
            rmdir "$ROOT$plan_path" 2>/dev/null || :
        fi
    done <"$1"
}

plan_leave_state() {
    if [ -d "$STATE" ]; then rmdir "$STATE" 2>/dev/null || :; fi
}

# --- installed -------------------------------------------------------------------------------------------

# What is on trial is installed from here on; one rename decides.
plan_keep() {
    plan_pending || return 0
    plan_finish || return 1
    mv "$STATE/pending" "$STATE/keeping" && plan_sync "$STATE" && plan_finish
}

# What a kept plan still has to do after an interruption.
plan_finish() {
    rm -rf "$STATE/gone"
    if [ ! -d "$STATE/keeping" ]; then return 0; fi
    mkdir -p "$STATE/kept/before" && touch "$STATE/kept/files" || return 1
    plan_count=$(awk 'BEGIN { most = -1 } $1 > most { most = $1 } END { print most + 1 }' "$STATE/kept/files")
    cp "$STATE/kept/files" "$STATE/kept/files.new" || return 1
    while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
        plan_then=$(plan_sum "$ROOT$plan_path")
        if plan_knows "$STATE/kept/files.new" "$plan_path"; then
            # The first original stays.
            plan_now=$plan_then plan_wanted=$plan_path awk '
                { path = $0; sub(/^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* /, "", path) }
                path == ENVIRON["plan_wanted"] { print $1, $2, $3, $4, ENVIRON["plan_now"], path; next }
                { print }' "$STATE/kept/files.new" >"$STATE/kept/files.sum" &&
                mv "$STATE/kept/files.sum" "$STATE/kept/files.new" || return 1
            continue
        fi
        if [ "$plan_was" = file ]; then
            cp -a "$STATE/keeping/before/$plan_n" "$STATE/kept/before/$plan_count" &&
                plan_sync "$STATE/kept/before/$plan_count" || return 1
        fi
        printf '%s %s %s %s %s %s\n' "$plan_count" "$plan_phase" "$plan_kind" "$plan_was" "$plan_then" \
            "$plan_path" >>"$STATE/kept/files.new"
        plan_count=$((plan_count + 1))
    done <"$STATE/keeping/files"
    cp "$STATE/keeping/settings" "$STATE/kept/settings.new" &&
        mv "$STATE/kept/settings.new" "$STATE/kept/settings" || return 1
    plan_sync "$STATE/kept/files.new" "$STATE/kept/settings" "$STATE/kept/before"
    mv "$STATE/kept/files.new" "$STATE/kept/files" && plan_sync "$STATE/kept" && rm -rf "$STATE/keeping"
}

plan_installed() {
    [ -s "$STATE/kept/files" ] || [ -s "$STATE/keeping/files" ]
}

# The last value that was chosen, of what is on trial, else of what is installed; nothing when there is none.
plan_setting_of() {
    for plan_from in pending keeping kept; do
        if [ -f "$STATE/$plan_from/settings" ]; then
            sed -n "s/^$1=//p" "$STATE/$plan_from/settings" | tail -n 1
            return 0
        fi
    done
}

# Each installed file, but those on trial, in a line: "as-installed PATH", "changed PATH" or "gone PATH".
plan_files() {
    plan_finish || return 1
    if [ ! -f "$STATE/kept/files" ]; then return 0; fi
    while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
        if [ "$plan_kind" = folder ]; then continue; fi
        # What a trial changes is as the trial has it.
        if plan_pending && plan_knows "$STATE/pending/files" "$plan_path"; then continue; fi
        case $(plan_sum "$ROOT$plan_path") in
            "$plan_then") printf 'as-installed %s\n' "$plan_path" ;;
            -) printf 'gone %s\n' "$plan_path" ;;
            *) printf 'changed %s\n' "$plan_path" ;;
        esac
    done <"$STATE/kept/files"
}

# After all three phases.
plan_restore_end() {
    if [ -d "$STATE/kept" ]; then
        plan_reversed "$STATE/kept/files" >"$STATE/kept/reversed" || return 1
        plan_leave_folders "$STATE/kept/reversed"
        mv "$STATE/kept" "$STATE/gone" && plan_sync "$STATE" && rm -rf "$STATE/gone" || return 1
    fi
    plan_leave_state
}

# PHASE: as before the first plan. What somebody changed since keeps those changes.
plan_restore_phase() {
    plan_finish || return 1
    if [ ! -f "$STATE/kept/files" ]; then return 0; fi
    plan_reversed "$STATE/kept/files" >"$STATE/kept/reversed" || return 1
    plan_failed=0
    while read -r plan_n plan_phase plan_kind plan_was plan_then plan_path; do
        if [ "$plan_phase" != "$1" ] || [ "$plan_kind" = folder ]; then continue; fi
        plan_restore || plan_failed=1
    done <"$STATE/kept/reversed"
    if [ "$plan_failed" != 0 ]; then
        plan_error "not everything could be put back" "mend what is named above, then run: install.sh uninstall"
        return 1
    fi
}

# One line of what is installed.
plan_restore() {
    plan_copy=$STATE/kept/before/$plan_n
    plan_now=$(plan_sum "$ROOT$plan_path")
    if [ "$plan_now" = "$plan_then" ]; then
        plan_put_back "$plan_copy" "$plan_was" "$plan_path"
    elif [ "$plan_was" = file ] && [ -f "$ROOT$plan_path" ] && cmp -s "$plan_copy" "$ROOT$plan_path"; then
        # Somebody, or an uninstall that was interrupted, has put it back.
        return 0
    elif [ "$plan_now" = - ]; then
        if [ "$plan_was" = file ]; then plan_say_kept "stays removed, as somebody has done since"; fi
    elif { [ "$plan_kind" = adopt ] || [ "$plan_kind" = leave ]; } && [ "$plan_was" = absent ]; then
        # A program wrote it, and may have done so again: it is that program's, not a person's.
        plan_put_back "$plan_copy" absent "$plan_path"
    else
        if ! plan_strip "$ROOT$plan_path" >"$STATE/kept/stripped"; then
            plan_error "$plan_path has a \"# gatehouse begin\" without its \"# gatehouse end\"" "take our lines out by hand"
            return 1
        fi
        if [ "$plan_was" = absent ] && ! grep -q '[^[:space:]]' "$STATE/kept/stripped"; then
            plan_put_back "$plan_copy" absent "$plan_path"
            return
        fi
        if cmp -s "$STATE/kept/stripped" "$ROOT$plan_path"; then
            plan_say_kept "as you have changed it"
            return 0
        fi
        plan_put "$STATE/kept/stripped" "$plan_path" 0644 || return 1
        plan_say_kept "was changed since; only the lines of gatehouse were taken out"
    fi
}

# WHY: plan_path is not as it was before; plan_kept has all of those, one a line.
plan_say_kept() {
    printf 'kept: %s %s\n' "$plan_path" "$1"
    plan_kept="${plan_kept-}$plan_path
"
}

# FILE without our lines, with theirs that ours replaced; all other bytes as they are.
plan_strip() {
    # A begin without its end: where ours stop, nobody can say.
    LC_ALL=C awk '
        /^[[:space:]]*# gatehouse begin/ { ours = 1; next }
        ours && /^[[:space:]]*# gatehouse end/ { ours = 0; next }
        ours && /^[[:space:]]*# gatehouse was: / { sub(/^[[:space:]]*# gatehouse was: /, ""); print }
        !ours { print }
        END { exit ours }' "$1"
}
