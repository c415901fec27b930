# Reads name|count|remark: prints the table and the gates. See instructions.sh.

BEGIN {
    FS = "|"
    band = 0.03
    limit("S1", "legacy", 2600, "instructions, echo of 148 B")
    limit("S1", "modern", 3800, "instructions, echo of 329 B")
    limit("S4", "beyond null", 2400, "instructions, echo of 148 B, beyond the null server's")
    limit("-", "list", 4000, "instructions, list of 100 tools, beyond copying it")
    limit("-", "allocations", 0, "allocations, over 2,000 requests of each era")
}

function limit(id, name, most, text)
{
    gate_id[++gates] = id
    gate_name[gates] = name
    gate_most[gates] = most
    what[name] = text
}

# name|count|more to say of it
{ count[$1] = $2; if ($3 != "") what[$1] = what[$1] " (" $3 ")" }

function verdict(name, most)
{
    if (!(name in count)) return "skipped"
    if (count[name] <= most) return "ok"
    if (count[name] <= most * (1 + band)) return "ok, within the band"
    missed++
    return "MISSED"
}

END {
    printf "\n| # | a request, in the steady state | gate | measured | |\n|---|---|---:|---:|---|\n"
    for (i = 1; i <= gates; i++) {
        name = gate_name[i]
        measured = name in count ? sprintf("%.0f", count[name]) : ""
        printf "| %s | %s | <= %d | %s | %s |\n", gate_id[i], what[name], gate_most[i], measured,
            verdict(name, gate_most[i])
    }
    exit gate && missed > 0
}
