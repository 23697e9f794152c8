/* op.h: the legs that every operation's test stands on.
 *
 * An operation under test is a function of its inputs; the helpers run it on every table and in
 * every arithmetic:
 *
 *     op_gradients   f64: the tape's gradients against four-point differences of sum(c * y)
 *     op_tables      fast = plain bit for bit (f32 and f64, forward and backward, 1, 2 and 5
 *                    threads); blas the same bits for any number of threads
 *     op_gauge       the right f32 result and the honest one are accepted, forward and backward;
 *                    one element wrong by 1e-3 of the gauge's own scale is refused
 *
 * Inputs are made from op_value: fixed, uneven, signed. Integer inputs are passed as they are. */
#ifndef TESTS_SUPPORT_OP_H
#define TESTS_SUPPORT_OP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/ops/ops.h"
#include "ref/ops/table.h"

enum { OP_INPUTS = 8 };

typedef struct {
    /* arg is passed through. Float inputs arrive in the context's storage. */
    ts_tensor (*apply)(ts_ctx *ctx, const ts_tensor *in, const void *arg);
    const void *arg;
    int inputs;
    ts_tensor in[OP_INPUTS];  /* F64 or integers; empty: not given */
    bool fixed[OP_INPUTS];    /* no gradient is wanted */
    double step;              /* of the differences; 0: 1e-3 */
} op_case;

double op_value(int64_t i);

/* A new F64 tensor on the heap, filled with op_value(seed + i) * scale + offset; freed by op_free. */
ts_tensor op_tensor(int64_t seed, double scale, double offset, int rank, ...);
ts_tensor op_integers(int rank, ...); /* I64, zeros: fill them */
void op_free(op_case *c);

void op_gradients(const op_case *c);
void op_tables(const op_case *c);
void op_gauge(const op_case *c);
void op_all(op_case *c); /* the three of them, then op_free */

/* Applies in f64 on plain; the result is copied to the heap (free its data). */
ts_tensor op_truth(const op_case *c);

/* On integer data the sums are exact: the result is `expected`, bit for bit, on every table and in
 * every storage. */
void op_exact(const op_case *c, const double *expected);

/* Applying fails with that status, on every table. */
void op_fails(const op_case *c, ts_status status);

#endif
