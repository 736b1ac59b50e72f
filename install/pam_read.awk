# Reads files of pam.d as _pam_parse_conf_file() of libpam's pam_handlers.c does; pam_place.awk and
# pam_includes.awk build on it. `work` is a folder with the files; a "/" in a name is a "%" there.

function load(name, file, line) {
    if (name in lines) return lines[name] >= 0
    file = name
    gsub(/\//, "%", file)
    file = work "/" file
    lines[name] = -1
    if ((getline line < file) < 0) return 0
    lines[name] = 0
    do text[name, ++lines[name]] = line
    while ((getline line < file) > 0)
    close(file)
    return 1
}

# A line of `name` from line `at` on, with those that continue it: in `logical`; answers its last line.
function assemble(name, at, line) {
    logical = ""
    for (; at <= lines[name]; at++) {
        line = text[name, at]
        sub(/#.*/, "", line)
        if (line !~ /\\$/) break
        logical = logical substr(line, 1, length(line) - 1) " "
    }
    logical = logical line
    sub(/^[ \t]+/, "", logical)
    sub(/[ \t\r]+$/, "", logical)
    return at < lines[name] ? at : lines[name]
}

# The fields of `logical`: type, control, module (or file), args.
function fields(rest, end) {
    type = control = module = args = ""
    rest = logical
    type = tolower(word(rest))
    rest = after
    if (type == "@include") {
        control = "@include"
    } else if (substr(rest, 1, 1) == "[") {
        end = index(rest, "]")
        if (end == 0) end = length(rest)
        control = tolower(substr(rest, 1, end))
        rest = substr(rest, end + 1)
        sub(/^[ \t]+/, "", rest)
    } else {
        control = tolower(word(rest))
        rest = after
    }
    module = word(rest)
    args = after
    sub(/^-/, "", type)
}

# The first word of `from`; what follows it is in `after`.
function word(from) {
    match(from, /^[^ \t]*/)
    after = substr(from, RLENGTH + 1)
    sub(/^[ \t]+/, "", after)
    return substr(from, 1, RLENGTH)
}
