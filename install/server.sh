# shellcheck shell=sh
# `install.sh server`: the approval server on this machine, as a user of its own.

SERVER_TOML=/etc/gatehouse/server.toml
SERVER_USER=gatehouse
# Not /var/lib/gatehouse: there a host keeps its authenticators, and what is above those must be root's.
SERVER_DATA=/var/lib/gatehouse-server
SERVER_UNIT=gatehouse.service
SERVER_LINK=$UNITS_FOLDER/multi-user.target.wants/$SERVER_UNIT

server_usage() {
    cat <<END
usage: install.sh server [options]

  --listen HOST:PORT   where it listens (default: 127.0.0.1:8422, for a proxy with TLS in front)
  --public-url URL     how people and hosts reach it, such as https://auth.example.com

  --dry-run  show what would be changed, change nothing
  --yes      ask nothing, take the defaults
  --root DIR work on the tree in DIR: an image, a container
END
}

server_install() {
    server_options "$@"
    program_begin
    server_settings
    server_find_data
    server_plan
    if [ "$DRY_RUN" = yes ]; then
        plan_show
        if [ "$server_user_made" = yes ] && [ -z "$ROOT" ]; then say "would be made: user $SERVER_USER"; fi
        if [ ! -d "$ROOT$server_data" ]; then say "would be made: $(shown "$server_data"), mode 0700, of $SERVER_USER"; fi
        return 0
    fi
    server_change
    server_say_next
}

server_options() {
    server_listen='' server_public_url=''
    while [ $# -gt 0 ]; do
        case $1 in
            --listen | --public-url) if [ $# -lt 2 ]; then usage_error "$1 needs a value"; fi ;;
        esac
        case $1 in
            --listen) server_listen=$2 && shift 2 ;;
            --public-url) server_public_url=${2%/} && shift 2 ;;
            -h | --help) server_usage && exit 0 ;;
            *) usage_error "server: unknown option: $(shown "$1")" ;;
        esac
    done
    # They become text between quotes in a file.
    case $server_listen in
        '') ;;
        *[!A-Za-z0-9._:[\]-]*) usage_error "--listen $(shown "$server_listen"): must be HOST:PORT" ;;
        ?*:[0-9]*) ;;
        *) usage_error "--listen $(shown "$server_listen"): must be HOST:PORT" ;;
    esac
    case $server_public_url in
        *[!A-Za-z0-9._:/[\]~%-]*) usage_error "--public-url $(shown "$server_public_url"): must be an address such as https://auth.example.com" ;;
    esac
    if [ -n "$server_public_url" ] && ! is_address "$server_public_url"; then
        usage_error "--public-url $(shown "$server_public_url"): must begin with https:// or http://"
    fi
}

# What is written once is the administrator's from then on.
server_settings() {
    server_has_toml=no
    if [ -f "$ROOT$SERVER_TOML" ]; then
        server_has_toml=yes
        if ! server_says "$server_listen" listen || ! server_says "$server_public_url" public_url; then
            refuse "$SERVER_TOML is there already, and is yours" "write listen and public_url into it, and run this without them"
        fi
        server_listen=$(server_key listen)
    elif [ -z "$server_public_url" ] && can_ask; then
        ask_address "how people and hosts will reach it, such as https://auth.example.com" "not yet known"
        # shellcheck disable=SC2154 # the reply
        if is_address "$answer"; then server_options --listen "${server_listen:-127.0.0.1:8422}" --public-url "$answer"; fi
    fi
    server_listen=${server_listen:-127.0.0.1:8422}
}

# KEY: its text in server.toml, before the first table.
server_key() {
    server_wanted=$1 awk '/^[[:space:]]*\[/ { exit }
        { line = $0; sub(/^[[:space:]]*/, "", line); key = line; sub(/[[:space:]]*=.*/, "", key) }
        key == ENVIRON["server_wanted"] && line ~ /=/ {
            sub(/^[^=]*=[[:space:]]*/, "", line); mark = substr(line, 1, 1)
            if (mark == "\"" || mark == "\047") { line = substr(line, 2); sub(mark ".*", "", line); print line }
            exit
        }' "$ROOT$SERVER_TOML"
}

# VALUE KEY: server.toml has it so already, or nothing is asked for.
server_says() {
    [ -z "$1" ] || [ "${1%/}" = "$(server_key "$2" | sed 's|/$||')" ]
}

# The data of a server that was here before are not left behind.
server_find_data() {
    server_data=$SERVER_DATA
    if [ "$server_has_toml" = yes ]; then
        server_data=$(server_key data)
        server_data=${server_data:-/var/lib/gatehouse}
    elif [ -f "$ROOT/var/lib/gatehouse/gatehouse.db" ]; then
        server_data=/var/lib/gatehouse
    fi
    if [ -L "$ROOT$server_data" ] || { [ -e "$ROOT$server_data" ] && [ ! -d "$ROOT$server_data" ]; }; then
        refuse "$(shown "$server_data") is not a folder" "move it away, or name another: data in $SERVER_TOML"
    fi
    if [ "$server_data" = /var/lib/gatehouse ] && [ -f "$ROOT/etc/gatehouse/host.toml" ]; then
        refuse "/var/lib/gatehouse is the host's here, and cannot be the server's as well" \
            "move gatehouse.db*, keys, audit.jsonl and wake to $SERVER_DATA, and write data = \"$SERVER_DATA\" into $SERVER_TOML"
    fi
    if [ ! -d "$ROOT$server_data" ]; then return 0; fi
    # shellcheck disable=SC2012 # the words before the name are all we want
    server_owner=$(ls -ldn "$ROOT$server_data" | awk '{ print $3 }')
    if [ "$server_owner" != "$(accounts_field "$SERVER_USER" 3)" ] && [ -n "$(ls -A "$ROOT$server_data")" ]; then
        refuse "$(shown "$server_data") belongs to uid $server_owner, and the server will run as $SERVER_USER" \
            "stop the server of before, then: useradd --system $SERVER_USER; chown -R $SERVER_USER: $(shown "$server_data")"
    fi
}

# --- the plan --------------------------------------------------------------------------------------------

server_plan() {
    program_plan
    server_user_made=no
    if [ -z "$(accounts_line passwd "$SERVER_USER")" ]; then
        server_user_made=yes
        if [ -n "$ROOT" ]; then server_plan_user; fi
    fi
    if [ "$server_has_toml" = no ]; then server_toml | plan_stage "$SERVER_TOML" 0640; fi
    if units_are_systemd; then
        units_stage "$SERVER_UNIT"
        server_drop_in >"$PLAN/drop-in"
        if [ -s "$PLAN/drop-in" ]; then plan_stage_file "$UNITS_FOLDER/$SERVER_UNIT.d/50-install.conf" 0644 "$PLAN/drop-in"; fi
    fi
    if [ -d "$ROOT/usr/lib/sysusers.d" ] && ! program_is_packaged; then
        plan_stage_file /etc/sysusers.d/gatehouse.conf 0644 "$HERE/share/sysusers.d/gatehouse.conf"
    fi
}

server_toml() {
    cat <<END
# gatehouse, the approval server; docs/configuration.md explains every key, docs/notifiers.md the channels.
listen = "$server_listen"
END
    if [ -n "$server_public_url" ]; then
        printf 'public_url = "%s"\n' "$server_public_url"
    else
        printf '# public_url = "https://auth.example.com"  # how people and hosts reach it\n'
    fi
    printf 'data = "%s"\n' "$server_data"
    if server_is_behind_proxy; then
        printf '# The proxy on this machine: without it all people would count as one address, and share its limits.\n'
        printf 'trusted_proxies = ["127.0.0.1", "::1"]\n'
    fi
}

# It has no certificate of its own yet, so somebody else on this machine must speak TLS for it.
server_is_behind_proxy() {
    case $server_public_url in [Hh][Tt][Tt][Pp][Ss]:*) ;; *) return 1 ;; esac
    case $server_listen in 127.* | '[::1]':* | localhost:*) ;; *) return 1 ;; esac
}

# What the unit must be given beyond what everybody needs.
server_drop_in() {
    server_port=${server_listen##*:}
    server_bind=no
    case $server_port in
        *[!0-9]* | '') ;;
        *) if [ "$server_port" -gt 0 ] && [ "$server_port" -lt 1024 ]; then server_bind=yes; fi ;;
    esac
    if [ "$server_bind" = no ] && [ "$server_data" = "$SERVER_DATA" ]; then return 0; fi
    printf '# Written by install.sh server.\n[Service]\n'
    if [ "$server_data" != "$SERVER_DATA" ]; then printf 'ReadWritePaths=%s\n' "$(printf '%s' "$server_data" | sed 's/%/%%/g; s/ /\\x20/g')"; fi
    if [ "$server_bind" = yes ]; then
        # In a user namespace of its own it would be allowed nothing outside.
        printf 'CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nPrivateUsers=no\n'
    fi
}

# A tree has no programs that could be run for it.
server_plan_user() {
    server_id=$({ accounts_table passwd && accounts_table group; } |
        awk -F: '{ taken[$3] = 1 } END { for (id = 999; taken[id]; id--); print id }')
    if [ -z "$(accounts_line group "$SERVER_USER")" ]; then
        accounts_end /etc/group "$SERVER_USER:x:$server_id:"
        if [ -f "$ROOT/etc/gshadow" ]; then accounts_end /etc/gshadow "$SERVER_USER:!::"; fi
    fi
    server_gid=$(plan_text /etc/group | awk -F: -v "name=$SERVER_USER" '$1 == name { print $3 }')
    accounts_end /etc/passwd "$SERVER_USER:x:$server_id:$server_gid:gatehouse approval server:/nonexistent:/usr/sbin/nologin"
    if [ -f "$ROOT/etc/shadow" ]; then accounts_end /etc/shadow "$SERVER_USER:!:19000::::::"; fi
}

# --- the change ------------------------------------------------------------------------------------------

server_change() {
    plan_check_places
    trap 'program_back; exit 130' INT
    trap 'program_back; exit 143' TERM HUP
    if ! plan_is_empty; then
        { plan_apply early && plan_apply first; } || server_failed "cannot write the files"
    fi
    tick "gatehouse ${program_new_version-} in $(program_path)"
    server_make_user || server_failed "user $SERVER_USER could not be made"
    server_make_data || server_failed "$(shown "$server_data") could not be made"
    tick "user $SERVER_USER, data in $(shown "$server_data")"
    if ! plan_is_empty; then plan_keep || fail 70 "cannot write below $STATE"; fi
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    server_start
}

server_failed() {
    program_back
    fail 70 "$1" "everything is as it was before"
}

server_make_user() {
    if [ "$server_user_made" = no ] || [ -n "$ROOT" ]; then return 0; fi
    if command -v useradd >/dev/null; then
        useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin \
            --comment "gatehouse approval server" "$SERVER_USER"
    elif command -v systemd-sysusers >/dev/null; then
        systemd-sysusers "$HERE/share/sysusers.d/gatehouse.conf"
    else
        # As busybox has them.
        addgroup -S "$SERVER_USER" && adduser -S -D -H -h /nonexistent -s /sbin/nologin -G "$SERVER_USER" "$SERVER_USER"
    fi
}

# By numbers, for those of a tree may be others than this machine's. A folder that is the user's is left alone.
server_make_data() {
    server_ids=$(accounts_field "$SERVER_USER" 3):$(accounts_field "$SERVER_USER" 4)
    if [ "$server_has_toml" = no ]; then
        chown "0:${server_ids#*:}" "$ROOT$SERVER_TOML" && chmod 0640 "$ROOT$SERVER_TOML" || return 1
    fi
    if [ -d "$ROOT$server_data" ] && [ -n "$(ls -A "$ROOT$server_data")" ]; then return 0; fi
    mkdir -p "$ROOT${server_data%/*}" || return 1
    if [ ! -d "$ROOT$server_data" ]; then mkdir -m 0700 "$ROOT$server_data" || return 1; fi
    chmod 0700 "$ROOT$server_data" && chown -h "$server_ids" "$ROOT$server_data"
}

server_start() {
    units_are_systemd || return 0
    if [ -n "$ROOT" ]; then
        # As systemctl enable would; the tree's own may be of another machine.
        server_unit_path=$UNITS_FOLDER/$SERVER_UNIT
        if [ ! -f "$ROOT$server_unit_path" ]; then server_unit_path=/lib/systemd/system/$SERVER_UNIT; fi
        if [ "$(readlink "$ROOT$SERVER_LINK")" != "$server_unit_path" ]; then
            mkdir -p "$ROOT${SERVER_LINK%/*}" && ln -sfn "$server_unit_path" "$ROOT$SERVER_LINK"
        fi
        return
    fi
    systemctl daemon-reload
    systemctl enable --quiet "$SERVER_UNIT"
    if ! systemctl restart "$SERVER_UNIT"; then
        fail 70 "the server does not start" "see: journalctl -u $SERVER_UNIT"
    fi
    # What is wrong with its files or its data it says within a moment.
    sleep 2
    if ! systemctl is-active --quiet "$SERVER_UNIT"; then
        fail 70 "the server does not stay up" "see: journalctl -u $SERVER_UNIT"
    fi
    tick "server started, and with each start of this machine"
}

server_say_next() {
    server_program=$(program_path)
    server_program=${server_program##*/}
    say ""
    if [ -n "$ROOT" ] || ! units_are_systemd; then
        say "To start it, in whatever starts programs here (docs/packages.md has examples):"
        say "  su -s /bin/sh -c 'exec $(program_path) server' $SERVER_USER"
    fi
    if [ "$server_has_toml" = no ] && [ -z "$server_public_url" ]; then
        say "Write public_url into $SERVER_TOML before hosts join: it is in every link."
    fi
    server_say_first
    say "A host that may ask:                    $server_program host add NAME"
}

# Only where nobody can sign in yet.
server_say_first() {
    if [ -z "$ROOT" ] && [ -f "$server_data/gatehouse.db" ]; then
        case $("$(program_path)" person list --json 2>/dev/null </dev/null) in *'"name"'*) return 0 ;; esac
    fi
    if [ -z "$ROOT" ] && ! units_are_systemd; then
        say "At its first start it prints a link for the first administrator; another one, once it runs:"
        say "                                        $server_program person invite admin"
    else
        say "The first administrator, once it runs:  $server_program person invite admin"
    fi
}

# --- and back --------------------------------------------------------------------------------------------

server_stop() {
    if [ -n "$ROOT" ]; then
        rm -f "$ROOT$SERVER_LINK"
        if [ -d "$ROOT${SERVER_LINK%/*}" ]; then rmdir "$ROOT${SERVER_LINK%/*}" 2>/dev/null || :; fi
    elif units_are_systemd; then
        systemctl disable --quiet --now "$SERVER_UNIT" 2>/dev/null || :
    fi
}

# Says what stays of it; fails where nothing does.
server_kept() {
    if [ -d "$ROOT$SERVER_DATA" ]; then rmdir "$ROOT$SERVER_DATA" 2>/dev/null || :; fi
    server_keeps=1
    for server_one in $(server_data_there); do
        say "kept: the server's data in $server_one, and user $SERVER_USER, whose they are"
        server_keeps=0
    done
    if [ "$server_keeps" = 1 ] && [ "$uninstall_server" = yes ] && ! program_is_packaged &&
        [ -n "$(accounts_line passwd "$SERVER_USER")" ]; then
        say "kept: user $SERVER_USER; to remove it: userdel $SERVER_USER"
        server_keeps=0
    fi
    return "$server_keeps"
}

# Folders with data of a server.
server_data_there() {
    for server_one in "$SERVER_DATA" /var/lib/gatehouse; do
        if [ -f "$ROOT$server_one/gatehouse.db" ] || [ -d "$ROOT$server_one/keys" ]; then printf '%s\n' "$server_one"; fi
    done
}

server_is_installed() {
    plan_installed && [ -f "$ROOT$SERVER_TOML" ]
}

# Numbers of those that run on this machine. Whose program it is root alone may see; the words everybody.
server_process() {
    if [ -n "$ROOT" ]; then return 0; fi
    for server_proc in /proc/[0-9]*; do
        case $(tr '\0' ' ' 2>/dev/null <"$server_proc/cmdline") in gatehouse' server '* | */gatehouse' server '*) ;; *) continue ;; esac
        server_exe=$(readlink "$server_proc/exe" 2>/dev/null) || server_exe=$(program_path)
        case $server_exe in "$(program_path)" | "$(program_path) (deleted)") ;; *) continue ;; esac
        if [ "$(id -u)" = 0 ] && [ "$(readlink "$server_proc/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]; then continue; fi
        printf '%s\n' "${server_proc#/proc/}"
    done | tr '\n' ' ' | sed 's/ $//'
}
