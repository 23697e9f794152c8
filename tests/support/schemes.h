/* schemes.h: a scheme on ranks as threads, for some steps, and all that came of it. */
#ifndef TESTS_SUPPORT_SCHEMES_H
#define TESTS_SUPPORT_SCHEMES_H

#include "tests/support/ranks.h"
#include "tests/support/topk.h"

#include "ref/topk/scheme.h"

enum { SCHEMES_RANKS = 16, SCHEMES_SIZE = 600, SCHEMES_STEPS = 70 };

typedef struct {
    ts_scheme_config config;
    ts_dtype type;
    int ranks, hosts, steps;
    int64_t d;
    /* The gradient of a rank in a step; the default: whole numbers, a few of them large. */
    double (*gradient)(int rank, int64_t step, int64_t i);
    int flush; /* step before which the residual is added to the gradient of a dense sum; 0: none */
    /* Found: */
    double result[SCHEMES_STEPS][SCHEMES_SIZE];               /* of rank 0; others must be equal */
    double given[SCHEMES_STEPS][SCHEMES_SIZE];                /* the sum of all gradients */
    double residual[SCHEMES_RANKS][SCHEMES_SIZE];             /* after the last step */
    int64_t residual_size[SCHEMES_RANKS];
    uint32_t picked[SCHEMES_STEPS][SCHEMES_RANKS][SCHEMES_SIZE]; /* what each rank selected */
    int64_t picks[SCHEMES_STEPS][SCHEMES_RANKS];
    bool skipped[SCHEMES_STEPS];
    bool differs;                                             /* some rank's result is another */
    ts_traffic traffic;                                       /* of all */
    double seconds;                                           /* virtual */
} schemes_run;

double schemes_whole(int rank, int64_t step, int64_t i);

/* Runs; a failure fails the test. Returns run. */
schemes_run *schemes_go(schemes_run *run);

/* A new run of a preset: free it. */
schemes_run *schemes_new(const char *preset, int ranks, int hosts, int64_t d, int steps);

/* sum of all gradients = sum of all results + sum of all residuals, exactly. */
void schemes_conserve(const schemes_run *run);

#endif
