# Reads name|count|remark: prints the table and the gates. See instructions.sh.

BEGIN {
    FS = "|"
    band = 0.03
    # Not reached yet: the goal is shown as missed, and what was reached may not get worse.
    limit("S1", "legacy", 2600, "instructions, echo of 148 B", 3010)
    limit("S1", "modern", 3800, "instructions, echo of 329 B", 4150)
    limit("S4", "beyond null", 2400, "instructions, echo of 148 B, beyond the null server's", 2885)
    limit("-", "list", 4000, "instructions, list of 100 tools, beyond copying it")
    limit("C2", "call legacy", 3975, "instructions of a client, 2025-11-25")
    limit("C2", "call modern", 4990, "instructions of a client, 2026-07-28")
    limit("-", "allocations", 0, "allocations, over 2,000 requests of each era")
}

function limit(id, name, most, text, reached)
{
    gate_id[++gates] = id
    gate_name[gates] = name
    gate_most[gates] = most
    gate_held[gates] = reached ? reached : most
    what[name] = text
}

# name|count|more to say of it
{ count[$1] = $2; if ($3 != "") what[$1] = what[$1] " (" $3 ")" }

function verdict(i,    name)
{
    name = gate_name[i]
    if (!(name in count)) return "skipped"
    if (count[name] <= gate_most[i]) return "ok"
    if (count[name] <= gate_most[i] * (1 + band)) return "ok, within the band"
    if (count[name] <= gate_held[i] * (1 + band)) return "missed, held at " gate_held[i]
    missed++
    return "MISSED"
}

END {
    printf "\n| # | a request, in the steady state | gate | measured | |\n|---|---|---:|---:|---|\n"
    for (i = 1; i <= gates; i++) {
        name = gate_name[i]
        measured = name in count ? sprintf("%.0f", count[name]) : ""
        printf "| %s | %s | <= %d | %s | %s |\n", gate_id[i], what[name], gate_most[i], measured,
            verdict(i)
    }
    exit gate && missed > 0
}
