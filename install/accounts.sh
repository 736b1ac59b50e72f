# shellcheck shell=sh
# Accounts and groups of the machine, or of the tree in ROOT; who is to be guarded.

# TABLE: passwd, group or shadow, all lines of it; of a running machine what its directory adds, too.
accounts_table() {
    if [ -n "$ROOT" ] || ! command -v getent >/dev/null; then
        plan_resolve "/etc/$1"
        if [ -f "$ROOT$plan_real" ]; then cat "$ROOT$plan_real"; fi
    else
        getent "$1" || :
    fi
}

# TABLE NAME: its line. A directory that does not list its accounts is asked by name.
accounts_line() {
    if [ -n "$ROOT" ] || ! command -v getent >/dev/null; then
        accounts_table "$1" | accounts_name=$2 awk -F: '$1 == ENVIRON["accounts_name"] { print; exit }'
    else
        getent "$1" -- "$2" | head -n 1 || :
    fi
}

# NAME FIELD: of its passwd line.
accounts_field() {
    accounts_line passwd "$1" | cut -d: -f"$2"
}

# NAME: names of its groups, the primary one first.
accounts_groups_of() {
    if [ -z "$ROOT" ]; then
        id -Gn -- "$1" 2>/dev/null || :
        return 0
    fi
    accounts_gid=$(accounts_field "$1" 4)
    accounts_table group | accounts_name=$1 accounts_gid=$accounts_gid awk -F: '
        $3 == ENVIRON["accounts_gid"] { first = $1; next }
        { count = split($4, member, ","); for (at = 1; at <= count; at++) if (member[at] == ENVIRON["accounts_name"]) more = more " " $1 }
        END { print first more }'
}

# GROUP: names of its members, those too whose first group it is.
accounts_members() {
    accounts_found=$(accounts_line group "$1")
    [ -n "$accounts_found" ] || return 0
    accounts_gid=$(printf '%s' "$accounts_found" | cut -d: -f3)
    {
        printf '%s\n' "${accounts_found##*:}" | tr ',' '\n'
        accounts_table passwd | accounts_gid=$accounts_gid awk -F: '$4 == ENVIRON["accounts_gid"] { print $1 }'
    } | sed '/^$/d' | sort -u
}

# Those whose shell lets them in.
accounts_with_shell() {
    accounts_table passwd | awk -F: '$7 !~ /\/(nologin|false|sync|halt|shutdown)$/ { print $1 }' | sort -u
}

# Is there a password that the account could log in with? No where nobody can tell.
accounts_has_password() {
    case $(accounts_line shadow "$1" | cut -d: -f2) in
        '' | '!'* | '*'*) return 1 ;;
    esac
}

# Who is to be guarded, one a line.
accounts_guarded() {
    if [ "$ALL" = yes ]; then
        accounts_with_shell
    elif [ -n "$USERS" ]; then
        printf '%s\n' "$USERS" | tr ',' '\n' | sort -u
    else
        accounts_members "$GROUP"
    fi
}

# Somebody who is not guarded but can log in; nothing when there is nobody.
accounts_unguarded() {
    accounts_with_shell >"$PLAN/accounts"
    accounts_guarded | comm -23 "$PLAN/accounts" - | head -n 1
}

# In sshd_config and pam.d a name is a pattern, and blanks end it.
accounts_check_name() {
    case $1 in
        '' | -* | *[!A-Za-z0-9_.@+-]*)
            refuse "$2 has a name that neither sshd nor PAM takes as it is: $(shown "$1")" \
                "use letters, digits and _ . @ + - only: a group of this machine with those accounts, say"
            ;;
    esac
}

# Refuses choices that name nobody.
accounts_check() {
    if [ -n "$GROUP" ]; then accounts_check_name "$GROUP" "the group"; fi
    accounts_check_list --users "$USERS"
    # The last name has no comma behind it.
    accounts_rest=$USERS
    while [ -n "$accounts_rest" ]; do
        accounts_one=${accounts_rest%%,*}
        accounts_rest=${accounts_rest#"$accounts_one"}
        accounts_rest=${accounts_rest#,}
        accounts_check_name "$accounts_one" "an account"
        if [ -z "$(accounts_line passwd "$accounts_one")" ]; then
            refuse "no such account: $(shown "$accounts_one")" "see: getent passwd"
        fi
    done
}

# OPTION LIST: names with one comma between two, nothing else. A blank or a line break would end the value
# where it is written, and what is behind it would be a word of its own.
accounts_check_list() {
    case $2 in
        ,* | *, | *,,* | *[!A-Za-z0-9_.@+,-]*)
            refuse "$1 $(shown "$2"): not a list of names with a comma between two" "names have letters, digits and _ . @ + - only, and no blank beside the comma"
            ;;
    esac
}

# Makes the group when it is missing; the plan holds it where the tree has no programs of its own.
accounts_plan_group() {
    accounts_made=no
    if [ -z "$GROUP" ] || [ -n "$(accounts_line group "$GROUP")" ]; then return 0; fi
    accounts_made=yes
    [ -n "$ROOT" ] || return 0
    accounts_free=$(accounts_table group | awk -F: '{ taken[$3] = 1 } END { for (id = 999; taken[id]; id--); print id }')
    accounts_end /etc/group "$GROUP:x:$accounts_free:"
    plan_resolve /etc/gshadow
    if [ -f "$ROOT$plan_real" ]; then accounts_end /etc/gshadow "$GROUP:!::"; fi
}

# FILE LINE: behind the last one.
accounts_end() {
    { plan_text "$1" | awk '{ print }' && printf '%s\n' "$2"; } | plan_stage "$1" 0644
}

accounts_make_group() {
    if [ "$accounts_made" = no ] || [ -n "$ROOT" ]; then return 0; fi
    if command -v groupadd >/dev/null; then
        groupadd -r "$GROUP"
    else
        addgroup -S "$GROUP"
    fi
}

# The group that an installation made, unless somebody is in it.
accounts_drop_group() {
    if [ -z "$1" ] || [ -n "$ROOT" ] || [ -z "$(accounts_line group "$1")" ]; then return 0; fi
    if [ -n "$(accounts_members "$1")" ]; then
        say "kept: group $(shown "$1"), which has members; to remove it: groupdel $(shown "$1")"
    elif command -v groupdel >/dev/null; then
        groupdel "$1"
    else
        delgroup "$1"
    fi
}
