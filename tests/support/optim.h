/* optim.h: an optimiser over a few tensors, stepped by hand. */
#ifndef TESTS_SUPPORT_OPTIM_H
#define TESTS_SUPPORT_OPTIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/ops/table.h"
#include "ref/optim/optim.h"

enum { OPTIM_TENSORS = 3, OPTIM_LARGEST = 70001 };

/* Parameters "a" (70001: two pieces), "b" (5), "c" (2, 3) and gradients of them. */
typedef struct {
    ts_ctx ctx;
    ts_optim *o;
    ts_tensor p[OPTIM_TENSORS], g[OPTIM_TENSORS];
} optim_trial;

/* Settings NULL: the method's defaults. */
void optim_open(optim_trial *t, const char *method, const ts_optim_settings *settings,
                const ts_table *table, ts_dtype storage, int threads);
void optim_close(optim_trial *t);

/* `count` steps, the k-th with gradients made from first + k. */
void optim_steps(optim_trial *t, int first, int count);

/* FNV-1a over the parameters. */
uint64_t optim_hash(const optim_trial *t);

/* The same bits from plain, fast and blas with 1 and 3 threads, in both storages. */
void optim_same_bits(const char *method, const ts_optim_settings *settings);

/* One tensor of two numbers, one step: w, v and the ratio after it, exactly or within 1e-15. */
typedef struct {
    ts_optim_settings settings;
    double w[2], g[2], v[2], want_w[2], want_v[2], trust;
} optim_vector;
void optim_vector_holds(const char *method, const optim_vector *x);

/* The settings are refused with a sentence that holds the words. */
void optim_refuses(const char *method, const ts_optim_settings *settings, const char *words);

#endif
