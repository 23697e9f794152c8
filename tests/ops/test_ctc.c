#include "tests/support/op.h"

#include "ref/ops/tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t blank;
    bool zero_infinity;
} mode;

static ts_tensor direct(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const mode *m = arg;
    return ts_ctc(ctx, in[0], in[1], in[2], in[3], m->blank, m->zero_infinity);
}

static const mode usual = {0, false}, lenient = {0, true};

enum { STEPS = 6, BATCH = 4, CLASSES = 4, LONGEST = 3 };

/* A label with a repetition, an empty one, one shorter in time, one of one symbol. */
static op_case batch(const mode *m)
{
    static const int64_t labels[BATCH][LONGEST] = {{1, 1, 2}, {7, -9, 0}, {3, 2, 1}, {2, 99, 99}};
    static const int64_t times[BATCH] = {6, 5, 4, 1}, counts[BATCH] = {3, 0, 3, 1};
    op_case c = {direct, m, .inputs = 4,
                 .in = {op_tensor(2, 1, 0, 3, STEPS, BATCH, CLASSES), op_integers(2, BATCH, LONGEST),
                        op_integers(1, BATCH), op_integers(1, BATCH)}};
    memcpy(c.in[1].data, labels, sizeof labels);
    memcpy(c.in[2].data, times, sizeof times);
    memcpy(c.in[3].data, counts, sizeof counts);
    double *x = c.in[0].data;
    for (int row = 0; row < STEPS * BATCH; row++, x += CLASSES) {
        double sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += exp(x[k]);
        for (int k = 0; k < CLASSES; k++)
            x[k] = (double)(float)(x[k] - log(sum));
    }
    return c;
}

/* -log of the sum over all class sequences that collapse to the label: 4^6 of them. */
static double by_counting(const op_case *c, int sample)
{
    const double *x = c->in[0].data;
    const int64_t *labels = (const int64_t *)c->in[1].data + sample * LONGEST;
    const int64_t steps = ((const int64_t *)c->in[2].data)[sample];
    const int64_t count = ((const int64_t *)c->in[3].data)[sample];
    double all = 0.0;
    for (int64_t path = 0; path < (int64_t)pow(CLASSES, (double)steps); path++) {
        int64_t rest = path, before = 0, found = 0;
        double log_p = 0.0;
        bool fits = true;
        for (int64_t t = 0; t < steps; t++, rest /= CLASSES) {
            const int64_t k = rest % CLASSES;
            log_p += x[(t * BATCH + sample) * CLASSES + k];
            if (k && k != before) {
                fits = fits && found < count && labels[found] == k;
                found++;
            }
            before = k;
        }
        all += fits && found == count ? exp(log_p) : 0.0;
    }
    return -log(all);
}

static void all_paths(void **state)
{
    (void)state;
    op_case c = batch(&usual);
    const ts_tensor y = op_truth(&c);
    for (int i = 0; i < BATCH; i++)
        assert_true(fabs(((double *)y.data)[i] - by_counting(&c, i)) < 1e-12);
    free(y.data);
    op_tables(&c);
    op_gauge(&c);
    op_free(&c);
}

/* The gradient is defined after a log-softmax: there it must be the slope of the counted loss. */
static void gradient(void **state)
{
    (void)state;
    op_case c = batch(&usual);
    ts_ctx ctx;
    double ones[BATCH] = {1, 1, 1, 1};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_tensor in[4] = {c.in[0], c.in[1], c.in[2], c.in[3]};
    ts_want_grad(&ctx, &in[0], "log_probs");
    const ts_tensor y = direct(&ctx, in, &usual);
    ts_seed_grad(&ctx, y, ts_tensor_of(ones, TS_F64, 1, y.size));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    const double *g = in[0].grad->value.data;
    double *x = c.in[0].data;
    for (int at = 0; at < STEPS * BATCH * CLASSES; at++) {
        /* A logit moves the whole row: d log_p_k = [k = c] - p_c. */
        const int row = at / CLASSES, k = at % CLASSES, sample = row % BATCH;
        const double h = 1e-3, place[4] = {-2, -1, 1, 2};
        double f[4], keep[CLASSES];
        memcpy(keep, x + row * CLASSES, sizeof keep);
        for (int j = 0; j < 4; j++) {
            const double p = exp(keep[k]), shift = log1p(p * expm1(place[j] * h));
            for (int q = 0; q < CLASSES; q++)
                x[row * CLASSES + q] = keep[q] - shift + (q == k ? place[j] * h : 0.0);
            f[j] = by_counting(&c, sample);
        }
        memcpy(x + row * CLASSES, keep, sizeof keep);
        double sum = 0.0;
        for (int q = 0; q < CLASSES; q++)
            sum += g[row * CLASSES + q];
        const double slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
        assert_true(fabs(g[at] - exp(keep[k]) * sum - slope) < 1e-7);
    }
    ts_ctx_close(&ctx);
    op_free(&c);
}

/* 1 1 needs three steps. */
static void impossible(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        op_case c = batch(k ? &lenient : &usual);
        ((int64_t *)c.in[2].data)[0] = 3;
        ((int64_t *)c.in[2].data)[1] = 0; /* nothing to write, no time: certain */
        ((int64_t *)c.in[2].data)[3] = 0; /* no time for a symbol */
        const ts_tensor y = op_truth(&c);
        const double *v = y.data;
        assert_true(k ? v[0] == 0.0 && v[3] == 0.0 : isinf(v[0]) && isinf(v[3]));
        assert_true(v[1] == 0.0 && isfinite(v[2]));
        free(y.data);
        op_tables(&c);
        if (k)
            op_gauge(&c);
        op_free(&c);
    }
}

static void errors(void **state)
{
    (void)state;
    static const mode bad_blank = {CLASSES, false}, negative = {-1, false}, other = {2, false};
    const mode *const bad[] = {&bad_blank, &negative, &other}; /* 2 occurs in the labels */
    for (int i = 0; i < 3; i++) {
        op_case c = batch(bad[i]);
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    static const int64_t wrong[][3] = {{1, 0, 4}, {1, 0, -1}, {2, 0, 7}, {2, 0, -1}, {3, 0, 4}, {3, 0, -1}};
    for (int i = 0; i < 6; i++) {
        op_case c = batch(&usual);
        ((int64_t *)c.in[wrong[i][0]].data)[wrong[i][1]] = wrong[i][2];
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case flat = batch(&usual);
    flat.in[1].rank = 1;
    op_fails(&flat, TS_ERROR_SHAPE);
    flat.in[1].rank = 2;
    flat.in[2].size[0] = 3;
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_paths),
        cmocka_unit_test(gradient),
        cmocka_unit_test(impossible),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
