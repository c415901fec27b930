#!/bin/sh
# Checks that what is claimed is proved.   usage: tests/proofs.sh musts | features | limits
#   musts      tests/musts.txt: each of its ids has one line, with a proof for each side that it binds
#   features   tests/features.txt: it has the rows of the table under "Beside rmcp" in README.md, each once, and its
#              proofs fit the status that the row has there
#   limits     tests/limits.txt: it has every limit of mcp.h once, and what is said at it stands where it is proved
# A proof is one of these, and what it names must be there:
#     test_NAME: CASE           a case of tests/test_NAME.c
#     wire: FILE: CASE          a transcript in tests/wire
#     servers: SERVER, or CASE  one of those in tests/interop/servers.sh, or what client.c there does with them
#     typescript: CASE          what tests/interop/typescript.mjs does with our server, or typescript_everything.mjs
#     rounds: CASE              what tests/interop/rounds.c does with other servers
#     job: NAME VARIANT         a whole job of tests/run.sh
#     fuzz: NAME                tests/NAME.c
#     check: GATE               a gate of tools/check.sh
#     ci: COMMAND               a step of .ci/run
#     later: REASON             not yet
#     n/a: REASON               never, or not ours
cd "$(dirname "$0")" || exit 1

# Functions of awk that both have.
common='
    function trim(text) {
        sub(/^[ \t]+/, "", text)
        sub(/[ \t]+$/, "", text)
        return text
    }
    function has(file, want,    line, found, status) {      # 1 or 0; -1: no such file. A line is "\n" LINE "\n"
        found = 0
        while ((status = (getline line < file)) > 0) if (index("\n" trim(line) "\n", want)) found = 1
        close(file)
        return status < 0 ? -1 : found
    }
    function kind(proof) { return substr(proof, 1, index(proof, ": ") - 1) }
    function wrong(proof,    name, rest, at, file, found) {     # "" if the proof holds
        name = kind(proof)
        rest = substr(proof, index(proof, ": ") + 2)
        if (name == "" || rest == "") return "no proof of the form NAME: REST: " proof
        if (name == "n/a" || name == "later") return ""
        if (name ~ /^test_[a-z0-9_]+$/) found = has(file = name ".c", "\nTEST(" rest ");\n")
        else if (name == "wire") {
            at = index(rest, ": ")
            file = "wire/" substr(rest, 1, at - 1)
            found = at ? has(file, "\n== " substr(rest, at + 2) "\n") : -1
        } else if (name == "servers") {
            found = has(file = "interop/client.c", "(\"" rest "\",")
            if (!found) found = has(file = "interop/servers.sh", "\ntry \047" rest "\047 ")
        } else if (name == "typescript") {
            found = has(file = "interop/typescript.mjs", "[\047" rest "\047, ")
            if (!found) found = has(file = "interop/typescript_everything.mjs", "[\047" rest "\047, ")
        } else if (name == "rounds") found = has(file = "interop/rounds.c", "\ncheck(\"" rest "\",")
        else if (name == "job") found = has(file = "run.sh", "\necho \047" rest "\047\n")
        else if (name == "fuzz") found = has(file = rest ".c", "\nint LLVMFuzzerTestOneInput(")
        else if (name == "check") found = has(file = "../tools/check.sh", "\n" rest "() {")
        else if (name == "ci") found = has(file = "../.ci/run", "\nstep " rest "\n")
        else return "unknown kind of proof: " name
        if (found < 0) return "cannot read tests/" file
        return found ? "" : "tests/" file " has no such case: " rest
    }
    function file_of(proof,    rest) {
        rest = substr(proof, index(proof, ": ") + 2)
        return kind(proof) == "wire" ? "wire/" substr(rest, 1, index(rest, ": ") - 1) : kind(proof) ".c"
    }
    function tell(what, why) {
        print (why == "" ? "ok - " what : "FAIL - " what ": " why)
        if (why != "") bad = 1
    }
'

musts() {
    awk "$common"'
        function of_client(proof) {
            return proof ~ /^(test_(client|input|spawn|plain|host|batch|listen)|servers|rounds|n\/a|later): /
        }
        function of_server(proof) { return proof !~ /^(test_(client|input|spawn|plain)|servers|rounds): / }
        function all_wrong(side, text,    proof, count, i, client, server, bad) {
            count = split(text, proof, / \+ /)
            for (i = 1; i <= count; i++) {
                if (bad = wrong(trim(proof[i]))) return bad
                if (of_client(trim(proof[i]))) client++
                if (of_server(trim(proof[i]))) server++
            }
            if (side != "S" && !client) return "no proof that the client keeps it"
            return side != "C" && !server ? "no proof that the server keeps it" : ""
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
            else if (!why[id]) why[id] = all_wrong(substr(trim(part[2]), 1, 1), trim(part[4]))
        }
        END {
            for (i = 1; i <= num; i++) {
                id = order[i]
                known[id] = 1
                if (lines[id] != 1) why[id] = lines[id] + 0 " lines, expected one"
                tell("musts: " id, why[id])
            }
            for (id in lines) if (!(id in known)) tell("musts: " id, "not among @ids")
            if (!num) tell("musts", "no line @ids")
            exit bad
        }' musts.txt
}

features() {
    awk "$common"'
        function unfit(status, num, proof,    i, tests) {       # "" if the proofs are what the status needs
            for (i = 1; i <= num; i++) tests += kind(proof[i]) != "later" && kind(proof[i]) != "n/a"
            if (status == "done") return num && tests == num ? "" : "done, but features.txt does not only name tests"
            if (status == "planned")
                return num == 1 && kind(proof[1]) == "later" ? "" : "planned, but features.txt does not say later: WHAT"
            if (status ~ /^not wanted: ./)
                return num == 1 && kind(proof[1]) == "n/a" ? "" : "not wanted, but features.txt does not say n/a: WHY"
            return "the status is none of done, planned, not wanted: WHY: " status
        }
        FNR == NR {             # README.md
            if (/^## /) on = /^## Beside rmcp$/
            if (!on || !/^\|/ || /^\|-/ || /^\| \*\*[^|]+\*\* \| \| \|$/) next
            parts = split(substr($0, 2), part, /\|/) - 1
            name = trim(part[1])
            if (name == "feature") next
            if (!rows[name]++) order[++num] = name
            status[name] = trim(part[3])
            if (parts != 3) why[name] = "expected | feature | rmcp | mcp.h |: " $0
            else if (trim(part[2]) !~ /^(yes|no|in part)(: .+)?$/)
                why[name] = "rmcp has it: expected yes, no or in part, perhaps with : WHY, got " part[2]
            next
        }
        /^#/ || /^$/ { next }
        {
            parts = split($0, part, / \| /)
            name = trim(part[1])
            lines[name]++
            split("", proof)
            for (i = 2; i <= parts; i++) proof[i - 1] = trim(part[i])
            if (name in rows) {
                if (why[name] == "") why[name] = unfit(status[name], parts - 1, proof)
                for (i = 1; i < parts; i++) if (why[name] == "") why[name] = wrong(proof[i])
            }
        }
        END {
            for (i = 1; i <= num; i++) {
                name = order[i]
                if (rows[name] != 1) why[name] = "README.md has this row " rows[name] " times"
                if (lines[name] != 1) why[name] = lines[name] + 0 " lines in features.txt, expected one"
                tell("features: " name, why[name])
            }
            for (name in lines) if (!(name in rows)) tell("features: " name, "no such row in README.md")
            if (!num) tell("features", "README.md has no table under \"## Beside rmcp\"")
            exit bad
        }' ../README.md features.txt
}

limits() {
    awk "$common"'
        function found(limit) {
            if (!(limit in known)) order[++num] = limit
            known[limit] = 1
        }
        function wrong_limit(line,    part, parts, said, i, bad) {
            parts = split(line, part, / \| /)
            if (parts < 3) return "expected: limit | what is said | proof"
            for (i = 3; i <= parts; i++) if (bad = wrong(trim(part[i]))) return bad
            said = trim(part[2])
            if (said ~ /^silent: ./ || has(file_of(trim(part[3])), said)) return ""
            return "tests/" file_of(trim(part[3])) " does not say: " said
        }
        FILENAME == "limits.txt" {
            if (/^#/ || /^$/) next
            name = trim(substr($0, 1, index($0, " | ")))
            lines[name]++
            text[name] = $0
            next
        }
        /^   LIMITS$/ { manual = 1 }
        /^   PROTOCOL REVISIONS$/ { manual = 0 }
        manual && /^       [^ ]/ {
            limit = substr($0, 8)
            found(substr(limit, 1, index(limit, "  ") - 1))
        }
        /^typedef struct (mcp_doc|mcp_tool|mcp_server_desc|mcp_client_desc) {$/ { owner = $3 }
        /^}/ { owner = "" }
        owner && /^    uint32_t (max_[a-z_]+|[a-z_]+_ms|page_size);/ && $2 != "ttl_ms;" {
            found(owner "." substr($2, 1, length($2) - 1))
        }
        END {
            for (i = 1; i <= num; i++) {
                name = order[i]
                if (lines[name] != 1) tell("limits: " name, lines[name] + 0 " lines in limits.txt, expected one")
                else tell("limits: " name, wrong_limit(text[name]))
            }
            for (name in lines) if (!(name in known)) tell("limits: " name, "no such limit in mcp.h")
            if (num < 30) tell("limits", "mcp.h has no such members, or no table under LIMITS")
            exit bad
        }' limits.txt ../mcp.h
}

export LC_ALL=C
case ${1:-} in
musts | features | limits) "$1" ;;
*) echo 'usage: tests/proofs.sh musts | features | limits' >&2; exit 2 ;;
esac
