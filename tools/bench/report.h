/* Tables and gates, in markdown. */

#ifndef REPORT_H
#define REPORT_H

#include "bench.h"

enum { OP_PARSE, OP_DISPATCH, OP_WRITE, NUM_OPS };

/* The answers that are built from scratch. */
enum {
    BUILD_60, BUILD_4K, BUILD_1M,
    BUILD_60_ESCAPES, BUILD_4K_ESCAPES, BUILD_1M_ESCAPES,
    NUM_BUILDS
};

struct report_build {
    const char *label;
    size_t len;
    bool escapes;
};

extern const struct report_build report_builds[NUM_BUILDS];

/* Nanoseconds a message; 0 where nothing was measured. */
struct results {
    double ns[NUM_OPS][NUM_MESSAGES][NUM_LIBS];
    double build[NUM_BUILDS][NUM_LIBS];
    double copy[NUM_MESSAGES];  /* memcpy of the same bytes */
};

void report_tables(const struct results *results);
/* The gates J1 to J10: ratios of times. */
void report_ratios(const struct results *results);

/* One gate: what must be at least (or at most) limit. band: by which part of the limit it may miss,
   for what varies from run to run. measured is NAN where an anchor is missing: then the gate is
   skipped. */
enum report_sense { AT_LEAST, AT_MOST };
void report_gate_head(void);
void report_gate(const char *id, const char *what, enum report_sense sense, double limit,
                 double measured, double band);

#endif
