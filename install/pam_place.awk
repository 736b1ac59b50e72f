# Puts our lines into the auth stack of one service; the new text of its file goes to stdout.
#
# Environment:
#   work      a folder with the files of all services and what they include; a "/" in a name is a "%" there
#   service   which file is edited
#   wired     key: the application (sshd) has taken a proof; password: our lines come behind the password
#   gate      arguments of pam_succeed_if.so that let by who is not guarded; empty: all are
#   copied    the vendor's file that this is a copy of; empty: none
# Exit: 0 done; 3 it asks already, stdout says through which file; 78 refused: reason and hint on stdout.
#
# libpam's rules are those of _pam_dispatch_aux() in pam_dispatch.c and _pam_parse_conf_file() in
# pam_handlers.c. They differ between Debian and the rest in one point: in pam_setcred() a jump counts as
# success or failure of its own everywhere but in Debian (its patch 045_pam_dispatch_jump_is_ignore).

# --- reading: pam_read.awk -------------------------------------------------------------------------------

function base(path) {
    sub(/.*\//, "", path)
    return path
}

# The auth entries of `name` as libpam has them, into E*. `top` is where the service's own file led here.
function flatten(name, depth, level, top, topend, at, last, start) {
    if (depth > 30) refuse(name " includes itself", "mend the files below /etc/pam.d by hand")
    if (!load(name)) {
        entry(name, 0, level, "[default=bad]", "missing file", "", top, topend)
        return
    }
    for (at = 1; at <= lines[name]; at = last + 1) {
        last = assemble(name, at)
        if (logical == "") continue
        fields()
        start = depth == 0
        if (type == "@include") {
            flatten(module, depth + 1, level, start ? at : top, start ? last : topend)
        } else if (type == "auth" && control == "include") {
            flatten(module, depth + 1, level, start ? at : top, start ? last : topend)
        } else if (type == "auth" && control == "substack") {
            entry(name, at, level, control, module, "", start ? at : top, start ? last : topend)
            flatten(module, depth + 1, level + 1, start ? at : top, start ? last : topend)
        } else if (type == "auth") {
            entry(name, at, level, control, module, args, start ? at : top, start ? last : topend)
        }
    }
}

function entry(name, at, level, control, module, args, top, topend) {
    n++
    Efile[n] = name
    Eline[n] = at
    Elevel[n] = level
    Econtrol[n] = control
    Emodule[n] = base(module)
    Eargs[n] = args
    Etop[n] = top
    Etopend[n] = topend
}

# --- what entries do -------------------------------------------------------------------------------------

# What asks nobody for anything. A module that is not known here counts as one that asks.
function quiet(i) {
    if (Emodule[i] == "pam_faillock.so") return Eargs[i] ~ /(^|[ \t])preauth([ \t]|$)/
    return Econtrol[i] == "substack" || (Emodule[i] in QUIET)
}

# What the entry's control says of a result.
function action(i, result, control, pair, count, at, found) {
    control = Econtrol[i]
    if (control == "required") return result == "success" ? "ok" : result == "ignore" ? "ignore" : "bad"
    if (control == "requisite") return result == "success" ? "ok" : result == "ignore" ? "ignore" : "die"
    if (control == "sufficient") return result == "success" ? "done" : "ignore"
    if (control == "optional") return result == "success" ? "ok" : "ignore"
    found = "bad"
    gsub(/[][]/, "", control)
    gsub(/[ \t]*=[ \t]*/, "=", control)
    count = split(control, pair, /[ \t]+/)
    for (at = 1; at <= count; at++) if (pair[at] ~ /^default=/) found = substr(pair[at], 9)
    for (at = 1; at <= count; at++) if (index(pair[at], result "=") == 1) found = substr(pair[at], length(result) + 2)
    return found
}

# Could it end the stack well?
function ends_well(i) {
    return Econtrol[i] == "sufficient" || Econtrol[i] ~ /=[ \t]*done/
}

# Which entry follows when `i` jumps over `count` ones: a substack is one of them. `left` is how many there
# are not.
function landing(i, count, at) {
    at = i
    for (left = count; left > 0 && at < n && Elevel[at + 1] >= Elevel[i]; left--) {
        do at++
        while (at < n && Elevel[at + 1] > Elevel[i])
    }
    return at + 1
}

# The farthest that it can jump to; 0: it does not jump.
function jump(i, control, far, number) {
    control = Econtrol[i]
    while (match(control, /=[ \t]*[0-9]+/)) {
        number = substr(control, RSTART + 1, RLENGTH - 1) + 0
        if (number > far) far = number
        control = substr(control, RSTART + RLENGTH)
    }
    return far ? landing(i, far) : 0
}

# What the stack comes to when the entries give `result[i]`: success or not, in _pam_dispatch_aux()'s way.
function run(result, i, act, impression, level, state) {
    impression = 0
    for (i = 1; i <= n; i++) {
        level = Elevel[i]
        if (i == 1 || Elevel[i - 1] < level) state[level] = impression
        if (Econtrol[i] == "substack") continue
        act = action(i, result[i])
        if (act == "ok" || act == "done") {
            if (impression == 0) impression = 1
            if (act == "ok" || impression < 1) continue
        } else if (act == "bad" || act == "die") {
            impression = -1
            if (act == "bad") continue
        } else if (act == "reset") {
            impression = state[level]
            continue
        } else if (act == "ignore" || act + 0 == 0) {
            continue
        } else {
            i = landing(i, act + 0) - 1
            if (left) impression = -1
            continue
        }
        while (i < n && Elevel[i + 1] >= level) i++
    }
    return impression == 1
}

# --- the verdict -----------------------------------------------------------------------------------------

function refuse(reason, hint) {
    print reason
    print hint
    status = 78
    exit status
}

function at_line(i) {
    return Efile[i] ":" Eline[i]
}

function note(message) {
    print "install.sh: note: " message | "cat 1>&2"
}

# --- where ours come -------------------------------------------------------------------------------------

# First and last entry that asks; refuses what makes a second asker of us.
function look_around(i) {
    first = last_asking = 0
    for (i = 1; i <= n; i++) {
        if (Emodule[i] == "missing file")
            refuse("/etc/pam.d/" service " includes " Efile[i] ", which is not there", "mend that first: libpam refuses such a stack")
        if (Emodule[i] == "pam_gatehouse.so" || (Emodule[i] == "pam_exec.so" && Eargs[i] ~ /gatehouse pam/)) {
            if (Efile[i] == service)
                refuse("/etc/pam.d/" service " has lines for gatehouse that were written by hand (line " Eline[i] ")", "take them out and put back what was there before, then run this again")
            if (wired == "key") continue
            print Efile[i]
            status = 3
            exit status
        }
        if (quiet(i)) continue
        if (!first) first = i
        last_asking = i
    }
    if (!first)
        refuse("/etc/pam.d/" service " asks for no password, so there is no place for a second factor", "see docs/pam.md for stacks that are written by hand")
    for (i = 1; i <= n; i++) {
        if (!(Emodule[i] in FACTORS)) continue
        if (wired == "key") note(Emodule[i] " (" at_line(i) ") is still asked for from who is exempt or not guarded")
        else refuse(Emodule[i] " (" at_line(i) ") asks for a second factor already; both would be asked for", "take its line out first: docs/pam.md says how to move from google-authenticator")
    }
}

# In front of the first that asks, so that the rest of the stack is left alone.
function place_in_front(i) {
    pos = first
    insert_before = Etop[first]
    # Entries of an include that stand in front of the asking one are skipped with it.
    for (i = 1; i < first; i++) if (Etop[i] == insert_before && pos == first) pos = i
    for (i = 1; i < pos; i++) {
        if (ends_well(i) && Emodule[i] != "pam_rootok.so")
            refuse(at_line(i) " lets somebody in before the second factor: " Emodule[i], "take that line out or move it behind, then run this again")
        if (jump(i) > pos)
            refuse(at_line(i) " jumps over the place of our lines", "write them by hand, see docs/pam.md")
    }
}

# Behind the last that asks. What could end the stack well in front of us must stand in a substack: there
# "done" ends the substack alone, and jumps stay in it.
function place_behind(i, again, whole) {
    pos = last_asking + 1
    do {
        again = 0
        for (i = pos; i <= n; i++) if (Etop[i] == Etop[pos - 1]) { pos = i + 1; again = 1 }
        for (i = 1; i < pos; i++)
            if (Efile[i] == service && jump(i) > pos) { pos = jump(i); again = 1 }
    } while (again)
    insert_behind = Etopend[pos - 1]
    for (i = 1; i < pos; i++) {
        whole = text[service, Etop[i]]
        if (Efile[i] == service) {
            if (Elevel[i] == 0 && ends_well(i) && Emodule[i] != "pam_rootok.so")
                refuse(at_line(i) " lets somebody in before the second factor: " Emodule[i], "make it required, or take it out, then run this again")
            continue
        }
        if (Elevel[i] > 0 && whole ~ /^[ \t]*-?[A-Za-z]+[ \t]+[Ss][Uu][Bb]/) continue
        # Debian's keep their @include: its "die" ends all where the password is wrong, so that nobody
        # without it makes a phone ring. Of other includes the next run of a program (authselect,
        # pam-config) may make one that ends well, so they become substacks in any case.
        if (whole ~ /^[ \t]*@/ && !ends_well(i) && jump(i) <= pos) continue
        if (Elevel[i] == 0 && Emodule[i] == "pam_rootok.so" && ends_well(i))
            refuse("/etc/pam.d/" service " takes all from " Efile[i] ", where root need not be asked", "name " Efile[i] " as well, and leave out " service)
        convert[Etop[i]] = Etopend[i]
        if (whole ~ /^[ \t]*@/) only_auth(Efile[i])
    }
    for (i = pos; i <= n; i++)
        if (Econtrol[i] ~ /=[ \t]*reset/)
            refuse(at_line(i) " forgets what was decided before it (reset)", "write our lines by hand, see docs/pam.md")
}

function only_auth(name, at, last) {
    for (at = 1; at <= lines[name]; at = last + 1) {
        last = assemble(name, at)
        if (logical == "") continue
        fields()
        if (type != "auth")
            refuse(name ":" at " could end the stack before the second factor", "write our lines by hand, see docs/pam.md")
    }
}

# --- our lines -------------------------------------------------------------------------------------------

function our_lines(i, count, seen, own) {
    if (wired == "password") {
        if (gate != "") add("[success=1 default=ignore]", "pam_succeed_if.so", "quiet " gate)
        # Not "requisite": with the wrong password in a substack in front all goes on as with the right one.
        add("required", "pam_gatehouse.so", helper)
        return
    }
    # "done" passes over what is behind us, and sshd's pam_setcred() does as well. So pam_env.so, which does
    # its work there, comes along.
    for (i = pos; i <= n; i++)
        if (Emodule[i] == "pam_env.so" && !((" " Eargs[i]) in seen)) {
            seen[" " Eargs[i]] = 1
            own[++count] = Eargs[i]
        }
    if (!count) own[++count] = "conffile=/dev/null readenv=0"
    for (i = 1; i < count; i++) add("optional", "pam_env.so", own[i])
    # It ignores authentication and succeeds in pam_setcred(). So who came by a key alone and was not
    # authenticated by PAM is led past us there, to what the stack did for them before. The jump of the line
    # below could not do it: pam_succeed_if.so's "ignore" there would be the whole stack's result.
    add("[success=" (gate == "" ? 1 : 2) " default=ignore]", "pam_env.so", own[count])
    if (gate != "") add("[success=1 default=ignore]", "pam_succeed_if.so", "quiet " gate)
    add("[success=done ignore=ignore default=die]", "pam_gatehouse.so", helper)
}

function add(control, module, args) {
    ours[++our] = "auth    " control "    " module (args == "" ? "" : " " args)
}

# Begins what stands in the place of the lines `from` to `to`, if any.
function begin(why, from, to, at) {
    put("# gatehouse begin")
    if (why != "") put("# " why)
    for (at = from; at && at <= to; at++) put("# gatehouse was: " text[service, at])
    if (from) put(converted(from))
}

function converted(at, rest) {
    assemble(service, at)
    fields()
    if (type == "@include") return "auth    substack    " module
    rest = logical
    match(rest, /^[^ \t]+[ \t]+/)
    rest = substr(rest, RLENGTH + 1)
    sub(/^[^ \t]+/, "substack", rest)
    return substr(logical, 1, RLENGTH) rest
}

function finish(i) {
    for (i = 1; i <= our; i++) put(ours[i])
    put("# gatehouse end")
}

function put(line) {
    now[++nows] = line
}

function edit(at) {
    if (copied != "") {
        put("# gatehouse begin")
        put("# A copy of " copied " which no longer counts, and lines of ours below.")
        put("# gatehouse end")
    }
    for (at = 1; at <= lines[service]; at++) {
        if (at == insert_before) {
            begin("Who is guarded has shown a key: the factor alone is asked for.")
            finish()
        }
        if (at in convert) {
            begin(convert[at] == insert_behind ? behind : "", at, convert[at])
            at = convert[at]
            if (at != insert_behind) put("# gatehouse end")
        } else {
            put(text[service, at])
            if (at == insert_behind) begin(behind)
        }
        if (at == insert_behind) finish()
    }
}

# --- does it hold? ---------------------------------------------------------------------------------------

# Is this line of ours the one that lets by who is not guarded?
function lets_by(i) {
    return gate != "" && Emodule[i] == "pam_succeed_if.so" && Eargs[i] == "quiet " gate && Efile[i] == service
}

# A result for each entry. `right`: which one that asks takes the password; 0 none, -1 all. `local`: what
# pam_localuser.so and the like say.
function results(result, guarded, verdict, right, local, i, asked) {
    for (i = 1; i <= n; i++) {
        if (Emodule[i] == "pam_gatehouse.so") result[i] = verdict
        else if (lets_by(i)) result[i] = guarded ? "auth_err" : "success"
        else if (Emodule[i] ~ /^pam_(env|cap)\.so$/) result[i] = "ignore"
        else if (Emodule[i] ~ /^pam_(deny|rootok)\.so$/) result[i] = "auth_err"
        else if (Emodule[i] ~ /^pam_(localuser|usertype|succeed_if)\.so$/) result[i] = local ? "success" : "auth_err"
        else if (Emodule[i] == "pam_faillock.so") result[i] = Eargs[i] ~ /authfail/ ? "auth_err" : "success"
        else if (quiet(i)) result[i] = "success"
        else result[i] = right < 0 || ++asked == right ? "success" : "auth_err"
    }
}

function passes(guarded, verdict, right, local, result) {
    results(result, guarded, verdict, right, local)
    return run(result)
}

# Runs the stack as it was, and then as it is to be, for every way to be asked.
function try(what, right, local) {
    for (local = 0; local < 2; local++)
        for (right = -1; right <= askers; right++) {
            if (what == "before") {
                was[right, local] = passes(0, "ignore", right, local)
                continue
            }
            # Nothing can stand behind a password that need not be right.
            if (wired == "password" && was[0, local]) return 0
            if (passes(1, "auth_err", right, local)) return 0
            if (passes(1, "success", right, local) != was[wired == "key" ? -1 : right, local]) return 0
            if (passes(1, "ignore", right, local) != was[right, local]) return 0
            if (gate != "" && passes(0, "auth_err", right, local) != was[right, local]) return 0
        }
    return 1
}

function read_stack(from) {
    n = 0
    flatten(from, 0, 0, 0, 0)
}

BEGIN {
    work = ENVIRON["work"]
    service = ENVIRON["service"]
    wired = ENVIRON["wired"]
    gate = ENVIRON["gate"]
    copied = ENVIRON["copied"]
    helper = ENVIRON["helper"]
    behind = "Behind the password; nothing in front of this ends the stack well."
    count = split("nologin sepermit env rootok faildelay shells securetty access time listfile succeed_if " \
        "usertype localuser wheel issue echo motd warn selinux group cap permit deny keyinit umask limits " \
        "loginuid namespace mkhomedir tally tally2 gnome_keyring kwallet kwallet5 mount ecryptfs " \
        "reauthorize ck_connector", names, " ")
    for (i = 1; i <= count; i++) QUIET["pam_" names[i] ".so"]
    count = split("google_authenticator duo oath yubico otpw totp privacyidea radius_auth securid", names, " ")
    for (i = 1; i <= count; i++) FACTORS["pam_" names[i] ".so"]

    read_stack(service)
    look_around()
    for (i = 1; i <= n; i++) if (!quiet(i)) askers++
    try("before")
    if (wired == "key") place_in_front()
    else place_behind()
    our_lines()
    edit()

    lines[service] = nows
    for (i = 1; i <= nows; i++) text[service, i] = now[i]
    read_stack(service)
    if (!try("after"))
        refuse("the auth stack of " service " is one that this cannot put a second factor into", "write our lines by hand, see docs/pam.md")
    for (i = 1; i <= nows; i++) print now[i]
}
