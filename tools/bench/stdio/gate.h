/* The table of gates. */

#ifndef GATE_H
#define GATE_H

enum gate_sense { AT_LEAST, AT_MOST };

void gate_head(void);
/* One gate: what must be at least, or at most, limit. band: by which part of the limit it may miss, for what
   varies from run to run. measured is NAN where an anchor is missing: then the gate is skipped. */
void gate(const char *id, const char *what, enum gate_sense sense, double limit, double measured, double band);

/* a / b, or NAN if one of them was not measured. */
double gate_ratio(double a, double b);

#endif
