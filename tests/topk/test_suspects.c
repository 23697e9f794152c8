#include "tests/support/topk.h"

#include "ref/ops/table.h"
#include "ref/topk/exact.h"
#include "ref/topk/mstopk.h"
#include "ref/topk/suspects.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { D = 400, K = 30 };

/* A suspect without a mistake selects what is right: the search itself is. */
static void innocent(void **state)
{
    (void)state;
    const ts_suspect none = {.text = ""};
    ts_suspect_room room[D];
    int64_t out[D];
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    for (int shape = 0; shape < TOPK_SHAPES; shape++)
        for (int64_t steps = -1; steps < 12; steps += 4) {
            if (shape == TOPK_SUBNORMAL || shape == TOPK_RANGE)
                continue; /* sums in another order */
            const ts_tensor x = topk_vector(&ctx, TS_F64, (topk_shape)shape, 3, D);
            const ts_mstopk_options o = {.k = K, .steps = steps, .start = 0};
            ts_sparse s;
            if (steps < 0)
                ts_topk_exact(&ctx, &s, x, K, TS_EXACT_SORT);
            else
                ts_mstopk(&ctx, &s, NULL, x, &o);
            assert_int_equal(ts_suspect_selects(&none, out, room, x.data, D, K, steps, 0), K);
            for (int64_t j = 0; j < K; j++)
                assert_int_equal(out[j], s.indices[j]);
        }
    ts_ctx_close(&ctx);
}

/* The suspect whose sentence begins so. */
static const ts_suspect *of(const ts_suspect *list, const char *text)
{
    for (; list->text; list++)
        if (strncmp(list->text, text, strlen(text)) == 0)
            return list;
    fail_msg("nobody is suspected of \"%s\"", text);
    return NULL;
}

static void selects(const ts_suspect *s, const double *x, int64_t d, int64_t k, int64_t steps,
                    int64_t start, const char *want)
{
    ts_suspect_room room[16];
    int64_t out[16];
    char text[64] = "";
    const int64_t n = ts_suspect_selects(s, out, room, x, d, k, steps, start);
    for (int64_t j = 0; j < n; j++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%lld ", (long long)out[j]);
    assert_string_equal(text, want);
}

/* Each mistake on a few numbers, by hand. */
static void mistakes(void **state)
{
    (void)state;
    /* mean 4, largest 8: the first threshold is 6, where an entry stands. */
    static const double at[4] = {6, -8, 1, 1}, signs[4] = {-9, 1, 2, 4}, ties[4] = {1, 3, -3, 3};
    selects(of(ts_suspects_mstopk, "thresholds are compared"), at, 4, 2, 1, 0, "1 0 ");
    selects(of(ts_suspects_mstopk, "one step of the search too few"), at, 4, 2, 1, 1, "1 2 ");
    selects(of(ts_suspects_mstopk, "threshold 1 begins"), ties, 4, 1, 0, 2, "0 ");
    selects(of(ts_suspects_mstopk, "values are compared"), signs, 4, 1, 8, 0, "3 ");
    selects(of(ts_suspects_exact, "of equal magnitudes"), ties, 4, 2, -1, 0, "3 2 ");
    selects(of(ts_suspects_exact, "values are compared"), signs, 4, 2, -1, 0, "3 2 ");
    /* mean 2 of 8; divided by 32 it is 0.5, and the 2s are seen. */
    static const double small[8] = {1, 1, 1, 1, 2, 2, 2, 6};
    selects(of(ts_suspects_mstopk, "the mean divides by the size rounded up to a multiple of 32"),
            small, 8, 4, 6, 0, "4 5 6 7 ");
    selects(of(ts_suspects_mstopk, "one step of the search too many"), small, 8, 1, 0, 0, "7 ");
    selects(of(ts_suspects_mstopk, "the mean is"), small, 8, 4, 6, 0, "7 0 1 2 ");
    selects(of(ts_suspects_mstopk, "mean and thresholds"), small, 8, 4, 6, 0, "7 0 1 2 ");
    selects(of(ts_suspects_mstopk, "the mean is"), small, 8, 8, 6, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(innocent), cmocka_unit_test(mistakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
