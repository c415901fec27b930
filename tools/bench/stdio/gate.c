/* Prints gates, and whether they hold. */

#include "gate.h"

#include <math.h>
#include <stdio.h>

void gate_head(void)
{
    printf("\n| # | what | gate | measured | |\n|---|---|---:|---:|---|\n");
}

static const char *verdict(enum gate_sense sense, double limit, double measured, double band)
{
    double short_by = sense == AT_LEAST ? limit - measured : measured - limit;
    if (isnan(measured)) return "skipped";
    if (short_by <= 0) return "ok";
    return short_by <= limit * band ? "ok, within the band" : "MISSED";
}

/* Ratios near one need their digits, large ones and sizes do not. */
static void print_number(double number)
{
    printf("%.*f", number == floor(number) ? 0 : number < 10 ? 2 : 1, number);
}

void gate(const char *id, const char *what, enum gate_sense sense, double limit, double measured, double band)
{
    printf("| %s | %s | %s ", id, what, sense == AT_LEAST ? ">=" : "<=");
    print_number(limit);
    printf(" | ");
    if (!isnan(measured)) print_number(measured);
    printf(" | %s |\n", verdict(sense, limit, measured, band));
}

double gate_ratio(double a, double b)
{
    return a != 0 && b != 0 ? a / b : NAN;
}
