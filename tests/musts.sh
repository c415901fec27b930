#!/bin/sh
# Checks tests/musts.txt: each of its ids has one line, and each test that it names is there.
#   usage: tests/musts.sh
cd "$(dirname "$0")" || exit 1
LC_ALL=C awk '
    function trim(text) {
        sub(/^[ \t]+/, "", text)
        sub(/[ \t]+$/, "", text)
        return text
    }
    function has_line(file, want,    line, found, status) {    # a whole line, blanks around it aside
        found = 0
        while ((status = (getline line < file)) > 0) if (trim(line) == want) found = 1
        close(file)
        return status < 0 ? -1 : found
    }
    function wrong(proof,    at, name, rest, file, found) {      # "" if the proof holds
        at = index(proof, ": ")
        name = substr(proof, 1, at - 1)
        rest = substr(proof, at + 2)
        if (!at || rest == "") return "no proof of the form NAME: REST"
        if (name == "n/a" || name == "later") return ""
        if (name ~ /^test_[a-z0-9_]+$/) {
            file = name ".c"
            found = has_line(file, "TEST(" rest ");")
        } else if (name == "wire") {
            at = index(rest, ": ")
            file = "wire/" substr(rest, 1, at - 1)
            found = at ? has_line(file, "== " substr(rest, at + 2)) : -1
        } else return "unknown kind of proof: " name
        if (found < 0) return "cannot read tests/" file
        return found ? "" : "tests/" file " has no such case: " rest
    }
    /^#/ || /^$/ { next }
    /^@ids / {
        for (i = 2; i <= NF; i++) {
            split($i, ends, /\.\./)
            match(ends[1], /[0-9]+$/)
            prefix = substr(ends[1], 1, RSTART - 1)
            match(ends[2], /[0-9]+$/)
            last = substr(ends[2], RSTART) + 0
            for (k = 1; k <= last; k++) order[++num] = prefix k
        }
        next
    }
    {
        parts = split($0, part, / \| /)
        id = trim(part[1])
        lines[id]++
        if (parts != 4) why[id] = "expected ID | side and revisions | what must be | proof: line " NR
        else if (!why[id]) why[id] = wrong(trim(part[4]))
    }
    END {
        for (i = 1; i <= num; i++) {
            id = order[i]
            known[id] = 1
            if (lines[id] != 1) why[id] = lines[id] + 0 " lines, expected one"
            print (why[id] == "" ? "ok - musts: " id : "FAIL - musts: " id ": " why[id])
            if (why[id] != "") bad = 1
        }
        for (id in lines) if (!(id in known)) { print "FAIL - musts: " id ": not among @ids"; bad = 1 }
        if (!num) { print "FAIL - musts: no line @ids"; bad = 1 }
        exit bad
    }' musts.txt
