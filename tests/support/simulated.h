/* simulated.h: a table of `touchstone simulate`, made and read back. */
#ifndef TESTS_SUPPORT_SIMULATED_H
#define TESTS_SUPPORT_SIMULATED_H

#include "ref/cli/simulate.h"

/* The command's defaults: 16 nodes of 8, 25 Gbit/s; but the network reaches all of its bandwidth. */
extern const ts_simulation simulated_usual;

/* Makes the table; fails the test when there is none of the name. */
void simulate(const ts_simulate_table *tables, const char *name, const ts_simulation *x);

/* Fails unless the last table, as tab-separated values, has that in it. */
void simulated_says(const char *text);

#endif
