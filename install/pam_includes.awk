# Which files the auth stack of a file takes in, one a line. Needs pam_read.awk.
#
# Environment: work as in pam_read.awk; name, which file.

BEGIN {
    work = ENVIRON["work"]
    name = ENVIRON["name"]
    load(name)
    for (at = 1; at <= lines[name]; at = last + 1) {
        last = assemble(name, at)
        fields()
        if (module == "") continue
        if (type == "@include" || (type == "auth" && control ~ /^(include|substack)$/)) print module
    }
}
