# shellcheck shell=sh
# What of sshd's configuration as it is stands in the way of the factor, for each account to be guarded.
# Uses MODE, FIRST, ALL.

sshd_preflight() {
    # More of SetEnv, for our lines.
    sshd_more_env=
    sshd_find
    sshd_find_main
    [ -n "$SSHD_MAIN" ] || refuse "there is no sshd_config here: sshd is not installed" "install openssh-server first"
    if [ -z "$SSHD" ]; then
        [ -n "$ROOT" ] || refuse "sshd is not installed" "install openssh-server first"
        warn "no sshd on this machine: what that tree's sshd makes of its files is not checked"
        return 0
    fi
    sshd_work
    if ! sshd_takes_before; then
        refuse "sshd refuses its configuration as it is: $(sshd_complaint)" "mend that first; see: sshd -t"
    fi
    accounts_guarded >"$SSHD_WORK/guarded"
    while read -r sshd_who; do
        sshd_ask before "$sshd_who" "$SSHD_WORK/before" ||
            refuse "sshd cannot say what holds for $(shown "$sshd_who"): $(sshd_complaint)" "see: sshd -T -C user=NAME"
        if sshd_gate_mode; then sshd_refuse_gate; else sshd_refuse_pam; fi
    done <"$SSHD_WORK/guarded"
}

# Does sshd take its configuration as it is? That of a tree without lines that this machine's sshd cannot know.
sshd_takes_before() {
    while :; do
        sshd_copied before
        if sshd_run -t -f "$sshd_config" 2>"$SSHD_WORK/said"; then return 0; fi
        sshd_known=$SSHD_WITHOUT
        [ -z "$ROOT" ] || sshd_leave_out
        [ "$SSHD_WITHOUT" != "$sshd_known" ] || return 1
    done
}

# What sshd has just refused is left out of copies from here on, if it is an option of other builds alone.
sshd_leave_out() {
    for sshd_one in $(sed -n 's/^.*: line [0-9]*: Bad configuration option: \([A-Za-z0-9]*\).*/\1/p' "$SSHD_WORK/said" |
        tr '[:upper:]' '[:lower:]' | sort -u); do
        if ! printf '%s\n' "$sshd_one" | grep -qxE "$SSHD_OF_OTHERS"; then continue; fi
        SSHD_WITHOUT="$SSHD_WITHOUT$sshd_one "
        warn "the sshd of this machine does not know $sshd_one, so that line is not checked" \
            "nothing is to be done if the sshd of that tree knows it"
    done
}

# The first line that says where, else the last one; names of copies mean nothing to anybody.
sshd_complaint() {
    sshd_said=$({ grep ' line [0-9]' "$SSHD_WORK/said" || tail -n 1 "$SSHD_WORK/said"; } | head -n 1)
    while IFS=' ' read -r sshd_copied_to sshd_copied_from; do
        case $sshd_said in
            *"$sshd_copied_to"*) sshd_said=${sshd_said%%"$sshd_copied_to"*}$sshd_copied_from${sshd_said#*"$sshd_copied_to"} ;;
        esac
    done <"$SSHD_WORK/copies"
    shown "${sshd_said:-it does not say why}"
}

sshd_refuse_gate() {
    sshd_found=$(sshd_value "$SSHD_WORK/before" forcecommand)
    if [ "$sshd_found" != none ]; then
        refuse "$(shown "$sshd_who") has a ForceCommand: $(shown "$sshd_found")" \
            "the gate would replace it; use --mode pam, or guard others (--users, --group)"
    fi
    sshd_found=$(sshd_value "$SSHD_WORK/before" chrootdirectory)
    if [ "$sshd_found" != none ]; then
        refuse "$(shown "$sshd_who") has a ChrootDirectory: $(shown "$sshd_found")" \
            "the gate is not in there and could not start; use --mode pam, or guard others"
    fi
    sshd_key_files "$sshd_who" | while IFS= read -r sshd_file; do
        if sshd_read_keys "$sshd_file" | grep -qEi "^$SSHD_OPTIONS,?command=\""; then
            refuse "$(shown "$sshd_who") has a key with command=\"…\" in $(shown "$sshd_file")" \
                "the gate would replace that command; use --mode pam, or guard others"
        fi
    done
    # SetEnv of a Match comes in the place of all others, so theirs are repeated in ours.
    sshd_found=$(sshd_value "$SSHD_WORK/before" setenv)
    case $sshd_found in *\"* | *\\*) refuse "SetEnv has quotes or backslashes in it, which cannot be kept" "use --mode pam" ;; esac
    sshd_found=$(printf '%s' "$sshd_found" | awk '/./ { printf " \"%s\"", $0 }')
    if [ -e "$SSHD_WORK/setenv" ] && [ "$sshd_found" != "$(cat "$SSHD_WORK/setenv")" ]; then
        refuse "SetEnv is not the same for all who are to be guarded" "use --mode pam, or guard fewer (--users)"
    fi
    printf '%s' "$sshd_found" >"$SSHD_WORK/setenv"
    sshd_more_env=$sshd_found
}

sshd_refuse_pam() {
    sshd_want=$(sshd_methods)
    sshd_found=$(sshd_value "$SSHD_WORK/before" authenticationmethods)
    case $FIRST:$sshd_found in
        *:any | *:"$sshd_want" | key:publickey | password:password | password:keyboard-interactive) ;;
        *)
            refuse "$(shown "$sshd_who") has AuthenticationMethods $(shown "$sshd_found")" \
                "that would be replaced by $sshd_want; take it out first, or guard others"
            ;;
    esac
    if [ "$(sshd_value "$SSHD_WORK/before" usepam)" = no ]; then
        refuse "UsePAM is no: sshd asks no PAM module" "write UsePAM yes into $SSHD_MAIN, or use --mode gate"
    fi
    # Before 8.7 that one decides, for everybody, and no Match may hold it.
    if [ "$(sshd_value "$SSHD_WORK/before" challengeresponseauthentication)" = no ]; then
        refuse "ChallengeResponseAuthentication is no, and this sshd knows it for everybody only" \
            "write ChallengeResponseAuthentication yes into $SSHD_MAIN, or use --mode gate"
    fi
    sshd_root=$(sshd_value "$SSHD_WORK/before" permitrootlogin)
    if [ "$(accounts_field "$sshd_who" 3)" = 0 ]; then
        case $sshd_root in
            yes | no) ;;
            *)
                # auth_root_allowed() of auth.c looks at the last method, and that is no key.
                refuse "root is to be guarded, but PermitRootLogin is $sshd_root: sshd would let root in no more" \
                    "write PermitRootLogin yes (the key is still asked for), or leave root out"
                ;;
        esac
        if [ "$sshd_root" = no ]; then return 0; fi
    fi
    [ "$FIRST" = key ] || return 0
    if [ "$(sshd_value "$SSHD_WORK/before" pubkeyauthentication)" = no ]; then
        refuse "PubkeyAuthentication is no for $(shown "$sshd_who")" "use --first password, or write PubkeyAuthentication yes"
    fi
    # Of all accounts there are those that never log in; nobody chose them.
    if [ "$ALL" = yes ] && ! accounts_has_password "$sshd_who"; then return 0; fi
    if [ "$(sshd_value "$SSHD_WORK/before" authorizedkeyscommand)" = none ] &&
        [ "$(sshd_value "$SSHD_WORK/before" trustedusercakeys)" = none ] &&
        ! sshd_has_key "$sshd_who"; then
        refuse "$(shown "$sshd_who") has no key, and could not log in any more" \
            "let them put one into ~/.ssh/authorized_keys first, or use --first password"
    fi
}

# Options of a line in authorized_keys, in front of command= (sshd(8)).
SSHD_OPTIONS='[[:space:]]*([a-zA-Z0-9@-]+(="([^"\\]|\\.)*")?,)*'

sshd_has_key() {
    sshd_key_files "$1" | {
        while IFS= read -r sshd_file; do
            if sshd_read_keys "$sshd_file" | grep -q '^[[:space:]]*[^#[:space:]]'; then exit 0; fi
        done
        exit 1
    }
}

# ACCOUNT: its AuthorizedKeysFile, one a line, absolute (sshd_config(5), TOKENS).
sshd_key_files() {
    sshd_home=$(accounts_field "$1" 6)
    sshd_uid=$(accounts_field "$1" 3)
    sshd_value "$SSHD_WORK/before" authorizedkeysfile | tr ' ' '\n' |
        sshd_home=$sshd_home sshd_user=$1 sshd_uid=$sshd_uid awk '
            $0 == "none" || $0 == "" { next }
            {
                path = ""
                for (at = 1; at <= length($0); at++) {
                    two = substr($0, at, 2)
                    if (substr(two, 1, 1) != "%") { path = path substr(two, 1, 1); continue }
                    at++
                    if (two == "%h") path = path ENVIRON["sshd_home"]
                    else if (two == "%u") path = path ENVIRON["sshd_user"]
                    else if (two == "%U") path = path ENVIRON["sshd_uid"]
                    else path = path substr(two, 2)
                }
                if (substr(path, 1, 1) != "/") path = ENVIRON["sshd_home"] "/" path
                print path
            }'
}

# It is the account's own: it may be a pipe that never ends. Nothing of it is ever shown.
sshd_read_keys() {
    (plan_resolve "$1" && [ -f "$ROOT$plan_real" ] && timeout 5 head -c 1048576 "$ROOT$plan_real") 2>/dev/null || :
}
