# Prints C source with comments and the insides of literals blanked out, line for line, so that a
# check which looks for names finds only code.   awk -f tools/strip.awk FILE
{
    line = $0
    out = ""
    while (line != "") {
        if (comment) {
            end = index(line, "*/")
            if (!end) { line = ""; break }
            comment = 0
            line = substr(line, end + 2)
            out = out " "
        } else if (!match(line, /\/\*|\/\/|"|'/)) {
            out = out line
            line = ""
        } else {
            token = substr(line, RSTART, RLENGTH)
            out = out substr(line, 1, RSTART - 1)
            line = substr(line, RSTART)
            if (token == "//") line = ""
            else if (token == "/*") { comment = 1; line = substr(line, 3) }
            else {
                pattern = token == "\"" ? "^\"([^\"\\\\]|\\\\.)*\"" : "^'([^'\\\\]|\\\\.)*'"
                if (match(line, pattern)) line = substr(line, RLENGTH + 1)
                else line = substr(line, 2)     # a lone quote, as in #error: not a literal
                out = out token token
            }
        }
    }
    print out
}
