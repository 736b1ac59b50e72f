# shellcheck shell=sh
# The program and its PAM module: where they come from, where they go, and the pair of before.
# Needs HERE, ROOT, STATE, DRY_RUN, MODE.

# Debian's package brings its own program; then its files are the package's, and stay as they are.
PROGRAM_PACKAGED=/usr/share/gatehouse
PROGRAM_PREVIOUS=/usr/local/lib/gatehouse/previous
PROGRAM_MODULE=pam_gatehouse.so
# pam_gatehouse.so starts no other helper.
PROGRAM_LOGIN_NEEDS="root alone must be able to change what every login starts"

program_is_packaged() {
    [ "$HERE" = "$PROGRAM_PACKAGED" ] && [ ! -e "$HERE/gatehouse" ] && [ -x "$ROOT/usr/bin/gatehouse" ]
}

# Two programs on one machine: sshd's lines would start the one, upgrades change the other.
program_refuse_beside_package() {
    if [ "$HERE" = "$PROGRAM_PACKAGED" ] || [ ! -e "$ROOT$PROGRAM_PACKAGED/install.sh" ]; then return 0; fi
    refuse "gatehouse is here as a package, and this install.sh brings another one" \
        "use $PROGRAM_PACKAGED/install.sh, or remove the package first"
}

# Where the program is, as lines in sshd_config and pam.d name it.
program_path() {
    if program_is_packaged; then printf '/usr/bin/gatehouse\n'; else printf '/usr/local/bin/gatehouse\n'; fi
}

# Of the installed one; nothing when it does not start.
program_version() {
    program_version_of "$ROOT$(program_path)"
}

# FILE: what it says of itself, without its name.
program_version_of() {
    program_said=$("$1" version 2>/dev/null </dev/null) || program_said=
    case $program_said in 'gatehouse '*) shown "${program_said#gatehouse }" ;; esac
}

# --- where it comes from ---------------------------------------------------------------------------------

# The program in program_new, its module in program_module (empty: there is none); builds where it must.
program_find() {
    for program_from in "$HERE" "$HERE/dist"; do
        if [ -f "$program_from/gatehouse" ]; then
            program_take "$program_from"
            return 0
        fi
    done
    # The package's own, for a tree that has no package.
    if [ "$HERE" = "$PROGRAM_PACKAGED" ] && [ -x /usr/bin/gatehouse ]; then
        program_new=/usr/bin/gatehouse program_module=
        program_module_place '' && program_module=$program_place
        program_new_version=$(program_version_of "$program_new")
        return 0
    fi
    program_pin=$(sed -n 's/^export const DENO_VERSION = "\([0-9.]*\)";$/\1/p' "$HERE/scripts/toolchain.ts" 2>/dev/null) || :
    if [ -z "$program_pin" ]; then
        refuse "there is no gatehouse beside $(shown "$HERE")/install.sh" "unpack the whole archive, or take the package"
    fi
    if ! command -v npx >/dev/null; then
        refuse "there is no dist/gatehouse here, and no Node.js to build it" \
            "install Node.js, or build it elsewhere: npx -y deno@$program_pin task build"
    fi
    if [ "$DRY_RUN" = yes ]; then
        say "would be built: $(shown "$HERE")/dist/gatehouse"
        program_new='' program_module=''
        return 0
    fi
    say "building gatehouse: npx -y deno@$program_pin task build"
    (cd "$HERE" && npx -y "deno@$program_pin" task build) >&2 || fail 70 "gatehouse could not be built" "see above"
    program_take "$HERE/dist"
}

# FOLDER: what is there, when it is what SHA256SUMS says.
program_take() {
    program_new=$1/gatehouse program_module=
    if [ -f "$1/$PROGRAM_MODULE" ]; then program_module=$1/$PROGRAM_MODULE; fi
    program_check_sums "$1"
    program_new_version=$(program_version_of "$program_new")
    if [ -z "$program_new_version" ]; then
        refuse "$(shown "$program_new") does not start on this machine" "see what it says: $(shown "$program_new") version"
    fi
}

# A file of sums that does not speak of the program is that of other files.
program_check_sums() {
    if [ ! -f "$1/SHA256SUMS" ] || [ -z "$(program_sum_of "$1" gatehouse)" ]; then return 0; fi
    for program_one in gatehouse ${program_module:+"$PROGRAM_MODULE"}; do
        program_sum=$(sha256sum <"$1/$program_one")
        if [ "${program_sum%% *}" != "$(program_sum_of "$1" "$program_one")" ]; then
            refuse "$(shown "$1/$program_one") is not what SHA256SUMS beside it says" \
                "it was damaged or changed: fetch it anew, and install nothing of this"
        fi
    done
    tick "SHA-256 as in SHA256SUMS"
}

# FOLDER NAME: sha256sum's line, `SUM  NAME` or `SUM *NAME`, also with ./ in front.
program_sum_of() {
    program_wanted=$2 awk '{ name = $2; sub(/^\*/, "", name); sub(/^\.\//, "", name) }
        NF == 2 && name == ENVIRON["program_wanted"] { print tolower($1); exit }' "$1/SHA256SUMS"
}

# --- where it goes ---------------------------------------------------------------------------------------

# Both into the plan, with the pair that they replace. Nothing where they are a package's.
program_plan() {
    if program_is_packaged; then
        program_new_version=$(program_version)
        return 0
    fi
    program_find
    if [ -z "$program_new" ]; then return 0; fi
    program_target=$(program_path)
    program_trust "$program_target"
    program_place=
    if [ -n "$program_module" ]; then
        program_module_place "$ROOT" "$program_module" ||
            program_module_missing "there is no pam_unix.so here for it to lie beside" "install PAM's modules first (Debian: libpam-modules)"
    else
        program_module_missing "there is no $PROGRAM_MODULE beside it" \
            "it is built where gcc and libpam's headers are (Debian: gcc, libpam0g-dev)"
    fi
    program_keep_previous
    # The module first: it works with either program, as long as one is there.
    if [ -n "$program_place" ]; then plan_stage_file "$program_place" 0644 "$program_module" early; fi
    plan_stage_file "$program_target" 0755 "$program_new" early
}

# WHY HINT
program_module_missing() {
    case ${MODE-} in pam | both) refuse "the PAM module cannot be installed: $1" "$2; or use --mode gate" ;; esac
}

# ROOT [MODULE]: where it is to lie, in program_place. Beside pam_unix.so, for libpam looks nowhere else;
# a machine may have that folder for a second processor, too.
program_module_place() {
    program_place=
    for program_above in /usr/lib /lib /usr/lib64 /lib64; do
        for program_unix in "$1$program_above"/*-linux-*/security/pam_unix.so "$1$program_above/security/pam_unix.so"; do
            if [ ! -f "$program_unix" ]; then continue; fi
            program_folder=${program_unix%/*}
            if [ $# -lt 2 ]; then
                program_place=$program_folder/$PROGRAM_MODULE
                if [ -f "$program_place" ]; then return 0; fi
            elif program_same_machine "$program_unix" "$2"; then
                program_place=${program_folder#"$1"}/$PROGRAM_MODULE
                return 0
            fi
        done
    done
    program_place=
    return 1
}

# Class and machine of two ELF files (elf(5)); what is none, as in a tree that stands for one, fits all.
program_same_machine() {
    program_elf_unix=$(program_elf "$1") program_elf_ours=$(program_elf "$2")
    [ -z "$program_elf_unix" ] || [ -z "$program_elf_ours" ] || [ "$program_elf_unix" = "$program_elf_ours" ]
}

program_elf() {
    case $(od -An -tx1 -N4 "$1" | tr -d ' \n') in
        7f454c46) printf '%s %s\n' "$(od -An -tx1 -j4 -N1 "$1" | tr -d ' \n')" "$(od -An -tx1 -j18 -N2 "$1" | tr -d ' \n')" ;;
    esac
}

# PATH: it and every folder above it must be root's, and no group's to write, or the module starts nothing.
program_trust() {
    plan_resolve "$1"
    # shellcheck disable=SC2154 # plan_resolve's answer
    program_at=$plan_real
    while :; do
        if [ -e "$ROOT$program_at/." ] || [ -e "$ROOT$program_at" ]; then
            # shellcheck disable=SC2012 # the words before the name are all we want, and POSIX fixes them
            program_look=$(ls -ldn "$ROOT${program_at:-/}")
            # shellcheck disable=SC2086 # words: mode, links, owner, group
            set -- $program_look
            program_shown=$(shown "${program_at:-/}")
            if [ "$3" != 0 ]; then
                refuse "$program_shown belongs to uid $3, and $PROGRAM_LOGIN_NEEDS" "run: chown root $program_shown"
            fi
            case $1 in
                ?????w* | ????????w*) program_open "$program_shown" "$4" ;;
            esac
        fi
        if [ -z "$program_at" ]; then return 0; fi
        program_at=${program_at%/*}
    done
}

# Group staff has the number 50 on all Debian systems (/usr/share/doc/base-passwd).
program_open() {
    case $1:$2 in
        /usr/local*:50)
            refuse "$1 can be written by group staff, as old Debian has it, and $PROGRAM_LOGIN_NEEDS" \
                "run: rm -f /etc/staff-group-for-usr-local; chgrp root $1; chmod g-w $1"
            ;;
    esac
    refuse "$1 can be written by others, and $PROGRAM_LOGIN_NEEDS" "run: chmod go-w $1"
}

# What is there now, for `rollback`; unless it is what comes, or there is none.
program_keep_previous() {
    if [ ! -f "$ROOT$program_target" ] || cmp -s "$program_new" "$ROOT$program_target"; then return 0; fi
    plan_stage_file "$PROGRAM_PREVIOUS/gatehouse" 0755 "$ROOT$program_target" early
    if [ -n "$program_place" ] && [ -f "$ROOT$program_place" ]; then
        plan_stage_file "$PROGRAM_PREVIOUS/$PROGRAM_MODULE" 0644 "$ROOT$program_place" early
    fi
}

# --- commands --------------------------------------------------------------------------------------------

program_upgrade() {
    program_no_options upgrade "$@"
    if program_is_packaged; then refuse "this gatehouse is a package's" "upgrade the package"; fi
    program_begin
    if [ ! -f "$ROOT$(program_path)" ]; then refuse "gatehouse is not installed here" "run: install.sh host, or install.sh server"; fi
    program_before=$(program_version)
    program_plan
    # A dry run builds nothing.
    if plan_is_empty && [ -n "$program_new" ]; then
        say "nothing to do: this is gatehouse ${program_before:-of the same bytes}"
        return 0
    fi
    if [ "$DRY_RUN" = yes ]; then
        plan_show
        if [ -n "$program_new" ]; then say "would be: gatehouse ${program_before:-(unknown)} -> $program_new_version"; fi
        return 0
    fi
    program_judge_before
    program_change "cannot put the program in place" program_check
    say "gatehouse ${program_before:-(unknown)} -> $program_new_version; to go back: install.sh rollback"
    program_say_restart
}

# The pair of before, and the one of now in its place.
program_rollback() {
    program_no_options rollback "$@"
    if program_is_packaged; then refuse "this gatehouse is a package's" "install the package's version that you want"; fi
    program_begin
    program_new=$ROOT$PROGRAM_PREVIOUS/gatehouse program_module=
    if [ ! -f "$program_new" ]; then refuse "no earlier version is kept" "only an upgrade leaves one"; fi
    program_new_version=$(program_version_of "$program_new")
    if [ -z "$program_new_version" ]; then refuse "the version of before does not start" "see: $PROGRAM_PREVIOUS/gatehouse version"; fi
    program_target=$(program_path) program_place='' program_before=$(program_version)
    program_trust "$program_target"
    if [ -f "$ROOT$PROGRAM_PREVIOUS/$PROGRAM_MODULE" ]; then
        program_module=$ROOT$PROGRAM_PREVIOUS/$PROGRAM_MODULE
        program_module_place "$ROOT" "$program_module" || refuse "there is no pam_unix.so here" "see: $PROGRAM_PREVIOUS"
    fi
    program_keep_previous
    if [ -n "$program_place" ]; then plan_stage_file "$program_place" 0644 "$program_module" early; fi
    plan_stage_file "$program_target" 0755 "$program_new" early
    if [ "$DRY_RUN" = yes ]; then
        plan_show
        say "would be: gatehouse ${program_before:-(unknown)} -> $program_new_version"
        return 0
    fi
    program_change "cannot put the version of before in place"
    say "gatehouse ${program_before:-(unknown)} -> $program_new_version"
    program_say_restart
}

program_no_options() {
    if [ $# -le 1 ]; then return 0; fi
    case $2 in -h | --help) usage && exit 0 ;; esac
    usage_error "$1: unknown option: $(shown "$2")"
}

# What was chosen for this host stays chosen: a plan that is kept brings its settings with it.
program_begin() {
    plan_begin
    leftover_sign
    if [ -f "$STATE/kept/settings" ]; then cat "$STATE/kept/settings" >>"$PLAN/settings"; fi
}

# MESSAGE [CHECK]: applies the plan; as before when that fails, or CHECK does. Running gates keep their file.
program_change() {
    if plan_is_empty; then return 0; fi
    plan_check_places
    program_serves=no
    if program_server_runs; then program_serves=yes; fi
    trap 'program_back; exit 130' INT
    trap 'program_back; exit 143' TERM HUP
    if ! plan_apply early; then
        program_back
        fail 70 "$1" "everything is as it was before"
    fi
    if ! "${2:-true}" || ! program_restart_server; then
        program_back
        program_restart_server || warn "the server does not run" "see: systemctl status gatehouse"
        fail 70 "the new version was taken back" "see above; $(program_path) is as it was before"
    fi
    plan_keep || fail 70 "cannot write below $STATE"
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

program_back() {
    trap - INT TERM HUP
    plan_undo || fail 70 "not everything could be taken back" "see above, then run: install.sh undo"
}

# Does it start where it is now, and does its doctor find nothing critical that was not there before?
program_check() {
    if [ "$(program_version)" != "$program_new_version" ]; then
        warn "$(program_path) does not start"
        return 1
    fi
    if ! program_judge "$ROOT$program_target" "$PLAN/critical.after"; then
        [ "$program_has_doctor" = yes ] || return 0
        warn "the doctor says nothing: $(program_path) doctor --json"
        return 1
    fi
    comm -13 "$PLAN/critical.before" "$PLAN/critical.after" >"$PLAN/critical.new"
    if [ ! -s "$PLAN/critical.new" ]; then return 0; fi
    warn "the doctor finds what was not there before: $(shown "$(listed "$(cut -f 1 "$PLAN/critical.new" | sort -u | tr '\n' ' ')")")"
    return 1
}

# What is critical before an upgrade, by the doctor that judged it so far; an old version has none, and then
# the new one is asked from where it lies. A new version may have other words for what was found already.
program_judge_before() {
    program_has_doctor=no
    : >"$PLAN/critical.before"
    if program_judge "$program_new" "$PLAN/critical.new"; then program_has_doctor=yes; else : >"$PLAN/critical.new"; fi
    if program_judge "$ROOT$program_target" "$PLAN/critical.old"; then
        program_has_doctor=yes
        LC_ALL=C awk -F '\t' '
            FILENAME == ARGV[1] { old[$1 FS $2] = 1; print; next }
            ($1 FS $2) in old' "$PLAN/critical.old" "$PLAN/critical.new" | sort -u >"$PLAN/critical.before"
    else
        mv "$PLAN/critical.new" "$PLAN/critical.before"
    fi
}

# PROGRAM FILE: critical findings, sorted; of each in a line, between tabs, its id, the file that is to blame
# (not the line, which our own lines move) and what was found. Fails where it has no doctor.
program_judge() {
    program_judged=$1 program_findings=$2
    if [ -n "$ROOT" ]; then set -- doctor --json --root "$ROOT"; else set -- doctor --json; fi
    "$program_judged" "$@" >"$program_findings.json" 2>/dev/null </dev/null || :
    grep -q '"verdict"' "$program_findings.json" || return 1
    # Strings as they are written: line breaks and tabs are escaped in them (RFC 8259, 7).
    LC_ALL=C awk '
        { text = text $0 " " }
        END {
            while (match(text, /"([^"\\]|\\.)*"|[{}:,]/)) {
                token = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                if (token == "{") { if (++depth == 2) id = where = what = severity = "" }
                else if (token == "}") {
                    if (depth == 2 && severity == "critical") print id "\t" where "\t" what
                    depth--
                }
                else if (token == ":") key = last
                else if (token == ",") key = ""
                else {
                    last = substr(token, 2, length(token) - 2)
                    if (depth != 2) continue
                    if (key == "id") id = last
                    if (key == "severity") severity = last
                    if (key == "what") what = last
                    if (key == "where") { where = last; sub(/:[0-9]+$/, "", where) }
                }
            }
        }' "$program_findings.json" | sort -u >"$program_findings"
}

# Does systemd run the server of this machine, or try to?
program_server_runs() {
    if [ -n "$ROOT" ] || ! units_are_systemd; then return 1; fi
    case $(systemctl is-active gatehouse.service) in active | activating | reloading) ;; *) return 1 ;; esac
}

# What nobody here can restart.
program_say_restart() {
    if [ "${program_serves-no}" = yes ]; then return 0; fi
    program_pid=$(server_process)
    if [ -n "$program_pid" ]; then warn "the server still has the program of before" "restart the server, process $program_pid"; fi
}

# It loads the program once.
program_restart_server() {
    if [ "$program_serves" = no ]; then return 0; fi
    systemctl restart gatehouse.service || return 1
    # What is wrong with its files or its data it says within a moment.
    sleep 2
    systemctl is-active --quiet gatehouse.service || return 1
    tick "server restarted"
}

# After everything was put back: what is left that is nobody's.
program_remove() {
    for program_folder in "$PROGRAM_PREVIOUS" "${PROGRAM_PREVIOUS%/*}"; do
        if [ -d "$ROOT$program_folder" ]; then rmdir "$ROOT$program_folder" 2>/dev/null || :; fi
    done
}
