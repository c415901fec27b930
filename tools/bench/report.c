/* What was measured, as tables, and whether it is enough. */

#include "report.h"

#include <math.h>
#include <stdio.h>

const struct report_build report_builds[NUM_BUILDS] = {
    { "60 B",               60,      false },
    { "4 KB",               4000,    false },
    { "1 MB",               1048576, false },
    { "60 B with escapes",  60,      true  },
    { "4 KB with escapes",  4000,    true  },
    { "1 MB with escapes",  1048576, true  }
};

/* Ratios of two times in one process drift by so much from run to run. */
static const double ratio_band = 0.07;

/*---- Tables. ----*/

static void table_head(const char *title)
{
    int lib;
    printf("\n%s, ns a message:\n\n| |", title);
    for (lib = 0; lib < NUM_LIBS; lib++) {
        if (bench_libs[lib]) printf(" %s |", bench_libs[lib]->name);
    }
    printf("\n|---|");
    for (lib = 0; lib < NUM_LIBS; lib++) {
        if (bench_libs[lib]) printf("---:|");
    }
    printf("\n");
}

static void table_cell(double ns)
{
    if (ns == 0) {
        printf(" - |");
    } else if (ns < 10000) {
        printf(" %.0f |", ns);
    } else {
        printf(" %.1fk |", ns / 1000);
    }
}

/* A row, unless it is empty. */
static void table_row(const char *label, const double ns[NUM_LIBS])
{
    int lib;
    if (ns[LIB_MCP] == 0) return;
    printf("| %s |", label);
    for (lib = 0; lib < NUM_LIBS; lib++) {
        if (bench_libs[lib]) table_cell(ns[lib]);
    }
    printf("\n");
}

void report_tables(const struct results *results)
{
    static const char *const titles[NUM_OPS] = {
        "Parse and check",
        "Dispatch: parse, then find jsonrpc, id, method, tool and one argument",
        "Write what was parsed (the two mixes include some 25 ns of clock)"
    };
    int op, row;
    for (op = 0; op < NUM_OPS; op++) {
        table_head(titles[op]);
        for (row = 0; row < NUM_MESSAGES; row++) {
            table_row(bench_messages[row].label, results->ns[op][row]);
        }
    }
    table_head("Build the answer of a tool");
    for (row = 0; row < NUM_BUILDS; row++) {
        table_row(report_builds[row].label, results->build[row]);
    }
}

/*---- Gates. ----*/

void report_gate_head(void)
{
    printf("\n| # | what | gate | measured | |\n|---|---|---:|---:|---|\n");
}

static const char *verdict(enum report_sense sense, double limit, double measured, double band)
{
    double short_by = sense == AT_LEAST ? limit - measured : measured - limit;
    if (isnan(measured)) return "skipped";
    if (short_by <= 0) return "ok";
    return short_by <= limit * band ? "ok, within the band" : "MISSED";
}

/* Sizes are whole numbers, ratios are not. */
static void print_number(double number)
{
    printf("%.*f", number == floor(number) ? 0 : 2, number);
}

void report_gate(const char *id, const char *what, enum report_sense sense, double limit,
                 double measured, double band)
{
    printf("| %s | %s | %s ", id, what, sense == AT_LEAST ? ">=" : "<=");
    print_number(limit);
    printf(" | ");
    if (!isnan(measured)) print_number(measured);
    printf(" | %s |\n", verdict(sense, limit, measured, band));
}

/* time / base, or NAN if one of them was not measured. */
static double quotient(double time, double base)
{
    return time != 0 && base != 0 ? time / base : NAN;
}

/* How many times as long as we the anchor takes. */
static double ratio(const double ns[NUM_LIBS], int anchor, int ours)
{
    return quotient(ns[anchor], ns[ours]);
}

/* The geometric mean over the eight small messages. */
static double small_mean(const struct results *results, int op, int ours)
{
    double sum = 0;
    int message;
    for (message = 0; message < NUM_SMALL; message++) {
        sum += log(ratio(results->ns[op][message], LIB_YYJSON, ours));
    }
    return exp(sum / NUM_SMALL);
}

/* The worst of the single small messages. */
static double small_worst(const struct results *results, int op, int ours)
{
    double worst = INFINITY, one;
    int message;
    for (message = 0; message < NUM_SMALL_SINGLE; message++) {
        one = ratio(results->ns[op][message], LIB_YYJSON, ours);
        if (isnan(one)) return NAN;
        if (one < worst) worst = one;
    }
    return worst;
}

static void gate_ratio(const char *id, const char *what, double limit, double measured)
{
    report_gate(id, what, AT_LEAST, limit, measured, ratio_band);
}

static void gates_small(const struct results *results)
{
    const double *calls = results->ns[OP_DISPATCH][MSG_MIX_CALLS];
    gate_ratio("J1", "parse, 8 small messages", 1.30, small_mean(results, OP_PARSE, LIB_MCP));
    gate_ratio("J2", "parse, worst small message", 1.10, small_worst(results, OP_PARSE, LIB_MCP));
    gate_ratio("J3", "dispatch, mix of calls", 1.40, ratio(calls, LIB_YYJSON, LIB_MCP));
    gate_ratio("J3", "dispatch, mix of calls, against On-Demand", 1.05,
               ratio(calls, LIB_SIMDJSON_ONDEMAND, LIB_MCP));
}

static void gates_long(const struct results *results)
{
    const double (*parse)[NUM_LIBS] = results->ns[OP_PARSE];
    gate_ratio("J4", "parse, 4 KB code", 1.7, ratio(parse[MSG_CODE], LIB_YYJSON, LIB_MCP));
    gate_ratio("J4", "parse, 4 KB prose", 4.0, ratio(parse[MSG_PROSE], LIB_YYJSON, LIB_MCP));
    gate_ratio("J4", "parse, 4 KB UTF-8", 1.3, ratio(parse[MSG_UTF8], LIB_YYJSON, LIB_MCP));
    gate_ratio("J4", "parse, 4 KB \\u", 1.0, ratio(parse[MSG_ESCAPED], LIB_YYJSON, LIB_MCP));
    gate_ratio("J5", "parse, base64 1 MB", 6.0, ratio(parse[MSG_BLOB], LIB_YYJSON, LIB_MCP));
    report_gate("J5", "parse, base64 1 MB, our time / memcpy", AT_MOST, 1.7,
                quotient(parse[MSG_BLOB][LIB_MCP], results->copy[MSG_BLOB]), ratio_band);
}

static void gates_c99(const struct results *results)
{
    const double (*parse)[NUM_LIBS] = results->ns[OP_PARSE];
    gate_ratio("J6", "no intrinsics: parse, 8 small messages", 1.0,
               small_mean(results, OP_PARSE, LIB_MCP_C99));
    gate_ratio("J6", "no intrinsics: worst small message", 0.88,
               small_worst(results, OP_PARSE, LIB_MCP_C99));
    gate_ratio("J6", "no intrinsics: mix of calls", 1.2,
               ratio(parse[MSG_MIX_CALLS], LIB_YYJSON, LIB_MCP_C99));
    gate_ratio("J6", "no intrinsics: 4 KB prose", 2.0,
               ratio(parse[MSG_PROSE], LIB_YYJSON, LIB_MCP_C99));
}

static void gates_build(const struct results *results)
{
    const double (*build)[NUM_LIBS] = results->build;
    gate_ratio("J7", "write, 8 small messages", 1.25, small_mean(results, OP_WRITE, LIB_MCP));
    gate_ratio("J8", "build, 60 B", 4.0, ratio(build[BUILD_60], LIB_YYJSON, LIB_MCP));
    gate_ratio("J8", "build, 4 KB", 4.0, ratio(build[BUILD_4K], LIB_YYJSON, LIB_MCP));
    gate_ratio("J9", "build, 60 B with escapes", 1.0,
               ratio(build[BUILD_60_ESCAPES], LIB_YYJSON, LIB_MCP));
    gate_ratio("J9", "build, 4 KB with escapes", 1.0,
               ratio(build[BUILD_4K_ESCAPES], LIB_YYJSON, LIB_MCP));
    gate_ratio("J9", "build, 1 MB with escapes", 1.0,
               ratio(build[BUILD_1M_ESCAPES], LIB_YYJSON, LIB_MCP));
}

static void gates_public(const struct results *results)
{
    const double (*parse)[NUM_LIBS] = results->ns[OP_PARSE];
    gate_ratio("J10", "parse, twitter", 1.0, ratio(parse[MSG_TWITTER], LIB_YYJSON_RAW, LIB_MCP));
    gate_ratio("J10", "parse, citm", 1.0, ratio(parse[MSG_CITM], LIB_YYJSON_RAW, LIB_MCP));
    gate_ratio("J10", "parse, canada", 1.0, ratio(parse[MSG_CANADA], LIB_YYJSON_RAW, LIB_MCP));
}

void report_ratios(const struct results *results)
{
    printf("\nGates, as yyjson's time / ours unless they say otherwise; the band is %.0f %%:\n",
           100 * ratio_band);
    report_gate_head();
    gates_small(results);
    gates_long(results);
    gates_c99(results);
    gates_build(results);
    gates_public(results);
}
