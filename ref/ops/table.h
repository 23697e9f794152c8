/* table.h: who computes.
 *
 * A table holds one function for every kernel, for float and for double storage:
 *
 *     plain   loops that read like the equation; the meaning of every operation
 *     fast    blocked and threaded, the same bits as plain
 *     blas    linear, matmul, convolution and attention on OpenBLAS in fixed tiles, softmax, SiLU and
 *             GELU in float vectors; the rest as fast
 *     honest  plain with float inside (base/real.h): float storage only; it measures the error that a
 *             format must make, nothing else
 *     paired  the same with sums in two halves: a second throw of the dice
 *
 * An operation calls the table of its context and never silently another. */
#ifndef TS_OPS_TABLE_H
#define TS_OPS_TABLE_H

#include "ref/base/dtype.h"
#include "ref/ops/bag.h"
#include "ref/ops/norm.h"
#include "ref/ops/pointwise.h"
#include "ref/ops/product.h"
#include "ref/ops/shape.h"
#include "ref/ops/update.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KERNEL_PLAIN(name, args) void(*name) args;
#define KERNEL_FAST(name, args) void(*name) args;
#define KERNEL_BLAS(name, args) void(*name) args;
#define GAUGE(name, args)

typedef struct {
#define real float
#include "ref/ops/kernels.def"
#undef real
} ts_kernels_f32;

typedef struct {
#define real double
#include "ref/ops/kernels.def"
#undef real
} ts_kernels_f64;

#undef KERNEL_PLAIN
#undef KERNEL_FAST
#undef KERNEL_BLAS
#undef GAUGE

/* Products of bf16 numbers with sums in f32, where the processor has them: y (rows, n), rows ldy
 * apart, = x w^T + b. x is rounded to bf16 once, weights (n, k) are put into the product's order; both
 * need room for so many numbers. size: rows, k, n; b may be NULL. */
typedef struct ts_bf16_product {
    int64_t (*rows_room)(int64_t rows, int64_t k);
    int64_t (*weights_room)(int64_t n, int64_t k);
    void (*pack_rows)(uint16_t *to, const float *x, int64_t rows, int64_t k);
    void (*pack_weights)(uint16_t *to, const uint16_t *w, int64_t n, int64_t k);
    void (*linear)(float *y, int64_t ldy, const uint16_t *x, const uint16_t *w, const float *b,
                   const int64_t size[3]);
} ts_bf16_product;

/* That of blas; NULL without blas or without the instructions (AVX-512 BF16). */
const ts_bf16_product *ts_blas_bf16(void);

typedef struct ts_table {
    const char *name;
    ts_kernels_f32 f32;
    ts_kernels_f64 f64;
    bool has_f64;
    const ts_bf16_product *(*bf16)(void); /* or NULL */
} ts_table;

extern const ts_table ts_table_plain, ts_table_fast, ts_table_honest, ts_table_paired;
#if defined(TS_WITH_BLAS)
extern const ts_table ts_table_blas;
#endif

/* The table of that name that this build has, or NULL. "honest" is not among them: it is no
 * backend. */
const ts_table *ts_table_named(const char *name);

/* The processor that OpenBLAS has chosen its kernels for, and the better one that it would choose if
 * it knew the processor ("" if there is none, or if OPENBLAS_CORETYPE has been set by hand). Both ""
 * in a build without blas. To get the better one a program sets OPENBLAS_CORETYPE to it and executes
 * itself anew, first thing in main: the library chooses while it is loaded. */
const char *ts_blas_core(void);
const char *ts_blas_core_wanted(void);

/* Name of the i-th table of this build, NULL after the last. */
const char *ts_table_name(int i);

#ifdef __cplusplus
}
#endif
#endif
