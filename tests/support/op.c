#include "tests/support/op.h"

#include "ref/ops/dispatch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double op_value(int64_t i)
{
    return sin(1.0 + 1.7 * (double)i) * (1.0 + (double)(i % 3));
}

static ts_tensor heap(ts_dtype dtype, int rank, va_list sizes)
{
    int64_t size[TS_MAX_RANK];
    for (int i = 0; i < rank; i++)
        size[i] = va_arg(sizes, int);
    ts_tensor t = ts_tensor_of(NULL, dtype, rank, size);
    t.data = calloc((size_t)ts_numel(t) + 1, ts_dtype_size(dtype));
    assert_non_null(t.data);
    return t;
}

ts_tensor op_tensor(int64_t seed, double scale, double offset, int rank, ...)
{
    va_list sizes;
    va_start(sizes, rank);
    ts_tensor t = heap(TS_F64, rank, sizes);
    va_end(sizes);
    /* Values that a float holds exactly: the same inputs in every arithmetic. */
    for (int64_t i = 0; i < ts_numel(t); i++)
        ((double *)t.data)[i] = (double)(float)(op_value(seed + i) * scale + offset);
    return t;
}

ts_tensor op_integers(int rank, ...)
{
    va_list sizes;
    va_start(sizes, rank);
    ts_tensor t = heap(TS_I64, rank, sizes);
    va_end(sizes);
    return t;
}

void op_free(op_case *c)
{
    for (int i = 0; i < c->inputs; i++)
        free(c->in[i].data);
}

/* One run: the result and the gradients of sum(c * y), copied to the heap as doubles. */
typedef struct {
    int64_t n, grad_n[OP_INPUTS];
    double *y, *gauge, *grad[OP_INPUTS], *grad_gauge[OP_INPUTS];
    double terms;
} outcome;

static double *copied(const void *data, ts_dtype dtype, int64_t n)
{
    double *to = malloc(((size_t)n + 1) * sizeof *to);
    assert_non_null(to);
    ts_convert(to, TS_F64, data, dtype, n);
    return to;
}

static void outcome_free(outcome *o)
{
    free(o->y);
    free(o->gauge);
    for (int i = 0; i < OP_INPUTS; i++) {
        free(o->grad[i]);
        free(o->grad_gauge[i]);
    }
}

static void fail_with(ts_ctx *ctx)
{
    if (ctx->status)
        fail_msg("%s", ctx->message);
}

static void inputs_of(ts_ctx *ctx, const op_case *c, ts_tensor *in, bool backward)
{
    for (int i = 0; i < c->inputs; i++) {
        in[i] = c->in[i];
        if (in[i].dtype != TS_F64)
            continue;
        in[i] = ts_new(ctx, ctx->compute, c->in[i].rank, c->in[i].size);
        fail_with(ctx);
        ts_convert(in[i].data, ctx->compute, c->in[i].data, TS_F64, ts_numel(in[i]));
        if (backward && !c->fixed[i])
            ts_want_grad(ctx, &in[i], NULL);
    }
}

static outcome run(const op_case *c, const ts_table *table, ts_dtype compute, int threads,
                   bool backward, bool gauges)
{
    ts_ctx ctx;
    outcome o = {0};
    ts_tensor in[OP_INPUTS] = {{0}};
    ts_ctx_open(&ctx, table, compute, threads);
    ctx.gauges = gauges;
    inputs_of(&ctx, c, in, backward);
    const ts_tensor y = c->apply(&ctx, in, c->arg);
    fail_with(&ctx);
    const ts_tensor plain = ts_laid_out(&ctx, y); /* a view may be strided */
    fail_with(&ctx);
    o.n = ts_numel(y);
    o.y = copied(plain.data, plain.dtype, o.n);
    if (gauges) /* without one, as that of an input: the value is exact */
        o.gauge = plain.gauge ? copied(plain.gauge, TS_F64, o.n)
                              : calloc((size_t)o.n + 1, sizeof *o.gauge);
    if (backward) {
        ts_tensor dy = ts_new(&ctx, compute, y.rank, y.size);
        for (int64_t i = 0; i < o.n; i++)
            ts_store(dy.data, compute, i, (double)(float)op_value(i + 1000));
        ts_seed_grad(&ctx, y, dy);
        ts_tape_backward(&ctx);
        fail_with(&ctx);
        for (int i = 0; i < c->inputs; i++) {
            if (!in[i].grad)
                continue;
            const ts_tensor g = in[i].grad->value;
            o.grad_n[i] = ts_numel(c->in[i]);
            if (o.grad_n[i] == 0)
                continue;
            if (!g.data) { /* nothing flowed: zero */
                o.grad[i] = calloc((size_t)o.grad_n[i], sizeof(double));
                o.grad_gauge[i] = calloc((size_t)o.grad_n[i], sizeof(double));
                continue;
            }
            o.grad[i] = copied(g.data, g.dtype, o.grad_n[i]);
            o.grad_gauge[i] = g.gauge ? copied(g.gauge, TS_F64, o.grad_n[i]) : NULL;
        }
    }
    o.terms = ctx.gauge_terms;
    ts_ctx_close(&ctx);
    return o;
}

static double loss(const op_case *c)
{
    outcome o = run(c, &ts_table_plain, TS_F64, 1, false, false);
    double sum = 0.0;
    for (int64_t i = 0; i < o.n; i++)
        sum += (double)(float)op_value(i + 1000) * o.y[i];
    outcome_free(&o);
    return sum;
}

/* Four-point differences in f64 leave about h^4 of the fifth derivative and 1e-16 / h. */
void op_gradients(const op_case *c)
{
    const double h = c->step > 0 ? c->step : 1e-3, at[4] = {-2, -1, 1, 2};
    outcome o = run(c, &ts_table_plain, TS_F64, 1, true, false);
    for (int k = 0; k < c->inputs; k++) {
        if (c->in[k].dtype != TS_F64 || c->fixed[k])
            continue;
        for (int64_t i = 0; i < o.grad_n[k]; i++) {
            double *p = (double *)c->in[k].data + i, f[4];
            const double p0 = *p;
            for (int j = 0; j < 4; j++) {
                *p = p0 + at[j] * h;
                f[j] = loss(c);
            }
            *p = p0;
            const double slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
            const double bound = 2e-8 * (1.0 + fabs(slope));
            if (!(fabs(o.grad[k][i] - slope) <= bound))
                fail_msg("gradient of input %d at %lld: %.12g, by differences %.12g", k,
                         (long long)i, o.grad[k][i], slope);
        }
    }
    outcome_free(&o);
}

static void same_bits(const char *what, const double *a, const double *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("%s at %lld: %.17g is not %.17g", what, (long long)i, a[i], b[i]);
}

static bool accepted(const double *y, const double *r, const double *g, int64_t n, double factor,
                     int64_t *where)
{
    const double u = 0x1p-24;
    for (*where = 0; *where < n; ++*where) {
        const int64_t i = *where;
        if (isnan(r[i]) ? !isnan(y[i]) : isinf(r[i]) ? y[i] != r[i]
                : !(fabs(y[i] - r[i]) <= u * fabs(r[i]) + factor * u * g[i] + 0x1p-149))
            return false;
    }
    return true;
}

static void within(const char *what, const double *y, const double *r, const double *g, int64_t n,
                   double factor)
{
    int64_t i;
    if (n && !accepted(y, r, g, n, factor, &i))
        fail_msg("%s at %lld: %.9g, truth %.17g, gauge %.6g, allowed %.3g of it", what,
                 (long long)i, y[i], r[i], g[i], factor);
}

static void same_outcome(const op_case *c, const outcome *right, const char *table,
                         ts_dtype storage, int threads)
{
    outcome y = run(c, ts_table_named(table), storage, threads, true, false);
    same_bits(table, y.y, right->y, right->n);
    for (int k = 0; k < c->inputs; k++)
        if (right->grad[k])
            same_bits("gradient", y.grad[k], right->grad[k], right->grad_n[k]);
    outcome_free(&y);
}

void op_tables(const op_case *c)
{
    static const int threads[] = {1, 2, 5};
    static const ts_dtype storage[] = {TS_F32, TS_F64};
    for (int d = 0; d < 2; d++) {
        outcome plain = run(c, &ts_table_plain, storage[d], 1, true, false);
        for (int t = 0; t < 3; t++)
            same_outcome(c, &plain, "fast", storage[d], threads[t]);
        outcome_free(&plain);
        if (!ts_table_named("blas"))
            continue;
        outcome blas = run(c, ts_table_named("blas"), storage[d], 1, true, false);
        for (int t = 1; t < 3; t++)
            same_outcome(c, &blas, "blas", storage[d], threads[t]);
        outcome_free(&blas);
    }
}

static int64_t largest(const op_case *c, int64_t n)
{
    for (int i = 0; i < c->inputs; i++)
        if (!ts_is_empty(c->in[i]) && ts_numel(c->in[i]) > n)
            n = ts_numel(c->in[i]);
    return n;
}

void op_gauge(const op_case *c)
{
    outcome r = run(c, &ts_table_plain, TS_F64, 1, true, true);
    const ts_table *const tables[] = {&ts_table_plain, &ts_table_honest, ts_table_named("blas")};
    static const char *const names[] = {"plain", "honest", "blas"};
    assert_non_null(r.gauge);
    for (int t = 0; t < 3; t++) {
        if (!tables[t])
            continue;
        outcome y = run(c, tables[t], TS_F32, 2, true, false);
        /* The honest scheme and BLAS add floats one after another: where nothing cancels (the
         * inputs here swing in step with each other) they are off by up to half a unit for each
         * term, which the law does not allow a product. No sum of a forward or a backward has more terms than
         * the largest tensor has elements. */
        const double law = 4.0 + sqrt(r.terms) / 8.0;
        const double factor =
            tables[t] == &ts_table_plain ? law : law + (double)largest(c, r.n) / 2.0;
        within(names[t], y.y, r.y, r.gauge, r.n, factor);
        for (int k = 0; k < c->inputs; k++)
            if (y.grad[k])
                within(names[t], y.grad[k], r.grad[k], r.grad_gauge[k], r.grad_n[k], factor);
        /* The bound must be able to refuse: the largest element, off by a thousandth. */
        int64_t most = 0, where;
        for (int64_t i = 0; i < r.n; i++)
            most = fabs(r.y[i]) > fabs(r.y[most]) ? i : most;
        if (r.n && fabs(r.y[most]) > 0 && r.gauge[most] < 100.0 * fabs(r.y[most])) {
            y.y[most] += 1e-3 * r.y[most];
            assert_false(accepted(y.y, r.y, r.gauge, r.n, law, &where));
            y.y[most] = (double)NAN;
            assert_false(accepted(y.y, r.y, r.gauge, r.n, law, &where));
        }
        outcome_free(&y);
    }
    outcome_free(&r);
}

void op_all(op_case *c)
{
    op_gradients(c);
    op_tables(c);
    op_gauge(c);
    op_free(c);
}

ts_tensor op_truth(const op_case *c)
{
    outcome o = run(c, &ts_table_plain, TS_F64, 1, false, false);
    ts_tensor y = ts_tensor_of(o.y, TS_F64, 1, &o.n);
    o.y = NULL;
    outcome_free(&o);
    return y;
}

void op_exact(const op_case *c, const double *expected)
{
    static const ts_dtype storage[] = {TS_F32, TS_F64};
    for (int t = 0; ts_table_name(t); t++)
        for (int d = 0; d < 2; d++) {
            outcome y = run(c, ts_table_named(ts_table_name(t)), storage[d], 2, false, false);
            same_bits(ts_table_name(t), y.y, expected, y.n);
            outcome_free(&y);
        }
    outcome honest = run(c, &ts_table_honest, TS_F32, 2, false, false);
    same_bits("honest", honest.y, expected, honest.n);
    outcome_free(&honest);
}

void op_fails(const op_case *c, ts_status status)
{
    for (int t = 0; ts_table_name(t); t++) {
        ts_ctx ctx;
        ts_tensor in[OP_INPUTS] = {{0}};
        ts_ctx_open(&ctx, ts_table_named(ts_table_name(t)), TS_F32, 1);
        inputs_of(&ctx, c, in, false);
        const ts_tensor y = c->apply(&ctx, in, c->arg);
        assert_int_equal(ctx.status, status);
        assert_true(ts_is_empty(y));
        assert_true(ctx.message[0] != '\0');
        ts_ctx_close(&ctx);
    }
}
