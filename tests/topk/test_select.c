#include "tests/support/topk.h"

#include "ref/ops/table.h"
#include "ref/topk/exact.h"
#include "ref/topk/residual.h"
#include "ref/topk/select.h"

#include <math.h>
#include <string.h>

static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_selector_kind kind;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < TS_SELECTORS; i++) {
        assert_int_equal(ts_selector_from(&ctx, ts_selector_name((ts_selector_kind)i), &kind), TS_OK);
        assert_int_equal(kind, i);
        assert_int_equal(ts_selector_is_fixed(kind), i < 3);
    }
    assert_int_equal(ts_selector_from(&ctx, "best", &kind), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "\"best\": exact, mstopk, random"));
    ts_ctx_close(&ctx);
}

/* Each kind is the function it names. */
static void dispatch(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse a, b;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 20000);
    const ts_draw draw = {.seed = 1, .step = 2, .rank = 3, .bucket = 4};
    const uint64_t bits = ts_draw_bits(draw);
    const ts_mstopk_options o = {.k = 200, .steps = 3, .start = -1, .bits = bits, .wrap = true};
    for (int i = 0; i < TS_SELECTORS; i++) {
        const ts_selector how = {.kind = (ts_selector_kind)i, .steps = 3, .wrap = true};
        ts_reused kept = {0}, other = {0};
        assert_int_equal(ts_select(&ctx, &a, &how, &kept, x, 200, draw), TS_OK);
        switch (how.kind) {
        case TS_SELECT_EXACT: ts_topk_exact(&ctx, &b, x, 200, TS_EXACT_HEAP); break;
        case TS_SELECT_MSTOPK: ts_mstopk_published(&ctx, &b, NULL, x, &o); break;
        case TS_SELECT_RANDOM: ts_topk_random(&ctx, &b, x, 200, bits); break;
        case TS_SELECT_DGC: ts_topk_dgc(&ctx, &b, NULL, x, (ts_density){1, 100}, -1, bits); break;
        case TS_SELECT_GAUSSIAN: ts_topk_gaussian(&ctx, &b, NULL, x, 200); break;
        default: ts_topk_reused(&ctx, &b, &other, x, 200, &ts_reuse_local); break;
        }
        topk_same(&a, &b);
    }
    ts_ctx_close(&ctx);
}

/* Ranks of a shared random draw take the same entries; of their own draws they do not. */
static void shared(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 2000);
    for (int together = 0; together < 2; together++) {
        const ts_selector how = {.kind = TS_SELECT_RANDOM, .shared = together};
        ts_sparse s[2];
        for (int rank = 0; rank < 2; rank++)
            assert_int_equal(ts_select(&ctx, &s[rank], &how, NULL, x, 20,
                                       (ts_draw){.seed = 1, .rank = rank}), TS_OK);
        assert_int_equal(memcmp(s[0].indices, s[1].indices, 80) == 0, together);
    }
    ts_ctx_close(&ctx);
}

/* Minimising F(w) = 1/4 sum over 4 workers of 1/2 sum lam_i (w_i - b_pi)^2 by what they send: the gap
 * F - F* after 100 and 400 steps of each way, as NumPy found it. */
enum { WORKERS = 4, WEIGHTS = 1024, KEPT = 51, END = 401 };

typedef struct {
    const char *name;
    ts_selector_kind kind;
    int64_t steps;
    bool dense, feedback;
    double at_100, at_400;
} row;

static const row rows[] = {
    {"dense", TS_SELECT_EXACT, 0, true, false, 6.8397e+00, 6.2606e-02},
    {"exact", TS_SELECT_EXACT, 0, false, true, 7.4901e+00, 2.1561e-01},
    {"mstopk 20", TS_SELECT_MSTOPK, 20, false, true, 7.4901e+00, 2.1561e-01},
    {"mstopk 4", TS_SELECT_MSTOPK, 4, false, true, 7.4915e+00, 2.2485e-01},
    {"mstopk 0", TS_SELECT_MSTOPK, 0, false, true, 1.2224e+01, 1.1215e+01},
    {"random", TS_SELECT_RANDOM, 0, false, true, 1.1548e+01, 5.2849e+00},
    {"exact, no feedback", TS_SELECT_EXACT, 0, false, false, 5.2836e+01, 4.9800e+01},
    {"mstopk 20, no feedback", TS_SELECT_MSTOPK, 20, false, false, 5.2836e+01, 4.9800e+01},
    {"random, no feedback", TS_SELECT_RANDOM, 0, false, false, 7.0356e+01, 4.6721e+01}};

static double lam[WEIGHTS], aim[WORKERS][WEIGHTS], best[WEIGHTS], w[WEIGHTS];

static double gap(void)
{
    double sum = 0.0;
    for (int i = 0; i < WEIGHTS; i++)
        sum += lam[i] * (w[i] - best[i]) * (w[i] - best[i]);
    return sum / 2;
}

static void pick(ts_ctx *ctx, ts_sparse *sent, const row *r, ts_tensor u, uint64_t seed)
{
    const ts_mstopk_options o = {.k = KEPT, .steps = r->steps, .start = -1,
                                 .bits = ts_splitmix64(seed, 0)};
    if (r->kind == TS_SELECT_EXACT)
        ts_topk_exact(ctx, sent, u, KEPT, TS_EXACT_RADIX);
    else if (r->kind == TS_SELECT_MSTOPK)
        ts_mstopk(ctx, sent, NULL, u, &o);
    else
        ts_topk_random(ctx, sent, u, KEPT, seed);
}

static void one_step(ts_ctx *ctx, const row *r, ts_residual state[WORKERS], int64_t t)
{
    const ts_feedback how = {.feedback = r->feedback};
    const int64_t n = WEIGHTS;
    const ts_tensor sum = ts_new_zero(ctx, TS_F64, 1, &n), u = ts_new(ctx, TS_F64, 1, &n);
    for (int p = 0; p < WORKERS; p++) {
        for (int i = 0; i < WEIGHTS; i++)
            ((double *)u.data)[i] = 0.02 * lam[i] * (w[i] - aim[p][i]);
        ts_residual_add(&state[p], &how, u, (ts_tensor){0}, u);
        if (r->dense) {
            for (int i = 0; i < WEIGHTS; i++)
                ((double *)sum.data)[i] += ((double *)u.data)[i];
            continue;
        }
        ts_sparse sent;
        pick(ctx, &sent, r, u, (uint64_t)(1000 * t + p));
        ts_sparse_add(sum, &sent);
        ts_residual_keep(&state[p], &how, u, (ts_tensor){0}, &sent);
    }
    for (int i = 0; i < WEIGHTS; i++)
        w[i] -= ((double *)sum.data)[i] / WORKERS;
}

static void self_check(void **state)
{
    (void)state;
    for (int i = 0; i < WEIGHTS; i++) {
        lam[i] = 0.25 + 0.75 * (topk_uniform(1, i) + 0.5);
        best[i] = 0.0;
        for (int p = 0; p < WORKERS; p++) {
            aim[p][i] = topk_gauss(50 + (uint64_t)p, i);
            best[i] += aim[p][i] / WORKERS;
        }
    }
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        ts_ctx ctx;
        ts_residual kept[WORKERS];
        const ts_feedback how = {.feedback = true};
        ts_ctx_open(&ctx, &ts_table_fast, TS_F64, 1);
        memset(w, 0, sizeof w);
        for (int p = 0; p < WORKERS; p++)
            assert_int_equal(ts_residual_new(&ctx, &kept[p], &how, TS_F64, WEIGHTS), TS_OK);
        for (int64_t t = 0; t < END; t++) {
            const ts_scope scope = ts_scope_open(&ctx);
            const double want = t == 0 ? 8.1021e+01 : t == 100 ? rows[r].at_100 : rows[r].at_400;
            if ((t == 0 || t == 100 || t == 400) && !(fabs(gap() - want) <= 1e-4 * want))
                fail_msg("%s: F - F* is %.6g after %d steps, not %.6g", rows[r].name, gap(), (int)t,
                         want);
            one_step(&ctx, &rows[r], kept, t);
            ts_scope_close(&ctx, scope, NULL, 0);
        }
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(dispatch),
                                       cmocka_unit_test(shared), cmocka_unit_test(self_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
