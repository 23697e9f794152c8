/* chain.h: a part of a network, run alone on what the whole handed to it, must give what the whole
 * got from it. */
#ifndef TESTS_SUPPORT_CHAIN_H
#define TESTS_SUPPORT_CHAIN_H

#include "tests/support/golden.h"

typedef struct {
    const char *module; /* that is run alone */
    const char *inputs[12][2]; /* its input, and the traced value (or, after "in.", the whole's input) */
    const char *outputs[6][2]; /* its output, and the traced value */
} chain_link;

/* Runs the case in f64 with a trace, then each link on the traced values; equal to 1e-12. */
void chain_holds(const char *path, const char *const *settings, const chain_link *links, int count);

#endif
